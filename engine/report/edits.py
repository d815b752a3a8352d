"""What kind of change a hunk is, told by rule from the words that it adds and drops.

The classes are those that studies of performance patches count. A rule sees words, not meaning: a person's note on
the hunk that begins with `class:` goes before it.
"""

import re
from functools import lru_cache
from typing import Literal, get_args

from engine.model import Hunk

EditClass = Literal["algorithm", "data structure", "loop", "memory", "I/O", "parallelism", "cosmetic"]
CLASSES: tuple[EditClass, ...] = get_args(EditClass)

_CORRECTED = re.compile(r"class:\s*(" + "|".join(re.escape(name) for name in CLASSES) + r")\b", re.IGNORECASE)
_RULES: tuple[tuple[EditClass, re.Pattern[str]], ...] = (
    (
        "parallelism",
        re.compile(
            r"\b(?:threading|Thread\w*|thread|multiprocessing|concurrent|futures|asyncio|await|par_iter\w*|rayon|"
            r"goroutine|sync\.WaitGroup|omp|std::async|parallel\w*|simd|_mm\d*_\w+)\b"
        ),
    ),
    (
        "I/O",
        re.compile(
            r"\b(?:open|read|readline|readlines|write|writelines|flush|fread|fwrite|mmap|fopen|getline|ifstream|"
            r"ofstream|BufReader|BufWriter|BufferedReader|sync_with_stdio|recv|send|seek)\b"
        ),
    ),
    (
        "data structure",
        re.compile(
            r"\b(?:set|dict|frozenset|defaultdict|Counter|OrderedDict|deque|heapq|heappush|bisect\w*|bytearray|array|"
            r"numpy|np|HashMap|HashSet|BTreeMap|unordered_map|unordered_set|std::array|Map|Set)\b"
        ),
    ),
    (
        "memory",
        re.compile(
            r"\b(?:\w*cache\w*|memo\w*|__slots__|reserve|with_capacity|emplace\w*|std::move|malloc|calloc|realloc|"
            r"alloc\w*|prealloc\w*|string_view|span|copy|clone|memoryview|intern|restrict)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "loop",
        re.compile(
            r"\b(?:for|while|join|sum|map|filter|any|all|min|max|range|enumerate|zip|extend|break|continue|"
            r"iter|unroll)\b"
        ),
    ),
)


@lru_cache(maxsize=4096)
def edit_class(hunk: Hunk) -> EditClass:
    """The class of a hunk: a person's, else the first rule whose words change in number, else `algorithm`."""
    corrected = _CORRECTED.match(hunk.note.strip())
    if corrected:
        return next(name for name in CLASSES if name.lower() == corrected[1].lower())
    if hunk.cosmetic:
        return "cosmetic"
    old, new = "\n".join(hunk.old_lines), "\n".join(hunk.new_lines)
    for name, words in _RULES:
        if sorted(words.findall(old)) != sorted(words.findall(new)):
            return name
    return "algorithm"
