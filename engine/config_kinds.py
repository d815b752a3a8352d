"""What the values of mpco.toml may be, each with the words that say so in an error."""

import re
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from engine.config_check import accepting
from engine.environment import NAME

KEY = re.compile(rf"\$\{{({NAME.pattern})\}}")
"""An API key as it may stand in the file: by the name of a variable."""


def _is_glob(text: str) -> bool:
    parts = text.split("/")
    closed = re.sub(r"\[!?\]?[^\]]*\]", "", text)
    return bool(text.strip()) and "" not in parts[:-1] and not {".", ".."} & set(parts) and "[" not in closed


def _is_regex(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
    except ValueError:
        return False
    return text == "" or (url.scheme in ("http", "https") and bool(url.hostname) and "@" not in url.netloc)


Filled = Annotated[str, msgspec.Meta(min_length=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=31_536_000)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Percent = Annotated[float, msgspec.Meta(ge=0, lt=100)]
"""Up to a year: more is beyond what timers take."""
Glob = Annotated[str, accepting(_is_glob, 'a glob relative to the project\'s root, as in "src/**" or "*.py"')]
BaseUrl = Annotated[
    str, accepting(_is_url, 'the URL of a server without a key in it, as in "http://localhost:8000/v1"')
]
KeyReference = Annotated[
    str,
    accepting(
        lambda text: text == "" or KEY.fullmatch(text) is not None,
        'the name of a variable that holds the key, as in "${OPENAI_API_KEY}"; keys do not belong in this file',
    ),
]
Pattern = Annotated[str, accepting(_is_regex, 'a regular expression, as in "took ([0-9.]+) s"')]
