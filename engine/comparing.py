"""What one candidate has that another has not: the difference between the texts that both would make."""

from engine.generate.hunks import compose, make_hunks
from engine.model import BaselineFile, Candidate, Hunk
from engine.protocol import Comparison


def compare(one: Candidate, other: Candidate) -> Comparison:
    """The hunks that lead from what is kept of `one` to what is kept of `other`.

    Raises:
        EditError: when the hunks of one of them conflict.
    """
    texts = {file.path: file.text for candidate in (other, one) for file in candidate.files}
    files: list[BaselineFile] = []
    hunks: list[Hunk] = []
    for path, text in sorted(texts.items()):
        before, after = (compose(text, [h for h in item.kept if h.file == path]) for item in (one, other))
        if before != after:
            files.append(BaselineFile(path=path, text=before, digest=""))
            hunks += make_hunks(f"{one.id} {other.id}", path, before, after)
    return Comparison(files=tuple(files), hunks=tuple(hunks))
