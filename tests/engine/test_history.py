"""Sessions that are kept: begun anew by the engine, read without being changed, compared, and a function's trend."""

import json
import sqlite3
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import history, paths
from engine.errors import EngineError
from engine.model import Bottleneck, Evaluation, Profile
from engine.protocol import CandidateChanged, EvaluationChanged, NewSession, ProfileChanged, RunProfile
from engine.store import Store
from engine.store_archive import archive, read
from tests.engine.conftest import followed
from tests.tui import samples
from tui.session_rows import tables_text, trend_rows

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@localhost")


def profile(id: str, at: float, share: float, commit: str, **fields: object) -> Profile:
    hot = Bottleneck(id="b", file="a.py", function="parse", line=1, end_line=2, self_share=share, total_share=share)
    values = {"command": "x", "format": "cprofile", "seconds": 2.0, "bottlenecks": (hot,), **fields}
    return Profile(id=id, at=at, commit=commit, **values)  # type: ignore[arg-type]


def session(path: Path, gain: float, *profiles: Profile) -> None:
    """A session database with one candidate that is proven faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    candidate = samples.candidate("c", "loops", bottleneck="b")
    estimate = msgspec.structs.replace(samples.evaluation("e", candidate).estimate, low=gain, percent_improvement=gain)
    proof: Evaluation = samples.evaluation("e", candidate, estimate=estimate)
    store = Store(path)
    store.record(*(ProfileChanged(profile=item) for item in profiles))
    store.record(CandidateChanged(candidate=candidate), EvaluationChanged(evaluation=proof))
    store.close()


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A project with a current session and one that was kept."""
    before, after = profile("p1", 1e9, 0.5, "aaa"), profile("p2", 1e9 + 60, 0.25, "bbb+")
    session(tmp_path / "other.db", 5.0, before)
    (tmp_path / ".mpco" / "sessions").mkdir(parents=True)
    archive(tmp_path / "other.db", paths.archived(tmp_path) / "before.db")
    sampled = profile("p3", 1e9 + 90, 0.4, "ccc", unit="samples", format="py-spy")
    session(paths.database(tmp_path), 9.0, after, sampled)
    return tmp_path


@pytest.fixture
def head(project: Path) -> str:
    """The project's first commit."""
    for command in (["add", "."], ["commit", "-qm", "slow"]):
        subprocess.run([*GIT, *command], cwd=project, check=True)
    return subprocess.run([*GIT, "rev-parse", "HEAD"], cwd=project, check=True, capture_output=True, text=True).stdout


async def test_a_session_is_kept_and_an_empty_one_begun(project: Path, head: str) -> None:
    async with followed(project) as engine, followed(project) as other:
        begun = await engine.send(RunProfile())
        with pytest.raises(EngineError, match="Jobs are running"):
            await engine.send(NewSession())
        state = await engine.done([begun["job"]])
        assert state.profile and state.profile.commit == head[:12]
        for name in ("current", "../x", ".hidden", "a b"):
            with pytest.raises(EngineError, match="cannot be the name"):
                await engine.send(NewSession(name=name))
        told = await engine.send(NewSession(name="first"))
        assert told["name"] == "first"
        for follower in (engine, other):
            state = await follower.until(lambda state: state.project and not state.profile and not state.jobs)
        (project / "words.py").write_text((project / "words.py").read_text() + "\n")
        state = await engine.done([(await engine.send(RunProfile()))["job"]])  # the empty session works
        assert state.profile and state.profile.commit == head[:12] + "+" and len(state.jobs) == 1
        with pytest.raises(EngineError, match="first already"):
            await engine.send(NewSession(name="first"))
    async with followed(project) as engine:
        assert engine.state.profile and len(engine.state.jobs) == 1
    current, first = history.sessions(project)
    assert (current.name, first.name, first.commit) == ("current", "first", head[:12])
    points = history.trend(project, "distinct")
    assert [point.session for point in points] == ["first", "current"] and points[0].at < points[1].at


def test_a_client_that_was_away_is_told_the_whole_new_session(tmp_path: Path) -> None:
    session(tmp_path / "s.db", 1.0, profile("p", 1.0, 0.5, ""))
    store = Store(tmp_path / "s.db")
    last = store.last_number()
    before = (tmp_path / "s.db").stat().st_size
    store.begin_anew(("noise",))
    assert (tmp_path / "s.db").stat().st_size < before
    for number in range(last + 1):
        assert not store.events_after(number) or number < store.last_number()
    store.record(ProfileChanged(profile=profile("q", 2.0, 0.1, "")))
    assert all(store.events_after(number) is None for number in range(1, last + 1))
    store.close()


def test_sessions_are_told_in_short_and_compared(kept: Path) -> None:
    current, before = history.sessions(kept)
    assert (current.name, current.best, current.best_of, current.proven) == ("current", 9.0, "parse: loops", 1)
    assert (before.name, before.best, before.commit) == ("before", 5.0, "aaa") and before.bytes > 0
    words = tables_text(history.compare(kept, "before", "current"))
    assert "at least 5.0% (loops)" in words and "at least 9.0% (loops)" in words and "never pooled" in words
    with pytest.raises(EngineError, match="no session 'nowhere'; there are: current, before"):
        history.compare(kept, "nowhere", "current")


def test_a_trend_compares_profiles_of_one_kind_only(kept: Path) -> None:
    points = history.trend(kept)
    assert [(point.commit, point.seconds) for point in points] == [("aaa", 1.0), ("bbb+", 0.5), ("ccc", None)]
    assert [cells[-1] for cells in trend_rows(points)] == ["–", "-50% time", "–"]
    with pytest.raises(EngineError, match="No profile of any session"):
        history.trend(kept, "nobody")


def test_what_is_kept_is_read_without_being_changed(kept: Path) -> None:
    path = paths.archived(kept) / "before.db"
    before = path.read_bytes()
    path.chmod(0o400)
    paths.archived(kept).chmod(0o500)
    try:
        assert read(path).profiles[0].commit == "aaa"
    finally:
        paths.archived(kept).chmod(0o700)
    assert path.read_bytes() == before and [item.name for item in path.parent.iterdir()] == ["before.db"]


def test_an_older_schema_is_brought_forward_in_memory_and_a_newer_one_refused(kept: Path) -> None:
    path = paths.archived(kept) / "before.db"
    with sqlite3.connect(path) as db:
        db.executescript(
            "DROP TABLE exchange; DROP TABLE step; PRAGMA user_version = 1;"
            "CREATE TABLE decision (seq INTEGER PRIMARY KEY, candidate TEXT, hunks BLOB, undone INTEGER);"
        )
    db.close()
    before = path.read_bytes()
    assert read(path).snapshot.candidates and path.read_bytes() == before
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    assert "newer MPCO" in history.sessions(kept)[1].problem


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damage=st.binary(max_size=400), at=st.integers(0, 20_000), cut=st.booleans())
def test_any_file_is_listed_or_told_as_unreadable(kept: Path, damage: bytes, at: int, cut: bool) -> None:
    good = (paths.archived(kept) / "before.db").read_bytes()
    bad = good[:at] + damage + (b"" if cut else good[at + len(damage) :])
    (paths.archived(kept) / "damaged.db").write_bytes(bad)
    found = {item.name: item for item in history.sessions(kept)}
    assert len(found) == 3 and not found["current"].problem
    json.dumps(msgspec.to_builtins(found["damaged"]))
    assert len(history.trend(kept, "parse")) >= 3


def test_clean_up_names_what_no_session_needs(kept: Path) -> None:
    (kept / ".mpco" / "session.db.damaged-20260101-000000").write_bytes(b"x" * 10)
    assert [(path.name, size) for path, size in history.leftovers(kept)] == [("session.db.damaged-20260101-000000", 10)]
    with pytest.raises(EngineError, match="in use"):
        history.archived_file(kept, "current")
    history.remove([history.archived_file(kept, "before")])
    assert [item.name for item in history.sessions(kept)] == ["current"]
