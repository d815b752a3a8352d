"""A damaged session database is set aside as it is; what is readable of it is there again."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import paths
from engine.errors import EngineError
from engine.model import Project
from engine.protocol import CandidateChanged, EvaluationChanged, Measured
from engine.session import open_session
from engine.store import Store
from tests.engine.conftest import followed, stop
from tests.engine.test_service import profiled
from tests.engine.test_store import CANDIDATE, PROJECT, measurement
from tests.tui.samples import evaluation

PAGE = 4096
CANDIDATES = 60


class Sound(bytes):
    """Bytes that a failing test does not print."""

    def __repr__(self) -> str:
        return f"a sound database of {len(self)} bytes"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """The bytes of a database with candidates and measurements, enough for many pages."""
    path = tmp_path_factory.mktemp("sound") / "session.db"
    store = Store(path)
    for number in range(CANDIDATES):
        made = msgspec.structs.replace(CANDIDATE, id=f"c{number}", answer="x" * 700)
        proof = msgspec.structs.replace(evaluation(f"e{number}", made), measurements=())
        store.record(CandidateChanged(candidate=made), EvaluationChanged(evaluation=proof))
        store.record(
            Measured(evaluation=proof.id, measurements=(measurement(1, "baseline"), measurement(1, "variant")))
        )
    store.close()
    return Sound(path.read_bytes())


def reopened(folder: Path, data: bytes) -> tuple[Project, set[str]]:
    """The project and the ids of the candidates, after the database was found like this."""
    path = folder / "session.db"
    path.write_bytes(data)
    session = open_session(path, PROJECT)
    found = session.project, set(session.candidates)
    session.store.close()
    return found


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_page_is_damaged_the_rest_is_there(
    tmp_path_factory: pytest.TempPathFactory, sound: Sound, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("found")
    page = data.draw(st.integers(1, len(sound) // PAGE - 1))
    garbage = data.draw(st.sampled_from([b"\x00", b"\xff", b"garbage!"]))
    damaged = bytearray(sound)
    damaged[page * PAGE : (page + 1) * PAGE] = (garbage * PAGE)[:PAGE]
    project, candidates = reopened(folder, bytes(damaged))
    (folder / "session.db").unlink()
    if project.notice:
        (aside,) = folder.glob("session.db.damaged-*[0-9]")
        assert aside.read_bytes() == damaged and aside.name in project.notice
    else:  # a page that the session is not made of: the event log, an index
        assert candidates == {f"c{number}" for number in range(CANDIDATES)}
    assert not list(folder.glob("salvage-*"))


def test_most_candidates_outlive_one_bad_page(tmp_path: Path, sound: Sound) -> None:
    at = sound.index(b'"c30"') // PAGE  # in the row of the event or of the noun
    places = [at]
    while (found := sound.find(b'"c30"', (places[-1] + 1) * PAGE)) >= 0:
        places.append(found // PAGE)
    kept = []
    for number, page in enumerate(places):
        folder = tmp_path / str(number)
        folder.mkdir()
        damaged = sound[: page * PAGE] + b"\xff" * PAGE + sound[(page + 1) * PAGE :]
        project, candidates = reopened(folder, damaged)
        if project.notice:
            assert "were taken over" in project.notice
            kept.append(len(candidates))
    assert kept and min(kept) > CANDIDATES // 2


def test_one_byte_that_is_no_text_costs_one_candidate(tmp_path: Path, sound: Sound) -> None:
    kept = []
    for number, place in enumerate(re.finditer(rb'"id":"c30"', sound)):
        folder = tmp_path / str(number)
        folder.mkdir()
        project, candidates = reopened(folder, sound[: place.start() + 6] + b"\xff" + sound[place.start() + 7 :])
        if project.notice:
            kept.append(len(candidates))
    assert kept and min(kept) >= CANDIDATES - 1


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    project, candidates = reopened(tmp_path, b"not a database" * 1000)
    assert "nothing of it could be read" in project.notice and not candidates


def test_a_newer_database_stays_where_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path / "session.db")
    store.close()
    data = bytearray((tmp_path / "session.db").read_bytes())
    data[60:64] = (99).to_bytes(4, "big")  # PRAGMA user_version
    with pytest.raises(EngineError, match="newer MPCO"):
        reopened(tmp_path, bytes(data))
    assert (tmp_path / "session.db").read_bytes() == data


async def test_the_engine_says_what_it_has_done(project: Path) -> None:
    async with followed(project) as engine:
        await profiled(engine)
    await stop(project)
    database = paths.database(project)
    database.with_name(f"{database.name}-wal").unlink(missing_ok=True)
    database.write_bytes(database.read_bytes()[: 3 * PAGE])
    async with followed(project) as engine:
        assert engine.state.project is not None
        assert "The session database was damaged" in engine.state.project.notice
        await profiled(engine)
