"""How small a gain this machine can see."""

from engine.model.evaluations import Measurement
from engine.model.noun import Noun


class Noise(Noun, frozen=True, kw_only=True):
    """What comparing the project with itself has shown: two arms of the same code, measured like any variant."""

    command: str
    """The benchmark command it is about."""
    at: float
    limit: float | None = None
    """The smallest gain, in percent, that an evaluation with the configured budget can be expected to show; None when
    that is not known."""
    spread: float = 0.0
    """Standard deviation of the difference within a pair, in percent."""
    measurements: tuple[Measurement, ...] = ()
    measuring: bool = False
    """True while it is being found out; the figures are those of the time before."""
    reason: str = ""
    """Why it is not known, in one sentence."""
