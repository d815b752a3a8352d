"""Beginning an experiment, or going on with it, after a look at what it will ask for."""

from typing import TYPE_CHECKING, Any

import msgspec

from engine.protocol import ExperimentPlan, RunExperiment
from tui.experiment_rows import estimate, results

if TYPE_CHECKING:
    from tui.app import MpcoApp


def begin(app: "MpcoApp") -> None:
    """Ask, and begin the experiment of mpco.toml; one that was left unfinished goes on instead."""
    last = max(app.state.experiments.values(), key=lambda item: item.at, default=None)
    unfinished = last is not None and not all(result.done for result in results(app.state, last))
    command = RunExperiment(experiment=last.id if last is not None and unfinished else "")

    def ask(told: Any) -> None:
        from tui.screens.dialogs import ConfirmDialog

        plan = msgspec.convert(told, ExperimentPlan)
        words = "goes on" if command.experiment else "is worked through in the background; x on 5 cancels it"
        text = f"The grid of [experiment] in mpco.toml {words}:\n{estimate(plan)}."
        app.push_screen(ConfirmDialog("Experiment", text, "begin"), run)

    def run(answer: str | None) -> None:
        if answer == "yes":
            app.perform(command)
            app.action_stage(5)

    app.perform(msgspec.structs.replace(command, plan=True), ask)
