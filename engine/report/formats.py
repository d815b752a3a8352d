"""The formats a report is written in: Markdown, LaTeX, CSV, JSON, and one HTML page that needs nothing else."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from engine.report.page import page
from engine.report.paper import Cell
from engine.report.session import Report
from engine.report.tables import Table, tables
from engine.report.tally import FATES, Tally

Format = Literal["markdown", "latex", "csv", "json", "html"]
VERSION = 2
"""Of the JSON format: {"format": "mpco-report", "version": 2, "report": ..., "paper": [...]}."""

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "<": r"\textless{}", ">": r"\textgreater{}",
    }
)  # fmt: skip


def render(report: Report, paper: Sequence[Cell], kind: Format, title: str) -> str:
    """The whole report as text of one format."""
    found = tables(report, paper)
    match kind:
        case "markdown":
            return f"# {_markdown_cell(title)}\n\n" + "\n".join(_markdown(table) for table in found)
        case "latex":
            return "% needs \\usepackage{booktabs}\n" + "\n".join(_latex(table) for table in found)
        case "csv":
            return _csv(found)
        case "json":
            return _json(report, paper)
        case "html":
            return page(title, found, report)


def _markdown(table: Table) -> str:
    lines = [f"## {table.title}", ""]
    lines += [table.note, ""] if table.note else []
    lines += ["| " + " | ".join(table.head) + " |", "|" + " --- |" * len(table.head)]
    lines += ["| " + " | ".join(_markdown_cell(cell) for cell in row) + " |" for row in table.rows]
    return "\n".join(lines) + "\n"


def _markdown_cell(text: str) -> str:
    flat = re.sub(r"\s+", " ", text)
    return re.sub(r"([\\|`*_<\[\]])", r"\\\1", flat)


def _latex(table: Table) -> str:
    def line(cells: Sequence[str]) -> str:
        return " & ".join(re.sub(r"\s+", " ", cell).translate(_LATEX) for cell in cells) + r" \\"

    body = "\n".join(line(row) for row in table.rows)
    caption = f"{table.title}. {table.note}" if table.note else table.title
    return (
        f"\\begin{{table}}\n\\caption{{{caption.translate(_LATEX)}}}\n"
        f"\\begin{{tabular}}{{{'l' * len(table.head)}}}\n\\toprule\n{line(table.head)}\n\\midrule\n{body}\n"
        "\\bottomrule\n\\end{tabular}\n\\end{table}\n"
    )


def _csv(found: Sequence[Table]) -> str:
    """One file for all tables: the first column names the table, each table begins with its head."""
    out = io.StringIO()
    writer = csv.writer(out)
    for table in found:
        writer.writerow(("table", *table.head))
        writer.writerows((table.title, *row) for row in table.rows)
    return out.getvalue()


def _json(report: Report, paper: Sequence[Cell]) -> str:
    known = msgspec.to_builtins(report)
    for name in ("tallies", "llms", "prompts"):
        known[name] = [_figures(row) for row in getattr(report, name)]
    known["edits"] = [dict(zip(("class", "hunks", "proven"), row, strict=True)) for row in report.edits]
    known["break_even"] |= {"runs": report.break_even.runs, "usd_per_second": report.break_even.usd_per_second}
    whole = {"format": "mpco-report", "version": VERSION, "report": known, "paper": paper}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1).decode() + "\n"


def _figures(row: Tally) -> dict[str, object]:
    """A tally with what follows from it, so that nobody has to compute it again."""
    derived = ("tried", "generated", "applied", "built", "passed", "faster", "correct")
    gains = ("mean", "deviation", "at_least", "per_try", "per_point")
    fates = dict(zip(FATES, row.fates, strict=True))
    return {**msgspec.to_builtins(row), "fates": fates, **{key: getattr(row, key) for key in (*derived, *gains)}}
