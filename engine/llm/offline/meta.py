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
EDITED = re.compile(
    r"^A person has edited it to read:\n\n(.*?)\n\n(?=Remark: |Write the prompt again)", re.MULTILINE | re.DOTALL
)
REMARK = re.compile(r"^Remark: (.+)$", re.MULTILINE)
FAILED = re.compile(r"^- ((?:tests failed|build failed|crashed|timed out|slower): [^\n]*)$", re.MULTILINE)
CONSTRAINTS = (
    "Keep the name, the parameters, their defaults and the return type exactly as they are. For every input the "
    "results must be the same as before, and so must the errors raised and everything a caller can see. "
    "Use what is already imported or comes with the language; add no dependency. Keep the author's comments and style."
)
METHOD = (
    "Work out first where the time goes: what is done most often, how much of it is needed, and what of it could be "
    "done a single time or not at all. Then change as little as that takes."
)
OUTPUT = (
    "Say in a few sentences what you change and why it is faster. Check your changes against the unusual inputs: "
    "nothing at all, a single item, equal items. If you find nothing that is both safe and faster, say so and give "
    "no code."
)
BRIEFLY = re.compile(r"\b(short|plain|small|simple|direct|brief|weak|local|cheap)", re.IGNORECASE)
AT_LENGTH = re.compile(r"\b(reasons|verif|large|long|think|thorough|step)", re.IGNORECASE)


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
    """The optimisation prompt for what a meta-prompt tells.

    When it is to get better, a person's own text is kept; what they remark and what has failed is added to it.
    """
    edited = EDITED.search(message)
    parts = [edited[1] if edited else _composed(message)]
    parts += [f"Mind this above all: {_line(remark, 300)}" for remark in REMARK.findall(message)]
    parts += [
        f"An earlier answer did not hold: {_line(failed, 200)} Avoid that." for failed in FAILED.findall(message)[-2:]
    ]
    return "\n\n".join(parts)


def _composed(message: str) -> str:
    contexts = read(message)
    briefly = bool(BRIEFLY.search(_about(contexts.llm)))
    seen, considered = _observed(contexts.task), _considered(contexts.task)
    prompt = _prompt(contexts, [*seen, *considered], "", briefly)
    if considered and (briefly or len(prompt) > LONGEST_PROMPT):
        heads = "; ".join(_uncapitalised(_line(line.partition(":")[0], 60)) for line in considered)
        prompt = _prompt(contexts, seen, f"Beyond that, think of {_line(heads, 400)}.", briefly)
    while seen and len(prompt) > LONGEST_PROMPT:
        seen = seen[:-1]
        prompt = _prompt(contexts, seen, "", briefly)
    return prompt


def _prompt(contexts: Contexts, hints: list[str], beyond: str, briefly: bool) -> str:
    looking = "\n".join(["Look for these, the first ones first:", *(f"- {hint}" for hint in hints)]) if hints else ""
    parts = [
        " ".join([_role(contexts), _goal(contexts.task)]),
        _project(contexts.project),
        _evidence(contexts.task),
        "\n".join(part for part in (looking, beyond) if part) or METHOD,
        CONSTRAINTS,
        _manner(contexts.llm, briefly),
        OUTPUT,
    ]
    return "\n\n".join(part for part in parts if part)


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


def _uncapitalised(text: str) -> str:
    """The text as it reads within a sentence; abbreviations stay."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _role(contexts: Contexts) -> str:
    languages = _line(contexts.project.get("languages") or contexts.project.get("primary languages", ""), 40)
    return f"You are an experienced performance engineer{f' for {languages}' if languages else ''}."


def _goal(task: dict[str, str]) -> str:
    objective = _line(task.get("objective", ""), 80).rstrip(".")
    described = _line(task.get("description", ""), 200)
    goal = f"The objective is {objective}." if objective else "Make the function that follows perform better."
    return f"{goal} {described}".strip()


def _project(project: dict[str, str]) -> str:
    name = _line(project.get("name", ""), 60)
    if not name:
        return ""
    described = _line(project.get("description") or project.get("readme", ""), 200).rstrip(".")
    needs = _line(project.get("dependencies", ""), 80).rstrip(".")
    about = f"The code belongs to {name}{f': {described}' if described else ''}."
    return f"{about} Its dependencies: {needs}." if needs else about


def _evidence(task: dict[str, str]) -> str:
    """What the profile shows, by names and line numbers."""
    sentences = []
    place, time = _line(task.get("bottleneck", "").replace("`", ""), 110), _time(task)
    if place:
        sentences.append(f"The code is {place}.")
    if time:
        sentences.append(f"The profile shows {time}.")
    heat = re.sub(r"`[^`\n]*`", "", task.get("hot lines") or task.get("line heat", ""))
    hottest = sorted(HEAT.findall(heat), key=lambda pair: -float(pair[1]))[:3]
    if hottest:
        sentences.append(f"Hottest: {', '.join(f'line {line} ({share}%)' for line, share in hottest)}.")
    calls, callers = _line(task.get("calls", ""), 20), _edges(task.get("callers", ""))
    if calls:
        sentences.append(f"Calls: {calls}{f', from {callers}' if callers else ''}.")
    callees = _edges(task.get("callees", ""))
    if callees:
        sentences.append(f"Below it: {callees}.")
    return " ".join(sentences)


def _time(task: dict[str, str]) -> str:
    if task.get("time"):
        return _line(task["time"], 120)
    shares = ((task.get("self share", ""), "in itself"), (task.get("total share", ""), "in total"))
    told = " and ".join(f"{_line(share, 20)} {what}" for share, what in shares if share)
    return f"{told} of all time" if told else ""


def _edges(value: str) -> str:
    """The first callers or callees with their shares."""
    found = re.findall(r"`([^`\n]+)`[^:\n]*(?::\d+\))?: ([\d.]+%)", value)[:2]
    return ", ".join(f"{name} ({share})" for name, share in found) if found else _line(value, 80)


def _observed(task: dict[str, str]) -> list[str]:
    value = task.get("source", "")
    fenced = re.search(r"^\s*(`{3,})[^\n]*\n(.*?)\n\s*\1\s*$", value, re.MULTILINE | re.DOTALL)
    start = re.search(r"lines (\d+) to|:(\d+)", f"{value.partition('`')[0]} {task.get('bottleneck', '')}")
    first = int(start.group(1) or start.group(2)) if start else 1
    return [f"Line {first + item.line}: {item.text}." for item in observe(fenced.group(2) if fenced else value)]


def _considered(task: dict[str, str]) -> list[str]:
    lines = [line.strip() for line in task.get("considerations", "").splitlines() if line.strip()]
    listed = [line for line in lines if line.startswith("- ")] or lines
    return [_line(line.removeprefix("- "), 110) for line in listed]


def _about(llm: dict[str, str]) -> str:
    """What is known of the target LLM: by the person, and of its family."""
    return " ".join(llm[name] for name in ("considerations", "family considerations") if llm.get(name))


def _manner(llm: dict[str, str], briefly: bool) -> str:
    """How the target LLM is best spoken to, from what is known about it."""
    if not llm:
        return ""
    considerations = _about(llm)
    reasons = llm.get("reasoning", "").lower().startswith(("yes", "true", "can")) or bool(
        AT_LENGTH.search(considerations)
    )
    if briefly:
        manner = "Take one point at a time, keep to plain and small changes, and do not think aloud."
    elif reasons:
        manner = "Reason it through before you write: weigh the options, and verify each assumption against the code."
    else:
        manner = "Prefer the few changes with the largest effect over many small ones."
    known = _line(considerations, 160).rstrip(".")
    return f"{manner} What is known of you: {known}." if known else manner
