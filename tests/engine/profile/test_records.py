"""Recordings come from untrusted code: whatever the bytes, they are records or one sentence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProfileError
from engine.profile.records import read_calls, read_lines

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)


@given(st.binary() | PLAIN.map(lambda value: json.dumps(value).encode()))
def test_arbitrary_bytes_are_records_or_a_profile_error(data: bytes) -> None:
    for read in (read_calls, read_lines):
        try:
            read(data)
        except ProfileError as error:
            assert "damaged" in str(error)


@given(functions=PLAIN, calls=PLAIN, frames=PLAIN, stacks=PLAIN)
def test_arbitrary_fields_are_records_or_a_profile_error(**fields: object) -> None:
    data = json.dumps({"root": "/", **fields}).encode()
    for read in (read_calls, read_lines):
        try:
            read(data)
        except ProfileError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize(
    "line",
    [
        '{"root":"/","functions":[["a.py",1,"f",1,0.1,0.1]],"calls":[[0,1,1,0.1]]}',
        '{"root":"/","functions":[["a.py",1,"f",1,0.1,0.1]],"calls":[[-1,0,1,0.1]]}',
        '{"root":"/","functions":[["a.py",1,"f",1,1e300,-5]],"calls":[]}',
        "[" * 100_000,
    ],
)
def test_a_recording_that_contradicts_itself_is_refused(line: str) -> None:
    with pytest.raises(ProfileError, match="damaged"):
        read_calls(line.encode())


def test_each_line_is_one_process() -> None:
    line = '{"root":"/","functions":[["a.py",1,"f",1,0.1,0.1]],"calls":[[0,0,1,0.1]]}\n'
    assert len(read_calls((line * 3).encode())) == 3
    assert read_calls(b"") == ()
    assert read_lines(b'{"root":"/","frames":[["a.py",1,"f"]],"stacks":[[2,[0]]],"samples":1}\n')[0].stacks == (
        (2, (0,)),
    )
