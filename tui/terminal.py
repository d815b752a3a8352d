"""The terminal that the app runs in: whether it can show it, and the end of the app when it goes away."""

import os
import select
import sys
import threading

from engine.errors import EngineError

HUNG_UP = 129
"""Exit code of a program that the loss of its terminal has ended: 128 + SIGHUP, as shells have it."""


def in_browser() -> bool:
    """Whether `mpco serve` has started this app, which then speaks to the server through pipes, not to a terminal."""
    return bool(os.environ.get("TEXTUAL_DRIVER"))


def check_terminal() -> None:
    """See that there is a terminal which can show the app.

    Raises:
        EngineError: when there is none, or one that knows no cursor; the sentence says what to do.
    """
    if in_browser():
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise EngineError("There is no terminal for the app; `mpco run` does the same job without one.")
    name = os.environ.get("TERM", "")
    if name in ("", "dumb", "unknown"):
        said = f"TERM is {name!r}" if name else "TERM is not set"
        raise EngineError(
            f"{said}, so the app cannot tell what this terminal can do; set it (TERM=xterm-256color), "
            "or use `mpco --plain`, which does the same job by lines."
        )


def end_with_terminal() -> None:
    """End this process at once when the terminal is gone, also where no SIGHUP tells of it.

    Textual goes on reading such a terminal in a loop without end, and its writes block, so that nothing in the event
    loop can be counted on: a thread waits for the hang-up alone, and costs nothing meanwhile. The engine goes on.
    """
    threading.Thread(target=_wait_for_the_end, name="terminal", daemon=True).start()


def _wait_for_the_end() -> None:
    gone = select.poll()
    gone.register(sys.stdin.fileno(), 0)  # no event is asked for: a hang-up is told all the same
    gone.poll()
    os._exit(HUNG_UP)
