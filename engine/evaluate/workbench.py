"""Stage 4 as a whole: where variants of one project are frozen, enclosed and compared.

The baseline's arm is kept for the next variant as long as the user's tree does not change; each variant gets a fresh
one. Whatever this makes lies under the state folder and is gone when the workbench closes, or at the latest when the
next one opens.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path

from engine.config import Config
from engine.errors import BaselineError, EditError
from engine.evaluate import behaviour, poison
from engine.evaluate import sandbox as sandboxes
from engine.evaluate.arm import Arm, open_arm
from engine.evaluate.behaviour import Reference, Targets, targets
from engine.evaluate.comparison import Comparison, Ground, News, Pair, Progress
from engine.evaluate.contender import Contender, Files, Withdrawn
from engine.evaluate.machine import machine
from engine.evaluate.race import FIELD, Race, against_itself, so_far
from engine.evaluate.sandbox import Sandbox
from engine.evaluate.verdict import Ruling
from engine.evaluate.workspace import Base, freeze, remove, survey, to_its_end
from engine.execute import IO_VARIABLE, Outcome, Watch, watching
from engine.model import Behaviour, Measurement, Objective
from engine.protected import check_changes

Opponents = dict[frozenset[tuple[str, bytes | None]], Arm]
"""The arms of the variants that others are compared with, by what they change."""

__all__ = ["FIELD", "Contender", "News", "Pair", "Progress", "Ruling", "Workbench", "so_far"]


class Workbench:
    """Evaluates variants of one project, one race after the other."""

    def __init__(self, config: Config, state_dir: Path) -> None:
        self._config = config
        self._root = config.root_path.resolve()
        self._state_dir = state_dir.resolve()
        self._work = self._state_dir / "work"
        self._ground: Ground | None = None
        self._bases = 0
        self._doubts: dict[frozenset[str], str] = {}
        """By set of changed files: why the benchmark does not run them."""
        self._references: dict[tuple[str, Targets], Reference] = {}
        """What the baseline does on its recorded calls, by the baseline's digest and the functions."""
        self._turn = asyncio.Lock()
        self.sandbox = Sandbox(name=sandboxes.NONE, about="The workbench is not open.", works=False)

    async def open(self) -> None:
        """Find the sandbox and clear away what a killed engine may have left.

        Raises:
            SandboxError: when no sandbox works and mpco.toml does not allow to go without one.
        """
        found = await asyncio.to_thread(sandboxes.strongest)
        self.sandbox = found if found.works else sandboxes.without_walls(found, self._config.sandbox)
        await self.clear()
        self._work.mkdir(parents=True)

    async def clear(self) -> None:
        """Give the disk of all workspaces back; for one that is not open: what a killed engine has left."""
        await to_its_end(remove, self._work)

    async def close(self) -> None:
        """End every process and give the disk back."""
        await self._leave_ground()
        await self.clear()

    async def execute(
        self,
        command: str | Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] = {},
        inputs: Mapping[str, bytes] = {},
        collect: Sequence[str] = (),
        watch: Watch | None = None,
    ) -> Outcome:
        """Run a command on the built baseline (`engine.execute.Execute`).

        Raises:
            BaselineError: when the project does not build.
            SandboxError: when no sandbox can be set up.
        """
        argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
        async with self._turn:
            ground = await self._current_ground()
            await Comparison(self._config, ground).build_baseline()
            await asyncio.to_thread(ground.arm.put, inputs)
            async with machine(alone=True), watching(ground.arm.io, watch):
                run = await ground.arm.run(argv, timeout=timeout, env={**env, IO_VARIABLE: ground.arm.io_seen})
            files = await asyncio.to_thread(ground.arm.take, collect)
        return Outcome(
            exit_code=run.exit_code,
            output=run.output,
            seconds=run.wall,
            timed_out=run.limit == "time",
            files=files,
        )

    async def evaluate(
        self,
        title: str,
        changes: Files,
        *,
        objective: Objective,
        measured: tuple[Measurement, ...] = (),
    ) -> AsyncGenerator[News, None]:
        """Evaluate the project with `changes` (whole files, by path) against the project as it is.

        The last thing it yields is a `Ruling`. `measured` are the pairs of an evaluation that was cut off: they
        count. Closing the iterator, or cancelling its task, ends all processes at once.

        Raises:
            EditError: when there is no change, or one touches protected files or leaves the project.
            BaselineError: when the project itself does not build, pass its tests or run its benchmark.
            SandboxError: when the sandbox cannot be set up.
        """
        contender = Contender("", title, changes, objective, measured=measured)
        async with aclosing(self.race([contender])) as steps:
            async for _, news in steps:
                if isinstance(news, EditError):
                    raise news
                yield news

    async def race(self, contenders: Sequence[Contender]) -> AsyncGenerator[tuple[Contender, News | EditError], None]:
        """Build and test each contender, then measure those that pass in blocks that share the baseline's runs.

        The last thing that is told of each contender is its `Ruling`, or the error for which it is refused: no change,
        or one that touches protected files or leaves the project. Of a withdrawn one nothing more is told.

        Raises:
            BaselineError: when the project itself does not build, pass its tests or run its benchmark.
            SandboxError: when the sandbox cannot be set up.
        """
        if not self._config.benchmark.command:
            raise BaselineError(f"{self._config.path or 'mpco.toml'}: [benchmark] command is missing; give one.")
        async with self._turn, AsyncExitStack() as arms:
            for contender in contenders:
                yield contender, Progress(state="preparing")
            ground = await self._current_ground()
            comparison = Comparison(self._config, ground)
            async with aclosing(comparison.prove_baseline()) as steps:
                async for news in steps:
                    for contender in contenders:
                        yield contender, news
            if ground.worn:
                await self._renew(ground)
                await comparison.build_baseline()
            field: list[Contender] = []
            opponents: Opponents = {}
            for contender in contenders:
                async with aclosing(self._prepare(comparison, ground, contender, arms)) as told:
                    async for item in told:
                        yield contender, item
                if contender.arm is None:
                    continue
                try:
                    await self._oppose(comparison, ground.base, contender, opponents, arms)
                except BaselineError as error:
                    yield contender, Ruling(verdict="inconclusive", reason=f"What it is compared with fails: {error}")
                    continue
                field.append(contender)
                yield contender, Progress(state="measuring")
            ground.worn = True
            async with aclosing(Race(self._config, comparison, ground, field).run()) as measured:
                async for pair in measured:
                    yield pair

    async def _prepare(
        self, comparison: Comparison, ground: Ground, contender: Contender, arms: AsyncExitStack
    ) -> AsyncGenerator[News | EditError, None]:
        """Open an arm for the contender, build and test it; it has its `arm` when it is fit to be measured."""
        changes = contender.changes

        async def doubt() -> str:
            return await self._doubt(comparison, ground.base, changes)

        async def behaves() -> Behaviour | None:
            return await self._behaviour(ground.base, arm, changes)

        if contender.withdrawn:
            return
        try:
            if not changes:
                raise EditError(f"{contender.title}: there is no change to evaluate.")
            check_changes(self._root, changes, self._config.project.protected, ground.base.survey.shared)
        except EditError as error:
            yield error
            return
        arm = await arms.enter_async_context(self._variant(ground.base, changes))
        try:
            async with aclosing(comparison.prepare(contender, arm, behaves, doubt)) as steps:
                async for news in steps:
                    yield news
                    if isinstance(news, Ruling):
                        return
        except Withdrawn:
            if not contender.dropped:
                return
        contender.arm = arm

    async def _oppose(
        self, comparison: Comparison, base: Base, contender: Contender, opponents: Opponents, arms: AsyncExitStack
    ) -> None:
        """Open the arm of the variant that a contender is compared with, unless that is the project as it is.

        Raises:
            BaselineError: when that variant does not build.
        """
        if contender.against is None:
            return
        key = frozenset(contender.against.items())
        if key not in opponents:
            arm = await arms.enter_async_context(self._variant(base, contender.against))
            await comparison.build(arm)
            opponents[key] = arm
        contender.opponent = opponents[key]

    async def against_itself(self, objective: Objective) -> AsyncGenerator[Pair, None]:
        """Measure the project against an equal arm of itself, for a bounded number of pairs.

        Raises:
            BaselineError: when the project does not build, or its benchmark fails.
            SandboxError: when the sandbox cannot be set up.
        """
        async with self._turn:
            ground = await self._current_ground()
            if ground.worn:
                await self._renew(ground)
            comparison = Comparison(self._config, ground)
            await comparison.build_baseline()
            ground.worn = True
            async with (
                self._variant(ground.base, {}) as other,
                aclosing(against_itself(self._config, comparison, ground, other, objective)) as pairs,
            ):
                async for pair in pairs:
                    yield pair

    async def _current_ground(self) -> Ground:
        """The ground of the user's tree as it is now: the one at hand when nothing has changed."""
        if self._ground is not None:
            seen = await asyncio.to_thread(survey, self._root, self._state_dir)
            if self._ground.arm.alive and seen == self._ground.base.survey:
                return self._ground
        self._bases += 1
        folder = self._work / f"base-{self._bases}"
        earlier = self._ground.base if self._ground else None
        base = await to_its_end(freeze, self._root, folder, self._state_dir, earlier)
        await self._leave_ground()
        self._ground = Ground(base, await self._open_arm(base, {}))
        return self._ground

    async def _renew(self, ground: Ground) -> None:
        """A fresh arm for the baseline, as a variant has one: what earlier runs have left may make it slower."""
        worn, ground.arm = ground.arm, await self._open_arm(ground.base, {})
        ground.built = ground.worn = False
        await worn.close()

    async def _doubt(self, comparison: Comparison, base: Base, changes: Files) -> str:
        """Why the benchmark cannot tell anything about these changes; empty when it can, or that cannot be known."""
        touched = frozenset(changes)
        if touched not in self._doubts:
            broken = poison.plant(changes)
            stops = True
            if broken:
                async with self._variant(base, {**changes, **broken}) as arm:
                    stops = await comparison.stops(arm)
            self._doubts[touched] = "" if stops else poison.sentence(broken)
        return self._doubts[touched]

    async def _behaviour(self, base: Base, variant: Arm, changes: Files) -> Behaviour | None:
        """Whether the changed functions still do what they did; None when that is not asked for."""
        if self._config.test.behaviour == "off":
            return None
        before = {
            path: (base.folder / path).read_text(errors="replace") for path in changes if (base.folder / path).is_file()
        }
        wanted = targets(before, {path: (data or b"").decode(errors="replace") for path, data in changes.items()})
        if not wanted.functions:
            return await behaviour.replay(variant, behaviour.NOTHING, wanted)
        key = (base.survey.digest, wanted)
        if key not in self._references:
            section = self._config.benchmark
            async with self._variant(base, {}) as arm, machine(alone=True):
                self._references[key] = await behaviour.record(arm, section.command, section.timeout, wanted)
        async with machine(alone=False):
            return await behaviour.replay(variant, self._references[key], wanted)

    async def _leave_ground(self) -> None:
        if self._ground is not None:
            ground, self._ground = self._ground, None
            await ground.arm.close()
            await asyncio.to_thread(ground.base.remove)

    @asynccontextmanager
    async def _variant(self, base: Base, changes: Files) -> AsyncIterator[Arm]:
        arm = await self._open_arm(base, changes)
        try:
            yield arm
        finally:
            await asyncio.shield(arm.close())

    async def _open_arm(self, base: Base, changes: Files) -> Arm:
        return await open_arm(base, changes, self._work, self._config.sandbox, level=self.sandbox.level)
