"""The report as text."""

import re
from typing import Sequence

from logreport import stats
from logreport.parse import Entry

BARS = "▏▎▍▌▋▊▉█"
STEPS = "▁▂▃▄▅▆▇█"


def report(entries: Sequence[Entry], rejected: int, width: int = 72) -> str:
    """The whole report on entries in order of time."""
    pages = stats.page_hits(entries)
    seconds = [entry.seconds for entry in entries]
    most, start = stats.busiest(entries, 60)
    text = heading("Overview", width)
    text += f"requests  {len(entries):>12,}   visitors {len(stats.visitors(entries)):>12,}\n"
    text += f"traffic   {size(stats.traffic(entries)):>12}   rejected {rejected:>12,}\n"
    text += f"busiest minute: {most} requests, from {clock(start)}\n"
    text += f"people by hour: {sparkline(stats.by_hour(entries))}\n"
    text += "response time: " + ", ".join(f"p{q} {stats.percentile(seconds, q):.3f} s" for q in (50, 90, 95, 99)) + "\n"
    text += heading("Pages", width)
    text += table([(shorten(row[0], 40), row[1]) for row in stats.top(pages, 10)], width)
    text += heading("Slowest pages (95th percentile)", width)
    text += "".join(f"{value:9.3f} s  {shorten(page, 40)}\n" for page, value in stats.slowest_pages(entries, pages, 10))
    text += heading("Clients", width)
    text += table(sorted(stats.client_hits(entries).items()), width)
    text += heading("Errors", width)
    text += table([(str(status), count) for status, count in sorted(stats.errors(entries).items())], width)
    return text


def heading(title: str, width: int) -> str:
    """A title with a line below it."""
    return f"\n{title}\n{'-' * width}\n"


def table(rows: Sequence[tuple[str, int]], width: int) -> str:
    """Rows of name, count and bar; the largest count has the longest bar."""
    largest = max((count for _, count in rows), default=0)
    text = ""
    for name, count in rows:
        text += f"{name:<42}{count:>8,} " + bar(count, largest, width - 51) + "\n"
    return text


def bar(value: int, largest: int, width: int) -> str:
    """A bar that is `width` characters long for the largest value, drawn in eighths of a character."""
    if largest <= 0 or width <= 0:
        return ""
    eighths = value * width * 8 // largest
    return BARS[-1] * (eighths // 8) + (BARS[eighths % 8 - 1] if eighths % 8 else "")


def sparkline(values: Sequence[int]) -> str:
    """One character for each value, the higher the larger; a blank for nothing."""
    largest = max(values, default=0)
    return "".join(STEPS[(value * 8 - 1) // largest] if value else " " for value in values)


def shorten(text: str, width: int) -> str:
    """The text without what a page's address can spare, cut to a width."""
    plain = re.sub(r"/index\.html?$", "/", text)
    return plain if len(plain) <= width else plain[: width - 1] + "…"


def size(count: int) -> str:
    """A number of bytes, readable."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def clock(time: int) -> str:
    """Hours and minutes of a time, UTC."""
    return f"{time // 3600 % 24:02}:{time // 60 % 60:02}"
