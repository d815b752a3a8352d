"""What an LLM says, without what it thought before: drafts of edits in its thoughts are no edits."""

import re

from engine.generate.lines import normalised

OPENING = re.compile(
    r"^[ \t]*<(think(?:ing)?|reason(?:ing)?|thoughts?|analysis|scratchpad|reflection)>", re.MULTILINE | re.IGNORECASE
)
HALF = re.compile(r"^[ \t]*</think(?:ing)?>[ \t]*$", re.MULTILINE | re.IGNORECASE)
"""Some servers swallow the opening tag."""


def said(answer: str) -> str:
    """The answer without thoughts, with plain newlines; time grows with its length only."""
    text = _without_thoughts(normalised(answer))
    closing = list(HALF.finditer(text))
    return text[closing[-1].end() :] if closing else text


def _without_thoughts(text: str) -> str:
    """Thoughts end where their tag is closed at the end of a line, else where it is closed at all, else never."""
    kept: list[str] = []
    missing: set[str] = set()
    at = 0
    while opening := OPENING.search(text, at):
        kept.append(text[at : opening.start()])
        at = len(text)
        for pattern in (rf"</{opening[1]}>[ \t]*$", rf"</{opening[1]}>"):
            key = pattern.lower()
            closing = None if key in missing else re.compile(key, re.M | re.I).search(text, opening.end())
            if closing is not None:
                at = closing.end()
                break
            missing.add(key)
    return "".join([*kept, text[at:]])
