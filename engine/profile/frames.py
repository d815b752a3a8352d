"""A place that a profile names: what every format is read into."""

import re
from typing import NamedTuple

from engine.source import language_of


class Frame(NamedTuple):
    """One function, or one line of it, as the profiler wrote it; what it did not write is empty or 0."""

    name: str
    file: str = ""
    line: int = 0
    """The sampled line, or where the function begins."""
    module: str = ""
    """The library or program that the code is in."""


_IN_PARENTHESES = re.compile(r"(?P<name>.*?)\s\((?P<file>[^()]*?[./\\<][^()]*?|[^()\s]+:\d+)\)")
_TRAMPOLINE = re.compile(r"py::(?P<name>.+?):(?P<file>[^:]*)")
_AUSTIN = re.compile(r"(?P<file>[^:;]*[./\\<][^:;]*):(?P<name>[^:;\d][^:;]*):(?P<line>\d+)")
_FILE_AFTER_NAME = re.compile(r"(?P<name>\S*)\s(?P<file>(?:\w+://)?[^\s:]*[./\\][^\s:]*?):(?P<line>\d+)(?::\d+)?")
_LINE = re.compile(r"(?P<file>.*?):(?P<line>\d+)(?::\d+)?")
_NAME_LINE = re.compile(r"(?P<name>[\w$./<>]+[\w$>]):(?P<line>\d+)")
_MODULE_FIRST = re.compile(r"(?P<module>[\w.+-]+)`(?P<name>.+)")


_NO_FRAME = re.compile(
    r"P\d+|T(?:0x)?[0-9a-fA-F]+(?::.*)?|(?:[Pp]rocess|[Tt]hread) \S+(?::.*)?|\[?pid \d+\]?.*", re.DOTALL
)


def is_frame(label: str) -> bool:
    """Whether a text in a stack names code, not a process or a thread."""
    return not _NO_FRAME.fullmatch(label.strip())


def frame_of(label: str) -> Frame:
    """The frame that one text names, as the frames of collapsed stacks are: each tool has its own way.

    py-spy writes `name (file:line)`, austin `file:name:line`, V8 `name file:line:column`, perf's map of Python
    `py::name:file`, dtrace `module`name`, most others the name alone.
    """
    label = label.strip()
    if found := _TRAMPOLINE.fullmatch(label):
        return Frame(found["name"], found["file"])
    if found := _IN_PARENTHESES.fullmatch(label):
        place = _LINE.fullmatch(found["file"])
        if place:
            return Frame(found["name"], place["file"], int(place["line"]))
        if not language_of(found["file"]) and not found["file"].startswith("<"):
            return Frame(found["name"], module=found["file"])
        return Frame(found["name"], found["file"])
    if found := _AUSTIN.fullmatch(label) or _FILE_AFTER_NAME.fullmatch(label):
        return Frame(found["name"], found["file"], int(found["line"]))
    if found := _MODULE_FIRST.fullmatch(label):
        return Frame(found["name"], module=found["module"])
    if label.endswith(("_[k]", "_[kernel]")):
        return Frame(label.rpartition("_[")[0], module="[kernel]")
    if "::" not in label and (found := _NAME_LINE.fullmatch(label)):
        return Frame(found["name"], line=int(found["line"]))
    return Frame(label)
