"""`hyperfine --export-json FILE`: results[]{command, mean, times[]}, seconds."""

import msgspec

from engine.model import Reading


class _Result(msgspec.Struct):
    command: str
    mean: float


class _File(msgspec.Struct):
    results: list[_Result]


def readings(document: object) -> list[Reading]:
    """The mean time of each command."""
    found = msgspec.convert(document, _File).results
    return [Reading(name=item.command, value=item.mean, unit="s") for item in found]
