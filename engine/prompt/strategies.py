"""How a prompt comes to be: asked of a meta-prompter, or rendered directly for a baseline."""

from collections.abc import Collection, Iterable

from engine.config import LlmSection
from engine.errors import PromptError
from engine.model import ContextField, ContextName, Message
from engine.prompt import templates
from engine.prompt.task import tasks
from engine.source import LANGUAGES, language_of

_EXAMPLES = templates.FOLDER / "examples"
_EXAMPLES_OF = {"Python": "python", "C": "c", "C++": "cpp", "CUDA": "cpp"}


def meta_messages(
    fields: tuple[ContextField, ...],
    llm: LlmSection,
    without: Collection[ContextName] = (),
    *,
    template: templates.Template,
) -> tuple[Message, ...]:
    """What the meta-prompter is sent so that it writes the prompt for `llm`.

    A context in `without` leaves no trace: neither its section, nor its values elsewhere in the text.

    Raises:
        PromptError: when the template is no meta-prompt, or cannot be rendered.
    """
    if not is_meta(template):
        raise PromptError(f"{template.file} is no meta-prompt; it is sent to the target LLM as it is.")
    target = "an LLM" if "llm" in without else f"the LLM {llm.label or llm.model}"
    kept = _kept(fields, without)
    text = templates.render(template, {"target": target, "aim": _aim(kept), **_sections(kept)})
    return (Message(role="user", content=text),)


def is_meta(template: templates.Template) -> bool:
    """Whether a meta-prompter writes the prompt; else the template is the prompt."""
    return template.meta["kind"] == "meta"


def baseline_prompt(
    fields: tuple[ContextField, ...], without: Collection[ContextName], *, template: templates.Template
) -> str:
    """The prompt of a strategy that needs no meta-prompter.

    Raises:
        PromptError: when the template cannot be rendered.
    """
    kept = _kept(fields, without)
    # The code itself follows every baseline, so it is not shown twice; a baseline knows nothing of its reader.
    told = [field for field in kept if field.name != "source" and field.context != "llm"]
    values = {"aim": _aim(kept), "examples": _examples(kept), **_sections(told)}
    return templates.render(template, values)


def _kept(fields: Iterable[ContextField], without: Collection[ContextName]) -> list[ContextField]:
    return [field for field in fields if field.context not in without]


def _aim(fields: Iterable[ContextField]) -> str:
    objective = next((field.value for field in fields if field.context == "task" and field.name == "objective"), "")
    return next((task.aim for task in tasks().values() if task.meaning == objective), "the performance")


def _sections(fields: Collection[ContextField]) -> dict[str, str]:
    contexts: tuple[ContextName, ...] = ("project", "task", "llm")
    return {name: "\n".join(_lines(field for field in fields if field.context == name)) for name in contexts}


def _lines(fields: Iterable[ContextField]) -> Iterable[str]:
    """`- **name**: value`, with further lines of the value indented by two spaces, so that nothing in a value can be
    taken for a field or a section."""
    for field in fields:
        first, *rest = field.value.splitlines()
        yield f"- **{field.name}**: {first}"
        yield from (f"  {line}" for line in rest)


def _examples(fields: Iterable[ContextField]) -> str:
    """Examples in the language of the bottleneck, else in the project's first, else in none."""
    language = ""
    for field in fields:
        if field.context == "project" and field.name == "languages":
            language = language or field.value.split(",")[0].strip()
        if field.context == "task" and field.name == "source":
            language = language_of(field.source)
    by_lower = {known.lower(): known for known in LANGUAGES.values()}
    file = _EXAMPLES_OF.get(by_lower.get(language.lower(), ""), "pseudocode")
    return (_EXAMPLES / f"{file}.md").read_text(encoding="utf-8").strip()
