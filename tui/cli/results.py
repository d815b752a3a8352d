"""How a run's candidates are printed."""

from typing import Any

from engine.model import Evaluation
from tui import lines
from tui.cli.shell import echo
from tui.worth_words import worth_lines


def print_candidates(state: Any, results: Any, as_json: bool, combined: Evaluation | None = None) -> None:
    def function(id: str) -> str:
        found = state.bottleneck(id)
        return found.function if found else "?"

    rows = [(function(candidate.bottleneck), candidate, evaluation) for candidate, evaluation in results]
    if as_json:
        whole = [lines.combined_line(state.candidates.values(), combined)] if combined else []
        text = lines.json_lines([*(lines.candidate_line(c, e, name) for name, c, e in rows), *whole])
    elif rows:
        proofs = [(f"{name}: {c.llm}", e) for name, c, e in rows if e] + (
            [(combined.title, combined)] if combined else []
        )
        worth = [f"{title}  {line.plain}" for title, proof in proofs for line in worth_lines(state, proof)]
        text = "\n".join([lines.candidate_table(rows, combined), *([""] * bool(worth)), *worth])
    else:
        text = "no candidates yet; `mpco run` makes some"
    if text:
        echo(text)
