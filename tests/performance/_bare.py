"""The least that a Textual app can be: one line on a screen."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Bare(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("parse_line")


if __name__ == "__main__":
    Bare().run()
