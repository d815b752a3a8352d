"""From a key on a hunk to a command: asks what there is to ask, sends it, and says what became of it."""

from collections.abc import Collection
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec

from engine.model import Candidate, Decision, Hunk
from engine.protocol import CompareCandidates, Comparison, Decide, EditHunk, NoteHunk, SplitHunk
from tui import editor
from tui.screens.compare import CompareScreen
from tui.screens.dialogs import Choice, ChoiceDialog
from tui.screens.hunk_dialogs import EditDialog, LinesDialog, SplitAt, Taken, TextDialog
from tui.widgets.candidate_list import name_of

if TYPE_CHECKING:
    from tui.app import MpcoApp


def split(app: "MpcoApp", candidate: Candidate, hunk: Hunk, at: int = 0) -> None:
    """Split at a row, or into the smallest pieces."""

    def done(result: Any) -> None:
        app.say(f"Split into {len(result['hunks'])} hunks; u takes that back.")

    app.perform(SplitHunk(candidate=candidate.id, hunk=hunk.id, at=at), done)


def take_lines(app: "MpcoApp", candidate: Candidate, hunk: Hunk) -> None:
    """Ask which lines are taken, or where to split."""

    def done(choice: Taken | SplitAt | None) -> None:
        match choice:
            case SplitAt(row=row):
                split(app, candidate, hunk, row)
            case Taken(new_lines=new_lines):
                _keep(app, candidate, hunk, new_lines)

    app.push_screen(LinesDialog(hunk), done)


def edit_here(app: "MpcoApp", candidate: Candidate, hunk: Hunk) -> None:
    """Edit the new side in place."""

    def done(text: str | None) -> None:
        if text is not None:
            _keep(app, candidate, hunk, _lines(hunk, text))

    title = f"New lines of {hunk.file}:{hunk.old_start}"
    app.push_screen(EditDialog(title, "\n".join(hunk.new_lines), "ctrl+s keeps · esc leaves it as it was"), done)


def edit_outside(app: "MpcoApp", candidate: Candidate, hunk: Hunk) -> None:
    """Edit the new side in $EDITOR, which wants a text that ends in a newline."""
    given = "".join(line + "\n" for line in hunk.new_lines)
    text, problem = editor.edit_text(app, given, PurePosixPath(hunk.file).suffix)
    if problem:
        app.say(problem, "error")
    elif text != given:
        _keep(app, candidate, hunk, _lines(hunk, text.removesuffix("\n") if text else ""))


def comment(app: "MpcoApp", candidate: Candidate, hunk: Hunk) -> None:
    """Ask for a comment and keep it."""

    def done(text: str | None) -> None:
        if text is not None:
            app.perform(NoteHunk(candidate=candidate.id, hunk=hunk.id, note=text))

    app.push_screen(TextDialog("Comment, reason to reject, or its class as in `class: memory`", hunk.note), done)


def decide_many(app: "MpcoApp", candidate: Candidate, hunk: Hunk) -> None:
    """Ask which hunks are decided how, and decide them as one step."""
    file = tuple(item.id for item in candidate.hunks if item.file == hunk.file)
    rest = tuple(item.id for item in candidate.hunks if item.decision == "pending")
    every = tuple(item.id for item in candidate.hunks)
    offered: dict[str, tuple[str, tuple[str, ...], Decision]] = {
        "f": (f"accept all of {hunk.file} ({len(file)})", file, "accepted"),
        "F": (f"reject all of {hunk.file} ({len(file)})", file, "rejected"),
        "t": (f"accept the rest ({len(rest)} undecided)", rest, "accepted"),
        "T": (f"reject the rest ({len(rest)} undecided)", rest, "rejected"),
        "o": ("leave this one open again", (hunk.id,), "pending"),
        "O": (f"leave all open again ({len(every)})", every, "pending"),
    }

    def done(key: str | None) -> None:
        if key is None:
            return
        _, ids, decision = offered[key]
        if not ids:
            app.say("Every hunk is decided; there is no rest.", "warning")
            return
        words = f"{len(ids)} hunk{'s' * (len(ids) != 1)} {decision}; u takes that back."
        app.perform(Decide(candidate=candidate.id, hunks=ids, decision=decision), lambda _: app.say(words))

    choices = [Choice(key, words, key) for key, (words, _, _) in offered.items()]
    app.push_screen(ChoiceDialog("Decide on many", f"of {candidate.llm}", choices), done)


def compare(app: "MpcoApp", marked: Collection[str]) -> None:
    """Show two marked candidates beside each other, or the marked one and the current one."""
    ids = dict.fromkeys((*sorted(marked), app.current_candidate))
    found = [app.state.candidates[id] for id in ids if id in app.state.candidates]
    if len(found) < 2:
        app.say("Mark one candidate with space, go to another, and press C.", "warning")
        return
    one, other = found[:2]

    def done(result: Any) -> None:
        found = msgspec.convert(result, Comparison)
        names = (name_of(app.state, one), name_of(app.state, other))
        app.push_screen(CompareScreen((one, other), names, found.files, found.hunks))

    app.perform(CompareCandidates(one=one.id, other=other.id), done)


def _keep(app: "MpcoApp", candidate: Candidate, hunk: Hunk, new_lines: tuple[str, ...]) -> None:
    def done(result: Any) -> None:
        problem = result["problem"]
        app.say(problem or "Kept; u takes the edit back.", "warning" if problem else "information")

    app.perform(EditHunk(candidate=candidate.id, hunk=hunk.id, new_lines=new_lines), done)


def _lines(hunk: Hunk, text: str) -> tuple[str, ...]:
    """The lines of an edited text, with the carriage returns that an editor may have dropped."""
    if not text:
        return ()
    crlf = any(line.endswith("\r") for line in (*hunk.old_lines, *hunk.new_lines))
    lines = text.replace("\r\n", "\n").split("\n")
    return tuple(line + "\r" for line in lines) if crlf else tuple(lines)
