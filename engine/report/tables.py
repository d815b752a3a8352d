"""A report as tables of words, for every format."""

from collections.abc import Sequence

import msgspec

from engine.report.paper import Cell
from engine.report.session import Report, Tally

NOTHING = "–"
UNBOUNDED = 1e8


class Table(msgspec.Struct, frozen=True):
    """A titled table; all rows are as long as the head."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(report: Report, paper: Sequence[Cell]) -> tuple[Table, ...]:
    """Every table that has a row."""
    every = (_tallies(report), _paper(paper), *comparisons(report), _candidates(report))
    return tuple(table for table in every if table.rows)


def comparisons(report: Report) -> tuple[Table, Table, Table, Table]:
    """Team against single LLMs, prompts across LLMs, kinds of edits, break-even; without rows where none is known."""
    return _picks(report), _crossings(report), _edits(report), _break_even(report)


def _tallies(report: Report) -> Table:
    head = (
        "LLM", "strategy", "tried", "generated", "applied", "built", "passed", "faster", "correct", "mean %PI", "SD",
        "at least", "cost", "$ per point",
    )  # fmt: skip
    note = (
        "Failures of every stage count as tried. %PI over what was measured; `at least` is the mean of what is safe "
        "to claim for each."
    )
    return Table("By LLM and strategy", note, head, tuple(_tally(row) for row in report.tallies))


def _tally(row: Tally) -> tuple[str, ...]:
    counts = (row.tried, row.generated, row.applied, row.built, row.passed, row.faster)
    return (
        row.llm,
        row.strategy,
        *(str(count) for count in counts),
        f"{row.correct:.0%}",
        _figure(row.mean),
        _figure(row.deviation),
        _percent(row.at_least),
        money(row.usd),
        NOTHING if row.per_point is None else f"${row.per_point:.4f}",
    )


def _paper(cells: Sequence[Cell]) -> Table:
    note = (
        "Mean and population SD of %PI over bottlenecks, all LLMs pooled; rank by Mann-Whitney (p <= 0.05) or Cohen's "
        "d (>= 0.2) against the best. It counts survivors only and is no verdict."
    )
    rows = tuple(
        (cell.approach, str(cell.n), _figure(cell.mean, 2), _figure(cell.sd, 2), str(cell.rank or NOTHING))
        for cell in cells
    )
    return Table("By the paper's procedure", note, ("approach", "n", "mean %PI", "SD", "rank"), rows)


def _picks(report: Report) -> Table:
    note = "The best proven candidate of each bottleneck, from one LLM or from all; 0 where nothing is proven."
    rows = tuple(
        (pick.llm or "all LLMs together", _percent(pick.gain), f"{pick.proven} of {pick.bottlenecks}")
        for pick in report.picks
    )
    return Table("The team against each LLM", note, ("LLM", "mean guaranteed gain", "bottlenecks proven"), rows)


def _crossings(report: Report) -> Table:
    rows = tuple(
        (item.written_for, item.given_to, str(item.tried), str(item.passed), _figure(item.mean))
        for item in report.crossings
    )
    head = ("written for", "given to", "tried", "passed", "mean %PI")
    return Table("Prompts across LLMs", "A copied prompt keeps the LLM that it was written for.", head, rows)


def _edits(report: Report) -> Table:
    note = "By rule, hunk by hunk; a note `class: memory` on a hunk corrects it."
    rows = tuple((name, str(every), str(faster)) for name, every, faster in report.edits)
    return Table("Kinds of edits", note, ("class", "hunks", "in proven gains"), rows)


def _break_even(report: Report) -> Table:
    even = report.break_even
    runs = NOTHING if even.runs is None else f"{even.runs:,.0f}"
    row = (money(even.usd), f"{even.seconds_spent:,.1f} s", f"{even.seconds_saved:.3f} s", runs)
    note = "Time spent by LLMs and measuring, against what the best proven candidate saves at least in each run."
    head = ("spent", "time spent", "saved a run", "runs to win the time back")
    return Table("Break-even", note, head, (row,) if report.points else ())


def _candidates(report: Report) -> Table:
    rows = tuple(
        (
            item.llm,
            item.strategy,
            item.bottleneck,
            item.verdict,
            _figure(item.gain),
            f"{_figure(item.low)} to {_figure(item.high)}",
            money(item.usd),
        )
        for item in report.points
    )
    head = ("LLM", "strategy", "bottleneck", "verdict", "%PI", "95% interval", "cost")
    return Table("What was measured", "", head, rows)


def money(usd: float | None) -> str:
    """A cost: unknown, free, or dollars."""
    if usd is None:
        return "?"
    return "free" if usd == 0 else f"${usd:.4f}" if usd < 0.1 else f"${usd:.2f}"


def _figure(value: float | None, digits: int = 1) -> str:
    if value is None:
        return NOTHING
    return "?" if abs(value) >= UNBOUNDED else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{_figure(value)}%"
