"""Stage 2 as a whole: prompts are drafted, streamed, reused, edited, improved and marked; every version is kept."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from engine.config import Config
from engine.conversation import Asked, Conversations
from engine.errors import EngineError, LlmError, PromptError
from engine.generate.reading import read_baseline
from engine.jobs import Jobs, RunningJob, new_id
from engine.llm import prices
from engine.model import Bottleneck, Candidate, ContextEdit, Job, Message, Prompt, prompt_to_send
from engine.prompt import baseline_prompt, fields_for, is_meta, library, lint, meta_messages, of_one_bottleneck
from engine.prompt.results import remark_on
from engine.protocol import (
    AddPrompt,
    ContextEdited,
    CopyPrompt,
    DecideProposal,
    EditContext,
    ImprovePrompts,
    MarkPrompt,
    Preview,
    PreviewPrompt,
    PromptChanged,
    PromptStreamed,
    Strategy,
    WritePrompts,
)
from engine.session import Session
from engine.talk import Talk


class Prompting:
    """The prompts of one session."""

    def __init__(self, config: Config, session: Session, jobs: Jobs, conversations: Conversations) -> None:
        self._config = config
        self._session = session
        self._jobs = jobs
        self._conversations = conversations

    def configure(self, config: Config) -> None:
        """Take over a configuration that was read anew."""
        self._config = config

    # ------------------------------------------------------------------------------------------ writing

    def write(self, command: WritePrompts) -> tuple[list[Job], list[str]]:
        """Start the meta-prompts that are needed: one for each (bottleneck, LLM), or one for each LLM.

        Returns the jobs and the ids of all prompts, those included that need no meta-prompter. With the scope
        `project`, a prompt that was written from the same messages before is taken again.
        """
        labels = command.llms or tuple(llm.label for llm in self._config.llm)
        for label in labels:
            self._conversations.llm(label)
        bottlenecks = [self._session.bottleneck(id) for id in command.bottlenecks]
        if not bottlenecks:
            raise EngineError("No bottleneck was named; mark some with space, or press p to profile first.")
        jobs: list[Job] = []
        prompts: list[str] = []
        for label in labels:
            drafts = [self._draft(item, label, command) for item in bottlenecks]
            groups = [drafts] if self._scope(command) == "project" else [[draft] for draft in drafts]
            jobs += [job for group in groups if (job := self._start(group)) is not None]
            prompts += [draft.id for draft, _ in drafts]
        return jobs, prompts

    def draft(self, command: PreviewPrompt) -> Prompt:
        """The prompt as it is before an LLM has written a word of it."""
        return self._draft(self._session.bottleneck(command.bottleneck), command.llm, command)[0]

    def preview(self, command: PreviewPrompt) -> Preview:
        """What would be sent to write a prompt; nothing is sent."""
        prompt = self.draft(command)
        return Preview(model=prompt.meta_prompter, messages=prompt.sent, fields=prompt.fields)

    def strategies(self) -> list[Strategy]:
        """All that there are, by name; one whose template has a mistake says so."""
        known = library(self._config.root_path)
        found = []
        for name in sorted(known.paths()):
            try:
                template = known.load(name)
                about = template.meta.get("about", "")
                found.append(Strategy(name=name, about=about, meta=is_meta(template)))
            except PromptError as error:
                found.append(Strategy(name=name, about="", meta=False, problem=str(error)))
        return found

    def edit_context(self, command: EditContext) -> None:
        """Keep what a person wants the next prompts to be told."""
        own = of_one_bottleneck(self._config, command.context, command.name)
        edit = ContextEdit(
            context=command.context,
            name=command.name,
            value=command.value,
            bottleneck=self._session.bottleneck(command.bottleneck).id if own else "",
            llm=self._conversations.llm(command.llm).label if command.context == "llm" else "",
        )
        self._session.publish(ContextEdited(edit=edit))

    def improve(self, command: ImprovePrompts) -> list[Job]:
        """Have prompts written anew by the meta-prompter, which is told what came of them and what the person says.

        Raises:
            EngineError: when nothing has come of a prompt yet and there is no remark either.
        """
        return [job for id in command.prompts if (job := self._improve(self._session.prompt(id), command)) is not None]

    def _improve(self, old: Prompt, command: ImprovePrompts) -> Job | None:
        original = self._original(old)
        edited = old.text if original.id != old.id else ""
        request = remark_on(command.remark, edited, self._results(old))
        if not request:
            raise EngineError(
                f"Nothing has come of v{old.version} for {old.llm} yet and there is no remark; o sends it, or say what "
                "should be better."
            )
        told = WritePrompts(bottlenecks=(), without=old.without, strategy=old.strategy, meta_prompter=old.meta_prompter)
        draft, source = self._draft(self._session.bottleneck(old.bottleneck), old.llm, told, scope=old.scope)
        if draft.state != "streaming":
            raise EngineError(
                f"The strategy {old.strategy} is a template, not an LLM's work: e edits the prompt itself."
            )
        answer = Message(role="assistant", content=original.text)
        sent = (*draft.sent, answer, Message(role="user", content=request))
        proposal = msgspec.structs.replace(draft, sent=sent, parent=old.id, remark=command.remark, proposal="open")
        return self._start([(proposal, source)])

    def decide(self, command: DecideProposal) -> Prompt:
        """Take an open proposal, a part of it as a person's version, or none of it; returns what is sent now.

        Raises:
            EngineError: when it is no open proposal, or not complete.
        """
        proposal = self._session.prompt(command.prompt)
        if proposal.proposal != "open" or proposal.state != "ready":
            raise EngineError(f"v{proposal.version} for {proposal.llm} is no proposal that waits for a decision.")
        kept = self._keep(proposal, command.text) if command.accept and command.text else None
        decided = msgspec.structs.replace(proposal, proposal="accepted" if command.accept else "rejected")
        self._publish_all([decided])
        return kept or prompt_to_send(self._session.versions(proposal.bottleneck, proposal.llm)) or decided

    def _original(self, prompt: Prompt) -> Prompt:
        """The version that the meta-prompter wrote and a person's edits began with."""
        while prompt.author == "person" and prompt.parent in self._session.prompts:
            prompt = self._session.prompts[prompt.parent]
        return prompt

    def _results(self, prompt: Prompt) -> list[tuple[Candidate, Any]]:
        newest = {item.candidate: item for item in self._session.evaluations.values()}
        candidates = [item for item in self._session.candidates.values() if item.prompt == prompt.id]
        return [(item, newest.get(item.id)) for item in candidates if item.state != "streaming"]

    def _draft(
        self, bottleneck: Bottleneck, label: str, command: WritePrompts | PreviewPrompt, scope: str = ""
    ) -> tuple[Prompt, str]:
        """(the prompt as it is before a word of it is written, source of the bottleneck)."""
        section = self._conversations.llm(label)
        text = read_baseline(self._config.root_path, bottleneck.file).text
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        source = "\n".join(lines[bottleneck.line - 1 : bottleneck.end_line])
        scope = scope or self._scope(command)
        told = bottleneck if scope == "bottleneck" else None
        facts = prices.facts(section.model)
        edits = [e for e in self._session.context_edits.values() if e.about(told.id if told else "", label)]
        fields = fields_for(self._config, told, source, self._session.profile, section, facts, command.without, edits)
        template = library(self._config.root_path).load(command.strategy)
        meta = is_meta(template)
        messages = meta_messages(fields, section, command.without, template=template) if meta else ()
        draft = Prompt(
            id=new_id(),
            bottleneck=bottleneck.id,
            llm=label,
            version=self._next_version(bottleneck.id, label),
            author="meta",
            parent=self._newest(bottleneck.id, label),
            text="" if meta else baseline_prompt(fields, command.without, template=template),
            state="streaming" if meta else "ready",
            at=time.time(),
            strategy=command.strategy,
            template=_digest(template.body),
            scope="project" if scope == "project" else "bottleneck",
            meta_prompter=self._meta_prompter(command) if meta else "",
            without=command.without,
            fields=fields,
            digest=_digest(*(f"{item.context} {item.name} {item.value}" for item in fields)),
            sent=self._conversations.outgoing(messages),
        )
        return draft, source

    def _scope(self, command: WritePrompts | PreviewPrompt) -> str:
        return command.scope or self._config.meta_prompter.scope

    def _meta_prompter(self, command: WritePrompts | PreviewPrompt) -> str:
        return command.meta_prompter or self._config.meta_prompter.model

    def _start(self, group: Sequence[tuple[Prompt, str]]) -> Job | None:
        """Publish the drafts of one text and have it written, unless it is known already."""
        first, source = group[0]
        same = self._written_before(first)
        if first.state != "streaming" or same is not None:
            self._publish_all(draft if same is None else _reused(draft, same) for draft, _ in group)
            return None
        self._publish_all(draft for draft, _ in group)

        async def work(running: RunningJob) -> None:
            try:
                await self._stream(running, first, source)
            finally:
                written = self._session.prompt(first.id)
                self._publish_all(_reused(draft, written) for draft, _ in group[1:])

        place = "the project" if first.scope == "project" else self._session.bottleneck(first.bottleneck).function
        return self._jobs.start("prompt", f"prompt for {first.llm}: {place}", first.id, work)

    def _written_before(self, draft: Prompt) -> Prompt | None:
        if draft.scope != "project":
            return None
        same = (draft.sent, draft.llm, draft.strategy)
        for prompt in self._session.prompts.values():
            if prompt.state == "ready" and (prompt.sent, prompt.llm, prompt.strategy) == same and not prompt.reused:
                return prompt
        return None

    def _publish_all(self, prompts: Any) -> None:
        self._session.publish(*(PromptChanged(prompt=item) for item in prompts))

    async def _stream(self, running: RunningJob, draft: Prompt, source: str) -> None:
        def tell(offset: int, piece: str, text: str) -> PromptStreamed:
            return PromptStreamed(prompt=draft.id, offset=offset, text=piece)

        def end(state: str, text: str, reason: str = "", **fields: Any) -> None:
            told = {"reason": reason, "usage": talk.usage, "reasoning": talk.reasoning, **fields}
            done = msgspec.structs.replace(draft, state=state, text=text.strip(), **told)
            self._session.publish(PromptChanged(prompt=done))

        stream = self._session.open_stream(draft.id, tell)
        asked = Asked(
            purpose="prompt",
            llm=draft.llm,
            bottleneck=draft.bottleneck,
            subject=draft.id,
            messages=draft.sent,
            model=draft.meta_prompter,
        )
        talk = Talk(self._conversations, asked, running, stream.add)
        try:
            done = await talk.run()
            problem = lint(stream.text, source)
            end("failed" if problem else "ready", stream.text, problem, meta_prompter=done.model)
            if problem:
                raise PromptError(problem)
        except LlmError as error:
            end("failed", stream.text, str(error))
            raise
        except asyncio.CancelledError:
            end("interrupted", stream.text, "Cancelled; what had come is kept.")
            raise
        finally:
            self._session.close_stream(draft.id)

    # ----------------------------------------------------------------------------------------- by hand

    def edit(self, id: str, text: str) -> Prompt:
        """Keep a person's text as a new version."""
        return self._keep(self._session.prompt(id), text)

    def copy(self, command: CopyPrompt) -> list[Prompt]:
        """Give a prompt's text to other LLMs, as a new version of theirs."""
        prompt = self._session.prompt(command.prompt)
        for label in command.llms:
            self._conversations.llm(label)
        return [self._keep(msgspec.structs.replace(prompt, llm=label), prompt.text) for label in command.llms]

    def lend(self, prompt: Prompt, llm: str) -> Prompt:
        """Give a prompt's text to another LLM for an experiment, once; by itself it is never sent to that one."""
        known = (item for item in self._session.versions(prompt.bottleneck, llm) if item.parent == prompt.id)
        lent = next((item for item in known if item.written_for), None)
        return lent or self._keep(
            msgspec.structs.replace(prompt, llm=llm, written_for=prompt.llm), prompt.text, author="meta"
        )

    def add(self, command: AddPrompt) -> Prompt:
        """Keep a text that comes from a file or from elsewhere as a person's version."""
        self._conversations.llm(command.llm)
        bottleneck = self._session.bottleneck(command.bottleneck)
        blank = Prompt(
            id=self._newest(bottleneck.id, command.llm),
            bottleneck=bottleneck.id,
            llm=command.llm,
            version=0,
            author="person",
            text="",
            state="ready",
            at=0.0,
            strategy=command.strategy,
        )
        return self._keep(blank, command.text)

    def mark(self, command: MarkPrompt) -> None:
        """Pin, approve or star a version, or take the mark away; a pin leaves the other versions of the prompt."""
        prompt = self._session.prompt(command.prompt)
        changed = [_marked(prompt, command.mark, command.on)]
        if command.mark == "pinned" and command.on:
            others = self._session.versions(prompt.bottleneck, prompt.llm)
            pinned = [item for item in others if "pinned" in item.marks and item.id != prompt.id]
            changed += [_marked(item, "pinned", False) for item in pinned]
        self._publish_all(changed)

    def _keep(self, old: Prompt, text: str, author: Literal["meta", "person"] = "person") -> Prompt:
        problem = lint(text, "")
        if problem:
            raise PromptError(problem)
        kept = msgspec.structs.replace(
            old,
            id=new_id(),
            version=self._next_version(old.bottleneck, old.llm),
            author=author,
            parent=old.id,
            text=text,
            state="ready",
            sent=(),
            usage=None,
            reasoning="",
            reason="",
            remark="",
            proposal="",
            reused="",
            marks=(),
            at=time.time(),
        )
        self._session.publish(PromptChanged(prompt=kept))
        return kept

    def _newest(self, bottleneck: str, llm: str) -> str:
        versions = self._session.versions(bottleneck, llm)
        return versions[-1].id if versions else ""

    def _next_version(self, bottleneck: str, llm: str) -> int:
        return 1 + max((item.version for item in self._session.versions(bottleneck, llm)), default=0)


def _reused(draft: Prompt, written: Prompt) -> Prompt:
    """`draft` with the text that was written for another bottleneck; only that one was paid for."""
    return msgspec.structs.replace(
        draft,
        text=written.text,
        state=written.state,
        reason=written.reason,
        meta_prompter=written.meta_prompter,
        reused=written.id,
    )


def _marked(prompt: Prompt, mark: str, on: bool) -> Prompt:
    rest = tuple(item for item in prompt.marks if item != mark)
    return msgspec.structs.replace(prompt, marks=(*rest, mark) if on else rest)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
