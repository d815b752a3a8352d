"""`mpco --plain`: the whole job as a dialogue of lines, for screen readers and terminals without a cursor.

One thing is told after the other and nothing is drawn; letters and refusals are those of the app's keys.
"""

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import TypeVar

import msgspec

from engine.errors import EngineError
from engine.model import Bottleneck, Candidate, Decision, Job, Prompt, Target
from engine.protocol import (
    Apply,
    Command,
    Decide,
    Evaluate,
    EvaluateVariant,
    Optimise,
    PreviewVariant,
    UndoApply,
    Variant,
    WritePrompts,
)
from tui import variants, verbs
from tui.headless import Say, Session
from tui.lines import count
from tui.plain import words

Ask = Callable[[str], Awaitable[str | None]]
"""Tells a question and waits for a line; None when no more will come."""
T = TypeVar("T")
PROGRESS_SECONDS = 5.0
"""A job's progress is told at most this often: each telling interrupts whoever listens."""
WHERE = "Type yes for your files, branch and a name for a git branch, patch and a path for a patch file, else Enter."


def seldom(tell: Say) -> Say:
    """`tell`, for what may be left out when it comes too often."""
    told = -PROGRESS_SECONDS

    def say(text: str) -> None:
        nonlocal told
        if monotonic() - told >= PROGRESS_SECONDS:
            told = monotonic()
            tell(text)

    return say


class Dialogue:
    """One person's commands, a line each, done one after the other."""

    def __init__(self, session: Session, ask: Ask, tell: Say) -> None:
        self._session = session
        self._ask = ask
        self._tell = tell
        self._chosen: tuple[Bottleneck, ...] = ()
        self._does: dict[str, Callable[[Sequence[int]], Awaitable[None]]] = {
            "profile": self._profile,
            "list": self._list,
            "meta-prompt": self._write_prompts,
            "read": self._read,
            "optimise": self._optimise,
            "candidates": self._candidates,
            "diff": self._diff,
            "benchmark": self._benchmark,
            "write": self._write,
            "undo": self._undo,
            "help": self._help,
        }

    async def run(self) -> None:
        """Take commands until the person leaves or no more lines come."""
        state = self._session.state
        self._tell(
            f"MPCO, project {state.project.name if state.project else '?'}. h lists what you can type, q leaves."
        )
        if state.live_jobs:
            self._tell(f"In the background: {', '.join(job.title for job in state.live_jobs)}.")
        await (self._list if state.profile else self._begin)(())
        while (line := await self._ask("What next?")) is not None:
            word, *rest = line.lower().split() or [""]
            if word in ("q", "quit"):
                break
            name = next((name for name in self._does if word and word in (name, name[0])), "")
            if not name or not all(item.isdecimal() for item in rest):
                self._tell(f"{line.strip()!r} is no command; h lists them." if word else "h lists what you can type.")
                continue
            try:
                await self._does[name]([int(item) for item in rest])
            except EngineError as error:
                self._tell(str(error))

    async def _begin(self, _: Sequence[int]) -> None:
        self._tell("There is no profile yet; p runs the benchmark under a profiler.")

    async def _help(self, _: Sequence[int]) -> None:
        self._tell(words.HELP)

    async def _done(self, command: Command | str) -> tuple[Job, ...]:
        """The jobs of a command when they have ended, failures told; none where it can't be given, which is told."""
        if isinstance(command, str):
            self._tell(command)
            return ()
        begun = await self._session.perform(command)
        jobs = await self._session.finish(begun.get("jobs") or [begun["job"]])
        for job in jobs:
            if job.state != "done":
                self._tell(f"{job.title}: {job.state}. {job.reason}".rstrip())
        return tuple(jobs)

    def _picked(self, items: Sequence[T], numbers: Sequence[int], noun: str, otherwise: Sequence[T]) -> tuple[T, ...]:
        """The items of these numbers; without any, `otherwise`."""
        for number in numbers:
            if not 1 <= number <= len(items):
                has = f"numbers go from 1 to {len(items)}" if items else "there is none yet"
                raise EngineError(f"There is no {noun} {number}; {has}.")
        return tuple(items[number - 1] for number in numbers) or tuple(otherwise)

    def _number(self, texts: Sequence[str]) -> None:
        for number, text in enumerate(texts, start=1):
            self._tell(f"{number}. {text}")

    async def _profile(self, _: Sequence[int]) -> None:
        if await self._done(verbs.profile(self._session.state)):
            await self._list(())

    async def _list(self, _: Sequence[int]) -> None:
        found = self._session.state.bottlenecks
        self._tell(f"{count(len(found), 'bottleneck')}, the slowest first." if found else verbs.NO_PROFILE)
        self._number([words.bottleneck(item) for item in found])

    async def _write_prompts(self, numbers: Sequence[int]) -> None:
        known = self._session.state.bottlenecks
        self._chosen = self._picked(known, numbers, "bottleneck", known[:1])
        ids = tuple(item.id for item in self._chosen)
        if await self._done(WritePrompts(bottlenecks=ids) if ids else verbs.NO_PROFILE):
            await self._read(())

    def _prompts(self) -> tuple[Prompt, ...]:
        """The prompts that o would send."""
        state = self._session.state
        chosen = self._chosen or state.bottlenecks[:1]
        return tuple(found for item in chosen for found in verbs.prompts_to_send(state, item.id))

    async def _read(self, numbers: Sequence[int]) -> None:
        found = self._prompts()
        for item in self._picked(found, numbers, "prompt", ()):
            self._tell(f"The prompt of {words.prompt(self._session.state, item)}\n{item.text}")
        if not numbers:
            self._tell(f"{count(len(found), 'prompt')}; r and a number reads one, o asks the LLMs.")
            self._number([words.prompt(self._session.state, item) for item in found])

    async def _optimise(self, numbers: Sequence[int]) -> None:
        self._chosen = self._picked(self._session.state.bottlenecks, numbers, "bottleneck", self._chosen)
        ids = tuple(item.id for item in self._prompts())
        if await self._done(Optimise(prompts=ids) if ids else "There is no prompt yet: m has them written."):
            await self._candidates(())

    def _all(self) -> tuple[Candidate, ...]:
        return tuple(self._session.state.candidates.values())

    async def _candidates(self, _: Sequence[int]) -> None:
        found = self._all()
        head = f"{count(len(found), 'candidate')}; d and a number goes through its hunks."
        self._tell(head if found else verbs.NO_CANDIDATE)
        self._number([words.candidate(self._session.state, item) for item in found])

    async def _diff(self, numbers: Sequence[int]) -> None:
        for item in self._picked(self._all(), numbers or [1], "candidate", ()):
            self._tell(words.candidate(self._session.state, item))
            for number, hunk in enumerate(item.hunks, start=1):
                self._tell(words.hunk(hunk, number, len(item.hunks)))
                answer = await self._ask("a accepts it, r rejects it, Enter leaves it, q goes back.")
                word = "q" if answer is None else answer.strip().lower()[:1]
                if word == "q":
                    return
                if word in ("a", "r"):
                    decision: Decision = "accepted" if word == "a" else "rejected"
                    await self._session.perform(Decide(candidate=item.id, hunks=(hunk.id,), decision=decision))
                    self._tell(f"{decision[:1].upper()}{decision[1:]}.")
            self._tell("That was the last hunk; b measures, w writes.")

    async def _benchmark(self, numbers: Sequence[int]) -> None:
        state = self._session.state
        newest = [found for item in state.bottlenecks for found in verbs.newest_candidates(state, item.id)]
        some = self._picked(self._all(), numbers, "candidate", newest)
        command: Evaluate | str = verbs.evaluate(state, some)
        if await self._done(command) and isinstance(command, Evaluate):
            for number, item in enumerate(self._all(), start=1):
                if item.id in command.candidates:
                    self._tell(f"{number}. {words.candidate(self._session.state, item)}")

    async def _write(self, _numbers: Sequence[int]) -> None:
        state = self._session.state
        refused, choice = verbs.writable(self._all()), variants.tray(state)
        if isinstance(refused, str):
            self._tell(refused)
            return
        ids = variants.ids_of(choice)
        variant = msgspec.convert(await self._session.perform(PreviewVariant(hunks=ids)), Variant)
        if variant.conflicts:
            clash = variant.conflicts[0]
            raise EngineError(f"Two accepted hunks conflict at {clash.file}, line {clash.line}; d rejects one of them.")
        proof = variants.proof(state, variant)
        self._tell(words.writing([hunk for _, hunk in choice], proof))
        question = WHERE if proof else f"b measures exactly this first. {WHERE}"
        word, _, where = ((await self._ask(question)) or "").strip().partition(" ")
        if word.lower() == "b" and proof is None:
            if await self._done(EvaluateVariant(hunks=ids)):
                await self._write(())
            return
        targets: dict[str, Target] = {"yes": "tree", "branch": "branch", "patch": "patch"}
        target = targets.get(word.lower())
        if target is None or (target != "tree" and not where.strip()):
            self._tell("Nothing is written.")
            return
        command = Apply(hunks=ids, target=target, where=where.strip(), proven=proof is not None)
        done = await self._session.perform(command)
        self._tell("Written to your files; u takes it back." if target == "tree" else f"Written to {done['where']}.")

    async def _undo(self, _: Sequence[int]) -> None:
        done = await self._session.perform(UndoApply())
        self._tell(f"Taken back in {done['where']}.")
