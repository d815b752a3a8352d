"""How a run's candidates are printed."""

from typing import Any

from tui import lines
from tui.cli.shell import echo


def print_candidates(state: Any, results: Any, as_json: bool) -> None:
    def function(id: str) -> str:
        found = state.bottleneck(id)
        return found.function if found else "?"

    rows = [(function(candidate.bottleneck), candidate, evaluation) for candidate, evaluation in results]
    if as_json:
        text = lines.json_lines(lines.candidate_line(c, e, name) for name, c, e in rows)
    else:
        text = lines.candidate_table(rows) if rows else "no candidates yet; `mpco run` makes some"
    if text:
        echo(text)
