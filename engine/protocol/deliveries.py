"""Commands that write files, or read them."""

from engine.model import Target
from engine.protocol.word import Word


class Apply(Word, frozen=True, kw_only=True, tag="apply"):
    """Write accepted hunks of the candidates, or the tray. Reply: {"application", "where"}."""

    candidates: tuple[str, ...] = ()
    """Empty means all of the session."""
    target: Target = "tree"
    where: str = ""
    """Name of the branch, or path of the patch file."""
    hunks: tuple[str, ...] = ()
    """Exactly these hunks instead of the accepted ones."""
    proven: bool = False
    """Refuse unless an evaluation found exactly these bytes faster."""


class UndoApply(Word, frozen=True, kw_only=True, tag="undo_apply"):
    """Take back an apply to the working tree; refused when its files have changed since."""

    application: str = ""
    """Empty means the last one."""


class WriteReceipt(Word, frozen=True, kw_only=True, tag="write_receipt"):
    """Write all that is needed to check a result elsewhere. Reply: {"path"}."""

    evaluation: str = ""
    """Empty means what was written last and was proven, else the best that is proven."""
    path: str = ""
    """Empty means a file in .mpco/receipts/."""


class ExportRecording(Word, frozen=True, kw_only=True, tag="export_recording"):
    """Write all recorded calls of the session to a file. Reply: {"exchanges"}."""

    path: str


class ImportRecording(Word, frozen=True, kw_only=True, tag="import_recording"):
    """Add the recorded calls of a file to the session, for models named `replay/...`. Reply: {"exchanges"}."""

    path: str
