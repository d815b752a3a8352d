"""What would leave this machine, exactly, before it does."""

from collections.abc import Iterator

from engine import privacy
from engine.conversation import Conversations, Section
from engine.errors import PrivacyError
from engine.llm import prices
from engine.llm.budget import output_limit
from engine.masking import PLACEHOLDER
from engine.model import Message, Purpose, prompt_to_send
from engine.pipeline import Pipeline
from engine.protocol import Outgoing, PreviewPrompt, PreviewSending
from engine.session import Session


def preview(command: PreviewSending, session: Session, pipeline: Pipeline) -> list[Outgoing]:
    """Every message that writing prompts and optimising would send; nothing is sent.

    Code goes out with a prompt, so that request is shown for LLMs that have a prompt which is ready.

    Raises:
        EngineError: when a bottleneck or an LLM is unknown.
    """
    conversations = pipeline.conversations
    labels = command.llms or tuple(section.label for section in conversations.config.llm)
    return [
        item
        for bottleneck in command.bottlenecks
        for label in labels
        for item in _of(bottleneck, label, command, session, pipeline)
    ]


def _of(
    bottleneck: str, label: str, command: PreviewSending, session: Session, pipeline: Pipeline
) -> Iterator[Outgoing]:
    conversations = pipeline.conversations
    function = session.bottleneck(bottleneck).function
    told = PreviewPrompt(
        bottleneck=bottleneck,
        llm=label,
        without=command.without,
        strategy=command.strategy,
        scope=command.scope,
        meta_prompter=command.meta_prompter,
    )
    meta = pipeline.prompting.preview(told)
    if meta.messages:
        section = conversations.meta_prompter(meta.model)
        yield _outgoing("prompt", label, function, section, meta.messages, conversations)
    prompt = prompt_to_send(session.versions(bottleneck, label), command.chosen)
    if prompt is not None:
        messages = pipeline.request(prompt)
        yield _outgoing("optimise", label, function, conversations.llm(label), messages, conversations)


def _outgoing(
    purpose: Purpose,
    label: str,
    function: str,
    section: Section,
    messages: tuple[Message, ...],
    conversations: Conversations,
) -> Outgoing:
    where = privacy.destination(section.model, section)
    refused = prices.misfit(section.model, messages, section.context_window)
    try:
        privacy.check(section.model, section, conversations.config.privacy)
    except PrivacyError as error:
        refused = str(error)
    return Outgoing(
        purpose=purpose,
        llm=label,
        bottleneck=function,
        model=section.model,
        destination=where,
        leaves=not privacy.is_here(where),
        refused=refused,
        messages=messages,
        window=section.context_window or prices.facts(section.model).context_window,
        tokens=prices.count_tokens(section.model, messages),
        max_usd=prices.estimate_usd(
            section.model, messages, output_limit(section.model, section.params), section.params
        ),
        masked=sum(message.content.count(PLACEHOLDER) for message in messages),
    )
