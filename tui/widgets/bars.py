"""Bars in eighths of a cell, shares and sizes as text: how figures look, wherever they are shown."""

_EIGHTHS = " ▏▎▍▌▋▊▉"
HEAT_LEVELS = 5


def bar(share: float, width: int) -> str:
    """A bar of `share` (0 to 1) of `width` cells, padded to `width`; any share above 0 shows at least an eighth."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    if share > 0:
        eighths = max(1, eighths)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(width)


def percent(share: float) -> str:
    """A share as `38.2%`."""
    return f"{share * 100:.1f}%"


def count(number: int) -> str:
    """A number in at most five cells: `950`, `12.4k`, `3.1M`."""
    for limit, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if number >= limit:
            scaled = number / (1_000 if unit == "k" else limit)
            return f"{scaled:.1f}{unit}" if scaled < 100 else f"{scaled:.0f}{unit}"
    return str(number)


def heat_level(share: float, hottest: float) -> int:
    """1 (cool) to 5 (hot), by the share of the hottest line."""
    if hottest <= 0:
        return 1
    return min(HEAT_LEVELS, 1 + int(share / hottest * HEAT_LEVELS))
