"""Receipts: all that is needed to check a result on another machine, in one file, and in words for a reviewer."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from engine.errors import UNREADABLE, EngineError
from engine.model import Evaluation


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """One LLM's part in the patch: what it was, and what it was told."""

    llm: str
    model: str
    """As the provider named it."""
    function: str
    strategy: str
    meta_prompter: str
    """The model that wrote the prompt; empty when a person or a template did."""
    prompt: str
    params: dict[str, float]
    """Numbers of [[llm]] params; nothing that could be a key."""
    usd: float | None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The format of a receipt (JSON)."""

    format: Literal["mpco receipt"] = "mpco receipt"
    version: Literal[1] = 1
    mpco: str
    at: float
    project: str
    commit: str
    """What was checked out; empty outside of git."""
    machine: str
    python: str
    build: str
    test: str
    benchmark: str
    alpha: float
    margin: float
    files: dict[str, str]
    """SHA-256 of each file that an LLM changed, before; those of a patch from elsewhere are not known."""
    evaluation: Evaluation
    """With the patch, every run as it was measured, and the verdict."""
    authors: tuple[Author, ...]


def read(path: Path) -> Receipt:
    """The receipt in a file.

    Raises:
        EngineError: when it is none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Receipt)
    except OSError as error:
        raise EngineError(f"{path}: cannot be read ({error.strerror}).") from error
    except UNREADABLE as error:
        raise EngineError(f"{path}: is no receipt of MPCO ({error}); `mpco receipt` writes one.") from error


def deviations(receipt: Receipt, root: Path) -> list[str]:
    """What is not here as it was there, one sentence each; a claim may hold all the same."""
    found = []
    for path, digest in receipt.files.items():
        place = root / path
        if digest == sha256().hexdigest() and not place.exists():
            continue  # a file that the change makes
        if not place.is_file():
            found.append(f"{path} is not here.")
        elif sha256(place.read_bytes()).hexdigest() != digest:
            found.append(f"{path} is not the text that was measured.")
    return found


def holds(receipt: Receipt, here: Evaluation) -> tuple[bool, str]:
    """Whether a new evaluation of the same patch bears the claim out, and that in a sentence.

    A gain bears it out when it is proven again and may be as large as what was guaranteed: the ends of the intervals
    meet. Any other verdict has to be the same one.
    """
    claim, claimed, measured = receipt.evaluation.verdict, receipt.evaluation.estimate, here.estimate
    if here.verdict != claim:
        return False, f"does not hold: {here.verdict or here.state} here, {claim} there. {here.reason}".rstrip()
    if claim != "faster" or claimed is None or measured is None:
        return True, f"holds: {claim} here as well."
    figures = f"at least {measured.guaranteed:.1f}% here, at least {claimed.guaranteed:.1f}% there"
    if measured.high < claimed.low:
        return False, f"holds in part: faster here as well, but at most by {measured.high:.1f}%; {figures}."
    return True, f"holds: {figures}."


def pull_request(receipt: Receipt, place: str) -> str:
    """A pull request's text in Markdown: the claim, the evidence as a table, and how to check it.

    `place` is where the reader finds the receipt.
    """
    return "\n".join(_pull_request(receipt, place)) + "\n"


def _pull_request(receipt: Receipt, place: str) -> Iterator[str]:
    evaluation, estimate = receipt.evaluation, receipt.evaluation.estimate
    yield f"# {evaluation.title}"
    yield ""
    yield evaluation.reason or f"Verdict: {evaluation.verdict}."
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    yield f"| verdict | {evaluation.verdict} |"
    if estimate is not None:
        measured = {"cpu": "CPU time", "wall": "run time", "memory": "peak memory"}.get(evaluation.metric, "benchmark")
        low = "below -100" if estimate.low <= -1e6 else f"{estimate.low:.1f}"
        yield f"| guaranteed gain | {estimate.guaranteed:.1f}% {measured} ({100 * estimate.confidence:g}% sure) |"
        yield f"| measured gain | {estimate.percent_improvement:.1f}%, interval {low}% to {estimate.high:.1f}% |"
        yield f"| runs | {len(evaluation.measurements)} in {estimate.pairs} counted pairs, in random order |"
    yield f"| benchmark | `{receipt.benchmark}` |"
    tested = [step.passed for step in evaluation.steps if step.name == "test" and step.arm == "variant"]
    told = ("passed" if tested[-1] else "failed") if tested else "not run"
    yield f"| tests | `{receipt.test}`: {told} |" if receipt.test else "| tests | none |"
    if evaluation.behaviour is not None:
        yield f"| behaviour | {evaluation.behaviour.sentence} |"
    yield f"| machine | {receipt.machine}; Python {receipt.python} |"
    yield f"| sandbox | {evaluation.sandbox} |"
    for author in receipt.authors:
        by = f"{author.model or author.llm}, prompt by {author.meta_prompter or 'a person or template'}"
        yield f"| written by | {by}{f', for `{author.function}`' if author.function else ''} |"
    for flag in evaluation.flags:
        yield f"| mind | {flag.text} |"
    yield ""
    yield f"Check it on your machine, at {receipt.commit[:12] or 'the same files'}: `mpco verify {place}`"
