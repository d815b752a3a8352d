"""The task context: what is asked for, and the evidence about the bottleneck."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from engine.config import FILE_NAME, Config
from engine.hardware import hardware
from engine.model import Bottleneck, ContextField, Counter, Edge, Objective, Profile
from engine.prompt.files import fence_tag
from engine.prompt.related import related

_MOST_EDGES = 6
_MOST_LINES = 8
_WORTH_TELLING = 0.005
"""Lines with a smaller share of the time are noise."""


_RATES = (
    ("instructions", "cycles", "instructions a cycle"),
    ("branch-misses", "branches", "branches mispredicted"),
    ("cache-misses", "cache-references", "references to the last cache missed"),
)
"""(counter, its whole, what to call their ratio)."""


class Task(msgspec.Struct, frozen=True):
    """The words for one objective."""

    aim: str
    """Completes "Improve ... of the code"."""
    meaning: str
    description: str
    considerations: tuple[str, ...]


def tasks() -> dict[Objective, Task]:
    """The words for each objective, from tasks.toml."""
    text = Path(__file__).with_name("tasks.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=dict[Objective, Task])


def task_fields(
    config: Config, bottleneck: Bottleneck | None, source_text: str, profile: Profile | None
) -> tuple[ContextField, ...]:
    """Objective, description, considerations, the bottleneck with its profile and source, and the hardware.

    `source_text` is the bottleneck's own span. Without a bottleneck only what holds for all is told; without a
    profile run, what it would have told is left out.
    """
    task = tasks()[config.task.objective]
    said, considerations = config.task.description, config.task.considerations
    fields = [
        _field("objective", task.meaning, FILE_NAME),
        _field("description", said or task.description, FILE_NAME if said else "built in"),
        _field(
            "considerations",
            _listed("each deserves a thought:", considerations or task.considerations),
            FILE_NAME if considerations else "built in",
        ),
    ]
    if bottleneck is not None:
        fields.append(_field("bottleneck", _place(bottleneck), "profile" if profile else "source files"))
        fields += evidence(bottleneck, source_text, profile)
    fields.append(_field("hardware", hardware(), "psutil"))
    if bottleneck is not None:
        fields.append(_field("related code", related(config, bottleneck).told(), "profile and source files"))
        fields.append(_field("source", _fenced(bottleneck, source_text), bottleneck.file))
    return tuple(field for field in fields if field.value)


def _field(name: str, value: str, source: str) -> ContextField:
    return ContextField(context="task", name=name, value=value, source=source)


def evidence(bottleneck: Bottleneck, source_text: str, profile: Profile | None) -> tuple[ContextField, ...]:
    """What a profile says about a bottleneck; the profile screen shows the same words."""
    return tuple(field for field in _evidence(bottleneck, source_text, profile) if field.value)


def _evidence(bottleneck: Bottleneck, source_text: str, profile: Profile | None) -> Iterator[ContextField]:
    if bottleneck.total_share or bottleneck.self_share:
        whole = _amount(profile) if profile else "all time profiled"
        spent = f"{bottleneck.self_share:.1%} of {whole} in the function itself, "
        yield _field("time", f"{spent}{bottleneck.total_share:.1%} together with what it calls", "profile")
    if bottleneck.addressable_share > bottleneck.self_share + _WORTH_TELLING:
        outside = bottleneck.addressable_share - bottleneck.self_share
        text = f"{bottleneck.addressable_share:.1%}: its own time, and {outside:.1%} in outside code that it calls"
        yield _field("addressable time", text, "profile")
    if bottleneck.calls:
        yield _field("calls", f"{bottleneck.calls:,}", "profile")
    yield _field("callers", _edges("share of its time by caller:", bottleneck.callers), "profile")
    yield _field("callees", _edges("share of its time by what it calls:", bottleneck.callees), "profile")
    yield _field("hot lines", _hot_lines(bottleneck, source_text, profile), "profile")
    yield _field("allocations", _allocations(bottleneck, source_text), "profile")
    if profile is not None:
        yield _field("counters", _counters(profile.counters), "perf stat")


def _amount(profile: Profile) -> str:
    if profile.seconds or not profile.amount:
        return f"all {profile.seconds:.3g} s profiled"
    return f"all {profile.amount:,.0f} {profile.unit} profiled"


def _place(bottleneck: Bottleneck) -> str:
    return f"`{bottleneck.function}`, lines {bottleneck.line} to {bottleneck.end_line} of {bottleneck.file}"


def _listed(head: str, items: tuple[str, ...]) -> str:
    return "\n".join([head, *(f"- {item}" for item in items)]) if items else ""


def _edges(head: str, edges: tuple[Edge, ...]) -> str:
    largest = sorted(edges, key=lambda edge: edge.share, reverse=True)[:_MOST_EDGES]
    return _listed(head, tuple(_edge(edge) for edge in largest))


def _edge(edge: Edge) -> str:
    place = f" ({edge.file}:{edge.line})" if edge.file else ""
    calls = f", {edge.calls:,} call{'s' if edge.calls > 1 else ''}" if edge.calls else ""
    return f"`{edge.function}`{place}: {edge.share:.1%}{calls}"


def _hot_lines(bottleneck: Bottleneck, source_text: str, profile: Profile | None) -> str:
    source = source_text.splitlines()
    hottest = sorted(bottleneck.heat, key=lambda heat: heat.share, reverse=True)[:_MOST_LINES]
    lines = []
    for heat in sorted(hottest, key=lambda heat: heat.line):
        index = heat.line - bottleneck.line
        if heat.share >= _WORTH_TELLING and 0 <= index < len(source):
            lines.append(f"line {heat.line}: {heat.share:.1%} `{source[index].strip()}`")
    counted = profile.unit if profile and profile.unit not in ("seconds", "samples") else "time"
    return _listed(f"share of all {counted} by line:", tuple(lines))


def _allocations(bottleneck: Bottleneck, source_text: str) -> str:
    source = source_text.splitlines()
    lines = []
    for item in bottleneck.allocations[:_MOST_LINES]:
        index = item.line - bottleneck.line
        if 0 <= index < len(source):
            lines.append(f"line {item.line}: {item.bytes / 2**20:,.1f} MiB `{source[index].strip()}`")
    return _listed("allocated in all by line, with what it calls:", tuple(lines))


def _counters(counters: tuple[Counter, ...]) -> str:
    """Rates where two counters make one: they say more than either."""
    known = {item.name: item.value for item in counters}
    told = []
    for part, whole, words in _RATES:
        if part in known and known.get(whole, 0) > 0:
            rate = known[part] / known[whole]
            told.append(f"{words}: {rate:.2f}" if part == "instructions" else f"{words}: {rate:.1%}")
    counted = [name for name in ("instructions", "page-faults", "context-switches") if known.get(name)]
    told += [f"{name.replace('-', ' ')}: {known[name]:,.0f}" for name in counted]
    return _listed("of one run of the whole command:", tuple(told))


def _fenced(bottleneck: Bottleneck, source_text: str) -> str:
    if not source_text.strip():
        return ""
    fence = "```"
    while fence in source_text:
        fence += "`"
    head = f"lines {bottleneck.line} to {bottleneck.end_line} of {bottleneck.file}:"
    return f"{head}\n{fence}{fence_tag(bottleneck.file)}\n{source_text.rstrip()}\n{fence}"
