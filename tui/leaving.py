"""Leaving the app: at once, or after asking what becomes of running jobs."""

from typing import TYPE_CHECKING

from engine.client import Client
from engine.errors import EngineError
from engine.protocol import Cancel

if TYPE_CHECKING:
    from tui.app import MpcoApp


def leave(app: "MpcoApp", client: Client | None) -> None:
    """End the app; jobs go on in the background or are cancelled, as the person says."""
    from tui.screens.dialogs import QuitDialog

    jobs = app.state.live_jobs
    if not jobs or app.engine != "ready":
        app.exit()
        return

    def answered(choice: str | None) -> None:
        if choice == "background":
            app.exit()
        elif choice == "cancel":
            app.run_worker(cancel_and_exit(), exit_on_error=False)

    async def cancel_and_exit() -> None:
        for job in app.state.live_jobs:
            try:
                if client is not None:
                    await client.send(Cancel(job=job.id))
            except EngineError as error:  # it ended by itself meanwhile, or the engine is gone: either way no more runs
                app.log(str(error))
        app.exit()

    app.push_screen(QuitDialog(jobs), answered)
