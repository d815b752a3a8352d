"""A report as tables of words, for every format."""

from collections.abc import Sequence

import msgspec

from engine.report.crossings import Crossing
from engine.report.paper import Cell
from engine.report.session import Report
from engine.report.tally import FATES, Tally

NOTHING = "–"
UNBOUNDED = 1e8
SUMMED = ("tried", "passed", "faster", "mean %PI", "best, at least", "per try", "cost")


class Table(msgspec.Struct, frozen=True):
    """A titled table; all rows are as long as the head."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(report: Report, paper: Sequence[Cell]) -> tuple[Table, ...]:
    """Every table that has a row."""
    every = (tally_table(report), paper_table(paper), *comparisons(report), matrix(report), _candidates(report))
    return tuple(table for table in every if table.rows)


def comparisons(report: Report) -> tuple[Table, ...]:
    """What has columns that never change, whatever there is to report; without rows where nothing is known."""
    return (
        _picks(report),
        _combined(report),
        _front(report),
        _break_even(report),
        _edits(report),
        _fates(report),
        _breakdown("By LLM", report.llms),
        _breakdown("By prompt", report.prompts),
    )


def tally_table(report: Report) -> Table:
    """What each LLM brought with each approach."""
    head = (
        "LLM", "strategy", "tried", "built", "passed", "faster", "mean %PI", "SD", "at least", "per try", "cost",
        "$ per point", "correct", "generated", "applied",
    )  # fmt: skip
    note = (
        "Failures of every stage count as tried. %PI and `at least` (the mean of what is safe to claim for each) are "
        "over what was measured; `per try` counts failures as 0."
    )
    return Table("By LLM and strategy", note, head, tuple(_tally(row) for row in report.tallies))


def _tally(row: Tally) -> tuple[str, ...]:
    return (
        row.llm,
        row.strategy,
        *(str(count) for count in (row.tried, row.built, row.passed, row.faster)),
        _figure(row.mean),
        _figure(row.deviation),
        _percent(row.at_least),
        _percent(row.per_try),
        money(row.usd),
        NOTHING if row.per_point is None else f"${row.per_point:.4f}",
        f"{row.correct:.0%}",
        str(row.generated),
        str(row.applied),
    )


def _fates(report: Report) -> Table:
    rows = tuple(
        (row.llm, row.strategy, *(str(row.ended(fate) or NOTHING) for fate in FATES), str(row.tried))
        for row in report.tallies
    )
    note = "Every candidate ends in exactly one of these; none is left out of a denominator."
    return Table("Where candidates ended", note, ("LLM", "strategy", *FATES, "tried"), rows)


def _breakdown(title: str, tallies: Sequence[Tally]) -> Table:
    head = ("LLM", *(("prompt",) if title == "By prompt" else ()), *SUMMED)
    first = 2 if title == "By prompt" else 1
    rows = tuple(
        (
            *(row.llm, row.strategy)[:first],
            *(str(count) for count in (row.tried, row.passed, row.faster)),
            _figure(row.mean),
            _percent(max(row.guaranteed, default=None)),
            _percent(row.per_try),
            money(row.usd),
        )
        for row in tallies
    )
    return Table(title, "", head, rows)


def paper_table(cells: Sequence[Cell]) -> Table:
    """Mean, SD and rank of each approach by the paper's procedure, which has no part in MPCO's verdicts."""
    note = (
        "Mean and population SD of %PI over bottlenecks, all LLMs pooled; rank by Mann-Whitney (p <= 0.05) or Cohen's "
        "d (>= 0.2) against the best. It counts survivors only, pools runs whatever the machine did meanwhile, and is "
        "no verdict."
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


def _combined(report: Report) -> Table:
    head = ("made of", "hunks", "verdict", "%PI", "at least", "95% interval")
    made = report.combined
    if made is None:
        return Table("The best combination", "", head, ())
    interval = NOTHING if made.low is None else f"{_figure(made.low)} to {_figure(made.high)}"
    row = (", ".join(made.llms), str(made.hunks), made.verdict, _figure(made.gain), _percent(made.guaranteed), interval)
    note = "Hunks of several candidates in one variant, measured afresh, so that its figures were not chosen."
    return Table("The best combination", note, head, (row,))


def matrix(report: Report) -> Table:
    """A row for each LLM that prompts were written for, a column for each that they were given to."""
    known = {(item.written_for, item.given_to): item for item in report.crossings}
    targets = sorted({target for _, target in known})
    cells = [
        (source, *(crossing_words(known.get((source, target))) for target in targets))
        for source in sorted({source for source, _ in known})
    ]
    head = ("written for", *(f"given to {target}" for target in targets))
    return Table("Prompts across LLMs", premise_words(report), head, tuple(cells))


def crossing_words(item: Crossing | None) -> str:
    """A cell of the matrix: mean %PI, and how many of those tried passed the tests."""
    return NOTHING if item is None else f"{_figure(item.mean)} ({item.passed} of {item.tried})"


def premise_words(report: Report) -> str:
    """What the matrix holds, and what it says about the premise that a prompt should know its reader."""
    told = "Mean %PI of what was measured (passed of tried), of prompts that a meta-prompter wrote."
    found = report.premise
    if found is None:
        return told
    count = found.better + found.worse + found.same
    return told + (
        f" An LLM's own prompt beats a lent one by {found.difference:.1f} guaranteed points on average over {count} "
        f"(LLM, bottleneck) pairs: better in {found.better}, worse in {found.worse}, the same in {found.same}."
    )


def _edits(report: Report) -> Table:
    note = "By rule, hunk by hunk; a note `class: memory` on a hunk corrects it."
    rows = tuple((name, str(every), str(faster)) for name, every, faster in report.edits)
    return Table("Kinds of edits", note, ("class", "hunks", "in proven gains"), rows)


def _front(report: Report) -> Table:
    best = sorted((item for item in report.points if item.front), key=lambda item: item.usd or 0.0)
    rows = tuple((i.llm, i.strategy, i.bottleneck, money(i.usd), _percent(i.guaranteed)) for i in best)
    note = "The proven candidates that nothing as cheap or cheaper beats (the Pareto front)."
    return Table("Gain against cost", note, ("LLM", "strategy", "bottleneck", "cost", "at least"), rows)


def _break_even(report: Report) -> Table:
    even = report.break_even
    runs = NOTHING if even.runs is None else f"{even.runs:,.0f}"
    each = NOTHING if even.usd_per_second is None else f"${even.usd_per_second:.4f}"
    row = (money(even.usd), f"{even.seconds_spent:,.1f} s", f"{even.seconds_saved:.3f} s", runs, each)
    note = "Time spent by LLMs and measuring, against what the best proven variant saves at least in each run."
    head = ("spent", "time spent", "saved a run", "runs to win the time back", "$ per second saved a run")
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
