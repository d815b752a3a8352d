"""How often equal code is called different: A/A runs of real commands, looked at after every pair.

    python -m tests.performance.false_alarms [SERIES]

Two equal arms run a short real command in pairs of random order; the engine's rule is asked after every pair, as it is
when measuring. Beside it, on the same runs: a paired t-test asked after every pair, and the rule of thumb "more than 5%
faster by the median of ten runs". Expected of the first: at most 5%, of the others: far more.
"""

import os
import random
import sys
import time
from collections import Counter
from statistics import median

from scipy.stats import ttest_1samp

from engine.evaluate.statistics import log_ratios
from engine.evaluate.verdict import USUAL, decide
from engine.model import Arm, Measurement

PAIRS, SERIES = 20, 20
COMMANDS = {
    "python, 10 ms": [sys.executable, "-I", "-S", "-c", "pass"],
    "python, 30 ms": [sys.executable, "-I", "-S", "-c", "sum(i * i for i in range(200_000))"],
}


def run(pair: int, arm: Arm, command: list[str]) -> Measurement:
    """One run, with the operating system's own accounting."""
    begun, at = time.perf_counter(), time.time()
    _, status, used = os.wait4(os.posix_spawn(command[0], command, dict(os.environ)), 0)
    assert status == 0, "the command fails"
    wall = time.perf_counter() - begun
    cpu = used.ru_utime + used.ru_stime
    return Measurement(pair=pair, arm=arm, wall=wall, cpu=cpu, max_rss=used.ru_maxrss * 1024, at=at)


def series(command: list[str], chance: random.Random) -> list[Measurement]:
    taken: list[Measurement] = []
    for pair in range(PAIRS):
        arms: list[Arm] = ["baseline", "variant"]
        chance.shuffle(arms)
        taken += [run(pair, arm, command) for arm in arms]
    return taken


def alarms(taken: list[Measurement], metric: str) -> Counter[str]:
    """Which of the rules raise an alarm at least once in a series."""
    ratios = log_ratios(taken, "cpu" if metric == "cpu" else "wall")
    found: Counter[str] = Counter()
    looks = [ratios[:count] for count in range(3, PAIRS + 1)]
    found["engine"] = any(decide(look, USUAL) in ("faster", "slower") for look in looks)
    found["t-test"] = any(ttest_1samp(look, 0.0).pvalue < 0.05 for look in looks)
    ten = [item for item in taken if item.pair < 10]
    one, two = (median(getattr(item, metric) for item in ten if item.arm == arm) for arm in ("baseline", "variant"))
    found["5% rule"] = abs(two / one - 1) > 0.05
    return found


def main(count: int) -> None:
    print(f"{'command':16}{'metric':8}{'series':>7}{'engine':>9}{'t-test, each pair':>19}{'5% rule, 10 runs':>18}")
    chance = random.Random()
    for name, command in COMMANDS.items():
        everything = [series(command, chance) for _ in range(count)]
        for metric in ("wall", "cpu"):
            total: Counter[str] = sum((alarms(taken, metric) for taken in everything), Counter())
            shares = [total[rule] / count for rule in ("engine", "t-test", "5% rule")]
            print(f"{name:16}{metric:8}{count:>7}{shares[0]:>9.1%}{shares[1]:>19.1%}{shares[2]:>18.1%}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SERIES)
