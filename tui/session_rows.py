"""Sessions and trends as rows, the same in the app and on the command line."""

from collections.abc import Iterator, Sequence

from engine.report.sessions import Facts, TrendPoint, best_words, when
from engine.report.tables import NOTHING, Table, money
from tui import lines

HEAD = ("session", "size", "last", "best, at least", "proven", "candidates", "spent", "began", "commit")
TREND_HEAD = ("when", "commit", "session", "profiler", "own time", "", "seconds", "of", "change")
BAR = 20


def row(facts: Facts) -> tuple[str, ...]:
    """The cells of `HEAD`; of a session that cannot be read, why."""
    if facts.problem:
        return (facts.name, size(facts.bytes), NOTHING, facts.problem, *[NOTHING] * 5)
    return (
        facts.name,
        size(facts.bytes),
        when(facts.ended),
        best_words(facts),
        f"{facts.proven} of {facts.evaluations}" if facts.evaluations else NOTHING,
        str(facts.candidates),
        money(facts.usd),
        when(facts.began),
        facts.commit or NOTHING,
    )


def trend_rows(points: Sequence[TrendPoint]) -> Iterator[tuple[str, ...]]:
    """The cells of `TREND_HEAD`; a change is told between profiles of one profiler only."""
    largest = max((point.self_share for point in points), default=0.0) or 1.0
    before: dict[str, TrendPoint] = {}
    for point in points:
        last = before.get(point.profiler)
        before[point.profiler] = point
        yield (
            when(point.at),
            point.commit or NOTHING,
            point.session,
            point.profiler,
            f"{point.self_share:.1%}",
            "█" * round(point.self_share / largest * BAR),
            NOTHING if point.seconds is None else f"{point.seconds:.3f}",
            NOTHING if point.whole is None else f"{point.whole:.3f}",
            _change(last, point),
        )


def _change(last: TrendPoint | None, point: TrendPoint) -> str:
    if last is None:
        return NOTHING
    if last.seconds and point.seconds is not None:
        return f"{(point.seconds - last.seconds) / last.seconds:+.0%} time"
    return f"{(point.self_share - last.self_share) * 100:+.1f} points"


def size(count: int) -> str:
    """Bytes with three digits."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= limit:
            return f"{count / limit:.3g} {unit}"
    return f"{count} B"


def tables_text(tables: Sequence[Table]) -> str:
    """Tables one below the other; those without rows are left out."""
    shown = (
        "\n".join([table.title, *([table.note] if table.note else []), lines.table(table.head, table.rows)])
        for table in tables
        if table.rows
    )
    return "\n\n".join(shown)
