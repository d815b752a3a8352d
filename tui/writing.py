"""From accepted hunks to files: what stands against it, where it goes, and whether exactly that was proven."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from engine.protocol import Apply, EvaluateVariant, Variant
from tui import variants
from tui.variants import Choice

COMBINING = "The best combination is searched for, then measured afresh; 4 shows how far it is."

if TYPE_CHECKING:
    from tui.app import MpcoApp


def ask_apply(app: "MpcoApp", choice: Choice) -> None:
    """Ask where the hunks go, then write them there, or have them evaluated first."""
    from tui.screens.dialogs import ApplyDialog

    def asked(variant: Variant | str) -> None:
        if isinstance(variant, str):
            app.say(variant, "error")
        elif variant.conflicts:
            app.say(conflict_words(variant), "error")
        else:
            app.push_screen(ApplyDialog(app.state, choice, variant), chosen)

    def chosen(command: Apply | EvaluateVariant | None) -> None:
        if isinstance(command, EvaluateVariant):
            evaluate(app, choice)
        elif command is not None:
            app.perform(command, lambda result: written(command, result))

    def written(command: Apply, result: Any) -> None:
        to_tree = command.target == "tree"
        sentence = (
            "Written to the working tree; 5, then u takes it back." if to_tree else f"Written to {result['where']}."
        )
        app.say(sentence)
        app.notify(sentence, severity="information", markup=False)

    variants.ask(app, choice, asked)


def write_candidates(app: "MpcoApp", candidates: Collection[str], hunks: Collection[str] = ()) -> None:
    """`ask_apply` for what is accepted of the candidates, or for exactly `hunks` of them."""
    mine = variants.named(app.state, hunks) if hunks else variants.tray(app.state)
    ask_apply(app, tuple((item, hunk) for item, hunk in mine if item.id in candidates))


def evaluate(app: "MpcoApp", choice: Choice) -> None:
    """Build, test and measure the hunks together."""
    count = f"{len(choice)} hunk{'s' * (len(choice) != 1)}"
    words = f"Queued {count} together; 4 shows how far it is."
    app.perform(EvaluateVariant(hunks=variants.ids_of(choice)), lambda _: app.say(words))


def conflict_words(variant: Variant) -> str:
    """The first place where two hunks cannot both be written, and how many more there are."""
    first, *more = variant.conflicts
    others = f" (and {len(more)} more)" if more else ""
    return f"Hunks conflict at {first.file}:{first.line}{others}; T shows the tray, r drops one of the two."
