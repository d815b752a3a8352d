"""The first kills of the crash matrix; `make soak` goes on to hundreds."""

from pathlib import Path

import pytest

from tests.reliability.crash_matrix import crash

KILLS = 4


async def test_nothing_is_lost_or_doubled_by_kill_9(
    tmp_path: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    tally = await crash(KILLS, seed=7, folder=tmp_path)
    assert tally.kills == KILLS and not tally.problems
