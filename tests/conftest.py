"""What holds for every test: names of cases that are short and the same in each worker process."""

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow at any step, which says nothing about the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

LONGEST = 60
"""Characters of a text that still tells as a case's name what the case is."""


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Names a case of bytes or of a long text by its parameter and number, never by content: compressed bytes hold the
    time at which they were made, and the workers have to collect the same names."""
    long_text = isinstance(val, str) and len(val) > LONGEST
    return argname if long_text or isinstance(val, bytes) else None
