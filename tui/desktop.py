"""Telling a person whose eyes are elsewhere: the terminal's bell and its desktop notices."""

import unicodedata

NOTICE_SECONDS = 20.0
"""Jobs that took less are not worth a notice: the person is still looking."""
LONGEST = 200


def notice(title: str, text: str) -> str:
    """The escape sequences that make terminals show a desktop notice: OSC 9 and OSC 777, each ignored by the others.

    Control characters and the separator of OSC 777 are taken out of the words: they may come from a project.
    """
    shown = _plain(f"{title}: {text}").replace(";", ",")[:LONGEST]
    return f"\x1b]9;{shown}\x1b\\\x1b]777;notify;MPCO;{shown}\x1b\\"


def _plain(text: str) -> str:
    return "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)
