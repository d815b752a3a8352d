"""Catch2's XML reporter (`-r xml`): <BenchmarkResults name><mean value/></BenchmarkResults>, nanoseconds."""

import re

from engine.model import Reading

_RESULT = re.compile(r'<BenchmarkResults\b[^>]*?\bname="([^"]*)"[^>]*>(.*?)</BenchmarkResults>', re.DOTALL)
_MEAN = re.compile(r'<mean\b[^>]*?\bvalue="([^"]*)"')


def readings(text: str) -> list[Reading]:
    """The mean of each benchmark. Read without an XML parser, which entities of a hostile file could fill.

    Raises:
        ValueError: when a mean is no number.
    """
    found = []
    for name, inner in _RESULT.findall(text):
        if mean := _MEAN.search(inner):
            found.append(Reading(name=name, value=float(mean[1]) * 1e-9, unit="s"))
    return found
