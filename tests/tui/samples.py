"""A small session with something of everything, for tests of the screens."""

from pathlib import Path

from engine.generate.hunks import make_hunks
from engine.model import (
    BaselineFile,
    Bottleneck,
    Candidate,
    ContextField,
    Edge,
    Estimate,
    Evaluation,
    Job,
    LineHeat,
    Llm,
    Measurement,
    Message,
    Profile,
    Project,
    Prompt,
    Step,
    Unmapped,
    Usage,
)
from engine.protocol import Snapshot

PARSE = '''"""Reads access logs."""

import re

PATTERN = r"(\\S+) (\\S+) (\\S+)"


class Parser:
    """One log."""

    def parse_line(self, line):
        # one line of the log
        match = re.match(PATTERN, line)
        if match is None:
            return None
        fields = []
        for group in match.groups():
            fields = fields + [group.strip()]
        return fields


def load(path):
    parser = Parser()
    return [parser.parse_line(line) for line in open(path)]
'''
FASTER_PARSE = PARSE.replace(
    'PATTERN = r"(\\S+) (\\S+) (\\S+)"', 'PATTERN = re.compile(r"(\\S+) (\\S+) (\\S+)")'
).replace(
    """        match = re.match(PATTERN, line)
        if match is None:
            return None
        fields = []
        for group in match.groups():
            fields = fields + [group.strip()]
        return fields
""",
    """        match = PATTERN.match(line)
        if match is None:
            return None
        return [group.strip() for group in match.groups()]
""",
)
STATS = '''"""Figures about visits."""


def unique_visitors(entries):
    seen = []
    for entry in entries:
        if entry.host not in seen:
            seen.append(entry.host)
    return len(seen)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[int(share * (len(ordered) - 1))]
'''
LLMS = (
    Llm(label="algorithms", model="offline/algorithms", about="A rule-based rewriter, not a language model."),
    Llm(label="loops", model="offline/loops", about="A rule-based rewriter, not a language model."),
    Llm(label="caching", model="offline/caching", about="A rule-based rewriter, not a language model."),
)
PROMPT_TEXT = """You are optimising a hot function of a log analyser.

The profile shows that 24% of all time is one re.match on a pattern that is compiled on each call.

- Compile the pattern once, outside the function.
- Build the list in one go instead of joining lists in a loop.
- Keep the function's name, arguments and results exactly as they are.

Answer with the whole function in one fenced block.
"""
FIELDS = (
    ContextField(context="project", name="name", value="logreport", source="mpco.toml"),
    ContextField(context="project", name="languages", value="Python", source="mpco.toml"),
    ContextField(context="project", name="size", value="1.9k lines in 14 files", source="files"),
    ContextField(context="task", name="objective", value="runtime", source="mpco.toml"),
    ContextField(context="task", name="bottleneck", value="Parser.parse_line, 38.2% self", source="profile"),
    ContextField(context="task", name="hardware", value="2 cores, 8 GB", source="psutil"),
    ContextField(context="llm", name="model", value="offline/loops", source="mpco.toml"),
    ContextField(context="llm", name="price", value="free", source="litellm"),
)
SENT = (
    Message(role="system", content="You write prompts for other LLMs."),
    Message(role="user", content="Write the prompt for loops.\n\nThe project is logreport."),
)


def write_project(root: Path) -> None:
    """The source files that the sample session is about."""
    package = root / "logreport"
    package.mkdir(parents=True)
    (package / "parse.py").write_text(PARSE)
    (package / "stats.py").write_text(STATS)


def project(root: Path) -> Project:
    """The project, with the offline LLMs."""
    return Project(
        root=str(root),
        name="logreport",
        description="Reads web server access logs.",
        languages=("Python",),
        llms=LLMS,
        meta_prompter="offline/meta",
        test_command="python3 -m unittest -q",
        benchmark_command="python3 bench.py",
        profile_command="python3 bench.py",
        max_usd=5.0,
        sandbox="bubblewrap",
    )


def profile() -> Profile:
    """Three bottlenecks of two files, and time that is not the project's."""
    parse = Bottleneck(
        id="parse",
        file="logreport/parse.py",
        function="Parser.parse_line",
        line=11,
        end_line=19,
        self_share=0.382,
        total_share=0.512,
        calls=120_000,
        callers=(Edge(function="load", file="logreport/parse.py", line=22, share=0.97, calls=119_000),),
        callees=(Edge(function="re.match", share=0.63, calls=120_000), Edge(function="str.strip", share=0.08)),
        heat=(LineHeat(line=13, share=0.241), LineHeat(line=14, share=0.012), LineHeat(line=18, share=0.1)),
    )
    visitors = Bottleneck(
        id="visitors",
        file="logreport/stats.py",
        function="unique_visitors",
        line=4,
        end_line=9,
        self_share=0.217,
        total_share=0.217,
        calls=3,
        heat=(LineHeat(line=7, share=0.2),),
    )
    percentile = Bottleneck(
        id="percentile",
        file="logreport/stats.py",
        function="percentile",
        line=12,
        end_line=14,
        self_share=0.11,
        total_share=0.13,
        calls=900,
    )
    return Profile(
        id="profile",
        command="python3 bench.py",
        format="cprofile",
        seconds=12.4,
        at=1_700_000_000.0,
        bottlenecks=(parse, visitors, percentile),
        unmapped=(Unmapped(name="built-in re.match", share=0.051), Unmapped(name="libc.so", share=0.021)),
    )


def prompt(id: str, llm: str, version: int = 1, bottleneck: str = "parse", **fields: object) -> Prompt:
    """A ready prompt of the meta-prompter; `fields` replace what is here."""
    values = {
        "author": "meta",
        "text": PROMPT_TEXT,
        "state": "ready",
        "at": 1_700_000_100.0 + version,
        "meta_prompter": "offline/meta",
        "fields": FIELDS,
        "sent": SENT,
        "usage": Usage(input_tokens=812, output_tokens=412, usd=0.0031),
    }
    return Prompt(id=id, llm=llm, version=version, bottleneck=bottleneck, **{**values, **fields})  # type: ignore[arg-type]


def candidate(id: str, llm: str, **fields: object) -> Candidate:
    """A complete answer of two hunks or more for `parse`; `fields` replace what is here."""
    values = {
        "bottleneck": "parse",
        "prompt": f"{llm}-1",
        "state": "ready",
        "at": 1_700_000_200.0,
        "model": f"offline/{llm}",
        "answer": "I compile the pattern once.\n\n```python\n...\n```\n",
        "files": (BaselineFile(path="logreport/parse.py", text=PARSE, digest="0"),),
        "hunks": make_hunks(id, "logreport/parse.py", PARSE, FASTER_PARSE),
        "usage": Usage(input_tokens=900, output_tokens=300, usd=0.0),
        "seconds": 1.2,
    }
    return Candidate(id=id, llm=llm, **{**values, **fields})  # type: ignore[arg-type]


def evaluation(id: str, of: Candidate, pairs: int = 12, **fields: object) -> Evaluation:
    """A finished evaluation of all hunks of a candidate; `fields` replace what is here."""
    runs = [
        Measurement(
            pair=pair, arm=arm, wall=wall + pair % 3 * 0.004, cpu=wall, max_rss=20_000_000, at=float(pair), load=0.4
        )
        for pair in range(1, pairs + 1)
        for arm, wall in (("baseline", 0.441), ("variant", 0.389))
    ]
    values = {
        "title": f"{of.llm}: Parser.parse_line",
        "state": "done",
        "at": 1_700_000_300.0,
        "candidate": of.id,
        "hunks": tuple(hunk.id for hunk in of.hunks),
        "sandbox": "bubblewrap",
        "steps": (Step(name="test", arm="variant", passed=True, seconds=1.1, exit_code=0, output="OK"),),
        "measurements": tuple(runs),
        "estimate": Estimate(percent_improvement=11.8, low=8.9, high=14.2, pairs=pairs),
        "verdict": "faster",
    }
    return Evaluation(id=id, **{**values, **fields})  # type: ignore[arg-type]


def job(id: str, kind: str, **fields: object) -> Job:
    """A running job; `fields` replace what is here."""
    values = {"title": f"{kind} job", "state": "running", "at": 1_700_000_050.0}
    return Job(id=id, kind=kind, **{**values, **fields})  # type: ignore[arg-type]


def full(root: Path) -> Snapshot:
    """A session in the middle: prompts of two versions, three candidates, two evaluations."""
    other = FASTER_PARSE.replace("group.strip() for group", "part.strip() for part")
    loops = candidate("c-loops", "loops", hunks=make_hunks("c-loops", "logreport/parse.py", PARSE, other))
    algorithms = candidate("c-algorithms", "algorithms")
    empty = candidate("c-caching", "caching", state="empty", hunks=(), reason="No rule of caching applies here.")
    return Snapshot(
        project=project(root),
        profile=profile(),
        prompts=(
            prompt("algorithms-1", "algorithms"),
            prompt("loops-1", "loops"),
            prompt(
                "loops-2", "loops", 2, author="person", parent="loops-1", text="Compile once.\n", usage=None, sent=()
            ),
            prompt("caching-1", "caching", state="failed", text="", reason="The server answered 503."),
        ),
        candidates=(algorithms, loops, empty),
        evaluations=(
            evaluation("e-algorithms", algorithms),
            evaluation("e-loops", loops, pairs=4, state="measuring", verdict=None),
        ),
        jobs=(job("j-loops", "evaluate", subject="e-loops", title="loops: Parser.parse_line", progress="pair 4"),),
    )
