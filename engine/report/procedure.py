"""The paper's procedure on a session's own measurements: mean, population SD and rank of each approach.

A snippet is a bottleneck; its runtimes are all runs of all variants of it, whatever the LLM. T0 is the mean of all runs
of the baseline. MPCO's verdicts have no part in it.
"""

from engine.report.paper import Cell, Row, System, system_cells
from engine.report.tally import Nouns, evaluated, named_approach


def session_cells(nouns: Nouns, name: str) -> tuple[Cell, ...]:
    """A cell for each approach, in the order in which they were first tried; empty before the first measurement."""
    originals: dict[tuple[float, float], float] = {}
    rows: list[Row] = []
    for id, evaluation in evaluated(nouns.evaluations.values()).items():
        candidate = nouns.candidates.get(id)
        if candidate is None:
            continue
        for item in evaluation.measurements:
            if item.arm == "baseline":
                originals[item.at, item.wall] = item.wall  # rivals of a race share the baseline's runs
        runtimes = tuple(item.wall for item in evaluation.measurements if item.arm == "variant")
        rows.append(Row(candidate.bottleneck, named_approach(nouns, candidate), candidate.llm, runtimes))
    if not originals:
        return ()
    system = System(name, (Row("Original", "original", "", tuple(originals.values())), *rows))
    return tuple(system_cells("session", system, dict.fromkeys(row.approach for row in rows)))
