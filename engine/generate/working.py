"""The files of one answer while its edits are placed, one after the other and in memory only."""

import re
from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from pathlib import PurePosixPath

import msgspec

from engine.errors import EditError, PlaceError
from engine.generate import other_code, python_module
from engine.generate.chosen_places import Choices
from engine.generate.edits import Block, Code, Delete, Edit, Move
from engine.generate.encoding import encodable
from engine.generate.hunks import make_hunks, removal
from engine.generate.locating import locate
from engine.generate.placing import place
from engine.model import BaselineFile, Bottleneck, Hunk, Placement, Unapplied
from engine.protected import refusal

Read = Callable[[str], BaselineFile | None]
"""The file at a path of the project, None when there is none.

Raises:
    EditError: when there is something that cannot be edited.
"""
MOST_EDITS = 1_000
"""No sensible answer has more, and each is looked for in its whole file."""
Text = str | None
"""None: there is no such file."""


class Work:
    """What an answer makes of the files it touches."""

    def __init__(
        self,
        target: Bottleneck,
        read: Read,
        protected: Sequence[str],
        *,
        files: Sequence[BaselineFile] = (),
        whole: bool = False,
        names: Collection[str] = (),
        placed: Sequence[Placement] = (),
    ) -> None:
        """`files` are the pinned baselines, `whole` says that whole files were asked for; an edit that names no file
        is about that of `target`, and where that has none about the only one of `names` where it fits; `placed` is
        what a person has said about edits that have no place of their own."""
        self.unapplied: list[Unapplied] = []
        self.texts: dict[str, Text] = {}
        self._target, self._read, self._protected, self._whole, self._names = target, read, protected, whole, names
        self._baseline: dict[str, BaselineFile] = {file.path: file for file in files}
        self._edits: Sequence[Edit] = ()
        self._failed: set[int] = set()
        self._choices = Choices(placed)
        self._moves: dict[str, Move] = {}
        """By the new path."""

    @property
    def files(self) -> tuple[BaselineFile, ...]:
        """The baselines of the files that were touched or given."""
        return tuple(self._baseline.values())

    @property
    def reason(self) -> str:
        """Why nothing is done, in one sentence; empty when something is."""
        if not self.unapplied:
            return ""
        matched = len(self._edits) - len(self._failed)
        counted = f"{matched} of {len(self._edits)} blocks matched; " if len(self._edits) > 1 else ""
        return counted + self.unapplied[0].reason

    def before(self, path: str) -> Text:
        """The text of a file before the answer."""
        return self._baseline[path].text if path in self._baseline else None

    def changes(self) -> list[tuple[str, Text, Text]]:
        """(path, text before, text after) of every file that is no longer what it was."""
        made = ((path, self.before(path), after) for path, after in self.texts.items())
        return [change for change in made if change[1] != change[2]]

    def do(self, edits: Sequence[Edit]) -> bool:
        """Place the edits and check what they made; whether there was any that is more than an illustration."""
        edits = [msgspec.structs.replace(edit, number=number) for number, edit in enumerate(edits)]
        if len(edits) > MOST_EDITS:
            self._edits = edits
            message = f"The answer has {len(edits)} edits; at most {MOST_EDITS} are read, ask for fewer."
            self.unapplied.append(Unapplied(file="", reason=message, text=edits[0].text))
            return True
        located = map(self._located, edits)
        self._edits = [edit for edit in located if edit and not self._is_illustration(edit, edits)]
        for edit in self._edits:
            if not self._choices.leaves_out(edit):
                self._place(edit)
        self._check_all()
        return bool(self._edits)

    def hunks(self, candidate_id: str) -> tuple[Hunk, ...]:
        """The changes of all files as hunks."""
        made: list[Hunk] = []
        targets = {move.origin: path for path, move in self._moves.items() if not move.keep}
        for path, text in self.texts.items():
            if text is None:
                if path in self._baseline:
                    made.append(removal(candidate_id, path, self._baseline[path].text, targets.get(path, "")))
                continue
            if path not in self._baseline:
                self._baseline[path] = BaselineFile(path=path, text="", digest=sha256(b"").hexdigest())
            hunks = make_hunks(candidate_id, path, self._baseline[path].text, text)
            origin = self._moves[path].origin if path in self._moves else ""
            made += [msgspec.structs.replace(hunk, origin=origin) for hunk in hunks] if origin else hunks
        return tuple(self._choices.told(hunk) for hunk in made)

    def _located(self, edit: Edit) -> Edit | None:
        """The edit with the file it is about; None for code that is about no file of the project."""
        if edit.file or self._target.file:
            return edit
        try:
            found = locate(edit, self._names, self._quietly)
        except EditError as error:
            self._fail(edit, "", error)
            return edit
        if not found and isinstance(edit, Code):
            return None
        return msgspec.structs.replace(edit, file=found) if found else edit

    def _is_illustration(self, edit: Edit, edits: Sequence[Edit]) -> bool:
        """Whether a fenced file that the project lacks is only shown, like a benchmark script, and used by no edit."""
        if not isinstance(edit, Code) or edit.whole or not self._target.function or not edit.file:
            return False
        if edit.file in self._baseline or self._quietly(edit.file) is not None:
            return False
        module = re.compile(rf"\b{re.escape(PurePosixPath(edit.file).stem)}\b")
        return not any(module.search(other.text) for other in edits if other.file != edit.file)

    def _quietly(self, path: str) -> BaselineFile | None:
        try:
            return self._baseline.get(path) or self._read(path)
        except EditError:
            return None

    def _fail(self, edit: Edit, path: str, error: EditError) -> None:
        if edit.number in self._failed:
            return
        self._failed.add(edit.number)
        places: tuple[int, ...] = ()
        if isinstance(error, PlaceError):
            places = self._choices.places(error.starts, self.before(path), self.texts.get(path))
        self.unapplied.append(
            Unapplied(
                file=path,
                reason=str(error),
                text=edit.text,
                sought=edit.search if isinstance(edit, Block) else (),
                edit=edit.number,
                places=places,
                fits=not isinstance(error, PlaceError) or error.fits,
            )
        )

    def _place(self, edit: Edit) -> None:
        path = edit.file or self._target.file
        try:
            if not path:
                raise EditError("An edit names no file, and no file of the project has its lines; say which is meant.")
            path = self._open(path)
            match edit:
                case Delete():
                    self._delete(path, edit.file or path)
                case Move():
                    self._move(edit, path)
                case Code(whole=False, fresh=False) if self.texts[path] is None and self._is_astray(path):
                    raise EditError(f"{path} is not in the project, and neither is its folder; is it another project?")
                case _:
                    edit = self._choices.placed(edit, self.before(path), self.texts[path])
                    self.texts[path] = place(edit, self.texts[path], self._target, whole=self._whole)
        except EditError as error:
            self._fail(edit, path, error)

    def _is_astray(self, path: str) -> bool:
        folder = path.rpartition("/")[0]
        return bool(folder) and not any(name.startswith(folder + "/") for name in (*self._names, *self._baseline))

    def _delete(self, path: str, name: str) -> None:
        if path not in self._baseline:
            raise EditError(f"{path} is to be deleted but is not in the project, or is no text file.")
        self._goes(path, name)
        self.texts[path] = None

    def _goes(self, path: str, name: str) -> None:
        """Refuse to take away what an answer may only change."""
        if path != name:
            raise EditError(f"{name} is a symbolic link; only the project's own files can be deleted or moved.")
        if self._target.function and path == self._target.file:
            raise EditError(f"{path} holds the function to be optimised, so the answer may not delete or move it.")

    def _move(self, edit: Move, path: str) -> None:
        origin = self._open(edit.origin)
        if self.texts[origin] is None:
            raise EditError(f"{origin} is to be moved to {path} but is not in the project.")
        if self.texts[path] is not None:
            raise EditError(f"{path} exists already, so {origin} cannot be moved there.")
        if not edit.keep:
            self._goes(origin, edit.origin)
        if origin in self._baseline and self._baseline[origin].encoding != "utf-8":
            codec = self._baseline[origin].encoding
            raise EditError(f"{origin} is {codec}; only files in UTF-8 can be moved or copied.")
        self.texts[path] = self.texts[origin]
        self._moves[path] = msgspec.structs.replace(edit, origin=origin)
        if not edit.keep:
            self.texts[origin] = None

    def _open(self, path: str) -> str:
        """The path under which the file's text is kept, once it is known that a candidate may change it."""
        for name in (path, self._baseline[path].path if path in self._baseline else path):
            refused = refusal(name, self._protected)
            if refused:
                raise EditError(refused)
        if path in self.texts:
            return path
        file = self._baseline.get(path) or self._read(path)
        if file is not None and file.path != path:
            return self._open_as(file)
        if file is not None:
            self._baseline[path] = file
        self.texts[path] = file.text if file is not None else None
        return path

    def _open_as(self, file: BaselineFile) -> str:
        """A symbolic link stands for the file behind it."""
        refused = refusal(file.path, self._protected)
        if refused:
            raise EditError(refused)
        self._baseline.setdefault(file.path, file)
        self.texts.setdefault(file.path, file.text)
        return file.path

    def _check_all(self) -> None:
        """That what was made still reads as code, keeps the target's signature and can be written."""
        if self.unapplied:
            return
        for path, text in self.texts.items():
            if text is None:
                continue
            try:
                self._check(path, self._baseline.get(path), text)
            except EditError as error:
                about = [edit for edit in self._edits if (edit.file or self._target.file) == path]
                self._failed |= {edit.number for edit in about}
                self.unapplied.append(Unapplied(file=path, reason=str(error)))

    def _check(self, path: str, file: BaselineFile | None, after: str) -> None:
        before = file.text if file else ""
        if after == before:
            return
        name = self._target.function if path == self._target.file else ""
        if path.endswith(python_module.PYTHON):
            python_module.check(path, before, after, name, self._target.line)
        elif name:
            other_code.check(path, before, after, name)
        lacking = encodable(after, file.encoding if file else "utf-8")
        if lacking:
            codec = file.encoding if file else "UTF-8"
            raise EditError(f"{path} is {codec}, which has no {lacking!r}; the answer cannot be written to it.")
