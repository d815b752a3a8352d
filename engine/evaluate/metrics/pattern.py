"""Figures found by a regular expression of the user's own."""

import re
from statistics import fmean
from typing import Literal

from engine.model import Reading


def readings(text: str, regex: str, better: Literal["lower", "higher"]) -> list[Reading]:
    """The group `value` (else the first group, else all) of every match, by the group `name` where there is one.

    Several matches of one name are averaged: they come from one process.
    """
    values: dict[str, list[float]] = {}
    units: dict[str, str] = {}
    for match in re.finditer(regex, text, re.MULTILINE):
        groups = match.groupdict()
        name = groups.get("name") or "benchmark"
        shown = groups.get("value") or (match[1] if match.re.groups and "value" not in groups else match[0])
        try:
            values.setdefault(name, []).append(float((shown or "").replace("_", "").replace(",", "")))
        except ValueError:
            continue
        units[name] = groups.get("unit") or ""
    found = {name: numbers for name, numbers in values.items() if numbers}
    return [Reading(name=name, value=fmean(each), unit=units[name], better=better) for name, each in found.items()]
