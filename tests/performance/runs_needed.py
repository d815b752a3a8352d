"""How many pairs a verdict takes, by true effect and noise, and how often it is right.

    python -m tests.performance.runs_needed

Simulated pairs (normal noise of the given spread for each run) go through the engine's own rule, with the default terms
and at most 100 pairs. Beside it: the fixed 10 repetitions of the paper with a Mann-Whitney test at 5%, which asks for
10 runs of each arm whatever the effect. Each cell: median pairs (10% to 90%), verdict `faster` in percent of the series
for the sequential rule, and for the fixed test.
"""

import math
import random
from statistics import quantiles

from scipy.stats import mannwhitneyu

from engine.evaluate.statistics import estimate_of
from engine.evaluate.verdict import Terms, decide

EFFECTS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0)
NOISE = (0.5, 2.0, 5.0)
SERIES, MOST, FIXED = 120, 100, 10
TERMS = Terms(worth=2.0, sharpen=False)


def sequential(effect: float, noise: float, chance: random.Random) -> tuple[int, str]:
    """(pairs, verdict) of one series; a gain that is ruled out ends it."""
    ratios: list[float] = []
    for count in range(1, MOST + 1):
        ratios.append(math.log1p(-effect) + chance.gauss(0, noise) - chance.gauss(0, noise))
        if verdict := decide(ratios, TERMS):
            return count, verdict
        found = estimate_of(ratios)
        if found is not None and found.low <= 0.0 and found.high < TERMS.worth:
            return count, "inconclusive"
    return MOST, "inconclusive"


def fixed(effect: float, noise: float, chance: random.Random) -> bool:
    baseline = [chance.gauss(0, noise) for _ in range(FIXED)]
    variant = [math.log1p(-effect) + chance.gauss(0, noise) for _ in range(FIXED)]
    return bool(mannwhitneyu(baseline, variant, alternative="greater").pvalue < 0.025)


def main() -> None:
    print(f"{'noise':>6}{'effect':>8}{'pairs, median (10%-90%)':>26}{'faster':>9}{'fixed 10 runs':>15}")
    for noise in NOISE:
        for effect in EFFECTS:
            chance = random.Random(1)
            found = [sequential(effect / 100, noise / 100, chance) for _ in range(SERIES)]
            pairs = quantiles([count for count, _ in found], n=10)
            hits = sum(verdict == "faster" for _, verdict in found) / SERIES
            usual = sum(fixed(effect / 100, noise / 100, chance) for _ in range(SERIES)) / SERIES
            spread = f"{pairs[4]:.0f} ({pairs[0]:.0f}-{pairs[8]:.0f})"
            print(f"{noise:>5.1f}%{effect:>7.0f}%{spread:>26}{hits:>9.0%}{usual:>15.0%}")


if __name__ == "__main__":
    main()
