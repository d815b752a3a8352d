"""Bytes to text and back without losing a byte: line endings, byte order marks and old encodings survive.

The text keeps everything the bytes say: carriage returns stay in it, and a byte order mark is its first character.
"""

import codecs
import re

COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""PEP 263: the encoding a Python file declares in one of its first two lines."""
FALLBACK = "latin-1"
"""Every byte is a character of it, so decoding with it cannot fail."""
UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
"""Known by its byte order mark only, which stays the first character."""


def decode(data: bytes) -> tuple[str, str]:
    """(text, codec) of a text file: UTF-8, UTF-16 with a mark, what the file itself declares, else Latin-1.

    Raises:
        ValueError: when the bytes are not text.
    """
    for mark, codec in UTF16.items():
        text = _lossless(data, codec) if data.startswith(mark) else None
        if text is not None and "\0" not in text:
            return text, codec
    if b"\0" in data:
        raise ValueError("binary")
    for codec in ("utf-8", _declared(data)):
        text = _lossless(data, codec)
        if text is not None:
            return text, codec
    return data.decode(FALLBACK), FALLBACK


def _declared(data: bytes) -> str:
    for line in data.split(b"\n", 2)[:2]:
        found = COOKIE.match(line)
        if found:
            try:
                return codecs.lookup(found[1].decode("ascii", "replace")).name
            except LookupError:
                return FALLBACK
    return FALLBACK


def _lossless(data: bytes, codec: str) -> str | None:
    """The text, when encoding it again gives the same bytes."""
    try:
        text = data.decode(codec)
        return text if text.encode(codec) == data else None
    except (UnicodeError, LookupError):
        return None


def encodable(text: str, codec: str) -> str:
    """The first character of `text` that the codec lacks; empty when it has them all."""
    try:
        text.encode(codec)
    except UnicodeEncodeError as error:
        return text[error.start]
    return ""
