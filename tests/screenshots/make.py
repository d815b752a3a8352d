"""Makes the README's screenshots: the real app, on a copy of the demo project, with the real engine.

python -m tests.screenshots.make
"""

import asyncio
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from engine.demo import copy_demo
from tui.app import MpcoApp
from tui.state import State

FOLDER = Path(__file__).parent
SIZE = (132, 36)


async def until(pilot: Pilot[None], app: MpcoApp, condition: Callable[[State], object]) -> None:
    """Let the app work until the condition holds, then paint."""
    async with asyncio.timeout(120):
        while not condition(app.state):
            await pilot.pause(0.05)
    await pilot.pause(0.5)


def no_jobs(state: State) -> bool:
    """Whether nothing runs and something did."""
    return bool(state.jobs) and not state.live_jobs


def measured(state: State) -> bool:
    """Whether something was measured to the end, and nothing is left to do."""
    return any(item.verdict for item in state.evaluations.values()) and not state.live_jobs


async def main() -> None:
    """Do the job and keep a picture of each stage."""
    with tempfile.TemporaryDirectory(prefix="mpco-") as folder:
        app = MpcoApp(copy_demo(Path(folder) / "logreport"))
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, app, lambda state: state.project and state.project.sandbox)
            await pilot.press("p")
            await until(pilot, app, lambda state: state.profile and not state.live_jobs)
            await picture(pilot, app, "profile")
            await pilot.press("m")
            await until(pilot, app, lambda state: state.prompts and no_jobs(state))
            await pilot.press("2")
            await pilot.pause(0.5)
            await picture(pilot, app, "prompts")
            await pilot.press("o")
            await until(pilot, app, lambda state: state.candidates and no_jobs(state))
            await pilot.press("3", "b")
            await until(pilot, app, measured)
            await picture(pilot, app, "diffs")
            await pilot.press("4")
            await pilot.pause(0.5)
            await picture(pilot, app, "benchmarks")
            await pilot.press("5")
            await pilot.pause(0.5)
            await picture(pilot, app, "report")
            assert app._client is not None
            from engine.protocol import Stop

            await app._client.send(Stop())
            await app._client.closed()


async def picture(pilot: Pilot[None], app: MpcoApp, name: str) -> None:
    """Write what the screen shows as SVG, in dark and in light, without the fonts that Textual would have fetched."""
    for theme in ("light", "dark"):
        app.theme = f"mpco-{theme}"
        await pilot.pause(0.5)
        svg = app.export_screenshot(title="MPCO", simplify=True)
        (FOLDER / f"{name}-{theme}.svg").write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL))


if __name__ == "__main__":
    asyncio.run(main())
