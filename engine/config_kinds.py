"""What the values of mpco.toml may be, each with the words that say so in an error."""

import re
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from engine.config_check import accepting
from engine.environment import NAME

KEY = re.compile(rf"\$\{{({NAME.pattern})\}}")
"""An API key as it may stand in the file: by the name of a variable."""

OFFLINE = ("offline/meta", "offline/algorithms", "offline/loops", "offline/caching")
"""The embedded models; all others are litellm's, and it alone knows which there are."""


def _is_model(text: str) -> bool:
    return bool(text.strip()) and (not text.startswith("offline/") or text in OFFLINE)


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


Model = Annotated[
    str,
    accepting(_is_model, f'a model as litellm names it, as in "openai/gpt-5", or one of {", ".join(OFFLINE)}', OFFLINE),
]
Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=31_536_000)]
"""Up to a year: more is beyond what timers take."""
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Percent = Annotated[float, msgspec.Meta(ge=0, lt=100)]
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
