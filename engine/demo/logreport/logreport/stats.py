"""What the entries of a log say when they are counted."""

from typing import Sequence

from logreport.parse import Entry

# In this order: most browsers name several others, to be served the same pages.
CLIENTS = (
    ("googlebot", "robot"), ("bingbot", "robot"), ("yandex", "robot"), ("baiduspider", "robot"), ("duckduckbot", "robot"),
    ("applebot", "robot"), ("ahrefs", "robot"), ("semrush", "robot"), ("crawler", "robot"), ("spider", "robot"),
    ("monitor", "robot"), ("curl/", "tool"), ("wget/", "tool"), ("python-requests", "tool"), ("go-http", "tool"),
    ("okhttp", "tool"), ("edg/", "Edge"), ("opr/", "Opera"), ("vivaldi", "Vivaldi"), ("samsungbrowser", "Samsung"),
    ("chrome/", "Chrome"), ("firefox/", "Firefox"), ("safari/", "Safari"), ("trident/", "Internet Explorer"),
)


def visitors(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Visitors in the order of their first request; a visitor is an address and a browser."""
    seen: list[tuple[str, str]] = []
    for entry in entries:
        visitor = (entry.host, entry.agent)
        if visitor not in seen:
            seen.append(visitor)
    return seen


def client(agent: str) -> str:
    """The kind of program that names itself so."""
    for marker, name in CLIENTS:
        if marker in agent.lower():
            return name
    return "other"


def page_hits(entries: Sequence[Entry]) -> list[list]:
    """[page, requests, bytes] of each page, in the order of their first request; queries are left out."""
    pages = []
    for entry in entries:
        page = entry.target.split("?")[0]
        for row in pages:
            if row[0] == page:
                row[1] += 1
                row[2] += entry.size
                break
        else:
            pages.append([page, 1, entry.size])
    return pages


def top(rows: list[list], count: int) -> list[list]:
    """The rows with the largest second values; equal ones in their order."""
    return sorted(rows, key=lambda row: row[1], reverse=True)[:count]


def client_hits(entries: Sequence[Entry]) -> dict[str, int]:
    """Requests by kind of client."""
    hits: dict[str, int] = {}
    for entry in entries:
        name = client(entry.agent)
        hits[name] = hits.get(name, 0) + 1
    return hits


def errors(entries: Sequence[Entry]) -> dict[int, int]:
    """Requests by status that went wrong, robots' left out: they ask for what never was."""
    counts: dict[int, int] = {}
    for entry in entries:
        if entry.status >= 400 and client(entry.agent) != "robot":
            counts[entry.status] = counts.get(entry.status, 0) + 1
    return counts


def traffic(entries: Sequence[Entry]) -> int:
    """Bytes sent to people, robots left out."""
    total = 0
    for entry in entries:
        if client(entry.agent) != "robot":
            total += entry.size
    return total


def by_hour(entries: Sequence[Entry]) -> list[int]:
    """Requests of people in each hour of the day, UTC."""
    hours = [0] * 24
    for entry in entries:
        if client(entry.agent) != "robot":
            hours[entry.time // 3600 % 24] += 1
    return hours


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` per cent of the values do not exceed."""
    if not values:
        return 0.0
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def slowest_pages(entries: Sequence[Entry], pages: list[list], count: int) -> list[tuple[str, float]]:
    """(page, 95th percentile of its response times) of the pages that are slowest by it, for people."""
    times: dict[str, list[float]] = {row[0]: [] for row in pages}
    for entry in entries:
        if client(entry.agent) != "robot":
            times[entry.target.split("?")[0]].append(entry.seconds)
    ranked = [(page, percentile(values, 95)) for page, values in times.items()]
    ranked.sort(key=lambda pair: (-pair[1], pair[0]))
    return ranked[:count]


def busiest(entries: Sequence[Entry], span: int) -> tuple[int, int]:
    """(most requests within `span` seconds, when that stretch began); entries must be in order of time."""
    window: list[int] = []
    most, start = 0, 0
    for entry in entries:
        window.append(entry.time)
        while window[0] <= entry.time - span:
            window.pop(0)
        if len(window) > most:
            most, start = len(window), window[0]
    return most, start
