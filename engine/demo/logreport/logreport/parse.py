"""From lines of an access log to entries."""

import re
from typing import Iterable, NamedTuple

LINE_PATTERN = (
    r"(?P<host>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "
    r'"(?P<method>[A-Z]+) (?P<target>\S+) [^"]*" (?P<status>\d{3}) (?P<size>\d+|-) '
    r'"(?P<referer>[^"]*)" "(?P<agent>[^"]*)" (?P<seconds>\d+\.\d+)'
)
DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


class Entry(NamedTuple):
    """One request."""

    host: str
    user: str
    time: int
    """Seconds since 1970, UTC."""
    method: str
    target: str
    status: int
    size: int
    agent: str
    seconds: float


def parse(lines: Iterable[str]) -> tuple[list[Entry], int]:
    """The entries of a log, and how many lines were not understood."""
    entries = []
    rejected = 0
    for line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        entry = parse_line(line)
        if entry is None:
            rejected += 1
        else:
            entries.append(entry)
    return entries, rejected


def parse_line(line: str) -> Entry | None:
    """The entry on one line, or None when it is not in the expected format."""
    match = re.match(LINE_PATTERN, line)
    if match is None:
        return None
    try:
        time = parse_time(match.group("time"))
    except (KeyError, ValueError):
        return None
    size = match.group("size")
    return Entry(
        host=match.group("host"),
        user=match.group("user"),
        time=time,
        method=match.group("method"),
        target=match.group("target"),
        status=int(match.group("status")),
        size=0 if size == "-" else int(size),
        agent=match.group("agent"),
        seconds=float(match.group("seconds")),
    )


def parse_time(text: str) -> int:
    """Seconds since 1970 for a time such as 04/Mar/2024:10:15:32 +0100."""
    months = {
        "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
        "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
    }
    date, _, zone = text.partition(" ")
    day, month_name, rest = date.split("/")
    year, hour, minute, second = (int(part) for part in rest.split(":"))
    month = months[month_name]
    leap_days = (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    days = (year - 1970) * 365 + leap_days + DAYS_BEFORE_MONTH[month - 1] + int(day) - 1
    if month > 2 and (year % 4 == 0 and year % 100 != 0 or year % 400 == 0):
        days += 1
    offset = 0
    if re.match(r"[+-]\d{4}$", zone):
        offset = int(zone[1:3]) * 3600 + int(zone[3:5]) * 60
        if zone[0] == "-":
            offset = -offset
    return days * 86400 + hour * 3600 + minute * 60 + second - offset
