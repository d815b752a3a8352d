"""The tray in words: its hunks by file, and one line that says what they come to."""

from collections.abc import Iterable

import msgspec
from textual.content import Content

from engine.model import Hunk
from engine.protocol import Clash, Variant
from tui import variants
from tui.hunk_facts import becomes_of
from tui.state import State
from tui.variants import Choice
from tui.widgets.candidate_list import name_of
from tui.widgets.keyed_list import ListRow


def tray_rows(state: State, choice: Choice, clashes: Iterable[Clash]) -> list[ListRow]:
    """A heading for each file, its hunks below in the order of their lines; those that conflict say with whom."""
    owner = {hunk.id: (candidate, hunk) for candidate, hunk in choice}
    rivals: dict[str, list[str]] = {}
    for clash in clashes:
        for one, other in ((clash.hunk, clash.other), (clash.other, clash.hunk)):
            if other in owner:
                candidate, theirs = owner[other]
                rivals.setdefault(one, []).append(f"{name_of(state, candidate)} line {theirs.old_start}")
    rows = []
    for file in dict.fromkeys(hunk.file for _, hunk in choice):
        becomes = becomes_of(next(hunk for _, hunk in choice if hunk.file == file))
        rows.append(ListRow("", Content(f"{file}  {becomes}".rstrip())))
        for candidate, hunk in sorted((i for i in choice if i[1].file == file), key=lambda item: item[1].old_start):
            against = ", ".join(rivals.get(hunk.id, ()))
            rows.append(
                ListRow(
                    hunk.id,
                    Content.assemble(
                        f"  {hunk.old_start:>4}  {name_of(state, candidate)}  ",
                        (f"+{len(hunk.new_lines)}", "$text-success"),
                        " ",
                        (f"-{len(hunk.old_lines)}", "$text-error"),
                        (f"  ! conflicts with {against}" if against else "", "$text-error"),
                        ("  ! stale" if hunk.stale else "", "$text-error"),
                    ),
                )
            )
    return rows


def together(variant: Variant) -> tuple[Hunk, ...]:
    """The hunks of the diff that all make; of two that conflict the earlier one, of two alike one."""
    left_out = {clash.hunk for clash in variant.conflicts}
    made: dict[object, Hunk] = {}
    shift: dict[str, int] = {}
    for hunk in sorted(variant.hunks, key=lambda item: (item.file, item.old_start, item.new_start)):
        change = (hunk.file, hunk.old_start, hunk.old_lines, hunk.new_lines)
        if hunk.id not in left_out and change not in made:
            moved = shift.get(hunk.file, 0)
            made[change] = msgspec.structs.replace(hunk, new_start=hunk.old_start + moved)
            shift[hunk.file] = moved + len(hunk.new_lines) - len(hunk.old_lines)
    return tuple(made.values())


def tray_line(state: State, choice: Choice, found: Variant | str | None) -> Content:
    """How much is in the tray, whether it fits together, and what is known of exactly that."""
    if not choice:
        return Content.styled(" tray: empty", "dim")
    hunks, candidates = len(choice), len({candidate.id for candidate, _ in choice})
    counts = f" tray: {hunks} hunk{'s' * (hunks != 1)} of {candidates} candidate{'s' * (candidates != 1)}"
    match found:
        case None:
            rest = [(" · …", "dim")]
        case str():
            rest = [(f" · {found}", "$text-error")]
        case Variant(conflicts=()):
            known = variants.known_of(state, choice, found)
            rest = [(" · no conflicts · ", ""), known]
        case Variant(conflicts=(first, *more)):
            others = f" and {len(more)} more" if more else ""
            rest = [(f" · ! conflict at {first.file}:{first.line}{others}", "$text-error")]
    return Content.assemble((counts, "bold"), *rest)
