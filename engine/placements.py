"""A person's word on edits that have no place of their own: where they go, or that they are left out.

An answer is read again as a whole with it, so that all that holds for answers holds for these too; nothing is guessed.
"""

import logging

import msgspec

from engine.composing import changes_of
from engine.config import Config
from engine.conversation import Conversations
from engine.cosmetic import with_cosmetics
from engine.decisions import take_reading
from engine.errors import EditError, EngineError
from engine.flagging import flags_of
from engine.generate.chosen_places import lies_in
from engine.generate.reading import read_answer, read_baseline
from engine.model import BaselineFile, Candidate, Placement, Unapplied
from engine.protocol import PlaceEdit, PlaceOffered, ShowPlaces
from engine.session import Session
from engine.source import functions, innermost

log = logging.getLogger(__name__)


class Placements:
    """What can be said about the edits of one session's candidates."""

    def __init__(self, session: Session, conversations: Conversations) -> None:
        self._session = session
        self._conversations = conversations

    def offered(self, command: ShowPlaces) -> tuple[PlaceOffered, ...]:
        """What the edit by itself would make at each of its places.

        Raises:
            EngineError: when it has a place already, or there is no such edit.
        """
        candidate, item = self._unplaced(command.candidate, command.edit)
        others = tuple(
            Placement(edit=other.edit, file=other.file, line=0)
            for other in candidate.placeable
            if other.edit != item.edit
        )
        before = next((file.text for file in candidate.files if file.path == item.file), "")
        spans = functions(item.file, before)
        made = []
        for line in item.places:
            read = self._read(candidate, (*candidate.placed, *others, _placement(item, line)))
            around = innermost(spans, line)
            hunks = tuple(h for h in read.hunks if h.file == item.file and lies_in(h, line, len(item.sought)))
            within = around.qualname if around else ""
            made.append(PlaceOffered(line=line, within=within, hunks=hunks, problem=read.reason))
        return tuple(made)

    def place(self, command: PlaceEdit) -> dict[str, int]:
        """Put an edit in its place, or leave it out, as one step that can be undone.

        Raises:
            EngineError: when it has a place already, that is none of its places, or there is no such edit.
        """
        candidate, item = self._unplaced(command.candidate, command.edit)
        if command.line and command.line not in item.places:
            known = ", ".join(map(str, item.places)) or "nowhere; it can only be left out"
            raise EngineError(f"That edit does not fit at line {command.line} of {item.file}, but at: {known}.")
        read = self._read(candidate, (*candidate.placed, _placement(item, command.line)))
        read = with_cosmetics(msgspec.structs.replace(read, flags=flags_of(self._config, changes_of(read))))
        take_reading(self._session, candidate, read)
        where = f"placed at {item.file}:{command.line}" if command.line else "left out"
        log.info("edit %d of candidate %s (%s) was %s by a person", item.edit + 1, candidate.id, candidate.llm, where)
        return {"left": len(read.unapplied)}

    @property
    def _config(self) -> Config:
        return self._conversations.config

    def _unplaced(self, id: str, edit: int) -> tuple[Candidate, Unapplied]:
        """The candidate and its edit, as the answer is read now."""
        candidate = self._session.candidate(id)
        told = next((item for item in candidate.placeable if item.edit == edit), None)
        if candidate.state != "unappliable" or told is None:
            raise EngineError(f"There is no such edit without a place in the answer of {candidate.llm}.")
        now = self._read(candidate, candidate.placed).unapplied
        same = next((item for item in now if (item.edit, item.text) == (edit, told.text)), None)
        if same is None:
            raise EngineError(f"The answer of {candidate.llm} is read otherwise by now; ask again (o).")
        return candidate, same

    def _read(self, candidate: Candidate, placed: tuple[Placement, ...]) -> Candidate:
        target = self._session.bottleneck(candidate.bottleneck)
        mask = self._conversations.mask(*(file.text for file in candidate.files[:1]))
        answer, protected = mask.restore(candidate.answer), self._config.project.protected
        asked = msgspec.structs.replace(candidate, placed=placed)
        read = read_answer(asked, answer, target, self._readable, protected)
        return msgspec.structs.replace(read, answer=candidate.answer)

    def _readable(self, path: str) -> BaselineFile | None:
        try:
            return read_baseline(self._config.root_path, path)
        except EditError:
            return None


def _placement(item: Unapplied, line: int) -> Placement:
    return Placement(edit=item.edit, file=item.file, line=line)
