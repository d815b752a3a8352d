"""The behaviour check: changed functions must do on the benchmark's own inputs what they did, beyond what tests see.

The benchmark runs once on the baseline while calls of the changed functions are recorded. The recorded arguments are
replayed in fresh processes, twice on the baseline and once on the variant, and everything that a caller can see is
compared exactly: the returned value or the exception, the arguments afterwards, and what was printed. The variant is
given the arguments only, never what is expected of it; the comparison happens here, outside of the sandbox.
"""

import json
from importlib import resources

import msgspec

from engine.evaluate.arm import Arm
from engine.evaluate.behaviour.judging import (
    Outcomes,
    Recorded,
    Recording,
    comparable,
    compare,
    read_outcomes,
    read_recordings,
    summary,
    told_apart,
)
from engine.evaluate.behaviour.targets import Targets, targets
from engine.execute import IO_VARIABLE
from engine.model import Behaviour, CheckedFunction

__all__ = ["NOTHING", "Reference", "Targets", "record", "replay", "targets"]

REPLAY_SECONDS, FUNCTION_SECONDS = 60.0, 2.0
"""For the calls of all functions, and on the baseline for those of one: calls beyond are left out."""
MOST_FUNCTIONS = 12
PREFIX = {name: f"mpco_{name}" for name in ("recorder", "replay", "describing", "landmarks")}
_PREPARE = f'PYTHONPATH="${IO_VARIABLE}${{PYTHONPATH:+:$PYTHONPATH}}" MPCO_ROOT="$PWD"\nexport PYTHONPATH MPCO_ROOT\n'


class Reference(msgspec.Struct, frozen=True):
    """What the baseline does on the recorded calls."""

    recording: Recording
    expected: Outcomes = {}
    again: Outcomes = {}


NOTHING = Reference(Recording("", (), "", ()))
"""For changes that touch no function of the baseline."""


def _files(*names: str) -> dict[str, bytes]:
    folder = resources.files("engine.evaluate.behaviour")
    return {f"{PREFIX.get(name, name)}.py": (folder / f"{name}.py").read_bytes() for name in names}


async def record(baseline: Arm, command: str, timeout: float, wanted: Targets) -> Reference:
    """Record calls of the wanted functions while the benchmark `command` runs, and replay them twice.

    Raises:
        SandboxError: when the sandbox has died.
    """
    functions = wanted.functions[:MOST_FUNCTIONS]
    names: dict[str, list[str]] = {}
    for file, name in functions:
        names.setdefault(file, []).append(name)
    inputs = _files("recorder", "landmarks", "sitecustomize")
    baseline.put({**inputs, "mpco_targets.json": json.dumps(names).encode()})
    run = await baseline.run(["sh", "-c", _PREPARE + command], timeout=timeout, env={IO_VARIABLE: baseline.io_seen})
    found = read_recordings(baseline.take(["mpco_calls.jsonl"]).get("mpco_calls.jsonl", b""))
    best = max(found, key=lambda item: sum(each.count for each in item.functions), default=None)
    if run.exit_code != 0 or best is None:
        why = "does not load it" if run.exit_code == 0 else "fails while it is recorded"
        return Reference(Recording("", (), "", tuple(_nothing(*key, f"the benchmark {why}") for key in functions)))
    told = {(item.file, item.name): item for item in best.functions}
    every = (told.get(key) or _nothing(*key, "the benchmark does not load it") for key in functions)
    recording = msgspec.structs.replace(best, functions=tuple(every))
    expected = await _outcomes(baseline, recording, "1", FUNCTION_SECONDS)
    recording = comparable(recording, expected)
    again = await _outcomes(baseline, recording, "2")
    return Reference(recording, expected, again)


async def replay(variant: Arm, reference: Reference, wanted: Targets) -> Behaviour:
    """Replay the baseline's calls on the variant and compare.

    Raises:
        SandboxError: when the sandbox has died.
    """
    got = await _outcomes(variant, reference.recording, "1")
    checked = compare(reference.recording.functions, reference.expected, reference.again, got)
    checked = told_apart(checked, wanted.namesakes)
    reason = f"only {MOST_FUNCTIONS} functions are checked"
    over = [
        CheckedFunction(file=file, function=name, state="unchecked", reason=reason)
        for file, name in wanted.functions[MOST_FUNCTIONS:]
    ]
    return summary([*checked, *over], wanted.beyond)


async def _outcomes(arm: Arm, recording: Recording, seed: str, most: float = REPLAY_SECONDS) -> Outcomes:
    if not any(any(item.calls) for item in recording.functions):
        return {}
    inputs = _files("replay", "describing", "landmarks")
    arm.put({**inputs, "mpco_recorded.json": msgspec.json.encode(recording)})
    argv = [recording.executable, f"{arm.io_seen}/mpco_replay.py"]
    env = {"PYTHONHASHSEED": seed, "MPCO_SECONDS": str(most), IO_VARIABLE: arm.io_seen}
    await arm.run(argv, timeout=REPLAY_SECONDS, env=env)
    return read_outcomes(arm.take(["mpco_outcomes.jsonl"]).get("mpco_outcomes.jsonl", b""))


def _nothing(file: str, name: str, reason: str) -> Recorded:
    return Recorded(file=file, name=name, module="", reason=reason, count=0, calls=())
