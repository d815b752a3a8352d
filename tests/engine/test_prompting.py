"""Prompts through the engine's socket: reused, improved, copied, marked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from engine.errors import EngineError
from engine.model import ContextField, ContextName
from engine.protocol import (
    AddPrompt,
    CopyPrompt,
    DecideProposal,
    EditContext,
    EditPrompt,
    ImprovePrompts,
    ListStrategies,
    MarkPrompt,
    Optimise,
    Outgoing,
    Preview,
    PreviewPrompt,
    PreviewSending,
    RunProfile,
    Strategy,
    WritePrompts,
)
from tests.engine.conftest import CONFIG, SLOW, Follower, followed, running, written

NAMES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
"""Functions of the project: each test writes its prompts for one that no other test has used."""
WORDS = "\n\n".join(SLOW.replace("distinct", name) for name in NAMES)
BENCH = f"import words\n\nfor name in {NAMES}:\n    getattr(words, name)(' '.join(map(str, range(200))))\n"


@pytest.fixture(scope="module")
def _many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, Iterator[str]]]:
    files = {"words.py": WORDS, "bench.py": BENCH, "test_words.py": "import words\n", "mpco.toml": CONFIG}
    root = written(tmp_path_factory.mktemp("many") / "words", files)
    with running(root) as folder:
        yield root, folder, iter(NAMES)


@pytest.fixture
def project(_many: tuple[Path, Path, Iterator[str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project that these tests share, with its engine."""
    root, folder, _ = _many
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield root
    (root / "mpco.toml").write_text(CONFIG)


@pytest.fixture
def names(_many: tuple[Path, Path, Iterator[str]]) -> Iterator[str]:
    """Functions for which no prompt was written yet."""
    return _many[2]


async def profiled(engine: Follower, name: str) -> str:
    """Profile the project where that was not done yet; the id of the bottleneck `name`."""
    if not engine.state.bottlenecks:
        await engine.done([str((await engine.send(RunProfile()))["job"])])
    return next(item.id for item in engine.state.bottlenecks if item.function == name)


async def test_one_prompt_can_serve_the_whole_project(project: Path, names: Iterator[str]) -> None:
    async with followed(project) as engine:
        ids = (await profiled(engine, next(names)), await profiled(engine, next(names)))
        write = WritePrompts(bottlenecks=ids, llms=("algorithms",), scope="project")
        jobs = (await engine.send(write))["jobs"]
        assert len(jobs) == 1
        state = await engine.done(jobs)
        first, second = (state.prompt_versions(id, "algorithms")[-1] for id in ids)
        assert first.text == second.text and {first.reused, second.reused} == {"", first.id}
        assert second.usage is None and second.scope == "project"
        assert not any(field.name == "source" for field in first.fields)
        assert "def " not in "".join(message.content for message in first.sent)

        again = await engine.send(write)
        assert again["jobs"] == []
        state = await engine.until(lambda state: len(state.prompt_versions(ids[0], "algorithms")) == 2)
        assert state.prompt_versions(ids[0], "algorithms")[-1].reused == first.id


async def test_a_prompt_gets_better_by_a_remark_and_by_a_persons_edit(project: Path, names: Iterator[str]) -> None:
    async with followed(project) as engine:
        bottleneck = await profiled(engine, next(names))
        state = await engine.done(
            (await engine.send(WritePrompts(bottlenecks=(bottleneck,), llms=("algorithms",))))["jobs"]
        )
        first = state.prompt_versions(bottleneck, "algorithms")[0]
        with pytest.raises(EngineError, match="Nothing has come of v1 for algorithms yet and there is no remark"):
            await engine.send(ImprovePrompts(prompts=(first.id,)))
        better = ImprovePrompts(prompts=(first.id,), remark="Be specific\nabout allocation.")
        state = await engine.done((await engine.send(better))["jobs"])
        second = state.prompt_versions(bottleneck, "algorithms")[1]
        assert (second.author, second.parent, second.remark) == ("meta", first.id, better.remark)
        assert second.text != first.text and "Be specific about allocation." in second.text
        assert [message.role for message in second.sent] == ["user", "assistant", "user"]
        assert second.proposal == "open" and not second.sendable

        # Nobody has taken it, so the version before is what would be sent, unless the proposal is asked for.
        for chosen, text in (((), first.text), ((second.id,), second.text)):
            command = PreviewSending(bottlenecks=(bottleneck,), llms=("algorithms",), chosen=chosen)
            shown = msgspec.convert(await engine.send(command), list[Outgoing])
            assert text.strip() in shown[-1].messages[0].content
        taken = (await engine.send(DecideProposal(prompt=second.id, accept=True)))["prompt"]
        assert taken == second.id
        with pytest.raises(EngineError, match="v2 for algorithms is no proposal that waits"):
            await engine.send(DecideProposal(prompt=second.id, accept=False))

        own = (await engine.send(EditPrompt(prompt=second.id, text="Use a set, nothing else.")))["prompt"]
        state = await engine.done((await engine.send(ImprovePrompts(prompts=(own,))))["jobs"])
        fourth = state.prompt_versions(bottleneck, "algorithms")[3]
        assert fourth.parent == own and fourth.text.startswith("Use a set, nothing else.")
        part = (await engine.send(DecideProposal(prompt=fourth.id, accept=True, text="Use a set.")))["prompt"]
        state = await engine.until(lambda state: part in state.prompts)
        assert (state.prompts[part].author, state.prompts[part].parent) == ("person", fourth.id)
        state = await engine.done((await engine.send(ImprovePrompts(prompts=(part,), remark="Shorter.")))["jobs"])
        sixth = state.prompt_versions(bottleneck, "algorithms")[-1]
        assert (await engine.send(DecideProposal(prompt=sixth.id, accept=False)))["prompt"] == part


async def test_texts_are_copied_added_and_marked(project: Path, names: Iterator[str]) -> None:
    async with followed(project) as engine:
        bottleneck = await profiled(engine, next(names))
        state = await engine.done(
            (await engine.send(WritePrompts(bottlenecks=(bottleneck,), llms=("algorithms",))))["jobs"]
        )
        first = state.prompt_versions(bottleneck, "algorithms")[0]
        (copied,) = (await engine.send(CopyPrompt(prompt=first.id, llms=("caching",))))["prompts"]
        added = (await engine.send(AddPrompt(bottleneck=bottleneck, llm="caching", text="From a file.")))["prompt"]
        for mark in ("pinned", "starred"):
            await engine.send(MarkPrompt(prompt=copied, mark=mark))
        state = await engine.until(lambda state: copied in state.prompts and "starred" in state.prompts[copied].marks)
        assert state.prompts[copied].text == first.text and state.prompts[copied].author == "person"
        assert state.prompts[copied].marks == ("pinned", "starred")
        await engine.send(MarkPrompt(prompt=added, mark="pinned"))
        state = await engine.until(lambda state: state.prompts[copied].marks == ("starred",))
        assert state.prompts[added].marks == ("pinned",)
        assert state.prompts[added].version == 2


async def test_what_does_not_fit_the_context_window_is_refused_and_never_cut(
    project: Path, names: Iterator[str]
) -> None:
    (project / ".env").write_text("ABOUT=counts\n")
    config = (project / "mpco.toml").read_text()
    small = config.replace('model = "offline/algorithms"', 'model = "offline/algorithms"\ncontext_window = 40')
    (project / "mpco.toml").write_text(f'[project]\ndescription = "${{ABOUT}}"\n\n{small}')
    async with followed(project) as engine:
        bottleneck = await profiled(engine, next(names))
        write = WritePrompts(bottlenecks=(bottleneck,), llms=("algorithms",))
        written = await engine.send(write)
        await engine.done(written["jobs"])
        asked = (await engine.send(Optimise(prompts=tuple(written["prompts"]))))["jobs"]
        state = await engine.done(asked)
        assert "more than its context window of 40; nothing was sent" in state.jobs[asked[0]].reason
        shown = msgspec.convert(await engine.send(PreviewSending(bottlenecks=(bottleneck,))), list[Outgoing])
        told = {(item.purpose, item.llm): item.refused for item in shown}
        assert "context window of 40" in told["optimise", "algorithms"]
        assert told["prompt", "algorithms"] == ""

        (project / ".env").write_text("ABOUT=counts words\n")
        await engine.send(PreviewSending(bottlenecks=(bottleneck,)))
        await engine.until(lambda state: state.project and state.project.description == "counts words")


async def test_another_meta_prompter_can_be_named(project: Path, names: Iterator[str]) -> None:
    async with followed(project) as engine:
        bottleneck = await profiled(engine, next(names))
        write = WritePrompts(bottlenecks=(bottleneck,), llms=("algorithms",), meta_prompter="offline/nobody")
        jobs = (await engine.send(write))["jobs"]
        state = await engine.done(jobs)
        assert state.jobs[jobs[0]].state == "failed"
        failed = state.prompt_versions(bottleneck, "algorithms")[0]
        assert failed.state == "failed" and "offline/nobody" in failed.reason

        strategies = msgspec.convert(await engine.send(ListStrategies()), list[Strategy])
        assert {item.name: item.meta for item in strategies} == {
            "mpco": True, "base": False, "chain_of_thought": False, "few_shot": False, "contextual": False,
        }  # fmt: skip
        shown = await engine.send(
            PreviewSending(bottlenecks=(bottleneck,), llms=("caching",), meta_prompter="algorithms")
        )
        assert [item.model for item in msgspec.convert(shown, list[Outgoing])] == ["offline/algorithms"]
        direct = PreviewSending(bottlenecks=(bottleneck,), llms=("caching",), strategy="base")
        assert await engine.send(direct) == []


async def test_what_a_person_says_of_a_context_is_told_until_they_take_it_back(
    project: Path, names: Iterator[str]
) -> None:
    async with followed(project) as engine:
        bottleneck = await profiled(engine, next(names))

        async def told(llm: str, scope: Literal["", "project"] = "") -> dict[tuple[str, str], ContextField]:
            asked = PreviewPrompt(bottleneck=bottleneck, llm=llm, scope=scope)
            shown = msgspec.convert(await engine.send(asked), Preview)
            assert all(field.value.splitlines()[0] in shown.messages[0].content for field in shown.fields)
            return {(field.context, field.name): field for field in shown.fields}

        async def say(context: ContextName, name: str, value: str | None) -> None:
            at = {"bottleneck": bottleneck, "llm": "algorithms"}
            await engine.send(EditContext(context=context, name=name, value=value, **at))

        before = await told("algorithms")
        await say("project", "description", "Counts words, mostly short ones.")
        await say("task", "hardware", "")
        await say("task", "note", "The input is sorted.")
        await say("llm", "considerations", "Likes short prompts.")
        now = await told("algorithms")
        assert now["project", "description"].value == "Counts words, mostly short ones."
        assert ("task", "hardware") in before and ("task", "hardware") not in now
        assert now["task", "note"].source == "you"
        assert now["llm", "considerations"].value == "Likes short prompts."
        others = await told("caching")
        assert ("llm", "considerations") not in others or "short prompts" not in others["llm", "considerations"].value
        assert ("task", "note") not in await told("algorithms", "project")

        await say("task", "note", None)
        assert ("task", "note") not in await told("algorithms")
    async with followed(project) as engine:  # kept with the session
        state = await engine.until(lambda state: state.context_edits)
        assert {edit.name for edit in state.context_edits.values() if edit.about(bottleneck, "algorithms")} == {
            "description", "hardware", "considerations",
        }  # fmt: skip
