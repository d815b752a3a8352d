"""The three contexts together: everything that may be told about one bottleneck and one target LLM."""

from collections.abc import Collection

from engine.config import Config, LlmSection
from engine.model import Bottleneck, ContextField, ContextName, LlmFacts, Profile
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
) -> tuple[ContextField, ...]:
    """The fields of all contexts that are not switched off: project, task, LLM, in this order.

    `source_text` is the bottleneck's own span; without a bottleneck nothing is told of any. A context that is
    switched off is not even collected.
    """
    fields: tuple[ContextField, ...] = ()
    if "project" not in without:
        fields += project_fields(config)
    if "task" not in without:
        fields += task_fields(config, bottleneck, source_text, profile)
    if "llm" not in without:
        fields += llm_fields(llm, facts)
    return fields
