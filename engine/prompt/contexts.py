"""The three contexts together: everything that may be told about one bottleneck and one target LLM."""

from collections.abc import Collection, Iterable

import msgspec

from engine.config import Config, LlmSection
from engine.model import CONTEXT_NAMES, Bottleneck, ContextEdit, ContextField, ContextName, LlmFacts, Profile
from engine.prompt.llm import llm_fields
from engine.prompt.project import project_fields
from engine.prompt.task import task_fields


def fields_for(
    config: Config,
    bottleneck: Bottleneck | None,
    source_text: str,
    profile: Profile | None,
    llm: LlmSection,
    facts: LlmFacts,
    without: Collection[ContextName] = (),
    edits: Iterable[ContextEdit] = (),
) -> tuple[ContextField, ...]:
    """The fields of all contexts that are not switched off: project, task, LLM, in this order.

    `source_text` is the bottleneck's own span; without a bottleneck nothing is told of any. A context that is
    switched off is not even collected. `edits` are a person's, as far as they are about this bottleneck and LLM.
    """
    fields: tuple[ContextField, ...] = ()
    if "project" not in without:
        fields += project_fields(config)
    if "task" not in without:
        fields += task_fields(config, bottleneck, source_text, profile)
    if "llm" not in without:
        fields += llm_fields(llm, facts)
    return _edited(fields, [edit for edit in edits if edit.context not in without])


def of_one_bottleneck(config: Config, context: ContextName, name: str) -> bool:
    """Whether a field is about one bottleneck; else it says the same in the prompts for all of them."""
    return context == "task" and all(field.name != name for field in task_fields(config, None, "", None))


def _edited(fields: tuple[ContextField, ...], edits: Collection[ContextEdit]) -> tuple[ContextField, ...]:
    """`fields` as a person has edited them, and at the end of each context what they have added to it."""
    known = {(edit.context, edit.name): edit.value for edit in edits}
    changed = [
        msgspec.structs.replace(field, value=known[at] or "", source=f"you, instead of {field.source}")
        if (at := (field.context, field.name)) in known
        else field
        for field in fields
    ]
    places = {(field.context, field.name) for field in fields}
    changed += [
        ContextField(context=edit.context, name=edit.name, value=edit.value or "", source="you")
        for edit in edits
        if (edit.context, edit.name) not in places
    ]
    return tuple(field for name in CONTEXT_NAMES for field in changed if field.context == name and field.value)
