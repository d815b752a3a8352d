"""Telling a person whose eyes are elsewhere: the terminal's bell and its desktop notices."""

import unicodedata
from time import time
from typing import Literal

from textual.app import App

from engine.model import Job

NOTICE_SECONDS = 20.0
"""Jobs that took less are not worth a notice: the person is still looking."""
LONGEST = 200


def tell(app: App[None], way: Literal["desktop", "bell", "off"], job: Job) -> None:
    """Tell that a long job has ended, in the way that the person asked for."""
    if way == "off" or time() - job.at < NOTICE_SECONDS or app._driver is None:
        return
    app.bell()
    if way == "desktop":
        app._driver.write(notice(job.title, job.state))


def notice(title: str, text: str) -> str:
    """The escape sequences that make terminals show a desktop notice: OSC 9 and OSC 777, each ignored by the others.

    Control characters and the separator of OSC 777 are taken out of the words: they may come from a project.
    """
    shown = _plain(f"{title}: {text}").replace(";", ",")[:LONGEST]
    return f"\x1b]9;{shown}\x1b\\\x1b]777;notify;MPCO;{shown}\x1b\\"


def _plain(text: str) -> str:
    return "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)
