"""The first paragraph of a README: what the project says about itself."""

import os
import re
from itertools import groupby
from pathlib import Path

NAMES = ("README.md", "README.rst", "README.txt", "README")
_LONGEST = 600
_MARKUP = re.compile(r"<[^>\n]+>|!\[[^\]]*\]\([^)]*\)|\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_NO_PROSE = re.compile(r"#|>|\||:\w+:|\.\. |\s{4}|\t|[-*+]\s|\d+[.)]\s|\[[^\]]+\]:|([=\-~^\"'*])\1{2,}$")
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def first_paragraph(root: Path) -> tuple[str, str]:
    """(text, file name) of the first paragraph of prose in the project's README; both empty when there is none."""
    for name in NAMES:
        path = root / name
        if os.access(path, os.R_OK) and path.is_file():
            return _paragraph(path.read_text(encoding="utf-8", errors="replace")), name
    return "", ""


def _paragraph(text: str) -> str:
    text = _FENCED.sub("", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    lines = [_LINK.sub(r"\1", _MARKUP.sub("", line)).rstrip() for line in text.splitlines()]
    # A title of reStructuredText is underlined by the line after it.
    titles = {i for i, line in enumerate(lines[1:]) if re.fullmatch(r"([=\-~^\"'*#])\1{2,}", line)}
    prose = [(i not in titles and bool(line) and not _NO_PROSE.match(line), line) for i, line in enumerate(lines)]
    for is_prose, group in groupby(prose, key=lambda item: item[0]):
        if is_prose:
            return _shortened(" ".join(line for _, line in group))
    return ""


def _shortened(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= _LONGEST else text[:_LONGEST].rpartition(" ")[0] + " ..."
