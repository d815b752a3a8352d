"""Stage 2: collect contexts, render the meta-prompt or a baseline, and check what comes back.

What an LLM is told is made here and nowhere else; sending it is the pipeline's business.
"""

from engine.prompt.contexts import fields_for, of_one_bottleneck
from engine.prompt.linting import lint
from engine.prompt.llm import llm_fields
from engine.prompt.project import project_fields
from engine.prompt.related import related
from engine.prompt.strategies import baseline_prompt, is_meta, meta_messages
from engine.prompt.task import task_fields
from engine.prompt.templates import library

__all__ = [
    "baseline_prompt",
    "fields_for",
    "is_meta",
    "library",
    "lint",
    "llm_fields",
    "meta_messages",
    "of_one_bottleneck",
    "project_fields",
    "related",
    "task_fields",
]
