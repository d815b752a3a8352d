"""Writing receipts: what was proven, with all that led to it."""

import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import msgspec

from engine import paths
from engine.config import Config
from engine.errors import EditError, EngineError
from engine.git import Git
from engine.hardware import hardware
from engine.model import Candidate, Evaluation
from engine.protocol import WriteReceipt
from engine.report.receipt import Author, Receipt
from engine.session import Session

FOLDER = "receipts"


def write(config: Config, session: Session, command: WriteReceipt) -> Path:
    """Write the receipt of an evaluation, by default into .mpco/receipts/.

    Raises:
        EngineError: when there is no such evaluation or nothing is proven yet, or the file cannot be written.
    """
    evaluation = _wanted(session, command.evaluation)
    receipt = _receipt(config, session, evaluation)
    path = Path(command.path) if command.path else _default(config.root_path, evaluation)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(receipt), indent=1) + b"\n")
    except OSError as error:
        raise EngineError(f"{path}: cannot be written ({error.strerror}); choose another place.") from error
    return path


def _wanted(session: Session, named: str) -> Evaluation:
    """The named evaluation; else what was written last, if that was proven; else the best that is proven."""
    known = session.evaluations
    if named:
        found = known.get(named)
        if found is None or found.verdict is None:
            raise EngineError(f"There is no evaluation {named} with a verdict; `mpco report` shows those there are.")
        return found
    written = [
        known[item.evaluation] for item in session.applications.values() if item.evaluation in known and not item.undone
    ]
    proven = [item for item in known.values() if item.verdict == "faster" and not item.search]
    if written or proven:
        return (
            written[-1] if written else max(proven, key=lambda item: item.estimate.guaranteed if item.estimate else 0)
        )
    raise EngineError("Nothing is proven faster yet, so there is nothing to write a receipt of; press b to evaluate.")


def _receipt(config: Config, session: Session, evaluation: Evaluation) -> Receipt:
    try:
        commit = Git(config.root_path).head()
    except EditError:
        commit = ""
    parts = [item for item in session.candidates.values() if any(hunk.id in evaluation.hunks for hunk in item.hunks)]
    return Receipt(
        mpco=version("mpco"),
        at=time.time(),
        project=config.project.name,
        commit=commit,
        machine=hardware(),
        python=platform.python_version(),
        build=config.build.command,
        test=config.test.command,
        benchmark=config.benchmark.command,
        alpha=config.benchmark.alpha,
        margin=config.benchmark.margin,
        files={file.path: file.digest for item in parts for file in item.files},
        evaluation=evaluation,
        authors=tuple(_authors(session, parts)),
    )


def _authors(session: Session, parts: list[Candidate]) -> Iterator[Author]:
    functions = {item.id: item.function for item in session.profile.bottlenecks} if session.profile else {}
    for item in parts:
        prompt = session.prompts.get(item.prompt)
        yield Author(
            llm=item.llm,
            model=item.model,
            function=functions.get(item.bottleneck, ""),
            strategy=item.strategy,
            meta_prompter=prompt.meta_prompter if prompt and prompt.author == "meta" else "",
            prompt=prompt.text if prompt else "",
            params={name: value for name, value in item.params.items() if type(value) in (int, float)},
            usd=item.usage.usd if item.usage else None,
        )


def _default(root: Path, evaluation: Evaluation) -> Path:
    words = "".join(letter if letter.isalnum() else "-" for letter in evaluation.title.lower())
    name = "-".join(filter(None, words.split("-")))[:60]
    return paths.state_dir(root) / FOLDER / f"{name}-{evaluation.id[:6]}.json"
