"""How much of the paper's benchmarking would have been enough: its published measurements, replayed.

    python -m tests.performance.paper_replay FOLDER

FOLDER holds the CSV files that the MPCO paper published. Each candidate's runs are revealed one after the other, in the
recorded order, beside the 10 baseline runs of its system (which were all taken first, so runs are compared with that
pool: the two-sample form of the same mixture e-process, with its effective size and degrees of freedom). The reference
is the verdict of all repetitions: two-sided Mann-Whitney p < 0.05 and medians at least 1% apart. Where the baseline's
first run is warm-up, by the engine's own evidence, first runs are left out of every verdict, but their seconds count.

    verdict     every candidate is measured until its verdict is safe, at most the recorded runs
    futility    ... or until the rest of the recorded runs could hardly settle it
    best        find the best candidate of each system: one in four of the field (by median) goes on after 1, 2, 4, 8 runs,
                warm-up apart; "agreement" is how often the winner is within 1% of the best, over bootstrap replicas

Beside it: the paper's fixed 10 repetitions (factor 1), what two replicas of that protocol agree on (bootstrap), and the
limit of any rule that gives the reference's verdict and never ends a candidate early that has none: such a candidate
takes all its runs, every other one a single run.
"""

import csv
import math
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import fmean, median, variance
from typing import NamedTuple

from msgspec import structs
from scipy.stats import mannwhitneyu

from engine.evaluate.outliers import left_out
from engine.evaluate.statistics import log_e_value
from engine.model import Measurement

REPETITIONS = 10
LEAST = 1.0
"""Percent between medians below which a difference is none."""
ALPHA = 0.05
KEPT = 4.0
"""One in so many candidates goes on in the search for the best; successive halving with this eta."""
DRAWS = 40
HOPE = 0.7
"""Standard errors by which the mean may still move in the candidate's favour before it is given up. More hope costs
hours and agrees better; this was chosen on these very measurements, where two replicas agree on 88%."""


class System(NamedTuple):
    name: str
    baseline: list[float]
    candidates: list[list[float]]


def read(folder: Path) -> Iterator[System]:
    """One system a file: its first original row, and every candidate with enough repetitions."""
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row.get("runtime_measurements")]
        original = [row for row in rows if row["prompt_version"] == "original"]
        if not original:
            continue
        runs = {row["solution_id"] + row["construct_id"]: numbers(row) for row in rows if row not in original}
        enough = [each[:REPETITIONS] for each in runs.values() if len(each) >= REPETITIONS]
        yield System(rows[0]["project_name"], numbers(original[0])[:REPETITIONS], enough)


def numbers(row: dict[str, str]) -> list[float]:
    return [float(text) for text in row["runtime_measurements"].split(",")]


def warmed(runs: Sequence[float], warm: bool) -> list[float]:
    return [math.log(run) for run in runs[warm:]]


def starts_cold(runs: Sequence[float]) -> bool:
    measured = [
        Measurement(pair=n, arm="baseline", wall=run, cpu=run, max_rss=0, at=0.0, warm_up=not n)
        for n, run in enumerate(runs)
    ]
    paired = [each for item in measured for each in (item, structs.replace(item, arm="variant"))]
    return 0 in left_out(paired, [math.log(each.wall) for each in paired])


def reference(baseline: Sequence[float], candidate: Sequence[float]) -> str:
    """The verdict of all repetitions."""
    shift = 100 * math.expm1(median(candidate) - median(baseline))
    if abs(shift) < LEAST or mannwhitneyu(baseline, candidate).pvalue >= ALPHA:
        return "none"
    return "faster" if shift < 0 else "slower"


class Look(NamedTuple):
    evidence: float
    """Logarithm of the e-value against no difference."""
    shift: float
    """Mean log-ratio."""
    deviation: float


def look(baseline: Sequence[float], candidate: Sequence[float]) -> Look:
    """What the pool of the baseline and some runs of a candidate say."""
    n, k = len(baseline), len(candidate)
    freedom = n + k - 2
    spread = (n - 1) * variance(baseline) + ((k - 1) * variance(candidate) if k > 1 else 0.0)
    deviation = max(math.sqrt(spread / freedom), 1e-4)
    shift = fmean(candidate) - fmean(baseline)
    size = n * k / (n + k)
    return Look(log_e_value(size * (shift / deviation) ** 2, size, freedom), shift, deviation)


def sequential(baseline: Sequence[float], candidate: Sequence[float], futility: bool) -> tuple[str, int]:
    """(verdict, runs that it took)."""
    full = len(candidate)
    for k in range(1, full + 1):
        found = look(baseline, candidate[:k])
        if found.evidence >= math.log(1 / ALPHA) and abs(found.shift) >= math.log1p(LEAST / 100):
            return ("faster" if found.shift < 0 else "slower"), k
        if futility and hopeless(found, len(baseline), k, full):
            return "none", k
    # The budget has ended: what all the runs say is then the paper's own verdict.
    return reference(baseline, candidate), full


def hopeless(found: Look, n: int, k: int, full: int) -> bool:
    """Whether the mean of all runs can hardly come to differ significantly."""
    move = HOPE * found.deviation * math.sqrt(1 / k - 1 / full)
    needed = max(2.0 * found.deviation * math.sqrt(1 / n + 1 / full), math.log1p(LEAST / 100))
    return abs(found.shift) + move < needed


def best(candidates: Sequence[Sequence[float]], cold: bool) -> tuple[int, list[int]]:
    """(the winner, how many runs each candidate took)."""
    field, taken, runs = list(range(len(candidates))), [0] * len(candidates), 1 + cold
    while True:
        for each in field:
            taken[each] = runs
        field.sort(key=lambda each: median(candidates[each][cold:runs]))
        if runs >= REPETITIONS or len(field) == 1:
            return field[0], taken
        field = field[: max(1, math.ceil(len(field) / KEPT))]
        runs = min(REPETITIONS, 2 * runs)


class Score(NamedTuple):
    seconds: float
    agreed: float
    count: int


def replay(system: System, rule: Callable[[Sequence[float], Sequence[float]], tuple[str, int]]) -> Score:
    cold = starts_cold(system.baseline)
    baseline = warmed(system.baseline, cold)
    seconds, agreed = math.fsum(system.baseline), 0
    for runs in system.candidates:
        verdict, took = rule(baseline, warmed(runs, cold))
        seconds += math.fsum(runs[: took + cold])
        agreed += verdict == reference(baseline, warmed(runs, cold))
    return Score(seconds, agreed, len(system.candidates))


def race(system: System) -> Score:
    """The mean over bootstrap replicas of a race between the candidates."""
    chance, cold = random.Random(1), starts_cold(system.baseline)
    means = [fmean(runs[cold:]) for runs in system.candidates]
    seconds = found = 0.0
    for _ in range(DRAWS):
        drawn = [[*runs[:cold], *chance.choices(runs[cold:], k=len(runs) - cold)] for runs in system.candidates]
        winner, taken = best(drawn, cold)
        found += means[winner] <= 1.01 * min(means)
        seconds += sum(math.fsum(runs[:took]) for runs, took in zip(drawn, taken, strict=True))
    return Score(math.fsum(system.baseline) + seconds / DRAWS, found / DRAWS, 1)


def replicas(system: System, draws: int = 20) -> Score:
    """How often two replicas of the paper's own protocol agree, by the bootstrap."""
    chance, cold = random.Random(1), starts_cold(system.baseline)
    baseline = warmed(system.baseline, cold)
    agreed = 0
    for runs in system.candidates:
        candidate = warmed(runs, cold)
        for _ in range(draws):
            one, two = (
                reference(chance.choices(baseline, k=len(baseline)), chance.choices(candidate, k=len(candidate)))
                for _ in range(2)
            )
            agreed += one == two
    return Score(0.0, agreed / draws, len(system.candidates))


def limit(system: System) -> Score:
    """What a rule would take that knows the reference, and gives up nothing early."""
    cold = starts_cold(system.baseline)
    baseline = warmed(system.baseline, cold)
    seconds = math.fsum(system.baseline)
    for runs in system.candidates:
        decided = reference(baseline, warmed(runs, cold)) != "none"
        seconds += math.fsum(runs[: 1 + cold] if decided else runs)
    return Score(seconds, len(system.candidates), len(system.candidates))


def main(folder: Path) -> None:
    systems = list(read(folder))
    paper = {each.name: math.fsum(each.baseline) + sum(map(math.fsum, each.candidates)) for each in systems}
    rules: dict[str, Callable[[System], Score]] = {
        "verdict": lambda system: replay(system, lambda b, c: sequential(b, c, False)),
        "futility": lambda system: replay(system, lambda b, c: sequential(b, c, True)),
        "best": race,
        "replicas": replicas,
        "limit": limit,
    }
    print(f"{'rule':10}{'system':18}{'candidates':>11}{'hours':>8}{'of paper':>10}{'factor':>8}{'agreement':>11}")
    for name, rule in rules.items():
        scores = [(system.name, rule(system)) for system in systems]
        total = Score(*(sum(column) for column in zip(*(score for _, score in scores), strict=True)))
        for label, score in [*scores, ("all", total)]:
            whole = sum(paper.values()) if label == "all" else paper[label]
            spent = score.seconds or whole
            print(
                f"{name:10}{label:18}{score.count:>11}{spent / 3600:>8.2f}{spent / whole:>10.1%}"
                f"{whole / spent:>8.2f}{score.agreed / score.count:>11.1%}"
            )


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if given is None or not list(given.glob("*.csv")):
        print("paper_replay: left out; name the folder with the paper's CSV files to replay its measurements.")
    else:
        main(given)
