"""Splits a literal <think>…</think> off a streamed answer: some servers send an LLM's reasoning as plain text."""

OPENING, CLOSING = "<think>", "</think>"


class ThinkSplitter:
    """Fed with pieces of an answer, says of each how much is text and how much is reasoning.

    Only a tag that opens the answer counts: in the middle of it, it may be code about such tags.
    """

    def __init__(self) -> None:
        self._state = "undecided"
        self._held = ""

    def feed(self, piece: str) -> tuple[str, str]:
        """(text, reasoning) that are certain after `piece`; a possible part of a tag is held back."""
        self._held += piece
        if self._state == "undecided":
            self._decide()
        if self._state == "thinking":
            return self._think()
        if self._state == "text":
            return self._release(), ""
        return "", ""

    def finish(self) -> tuple[str, str]:
        """(text, reasoning) that were still held back when the answer ended."""
        rest = self._release()
        return ("", rest) if self._state == "thinking" else (rest, "")

    def _decide(self) -> None:
        start = self._held.lstrip()
        if start.startswith(OPENING):
            self._state, self._held = "thinking", start[len(OPENING) :]
        elif not OPENING.startswith(start):
            self._state = "text"

    def _think(self) -> tuple[str, str]:
        reasoning, tag, rest = self._held.partition(CLOSING)
        if tag:
            self._state, self._held = "text", ""
            return rest.lstrip("\n"), reasoning
        keep = next((n for n in range(len(CLOSING) - 1, 0, -1) if self._held.endswith(CLOSING[:n])), 0)
        cut = len(self._held) - keep
        reasoning, self._held = self._held[:cut], self._held[cut:]
        return "", reasoning

    def _release(self) -> str:
        held, self._held = self._held, ""
        return held
