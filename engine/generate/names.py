"""Which file an answer means: names are cleaned of decoration and resolved against the files that are known."""

import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches

LOOK_BACK = 3
LOOK_FAR = 30
"""Lines of prose above a block in which a file that it may be about is mentioned."""
MOST_COMPARED = 2_000
"""Names that are compared for similarity, which is slow."""
CLOSE = 0.8
NUMBER = re.compile(r"^[#>* ]*\d+[.)] +")
REMARK = re.compile(
    r" +\((?:new|updated|modified|changed|full|complete|fixed|optimi[sz]ed|new file)[^)]*\)$", re.IGNORECASE
)
DECORATION = re.compile(r"^(?:file(?:name)?|path|in|filepath)\s*:\s*", re.IGNORECASE)
PATH = re.compile(r"^[/~]?(?:[\w@+.-][\w@+. -]*/)*[\w@+.-]*[\w-]\.[A-Za-z]\w{0,9}$|^[/~]?(?:[\w@+.-]+/)+[\w@+.-]+$")
NO_FILE = frozenset({"bash", "sh", "shell", "console", "zsh", "text", "txt", "output", "pycon", "diff"})
"""Languages of fences that show what to type or what comes out."""
BARE = frozenset({"Dockerfile", "Makefile", "Rakefile", "Gemfile", "Justfile", "Procfile", "meson.build"})


def cleaned(line: str) -> str:
    """A line without what LLMs put around a file name: `#`, `*`, backticks, colons, a leading `File:`."""
    name = NUMBER.sub("", REMARK.sub("", line.strip().rstrip(":* ")))
    name = name.lstrip("#>*-`_ ").rstrip("*`_:; ").strip()
    name = DECORATION.sub("", name).strip("`*'\" ")
    return name.removeprefix("./")


def resolved(name: str, known: Collection[str], *, loosely: bool = True) -> str:
    """The known file that `name` means: itself, the only one with that ending or basename, or a close match."""
    if name in known:
        return name
    for prefix in ("a/", "b/"):
        if name.startswith(prefix) and name[2:] in known:
            return name[2:]
    ending = [path for path in known if path.endswith("/" + name) or name.endswith("/" + path)]
    if len(ending) == 1:
        return ending[0]
    base = [path for path in known if path.rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]]
    if len(base) == 1 and "/" not in name:
        return base[0]
    if not loosely or len(known) > MOST_COMPARED:
        return ""
    close = get_close_matches(name, sorted(known), n=1, cutoff=CLOSE)
    return close[0] if close else ""


def named_by(line: str, known: Collection[str]) -> str:
    """The file that a whole line names; empty when the line is something else."""
    name = cleaned(line)
    if not name or len(name) > 300:
        return ""
    if name in known or name in BARE:
        return name
    if not PATH.match(name) or name.split("/")[-1].replace(".", "").isdigit():
        return ""
    return resolved(name, known) or ("" if " " in name else name)


def named_above(lines: Sequence[str], at: int, known: Collection[str]) -> str:
    """The file named on one of the three lines above line `at`, fences and blank lines skipped."""
    for line in reversed(lines[max(0, at - LOOK_BACK) : at]):
        opens_fence = line.lstrip().startswith(("```", "~~~", "<source>"))
        name = named_in_info(line.strip("`~ \t"), known) if opens_fence else named_by(line, known)
        if name:
            return name
        if line.strip() and not opens_fence:
            break
    return ""


def mentioned_above(lines: Sequence[str], at: int, known: Collection[str]) -> str:
    """The known file that the nearest prose above line `at` mentions in backticks or as a word."""
    for line in reversed(lines[max(0, at - LOOK_FAR) : at]):
        words = [word.strip("`*'\"():;,.") for word in line.split()]
        for word in reversed(words):
            if word in known:
                return word
    return ""


def said_above(lines: Sequence[str], at: int, info: str, known: Collection[str]) -> str:
    """The only known file in the sentence above a fence that ends in a colon: "Here is the new `x.py`:"."""
    line = next((line for line in reversed(lines[max(0, at - LOOK_BACK) : at]) if line.strip()), "")
    if not line.rstrip("*_ ").endswith(":") or info.split(" ")[0].lower() in NO_FILE:
        return ""
    words = {word.strip("`*'\"():;,._") for word in line.split()}
    found = {path for word in words if "." in word and (path := resolved(word, known, loosely=False))}
    return found.pop() if len(found) == 1 else ""


def named_in_info(info: str, known: Collection[str]) -> str:
    """The file named beside the language of a fence: `python src/x.py`, `python:src/x.py`, `title="x.py"`."""
    for word in re.split(r"[\s:,{}]+|\w+=", info):
        name = word.strip("\"'`")
        if name in known or (("/" in name or "." in name) and PATH.match(name)):
            return resolved(name, known) or name
    return ""
