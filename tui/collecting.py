"""How often Python looks for garbage while the app is open."""

import gc


def collect_seldom() -> None:
    """Leave what is loaded out of it, and look at the rest seldom, in pieces that are done between two frames.

    Painted rows have many small parts. To go through all that the app holds, as the usual thresholds have it now and
    then, takes longer than to paint a page; so does a middle generation of 200,000 parts: the slowest page of a diff of
    100,000 lines took 69 to 77 ms, with 20,000 parts 19 to 26.
    """
    gc.freeze()
    gc.set_threshold(2_000, 10, 200)
