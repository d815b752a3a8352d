"""The tables of the MPCO paper (ASE'25, arXiv 2508.01443), computed from its published measurement files.

The files are CSV (RFC 4180, UTF-8) with one row for each measured code version; `COLUMNS` are the ones that matter. A
file may end in a row of empty fields, and exact duplicates occur; duplicates are pooled as they are.
"""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import fmean, pstdev, stdev

import msgspec

from engine.errors import EngineError

csv.field_size_limit(2**24)

COLUMNS = ("project_name", "construct_id", "prompt_version", "code_optimization_llm", "runtime_measurements")
APPROACHES = {
    "rq1": ("mpco", "chain_of_thought", "few_shot", "contextual_prompting"),
    "rq2": ("mpco", "no_project_context", "no_task_context", "no_llm_context"),
    "rq3": ("mpco", "mpco2", "mpco3"),
}
"""The columns of each table: strategies, ablations, and meta-prompters."""
ONLY_LLM = {"rq3": "claude"}
"""RQ3 compares meta-prompters, so that its target LLM is held fixed."""
WHOLE = ("All", "Original")
"""Construct ids of rows that stand for the whole program."""
SIGNIFICANCE = 0.05
NOTICEABLE = 0.2
"""The paper counts approaches as different from this absolute effect size (Cohen's d) on."""


class Row(msgspec.Struct, frozen=True):
    """One measured code version; runtimes in seconds."""

    construct: str
    approach: str
    llm: str
    runtimes: tuple[float, ...]


class System(msgspec.Struct, frozen=True):
    """The measurements of one studied program."""

    name: str
    rows: tuple[Row, ...]


class Cell(msgspec.Struct, frozen=True):
    """One approach on one system: mean and population SD of %PI over its n snippets, and its rank.

    The figures are None, and n is 0, when no snippet of the approach has measurements.
    """

    table: str
    system: str
    approach: str
    n: int
    mean: float | None
    sd: float | None
    rank: int | None


def read_systems(path: Path) -> tuple[tuple[System, ...], tuple[str, ...]]:
    """The systems in `path`, a file or a folder of files, and the names of CSV files there that are of another kind.

    Raises:
        EngineError: when there is no such file, or no file of the kind.
    """
    if path.is_dir():
        files = sorted(path.glob("*.csv"))
    elif path.is_file():
        files = [path]
    else:
        raise EngineError(f"{path}: there is no such file or folder; name a measurement file or a folder of them.")
    systems: dict[str, list[Row]] = {}
    other = []
    for file in files:
        found = _read(file)
        if found is None:
            other.append(file.name)
        else:
            systems.setdefault(found.name, []).extend(found.rows)
    if not systems:
        raise EngineError(f"{path}: no CSV file with the columns {', '.join(COLUMNS)} was found.")
    return tuple(System(name, tuple(rows)) for name, rows in systems.items()), tuple(other)


def cells(table: str, systems: Sequence[System]) -> tuple[Cell, ...]:
    """The cells of one of the paper's tables, system by system in the order of `APPROACHES`.

    Raises:
        EngineError: when a system has no measurement of the original code.
    """
    only = ONLY_LLM.get(table)
    return tuple(cell for system in systems for cell in system_cells(table, system, APPROACHES[table], only))


def average_ranks(table: str, found: Sequence[Cell]) -> dict[str, float | None]:
    """The mean rank of each approach over the systems that have one."""
    ranks = {name: [cell.rank for cell in found if cell.approach == name and cell.rank] for name in APPROACHES[table]}
    return {name: fmean(values) if values else None for name, values in ranks.items()}


def system_cells(table: str, system: System, approaches: Iterable[str], only: str | None = None) -> Iterator[Cell]:
    """One cell for each of the approaches on one system, from the measurements of the LLM `only`, or of all.

    Raises:
        EngineError: when the system has no measurement of the original code.
    """
    gains = {name: _gains(system, name, only) for name in approaches}
    ranks = _ranks({name: values for name, values in gains.items() if values})
    for name, values in gains.items():
        mean, sd = (fmean(values), pstdev(values)) if values else (None, None)
        yield Cell(table, system.name, name, len(values), mean, sd, ranks.get(name))


def _gains(system: System, approach: str, llm: str | None) -> list[float]:
    """%PI of each snippet against the original code's mean runtime; snippets without a measurement are left out."""
    original = _original(system)
    groups: dict[str, list[float]] = {}
    for row in system.rows:
        if row.approach == approach and row.construct != "All" and llm in (None, row.llm):
            groups.setdefault(row.construct, []).extend(row.runtimes)
    return [(original - fmean(runtimes)) / original * 100 for runtimes in groups.values() if runtimes]


def _original(system: System) -> float:
    for row in system.rows:
        if row.approach == "original" and row.construct in WHOLE and row.runtimes:
            return fmean(row.runtimes)
    raise EngineError(
        f"{system.name}: no row has prompt_version original and construct_id All or Original with measurements; "
        "without the original code's runtime there is no improvement to compute."
    )


def _ranks(gains: dict[str, list[float]]) -> dict[str, int]:
    order = sorted(gains, key=lambda name: fmean(gains[name]), reverse=True)
    rank, ranks = 1, {}
    for name in order:
        if name != order[0] and _differ(gains[order[0]], gains[name]):
            rank += 1
        ranks[name] = rank
    return ranks


def _differ(best: list[float], other: list[float]) -> bool:
    from scipy.stats import mannwhitneyu

    p: float = mannwhitneyu(best, other, alternative="two-sided").pvalue
    return p <= SIGNIFICANCE or abs(_cohens_d(best, other)) >= NOTICEABLE


def _cohens_d(a: list[float], b: list[float]) -> float:
    if len(a) < 2 or len(b) < 2:
        return 0.0
    squares = (len(a) - 1) * stdev(a) ** 2 + (len(b) - 1) * stdev(b) ** 2
    pooled = math.sqrt(squares / (len(a) + len(b) - 2))
    return (fmean(a) - fmean(b)) / pooled if pooled else 0.0


def _read(file: Path) -> System | None:
    """The system of one file; None when its columns are of another kind."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            table = csv.DictReader(text, strict=True)
            if not set(COLUMNS) <= set(table.fieldnames or ()):
                return None
            names: Counter[str] = Counter()
            rows = []
            for fields in table:
                names[fields["project_name"] or ""] += 1
                rows.append(_row(f"{file}, line {table.line_num}", fields))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EngineError(f"{file}: cannot be read as a CSV file in UTF-8 ({error}).") from error
    del names[""]
    return System(names.most_common(1)[0][0] if names else file.stem, tuple(rows))


def _row(where: str, fields: dict[str, str | None]) -> Row:
    def text(column: str) -> str:
        return (fields[column] or "").strip()

    try:
        numbers = tuple(float(item) for item in text("runtime_measurements").split(",") if item.strip())
    except ValueError as error:
        raise EngineError(
            f"{where}: runtime_measurements must be numbers with commas between them ({error})."
        ) from error
    runtimes = tuple(number for number in numbers if math.isfinite(number))
    return Row(text("construct_id"), text("prompt_version"), text("code_optimization_llm"), runtimes)
