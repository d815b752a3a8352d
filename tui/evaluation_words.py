"""What an evaluation has done and found, in sentences: the text beside the plots."""

from textual.content import Content

from engine.model import Estimate, Evaluation, MetricRow, Step
from tui.figures import METRIC_WORDS
from tui.outcomes import ENDED, FAILURES, UNBOUNDED, outcome, pairs_begun, percent, times
from tui.state import State
from tui.widgets.answer_view import HEADING
from tui.worth_words import worth_lines

_GAIN_WORDS = {
    "wall": ("faster", "slower"),
    "cpu": ("less CPU time", "more CPU time"),
    "memory": ("less memory", "more memory"),
    "benchmark": ("better", "worse"),
}
_FACTOR_WORDS = {"wall": "as fast", "cpu": "less"}
_STEP_WORDS = {"build": "build", "test": "tests", "benchmark": "benchmark"}


def steps_line(evaluation: Evaluation) -> Content:
    """The steps so far with their times, then what goes on now."""
    parts = [_step(step) for step in evaluation.steps]
    if evaluation.verdict is None:
        found = outcome(evaluation)
        pair = pairs_begun(evaluation)
        words = f"measuring, pair {pair}" if evaluation.state == "measuring" and pair else evaluation.state
        parts.append(Content.styled(f"{found.sign} {words}", found.style))
    return Content(" · ").join(parts)


def _step(step: Step) -> Content:
    arm = "baseline " if step.arm == "baseline" else ""
    sign, style = ("✔", "$text-success") if step.passed else ("✘", "$text-error")
    return Content.assemble(f"{arm}{_STEP_WORDS[step.name]} ", (sign, style), f" {step.seconds:.1f} s")


def headline(evaluation: Evaluation) -> Content:
    """The finding in one line; while it is measured, what can be said so far."""
    estimate, verdict = evaluation.estimate, evaluation.verdict
    if verdict in FAILURES:
        again = "  + has its LLM try again with this" if evaluation.candidate else ""
        return Content.assemble((f"✘ {verdict}", "bold $text-error"), (again, "dim"))
    if estimate is None:
        found = outcome(evaluation)
        return Content.styled(f"{found.sign} {found.words}", f"bold {found.style}")
    # "faster" and "less CPU time" say what was measured; in 80 columns there is no room to say it twice.
    named = f"{METRIC_WORDS[evaluation.metric]}, " if evaluation.metric == "benchmark" else ""
    # The list beside it counts the pairs of what is being measured.
    basis = f"  {named}{estimate.pairs} pairs" if verdict else ""
    so_far = "" if verdict else "so far: "
    return Content.assemble(so_far, _finding(evaluation, estimate), (basis, "dim"))


def _finding(evaluation: Evaluation, estimate: Estimate) -> Content:
    gain, loss = _GAIN_WORDS[evaluation.metric]
    sure = f"({100 * estimate.confidence:.4g}%)"
    factor = times(estimate.percent_improvement) if evaluation.metric in _FACTOR_WORDS else ""
    factor = f" ({factor} {_FACTOR_WORDS[evaluation.metric]})" if factor else ""
    guess = f", best guess {percent(estimate.percent_improvement)}{factor}"
    if estimate.low > 0:
        return Content.assemble((f"at least {percent(estimate.low)} {gain} {sure}", "bold $text-success"), guess)
    if estimate.high < 0:
        return Content.assemble((f"at least {percent(-estimate.high)} {loss} {sure}", "bold $text-error"), guess)
    if max(abs(estimate.low), abs(estimate.high)) >= UNBOUNDED:
        return Content.assemble(("too few pairs to say", "$text-warning"), guess)
    span = f"between {percent(estimate.low)} and {percent(estimate.high)} {sure}"
    return Content.assemble((span, "bold" if evaluation.verdict else "$text-warning"), guess)


def evidence(evaluation: Evaluation) -> str:
    """How sure it is: evidence, detection limit, outliers, and who shares the error; empty before the first pair."""
    estimate = evaluation.estimate
    if estimate is None:
        return ""
    parts = [f"evidence {odds(estimate.e_value)}"]
    if estimate.detection_limit < UNBOUNDED:
        parts.append(f"cannot see below {percent(estimate.detection_limit)}")
    if estimate.outliers:
        count = len(estimate.outliers)
        parts.append(f"{count} outlier{'s' * (count != 1)}, kept")
    if estimate.warm_up:
        parts.append(f"{len(estimate.warm_up)} warm-up left out")
    if evaluation.family > 1:
        parts.append(f"error shared by {evaluation.family}")
    return " · ".join(parts)


def odds(e_value: float) -> str:
    """Evidence against "no difference", as a bet."""
    return "over a million to 1" if e_value >= 1e6 else f"{e_value:,.0f} to 1" if e_value >= 1 else "none"


def findings(state: State, evaluation: Evaluation) -> Content:
    """What the benchmark itself reports, row by row; the behaviour check; each hunk's worth; what the lens saw."""
    lines = [_row(row) for row in evaluation.metrics]
    if found := evaluation.behaviour:
        sign, style = {"checked": ("✔", "$text-success"), "differs": ("✘", "$text-error")}.get(
            found.state, ("?", "dim")
        )
        lines.append(Content.assemble((f"{sign} behaviour ", style), found.sentence))
    lines += worth_lines(state, evaluation)
    lines += [
        Content.assemble((f"⚑ {flag.kind} ", "$text-warning"), f"{flag.file}:{flag.line} {flag.text}")
        for flag in evaluation.flags
    ]
    return Content("\n").join(lines)


def _row(row: MetricRow) -> Content:
    estimate = row.estimate
    gain = f"  {estimate.percent_improvement:+.1f}% better" if estimate else ""
    known = estimate is not None and max(abs(estimate.low), abs(estimate.high)) < UNBOUNDED
    span = f" ({estimate.low:+.1f} to {estimate.high:+.1f})" if estimate and known else ""
    guard = " guardrail" if row.guardrail else ""
    return Content.assemble(
        (row.name, "bold"), f"  {row.baseline:.4g} → {row.variant:.4g} {row.unit}{gain}{span}", (guard, "dim")
    )


def circumstances(evaluation: Evaluation) -> str:
    """Where and under what conditions it was measured."""
    parts = [f"sandbox {evaluation.sandbox}"] if evaluation.sandbox else []
    if evaluation.measurements:
        load = evaluation.measurements[-1].load
        parts.append(f"load {load:.1f}")
        noisy = [item.noisy for item in evaluation.measurements if item.noisy]
        if noisy:
            parts.append(f"{len(noisy)} of {len(evaluation.measurements)} runs noisy ({noisy[-1]})")
    if evaluation.search:
        whole = "the whole variant" if evaluation.search == "worth" else "the best combination so far"
        parts.append(f"compared with {whole}")
    if evaluation.reason and evaluation.verdict is None:
        parts.append(evaluation.reason)
    return " · ".join(parts)


def waiting(state: State, evaluation: Evaluation) -> str:
    """What goes on while there is nothing to plot."""
    baseline = [step.name for step in evaluation.steps if step.arm == "baseline"]
    proven = "benchmark" in baseline
    match evaluation.state:
        case "queued" if evaluation.hold == "paused":
            return "Paused, with its measurements kept; h lets it go on."
        case "queued":
            before = [item for item in state.evaluations.values() if item.verdict is None and item.at < evaluation.at]
            live = [item for item in before if item.state not in ENDED]
            ahead = f"{len(live)} before it" if live else "next in turn"
            return f"It waits for the machine: {ahead}. Those that wait together race together."
        case "preparing" if baseline and not proven:
            return "The benchmark runs once on the baseline: it has to end well before anything can be compared."
        case "preparing":
            return "A private copy of the project is being made for baseline and variant."
        case "building":
            return f"The {'variant' if proven else 'baseline'} is being built in the sandbox."
        case "testing" if not proven:
            return "The project's tests run on the baseline: only if they pass there do they say anything of a variant."
        case "testing":
            return "The project's tests run on the variant; only what passes them is measured."
        case "measuring":
            return "The first pair of runs is under way: baseline and variant take turns."
        case _:
            return evaluation.reason


def output_lines(state: State, evaluation: Evaluation, *, found: bool = True) -> list[str]:
    """The reason, then the kept output of every step, failed ones last so that they are what is in view.

    `found` is whether what the checks found comes first: not where it is in view as a whole anyway.
    """
    lines = [f"{HEADING}{evaluation.reason}"] if evaluation.verdict in FAILURES and evaluation.reason else []
    if found and (told := findings(state, evaluation).plain.replace(HEADING, "␁")):
        lines += ["", f"{HEADING}what the checks found", *told.split("\n")]
    for step in sorted(evaluation.steps, key=lambda item: not item.passed):
        how = "passed" if step.passed else "ran into a limit" if step.exit_code is None else f"exit {step.exit_code}"
        title = f"{_STEP_WORDS[step.name]} of the {step.arm}: {how}, {step.seconds:.1f} s"
        output = step.output.replace(HEADING, "␁").rstrip("\n")
        lines += ["", f"{HEADING}{title}", *(output.split("\n") if output else ["(no output)"])]
    return lines
