"""The exceptions of MPCO: each carries one sentence for a person and, where there is one, the next step."""

import msgspec

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON they should be: its own errors, and two that are not its own."""


class MpcoError(Exception):
    """Something a person can understand and act on; `str()` is the sentence to show."""


class ConfigError(MpcoError):
    """mpco.toml cannot be used; `problems` holds one sentence for each thing that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ProfileError(MpcoError):
    """The profile could not be made or read."""


class PromptError(MpcoError):
    """A template or a context cannot be rendered."""


class LlmError(MpcoError):
    """An LLM call failed; `partial` is the text that had come until then."""

    def __init__(
        self,
        message: str,
        partial: str = "",
        *,
        retry: bool = False,
        retry_after: float | None = None,
        billed: bool = False,
    ) -> None:
        super().__init__(message)
        self.partial = partial
        self.retry = retry
        """Whether the same call may go well in a moment."""
        self.retry_after = retry_after
        """Seconds that the provider asked to wait."""
        self.billed = billed
        """Whether the provider had begun to work, and may charge for it."""


class BudgetError(LlmError):
    """The next call could exceed the budget, so it was not made."""

    def __init__(self, message: str, *, raisable: bool = False) -> None:
        super().__init__(message)
        self.raisable = raisable
        """Whether a higher cap would allow the call."""


class PrivacyError(LlmError):
    """The model is not on this machine, and [privacy] allows no other; nothing was sent."""


class EditError(MpcoError):
    """An edit, a patch or a selection of hunks cannot be applied."""


class PlaceError(EditError):
    """An edit does not have exactly one place; a person may choose among those that it could have."""

    def __init__(self, message: str, starts: tuple[int, ...], *, fits: bool) -> None:
        super().__init__(message)
        self.starts = starts
        """Indexes of the first lines of the places."""
        self.fits = fits
        """Whether the lines sought are at each of them; False when they are only the most similar ones."""


class SandboxError(MpcoError):
    """No sandbox works on this machine, or one could not be set up."""


class BaselineError(MpcoError):
    """The user's own code fails to build, to pass its tests or to run its benchmark, before any change."""


class EngineError(MpcoError):
    """The engine cannot be reached, or refused a command."""


class DamagedError(EngineError):
    """The session database holds what cannot be read; what is readable of it can be taken over."""
