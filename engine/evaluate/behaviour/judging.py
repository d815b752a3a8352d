"""What the outcomes of replayed calls say: equal, different, or not to be told."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from engine.errors import UNREADABLE
from engine.model import Behaviour, CheckedFunction, Deviation

LONGEST_SHOWN = 200
TOO_LONG = "replaying its calls takes too long or ends the process"


class Recorded(msgspec.Struct, frozen=True):
    """The kept calls of one function, as the recorder tells them."""

    file: str
    name: str
    module: str
    reason: str
    """Why calls could not be kept."""
    count: int
    calls: tuple[str, ...]


class Recording(msgspec.Struct, frozen=True):
    """What one process of the benchmark recorded."""

    executable: str
    path: tuple[str, ...]
    root: str
    functions: tuple[Recorded, ...]


class Outcome(msgspec.Struct, frozen=True):
    """What one replayed call did, as replay.py tells it."""

    function: int
    call: int
    text: str = ""
    outside: str = ""
    """What it did beyond computing, by the name of Python's audit event."""
    keeps: str = ""
    """What of its module it changed, where later calls find it."""
    opaque: str = ""
    """What it gave that cannot be compared, and `place` where."""
    place: str = ""
    gone: str = ""
    lost: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    """What it returned or raised, and what it printed, as (where, what)."""
    changes: tuple[tuple[str, str, str], ...] = ()
    """What it did to its arguments, as (where, what was there, what is there)."""


Outcomes = Mapping[tuple[int, int], Outcome]


def read_outcomes(data: bytes) -> dict[tuple[int, int], Outcome]:
    """The outcomes that were told whole; a process that was ended may leave half a line."""
    found: dict[tuple[int, int], Outcome] = {}
    for line in data.splitlines():
        try:
            outcome = msgspec.json.decode(line, type=Outcome)
        except UNREADABLE:
            continue
        found[outcome.function, outcome.call] = outcome
    return found


def read_recordings(data: bytes) -> list[Recording]:
    """The recordings of the benchmark's processes."""
    found = []
    for line in data.splitlines():
        try:
            found.append(msgspec.json.decode(line, type=Recording))
        except UNREADABLE:
            continue
    return found


def comparable(recording: Recording, expected: Outcomes) -> Recording:
    """The recording with only those calls that are worth replaying again; the others are left empty."""
    kept = [
        msgspec.structs.replace(
            item,
            calls=tuple(
                data if (number, call) in expected and expected[number, call].lines else ""
                for call, data in enumerate(item.calls)
            ),
        )
        for number, item in enumerate(recording.functions)
    ]
    return msgspec.structs.replace(recording, functions=tuple(kept))


def compare(recorded: Sequence[Recorded], expected: Outcomes, again: Outcomes, got: Outcomes) -> list[CheckedFunction]:
    """One function after the other: `expected` and `again` are two replays on the baseline, `got` is the variant's.

    A call counts when the baseline does the same both times, under different hash seeds: what depends on time, chance
    or the order of a set is no input's doing.
    """
    missing = [place for place in sorted(expected) if place not in got]
    last = missing[0] if missing else None
    return [_compared(number, item, expected, again, got, last) for number, item in enumerate(recorded)]


def _compared(
    number: int, item: Recorded, expected: Outcomes, again: Outcomes, got: Outcomes, last: tuple[int, int] | None
) -> CheckedFunction:
    """`last` is the call that the variant's process did not come back from."""
    calls, partly = 0, item.reason
    found: list[Deviation] = []
    reason = item.reason or ("the benchmark does not call it" if not item.count else "none of its calls could be kept")
    for call in range(len(item.calls)):
        place = (number, call)
        first = expected.get(place)
        problem = _unfit(first, again.get(place))
        if problem or first is None:
            reason = problem
            partly = partly or ("" if problem == TOO_LONG else problem)  # how many calls are compared is bounded anyway
            continue
        mine = got.get(place)
        if mine is None:  # the benchmark, which makes the same calls, will tell how it ends
            reason = "the variant's process ends in a call before it"
            if place == last:
                reason = f"the variant's process ends in {_cut(first.text)}"
            partly = reason
            break
        if mine.gone or mine.lost or (mine.opaque and mine.place != "returned"):
            partly = reason = mine.gone or mine.lost or f"it gives {mine.opaque} in the variant"
            continue
        calls += 1
        if first.keeps:
            partly = partly or f"they change {first.keeps}, which its module keeps and which is not compared"
        deviation = _deviation(first, mine)
        if deviation is not None:
            found.append(deviation)
    if found:
        return _about(item, "differs", calls, deviation=min(found, key=lambda each: len(each.call)))
    if calls and not partly:
        return _about(item, "checked", calls)
    return _about(item, "unchecked", calls, reason=partly if calls else reason)


def told_apart(checked: Sequence[CheckedFunction], namesakes: Collection[tuple[str, str]]) -> list[CheckedFunction]:
    """The same, but no function is called checked whose calls may have been those of another one of its name."""
    return [
        msgspec.structs.replace(item, state="unchecked", reason="another function of the file has the same name")
        if item.state == "checked" and (item.file, item.function) in namesakes
        else item
        for item in checked
    ]


def _unfit(first: Outcome | None, second: Outcome | None) -> str:
    """Why a call cannot be compared; empty when it can."""
    if first is None:
        return TOO_LONG
    if problem := first.gone or first.lost:
        return problem
    if first.outside:
        return f"it reaches beyond the process ({first.outside})"
    if first.opaque:
        return f"it gives {first.opaque}"
    if second is None:
        return TOO_LONG
    same = first.lines == second.lines and first.changes == second.changes
    return "" if same else "its results depend on more than its arguments"


def _deviation(expected: Outcome, got: Outcome) -> Deviation | None:
    """The first line that differs; what the variant's objects have in addition, the baseline's callers do not see."""
    told = dict(got.lines)
    for where, what in expected.lines:
        mine = told.get(where)
        if mine != what:
            told_instead = _instead(where, got) if mine is None else mine
            return Deviation(call=expected.text, where=where, expected=_cut(what), got=_cut(told_instead))
    wanted = {where: (old, new) for where, old, new in expected.changes}
    made = {where: (old, new) for where, old, new in got.changes}
    for where in (*wanted, *(where for where, (old, _) in made.items() if old and where not in wanted)):
        should = wanted[where][1] if where in wanted else made[where][0]
        does = made[where][1] if where in made else wanted[where][0]
        if should != does:
            shown = [_cut(each) or "nothing" for each in (should, does)]
            return Deviation(call=expected.text, where=where, expected=shown[0], got=shown[1])
    return None


def _instead(where: str, got: Outcome) -> str:
    """What the variant did when it has no such place, as when it raises where the baseline returns."""
    if got.place:
        return got.opaque
    if where in ("returned", "raised") and got.lines:
        other = got.lines[0]
        return f"{other[0]} {other[1]}" + (f" {got.lines[1][1]}" if other[0] == "raised" and len(got.lines) > 1 else "")
    return "nothing"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _about(
    item: Recorded, state: str, calls: int, *, reason: str = "", deviation: Deviation | None = None
) -> CheckedFunction:
    fields = {"file": item.file, "function": item.name, "state": state, "calls": calls, "reason": reason}
    return msgspec.convert({**fields, "deviation": deviation}, CheckedFunction, from_attributes=True)


def summary(checked: Sequence[CheckedFunction], beyond: Sequence[str]) -> Behaviour:
    """All functions in one finding: a single difference decides, and all must be checked to be called so."""
    calls = sum(item.calls for item in checked)
    differing = next((item for item in checked if item.deviation is not None), None)
    if differing is not None and differing.deviation is not None:
        found = differing.deviation
        sentence = (
            f"{differing.function} behaves differently: on {_cut(found.call)}, {found.where} should be "
            f"{found.expected} but is {found.got}."
        )
        return Behaviour(state="differs", sentence=sentence, calls=calls, functions=tuple(checked))
    left = [
        f"{item.function} is {'only partly checked' if item.calls else 'unchecked'}: {item.reason}"
        for item in checked
        if item.state == "unchecked"
    ]
    if beyond:
        left.append(f"what changes in {', '.join(beyond)} outside of Python functions is unchecked")
    agree = f"{calls} recorded calls of {_names(checked)} give the same" if calls else ""
    if not left and calls:
        return Behaviour(state="checked", sentence=f"{agree}.", calls=calls, functions=tuple(checked))
    parts = [part for part in (agree, *left) if part] or ["No function of the baseline is changed"]
    return Behaviour(state="unchecked", sentence=f"{'; '.join(parts)}.", calls=calls, functions=tuple(checked))


def _names(checked: Sequence[CheckedFunction]) -> str:
    return ", ".join(item.function for item in checked if item.calls)
