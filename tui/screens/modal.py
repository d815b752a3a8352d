"""Screens that answer once: keys can be typed faster than a dialog goes away, over SSH they come in one packet."""

from typing import TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen

Answer = TypeVar("Answer")


class AnswersOnce(Screen[Answer]):
    """A screen whose second answer is none: Textual would take the screen below away for it, or end the app."""

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """Leave with `result`, unless that was done already or another screen stands over this one."""
        return super().dismiss(result) if self.is_active else AwaitComplete()


class Modal(ModalScreen[Answer], AnswersOnce[Answer]):
    """A dialog over a screen. The order of its bases matters: Textual takes styles from the first one's line only."""
