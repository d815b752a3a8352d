"""One screen for each stage, and the dialogs."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from textual.screen import Screen


def screen_of(mode: str) -> Callable[[], Screen[Any]]:
    """Makes the screen of a stage, whose module is not loaded before."""

    def make() -> Screen[Any]:
        screen: Screen[Any] = getattr(import_module(f"tui.screens.{mode}"), f"{mode.capitalize()}Screen")()
        return screen

    return make
