"""How often Python looks for garbage while the app is open."""

import gc


def collect_seldom() -> None:
    """Leave what is loaded out of it, and look at the rest less often.

    With the usual thresholds a page of a diff has everything that the app holds gone through now and then, which takes
    longer than to paint the page: without it, its slowest frames took 78 ms in place of 130.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
