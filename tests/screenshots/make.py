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


async def main() -> None:
    """Do the job and keep a picture of each stage."""
    with tempfile.TemporaryDirectory(prefix="mpco-") as folder:
        app = MpcoApp(copy_demo(Path(folder) / "logreport"))
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, app, lambda state: state.project and state.project.sandbox)
            await pilot.press("p")
            await until(pilot, app, lambda state: state.profile and not state.live_jobs)
            picture(app, "profile")
            await pilot.press("m")
            await until(pilot, app, lambda state: state.prompts and no_jobs(state))
            await pilot.press("2")
            await pilot.pause(0.5)
            picture(app, "prompts")
            await pilot.press("o")
            await until(pilot, app, lambda state: state.candidates and no_jobs(state))
            await pilot.press("3", "b")
            await until(pilot, app, lambda state: state.evaluations and no_jobs(state))
            picture(app, "diffs")
            await pilot.press("4")
            await pilot.pause(0.5)
            picture(app, "benchmarks")
            await pilot.press("5")
            await pilot.pause(0.5)
            picture(app, "report")
            assert app._client is not None
            from engine.protocol import Stop

            await app._client.send(Stop())
            await app._client.closed()


def picture(app: MpcoApp, name: str) -> None:
    """Write what the screen shows as SVG, without the fonts that Textual would have fetched."""
    without_web_fonts = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(title="MPCO"), flags=re.DOTALL)
    (FOLDER / f"{name}.svg").write_text(without_web_fonts)


if __name__ == "__main__":
    asyncio.run(main())
