"""A literal <think> at the start of an answer is reasoning, however the answer is cut into pieces."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.llm.thinking import ThinkSplitter


def split(pieces: list[str]) -> tuple[str, str]:
    splitter = ThinkSplitter()
    parts = [splitter.feed(piece) for piece in pieces] + [splitter.finish()]
    return "".join(text for text, _ in parts), "".join(thought for _, thought in parts)


@given(st.data())
def test_pieces_do_not_matter(data: st.DataObject) -> None:
    answer = "\n<think>is a < b?\n</thin</think>\n\nYes: `<think>` is text here."
    cuts = sorted(data.draw(st.sets(st.integers(0, len(answer)))) | {0, len(answer)})
    pieces = [answer[a:b] for a, b in pairwise(cuts)]
    assert split(pieces)[1] == "is a < b?\n</thin"
    assert split(pieces)[0].strip() == "Yes: `<think>` is text here."


@given(st.lists(st.text(alphabet="<think>/ a", max_size=5)))
def test_nothing_is_lost(pieces: list[str]) -> None:
    text, thought = split(pieces)
    whole = "".join(pieces)
    if not whole.lstrip().startswith("<think>"):
        assert (text, thought) == (whole, "")
    else:
        assert thought in whole and whole.endswith(text)


def test_thinking_that_never_ends_is_no_text() -> None:
    assert split(["<think>hm", "m</thi"]) == ("", "hmm</thi")
