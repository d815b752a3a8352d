"""The nouns of stage 3: answers and their hunks."""

from typing import Any, Literal

from engine.model.noun import Noun
from engine.model.prompts import Message, Usage

Decision = Literal["pending", "accepted", "rejected"]
EditFormat = Literal["function", "search_replace", "file", "diff"]


class Hunk(Noun, frozen=True, kw_only=True):
    """One block of changed lines of a candidate; lines carry no line ending."""

    id: str
    """Stable: derived from the candidate, the file, the old range and the content."""
    file: str
    old_start: int
    """First replaced line; for a pure insertion the line before which the new lines go."""
    old_lines: tuple[str, ...]
    new_start: int
    new_lines: tuple[str, ...]
    decision: Decision = "pending"
    complete: bool = True
    """False while the answer still streams and the hunk may grow."""
    cosmetic: bool = False
    """True when no token that bears behaviour changes: comments, blank space, names of locals."""
    part_of: str = ""
    """Id of the hunk that this one was split from."""
    note: str = ""
    """A person's comment, or the reason for a rejection."""
    removes: bool = False
    """True when the whole file goes with it; it then holds all of its lines."""
    origin: str = ""
    """Of a new file that was moved or copied: the file whose text it has."""
    target: str = ""
    """Of a file that goes because it was moved: where to."""
    placed: str = ""
    """Where a person has placed the edit that it comes from, in words; empty when the answer left no choice."""
    stale: bool = False
    """True when its old lines are not in the working tree any more, so that it cannot be measured or written."""


class Flag(Noun, frozen=True, kw_only=True):
    """A place in a candidate that may win by changing the yardstick rather than the code."""

    kind: str
    """In a word or two: `result cache`, `import time`, `special case`, `tolerance`, `removed check`, `timer`."""
    file: str
    line: int
    """Line of the new text."""
    text: str
    """One sentence for a person."""


class BaselineFile(Noun, frozen=True, kw_only=True):
    """A file of the project as it was when the candidate was made."""

    path: str
    text: str
    digest: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    encoding: str = "utf-8"
    """Python's name of the encoding that the file was read with."""


class Unapplied(Noun, frozen=True, kw_only=True):
    """An edit of an answer that could not be placed, and why."""

    file: str
    reason: str
    text: str = ""
    sought: tuple[str, ...] = ()
    """The lines that were looked for, where the edit has such."""
    edit: int = -1
    """Its number among the edits of the answer, from 0; -1 when it is not about one of them."""
    places: tuple[int, ...] = ()
    """Lines of the file at which it could begin, for a person to choose one."""
    fits: bool = True
    """False when the lines at `places` are only similar to those that were looked for."""


class Placement(Noun, frozen=True, kw_only=True):
    """What a person has said about an edit of an answer that has no place of its own."""

    edit: int
    """Its number among the edits of the answer, from 0."""
    file: str
    line: int
    """Line of the file, as it was before the answer, at which the edit begins; 0 leaves the edit out."""


CandidateState = Literal["streaming", "ready", "empty", "unappliable", "failed", "interrupted"]


class Candidate(Noun, frozen=True, kw_only=True):
    """One LLM's streamed answer to a prompt, parsed into edits of the project's files."""

    id: str
    bottleneck: str
    llm: str
    prompt: str
    state: CandidateState
    at: float
    model: str = ""
    """The exact model id as the provider returned it."""
    params: dict[str, Any] = {}
    """What the model was asked with, as temperature, without keys and headers."""
    strategy: str = "mpco"
    parent: str = ""
    """The candidate that failed or was rejected, and that this one is the LLM's next try after."""
    experiment: str = ""
    """The experiment that it was asked for in."""
    repetition: int = 0
    """Of the experiment, from 1."""
    remark: str = ""
    """What a person said to it; for a pasted answer, where it is from."""
    answer: str = ""
    edit_format: EditFormat = "function"
    files: tuple[BaselineFile, ...] = ()
    hunks: tuple[Hunk, ...] = ()
    unapplied: tuple[Unapplied, ...] = ()
    placed: tuple[Placement, ...] = ()
    """The edits that a person has placed, or left out."""
    flags: tuple[Flag, ...] = ()
    """What the cheat lens saw."""
    sent: tuple[Message, ...] = ()
    reasoning: str = ""
    """What the LLM thought before it answered, as far as it tells."""
    usage: Usage | None = None
    """Of all calls that were made for it, failed ones as well."""
    seconds: float = 0.0
    reason: str = ""
    """In one sentence: why there is no diff, when there is none."""
    moved: float = 0.0
    """When its hunks were last moved along with a file that had changed; 0.0 when it is on its first baseline."""

    @property
    def placeable(self) -> tuple[Unapplied, ...]:
        """The edits without a place that a person can place, or leave out."""
        return tuple(item for item in self.unapplied if item.edit >= 0)

    @property
    def kept(self) -> tuple[Hunk, ...]:
        """The hunks an evaluation takes: accepted and pending ones."""
        return tuple(hunk for hunk in self.hunks if hunk.decision != "rejected")

    @property
    def stale(self) -> tuple[Hunk, ...]:
        """The kept hunks that do not fit the working tree any more."""
        return tuple(hunk for hunk in self.kept if hunk.stale)

    @property
    def accepted(self) -> tuple[Hunk, ...]:
        """The hunks an apply takes."""
        return tuple(hunk for hunk in self.hunks if hunk.decision == "accepted")


class AnswerReading(Noun, frozen=True, kw_only=True):
    """What an answer was read as, but for its hunks: what changes when a person places one of its edits."""

    state: CandidateState
    reason: str
    files: tuple[BaselineFile, ...]
    unapplied: tuple[Unapplied, ...]
    placed: tuple[Placement, ...]
    flags: tuple[Flag, ...]
