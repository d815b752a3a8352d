"""offline/meta, the rule-based meta-prompter: composes an optimisation prompt from the contexts it is told.

It is not a language model. What it writes follows from the fields of the meta-prompt alone; a context that is
switched off leaves no trace in the prompt. The prompt holds no code: the code is appended to it later.
"""

import re

import msgspec

from engine.llm.offline.observations import observe

LONGEST_PROMPT = 1800
HEADING = re.compile(r"^## (Project|Task|Target LLM) context[ \t]*$", re.MULTILINE)
FIELD = re.compile(
    r"^- \*\*(?P<name>[^*\n]+)\*\*:[ \t]?(?P<value>[^\n]*(?:\n(?:  [^\n]*|[ \t]*(?=\n  )))*)", re.MULTILINE
)
HEAT = re.compile(r"(?:line\s+|^|[\s,;])(\d+)\b[^\d%\n]{0,12}(\d+(?:\.\d+)?)\s*%", re.MULTILINE)
CONSTRAINTS = (
    "Keep the name, the parameters, their defaults and the return type exactly as they are. For every input the "
    "results must be the same as before, and so must the errors raised and everything a caller can see. "
    "Use what is already imported or comes with the language; add no dependency. Keep the author's comments and style."
)
OUTPUT = (
    "First say in a few sentences what you change and why it is faster. Then give the code once, complete and ready "
    "to run, in the answer format that comes with the code: nothing left out, no placeholders. If you find nothing "
    "that is both safe and faster, say so and give no code."
)
BRIEFLY = re.compile(r"\b(short|plain|small|simple|direct|brief|weak|local|cheap)", re.IGNORECASE)
AT_LENGTH = re.compile(r"\b(reason|verif|large|long|think|thorough|step)", re.IGNORECASE)


class Contexts(msgspec.Struct, frozen=True):
    """The fields of each context; an empty mapping for one that was switched off."""

    project: dict[str, str]
    task: dict[str, str]
    llm: dict[str, str]


def read(message: str) -> Contexts:
    """The contexts in a meta-prompt."""
    parts = HEADING.split(message)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    found = {name: _fields(sections.get(name, "")) for name in ("Project", "Task", "Target LLM")}
    return Contexts(found["Project"], found["Task"], found["Target LLM"])


def compose(message: str) -> str:
    """The optimisation prompt for what a meta-prompt tells."""
    contexts = read(message)
    briefly = bool(BRIEFLY.search(contexts.llm.get("considerations", "")))
    hints = [*_observed(contexts.task), *_considered(contexts.task)]
    if briefly:
        hints = hints[:6]
    while True:
        prompt = "\n\n".join(part for part in _parts(contexts, hints, briefly) if part)
        if len(prompt) <= LONGEST_PROMPT or not hints:
            return prompt
        hints = hints[:-1]


def _parts(contexts: Contexts, hints: list[str], briefly: bool) -> list[str]:
    looking = "\n".join(["Look for these, the first ones first:", *(f"- {hint}" for hint in hints)]) if hints else ""
    return [
        " ".join([_role(contexts), _goal(contexts.task)]),
        _project(contexts.project),
        _evidence(contexts.task),
        looking,
        CONSTRAINTS,
        _manner(contexts.llm, briefly),
        OUTPUT,
    ]


def _fields(section: str) -> dict[str, str]:
    fields = {}
    for match in FIELD.finditer(section):
        value = re.sub(r"^  ", "", match["value"], flags=re.MULTILINE).strip("\n")
        fields[match["name"].strip().lower()] = value
    return fields


def _items(value: str) -> list[str]:
    """The items of a list field, without its lead-in line; a field that is no list is one item."""
    items = [line.strip()[2:].strip() for line in value.splitlines() if line.strip().startswith("- ")]
    return items or [line.strip() for line in value.splitlines() if line.strip()]


def _line(text: str, most: int) -> str:
    """`text` on one line, cut at a word when it is longer than `most` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[:most].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def _role(contexts: Contexts) -> str:
    languages = _line(contexts.project.get("languages") or contexts.project.get("primary languages", ""), 40)
    return f"You are an experienced performance engineer{f' for {languages}' if languages else ''}."


def _goal(task: dict[str, str]) -> str:
    objective = _line(task.get("objective", ""), 80).rstrip(".")
    described = _line(task.get("description", ""), 200)
    goal = f"Your task is {objective}." if objective else "Make the function that follows perform better."
    return f"{goal} {described}".strip()


def _project(project: dict[str, str]) -> str:
    name = project.get("name", "")
    if not name:
        return ""
    described = _line(project.get("description") or project.get("readme", ""), 200).rstrip(".")
    needs = _line(project.get("dependencies", ""), 80).rstrip(".")
    about = f"The code belongs to {name}{f': {described}' if described else ''}."
    return f"{about} Its dependencies: {needs}." if needs else about


def _evidence(task: dict[str, str]) -> str:
    """What the profile shows, by line numbers."""
    sentences = []
    place, time = _line(task.get("bottleneck", ""), 100), _line(task.get("time", ""), 140)
    if place:
        sentences.append(f"The profile shows {place}{f': {time}' if time else ''}.")
    hottest = sorted(HEAT.findall(task.get("hot lines", "")), key=lambda pair: -float(pair[1]))[:3]
    if hottest:
        named = ", ".join(f"line {line} ({share}%)" for line, share in hottest)
        sentences.append(f"Hottest: {named}.")
    calls = _line(task.get("calls", ""), 20)
    if calls and calls != "0":
        callers = ", ".join(_edge(item) for item in _items(task.get("callers", ""))[:2])
        times = "once" if calls == "1" else f"{calls} times"
        sentences.append(f"It was called {times}{f', by {callers}' if callers else ''}.")
    callees = ", ".join(_edge(item) for item in _items(task.get("callees", ""))[:3])
    if callees:
        sentences.append(f"It spends its time below itself in {callees}.")
    hardware = _line(task.get("hardware", ""), 80)
    if hardware:
        sentences.append(f"It runs on {hardware}.")
    return " ".join(sentences)


def _edge(item: str) -> str:
    """A caller or callee with its share, without the count of calls."""
    return _line(re.sub(r":\s*([\d.]+%).*", r" (\1)", item).replace("`", ""), 60)


def _observed(task: dict[str, str]) -> list[str]:
    fenced = re.search(r"^(`{3,})[^\n]*\n(.*?)\n?^\1[ \t]*$", task.get("source", ""), re.MULTILINE | re.DOTALL)
    start = re.search(r"lines? (\d+)", task.get("source", ""))
    first = int(start.group(1)) if start else 1
    return [f"Line {first + item.line}: {item.text}." for item in observe(fenced.group(2))] if fenced else []


def _considered(task: dict[str, str]) -> list[str]:
    return [_line(item, 110) for item in _items(task.get("considerations", ""))]


def _manner(llm: dict[str, str], briefly: bool) -> str:
    """How the target LLM is best spoken to, from what is known about it."""
    if not llm:
        return ""
    considerations = llm.get("considerations", "")
    reasons = llm.get("reasoning", "").lower() in ("yes", "true") or bool(AT_LENGTH.search(considerations))
    if briefly:
        manner = "Take one point at a time, keep to plain and small changes, and do not think aloud."
    elif reasons:
        manner = "Reason it through before you write: weigh the options, and verify each assumption against the code."
    else:
        manner = "Prefer the few changes with the largest effect over many small ones."
    known = _line(considerations, 160).rstrip(".")
    return f"{manner} What is known of you: {known}." if known else manner
