"""What the `mpco` command prints: aligned tables for people, one JSON object a line for programs."""

import json
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from rich.cells import cell_len

from engine.model import Bottleneck, Candidate, Difference, Estimate, Evaluation, Unmapped
from tui.plain_line import escaped_json, plain_line

COMBINED = "combined"
"""What stands in the place of an LLM for a variant of several candidates."""
UNBOUNDED = 1e8
"""Ends of an interval beyond this are not known yet."""


BEYOND_OFFLINE = (
    "The offline models know a few rewriting rules, no more. To ask a real LLM, name it as [[llm]] in mpco.toml, as in "
    'model = "openai/gpt-5"; `mpco preview` then shows all that would be sent, and sends nothing.'
)
"""The next step where none of the rules applies, which is what most code that people care for gives."""


def count(number: int, noun: str) -> str:
    """`1 hunk`, `2 hunks`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def bottleneck_line(item: Bottleneck) -> dict[str, Any]:
    """The JSON object of one bottleneck."""
    return {
        "file": item.file,
        "function": item.function,
        "line": item.line,
        "end_line": item.end_line,
        "self_share": round(item.self_share, 6),
        "addressable_share": round(item.addressable_share, 6),
        "total_share": round(item.total_share, 6),
        "calls": item.calls or None,
    }


def unmapped_line(item: Unmapped) -> dict[str, Any]:
    """The JSON object of time that belongs to no function of the project."""
    return {"unmapped": item.name, "self_share": round(item.share, 6)}


def difference_line(item: Difference) -> dict[str, Any]:
    """The JSON object of one function in two profiles."""
    costs = {key: round(getattr(item, key), 9) for key in ("self_before", "self_after", "total_before", "total_after")}
    return {
        "file": item.file,
        "function": item.function,
        "line": item.line,
        "end_line": item.end_line,
        **costs,
        "change": round(item.change, 9),
        "unit": item.unit,
    }


def evaluation_line(patch: str, evaluation: Evaluation) -> dict[str, Any]:
    """The JSON object of one evaluation; `patch` is the file's name as it was given."""
    estimate = evaluation.estimate
    return {
        "patch": patch,
        "verdict": evaluation.verdict,
        "percent_improvement": _figure(estimate.percent_improvement) if estimate else None,
        "interval": [_figure(estimate.low), _figure(estimate.high)] if estimate else None,
        "guaranteed": _figure(estimate.guaranteed) if estimate else None,
        "runs": len(evaluation.measurements),
        "reason": evaluation.reason,
        "flags": [msgspec.to_builtins(flag) for flag in evaluation.flags],
        "behaviour": msgspec.to_builtins(evaluation.behaviour),
        "metrics": [msgspec.to_builtins(row) for row in evaluation.metrics],
    }


def candidate_line(candidate: Candidate, evaluation: Evaluation | None, function: str) -> dict[str, Any]:
    """The JSON object of one candidate; `patch` is the patch's text, empty when there is none."""
    about = {"llm": candidate.llm, "bottleneck": function}
    if evaluation is not None:
        return {**evaluation_line(evaluation.patch, evaluation), **about, **_worth([candidate], evaluation)}
    nothing = {"percent_improvement": None, "interval": None, "guaranteed": None, "runs": 0}
    seen: dict[str, Any] = {"flags": [], "behaviour": None, "metrics": []}
    return {"patch": "", "verdict": "unappliable", **nothing, "reason": candidate.reason, **seen, **about}


def combined_line(candidates: Iterable[Candidate], evaluation: Evaluation) -> dict[str, Any]:
    """The JSON object of a variant of several candidates."""
    about = {"llm": COMBINED, "bottleneck": ""}
    return {**evaluation_line(evaluation.patch, evaluation), **about, **_worth(candidates, evaluation)}


def _worth(candidates: Iterable[Candidate], evaluation: Evaluation) -> dict[str, Any]:
    """What is known of the worth of each hunk: of one left out, or of several left out together."""
    places = {hunk.id: f"{hunk.file}:{hunk.old_start}" for item in candidates for hunk in item.hunks}
    found = [
        {
            "hunks": [places.get(id, id) for id in (worth.hunk, *worth.together)],
            "verdict": worth.verdict,
            "percent_improvement": _figure(worth.estimate.percent_improvement) if worth.estimate else None,
            "interval": [_figure(worth.estimate.low), _figure(worth.estimate.high)] if worth.estimate else None,
            "spare": not worth.together and worth.hunk in evaluation.spare,
        }
        for worth in evaluation.worth
    ]
    return {"worth": found} if found else {}


def paper_line(cell: Any) -> dict[str, Any]:
    """The JSON object of one cell of the paper's tables; figures are None where nothing was measured."""
    keys = ("table", "system", "approach", "n", "mean", "sd", "rank")
    line = {key: getattr(cell, key) for key in keys}
    return line | {key: None if line[key] is None else round(line[key], 6) for key in ("mean", "sd")}


def paper_table(cells: Sequence[Any], average: Mapping[str, float | None]) -> str:
    """One of the paper's tables: a row a system, a column an approach, and the average ranks."""
    rows: dict[str, list[str]] = {}
    for cell in cells:
        shown = "–" if cell.n == 0 else f"{cell.mean:.2f} ({cell.sd:.2f}) {cell.rank} n={cell.n}"
        rows.setdefault(cell.system, []).append(shown)
    body = [(system, *shown) for system, shown in rows.items()]
    last = ("average rank", *("–" if rank is None else f"{rank:.2f}" for rank in average.values()))
    return table(("system", *average), [*body, last])


def json_lines(lines: Iterable[Mapping[str, Any]]) -> str:
    """One JSON object a line; what would act on a terminal is written as its escape, which is the same to programs."""
    return escaped_json("\n".join(json.dumps(line, ensure_ascii=False, allow_nan=False) for line in lines))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns aligned by spaces; the last one is not padded."""
    every = [tuple(head), *(tuple(plain_line(cell).text for cell in row) for row in rows)]
    widths = [max(cell_len(row[column]) for row in every) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in every
    )


def findings(rows: Sequence[tuple[bool, str, str, str]], width: int) -> str:
    """(fine, name, what was found, how to get it) within `width` cells; the way out is on a line of its own."""
    margin = max((cell_len(name) for _, name, *_ in rows), default=0) + 5
    room, found = max(30, width - margin), list[str]()
    for fine, name, text, fix in rows:
        sentences = [plain_line(line).text for line in text.splitlines()] or [""]
        told = [*sentences, *([f"→ {plain_line(fix).text}"] if fix else [])]
        wrapped = [part for line in told for part in textwrap.wrap(line, room, break_on_hyphens=False)]
        first, *more = wrapped or [""]
        head = f"{'✔' if fine else '✘'}  {name}"
        found += [f"{head}{' ' * (margin - cell_len(head) - 1)} {first}".rstrip(), *(" " * margin + m for m in more)]
    return "\n".join(found)


def bottleneck_table(items: Iterable[Bottleneck]) -> str:
    """The bottlenecks, ranked."""
    rows = [
        (i.function, i.place, *map(_percent, (i.self_share, i.addressable_share, i.total_share)), _calls(i.calls))
        for i in items
    ]
    return table(("function", "place", "self", "+libs", "total", "calls"), rows)


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _calls(number: int) -> str:
    return f"{number:,}" if number else "–"


def unmapped_table(items: Iterable[Unmapped]) -> str:
    """What belongs to no function of the project, largest first."""
    return table(("not mapped", "self"), ((item.name, f"{item.share:.1%}") for item in items))


def difference_table(items: Iterable[Difference]) -> str:
    """The functions of two profiles, the largest change first."""
    rows = [
        (i.function, f"{i.file}:{i.line}", f"{i.self_before:.4g}", f"{i.self_after:.4g}", f"{i.change:+.4g}", i.unit)
        for i in items
    ]
    return table(("function", "place", "self before", "self after", "change", "unit"), rows)


def candidate_table(
    rows: Iterable[tuple[str, Candidate, Evaluation | None]], combined: Evaluation | None = None
) -> str:
    """(function, candidate, evaluation) as a table of verdicts, a combination of them last."""
    head = ("bottleneck", "LLM", "verdict", "at least", "%PI", "95% interval", "runs", "reason")
    last = [(COMBINED, combined.title, *_verdict_cells(combined))] if combined else []
    return table(head, [*(_candidate_row(*row) for row in rows), *last])


def evaluation_table(rows: Iterable[tuple[str, Evaluation]]) -> str:
    """(patch, evaluation) as a table of verdicts."""
    head = ("patch", "verdict", "at least", "%PI", "95% interval", "runs", "reason")
    return table(head, ((patch, *_verdict_cells(evaluation)) for patch, evaluation in rows))


def _candidate_row(function: str, candidate: Candidate, evaluation: Evaluation | None) -> Sequence[str]:
    if evaluation is not None:
        return (function, candidate.llm, *_verdict_cells(evaluation))
    word = "no change" if candidate.state == "empty" else candidate.state
    return (function, candidate.llm, word, "–", "–", "–", "0", _short(candidate.reason))


def _verdict_cells(evaluation: Evaluation) -> tuple[str, ...]:
    estimate, runs = evaluation.estimate, str(len(evaluation.measurements))
    verdict = evaluation.verdict or evaluation.state
    if estimate is None:
        return (verdict, "–", "–", "–", runs, _short(evaluation.reason))
    least = f"{estimate.guaranteed:.1f}%" if estimate.guaranteed else "–"
    return (verdict, least, f"{estimate.percent_improvement:.1f}%", interval(estimate), runs, _short(evaluation.reason))


def interval(estimate: Estimate) -> str:
    """The confidence sequence in words; an end that is not known yet is shown as such."""
    low = f"{estimate.low:.1f}" if estimate.low > -UNBOUNDED else "?"
    high = f"{estimate.high:.1f}" if estimate.high < UNBOUNDED else "?"
    return f"{low} … {high}"


def _figure(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) and abs(value) < UNBOUNDED else None


def _short(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else ""
    return first if len(first) <= 90 else first[:89] + "…"
