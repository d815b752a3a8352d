"""Two profiles of one program side by side: what a change has done to each function."""

from engine.model import Bottleneck, Difference, Profile


def comparable(before: Profile, after: Profile) -> bool:
    """Whether their costs are of one kind: cProfile's seconds, for one, are three times those of a sampler."""
    return before.unit == after.unit and _kind(before.format) == _kind(after.format)


def _kind(format: str) -> str:
    sampled = format.startswith(("cprofile + ", "py-spy"))
    return "sampled" if sampled else format


def differences(before: Profile, after: Profile) -> tuple[Difference, ...]:
    """The functions of either profile, the largest change of own cost first.

    A function is the same when its file and its qualified name are, wherever its lines have moved.
    """
    old = {item.id: item for item in before.bottlenecks}
    new = {item.id: item for item in after.bottlenecks}
    found = [_difference(before, after, old.get(id), new.get(id)) for id in dict.fromkeys([*new, *old])]
    return tuple(sorted(found, key=lambda item: (-abs(item.change), item.file, item.line)))


def _difference(before: Profile, after: Profile, old: Bottleneck | None, new: Bottleneck | None) -> Difference:
    shown = new or old
    assert shown is not None
    return Difference(
        file=shown.file,
        function=shown.function,
        line=shown.line,
        end_line=shown.end_line,
        unit=after.unit,
        self_before=old.self_share * before.amount if old else 0.0,
        self_after=new.self_share * after.amount if new else 0.0,
        total_before=old.total_share * before.amount if old else 0.0,
        total_after=new.total_share * after.amount if new else 0.0,
    )
