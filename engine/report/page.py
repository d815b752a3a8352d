"""The report as one HTML page: tables, and plots as inline SVG. It loads nothing, runs nothing, escapes all text."""

from collections.abc import Iterable, Sequence
from html import escape

from engine.report.session import Point, Report
from engine.report.tables import Table, crossing_words, premise_words

WIDTH, MARGIN, ROW, CELL = 860, 230, 22, 44
REACH = 400.0
"""Gains and losses beyond this many percent are drawn at the edge."""

STYLE = """
:root { color-scheme: light dark; --good: #0072b2; --bad: #d55e00; --rest: #888; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #8884; text-align: left; white-space: nowrap; }
p.note { opacity: .75; } svg { max-width: 100%; height: auto; } svg text { font-size: 12px; fill: currentColor; }
.faster { stroke: var(--good); fill: var(--good); } .slower { stroke: var(--bad); fill: var(--bad); }
.other { stroke: var(--rest); fill: var(--rest); } .axis { stroke: currentColor; opacity: .4; fill: none; }
"""


def page(title: str, tables: Sequence[Table], report: Report) -> str:
    """The page's text."""
    plots = (_intervals(report.points), _pareto(report.points), _heat(report))
    body = "\n".join((*plots, *(_table(table) for table in tables)))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n<h1>{escape(title)}</h1>\n{body}\n</html>\n"
    )


def _table(table: Table) -> str:
    def row(cells: Iterable[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    note = f'<p class="note">{escape(table.note)}</p>\n' if table.note else ""
    body = "\n".join(row(cells, "td") for cells in table.rows)
    return f"<h2>{escape(table.title)}</h2>\n{note}<table>\n{row(table.head, 'th')}\n{body}\n</table>"


def _intervals(points: Sequence[Point]) -> str:
    """A strip for each measured candidate: the interval as a line, the estimate as a dot."""
    if not points:
        return ""
    shown = sorted(points, key=lambda item: -item.gain)
    ends = [_near(value) for item in shown for value in (item.gain, item.low, item.high) if abs(value) <= REACH]
    low, high = min([0.0, *ends]), max([1.0, *ends])

    def x(value: float) -> float:
        return MARGIN + (min(high, max(low, value)) - low) / (high - low) * (WIDTH - MARGIN - 70)

    parts = []
    for number, item in enumerate(shown):
        y, kind = 14 + number * ROW, _kind(item)
        name = f"{item.llm}, {item.strategy}: {item.bottleneck}"
        parts.append(
            f"<g><title>{escape(name)}: {escape(item.verdict)}, {item.gain:.1f}%</title>"
            f'<text x="0" y="{y + 4}">{escape(name if len(name) < 36 else name[:35] + "…")}</text>'
            f'<line class="{kind}" x1="{x(item.low):.1f}" x2="{x(item.high):.1f}" y1="{y}" y2="{y}" stroke-width="3"/>'
            f'<circle class="{kind}" cx="{x(item.gain):.1f}" cy="{y}" r="5"/>'
            f'<text x="{WIDTH - 60}" y="{y + 4}">{item.gain:.1f}%</text></g>'
        )
    height = 20 + len(shown) * ROW
    parts.append(f'<line class="axis" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{height - 12}"/>')
    return _plot("Gain of each candidate, in percent, with its 95% interval", height, parts)


def _pareto(points: Sequence[Point]) -> str:
    """What is safe to claim against cost; the line joins what nothing as cheap or cheaper beats."""
    known = [(item.usd, item) for item in points if item.usd is not None]
    if not any(usd for usd, _ in known):
        return ""
    dearest = max(usd for usd, _ in known)
    high, height = max([1.0, *(item.guaranteed for _, item in known)]), 300

    def place(usd: float, gain: float) -> tuple[float, float]:
        return 60 + usd / dearest * (WIDTH - 120), 20 + (high - gain) / high * (height - 60)

    front = sorted((usd, item.guaranteed) for usd, item in known if item.front)
    line = " ".join("{:.1f},{:.1f}".format(*place(*each)) for each in front)
    parts = [f'<polyline class="axis" points="{line}"/>']
    for usd, item in known:
        x, y = place(usd, item.guaranteed)
        label = escape(f"{item.llm}, {item.strategy}: at least {item.guaranteed:.1f}% for ${usd:.4f}")
        parts.append(f'<circle class="{_kind(item)}" cx="{x:.1f}" cy="{y:.1f}" r="5"><title>{label}</title></circle>')
    parts.append(f'<text x="0" y="24">{high:.0f}%</text><text x="0" y="{height - 40}">0%</text>')
    parts.append(
        f'<text x="60" y="{height - 8}">$0</text><text x="{WIDTH - 90}" y="{height - 8}">${dearest:.4f}</text>'
    )
    return _plot("Guaranteed gain against cost", height, parts)


def _heat(report: Report) -> str:
    """A square for each (LLM that the prompt was written for, LLM that was given it): the deeper, the larger %PI."""
    known = {(item.written_for, item.given_to): item for item in report.crossings}
    sources, targets = (sorted({pair[part] for pair in known}) for part in (0, 1))
    if len(sources) < 2:
        return ""
    strongest = max([1.0, *(abs(_near(item.mean)) for item in known.values() if item.mean is not None)])
    width, parts = (WIDTH - MARGIN) / len(targets), []
    for column, target in enumerate(targets):
        parts.append(f'<text x="{MARGIN + column * width + 4:.1f}" y="14">given to {escape(_short(target))}</text>')
    for row, source in enumerate(sources):
        y = 24 + row * CELL
        parts.append(f'<text x="0" y="{y + CELL / 2 + 4:.1f}">written for {escape(_short(source))}</text>')
        for column, target in enumerate(targets):
            item = known.get((source, target))
            mean = item.mean if item else None
            kind = "other" if mean is None else "faster" if mean >= 0 else "slower"
            depth = 0.05 if mean is None else 0.1 + 0.8 * abs(_near(mean)) / strongest
            x = MARGIN + column * width
            parts.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{width - 4:.1f}" height="{CELL - 4}" '
                f'fill-opacity="{depth:.2f}"/><text x="{x + 8:.1f}" y="{y + CELL / 2 + 4:.1f}">'
                f"{escape(crossing_words(item))}</text>"
            )
    plot = _plot("Prompts across LLMs", 24 + len(sources) * CELL, parts)
    return f'{plot}\n<p class="note">{escape(premise_words(report))}</p>'


def _short(name: str) -> str:
    return name if len(name) <= 20 else name[:19] + "…"


def _plot(title: str, height: int, parts: Sequence[str]) -> str:
    inside = "\n".join(parts)
    label = escape(title)
    return f'<h2>{label}</h2>\n<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">\n{inside}\n</svg>'


def _kind(item: Point) -> str:
    return item.verdict if item.verdict in ("faster", "slower") else "other"


def _near(value: float) -> float:
    return max(-REACH, min(REACH, value))
