"""Why a profile run is no good, in one sentence with the last line of the command's output."""

from engine.config import Config
from engine.execute import Outcome


def said(output: str) -> str:
    """The last words of a command, to go on a sentence with."""
    lines = [line.strip() for line in output.strip().splitlines() if line.strip()]
    return f": {lines[-1]}" if lines else ", without a word"


def failure(config: Config, command: str, outcome: Outcome, under: str = "the profiler") -> str:
    """What went wrong with the command itself; empty when it ended well."""
    if outcome.timed_out:
        return (
            f"`{command}` did not end within {config.profile.timeout:g} s under {under}; raise [profile] timeout "
            f"or profile less{said(outcome.output)}"
        )
    if outcome.exit_code is None:
        return f"`{command}` was ended by a limit of the sandbox{said(outcome.output)}"
    if outcome.exit_code == 127:
        return f"`{command}` was not found{said(outcome.output)}"
    if outcome.exit_code:
        return f"`{command}` failed with exit code {outcome.exit_code} under {under}{said(outcome.output)}"
    return ""


def is_denied(output: str) -> bool:
    """Whether the system refused what a profiler needs, by what that said."""
    words = ("perf_event_paranoid", "permission denied", "eperm", "operation not permitted")
    return any(word in output.lower() for word in words)
