"""Takes in every Python process that the profile command starts; see driver.py. Found by way of PYTHONPATH.

The `sitecustomize` that this one stands in front of runs first, as if this one were not there.
"""

import importlib.machinery
import importlib.util
import os
import sys

import mpco_driver  # type: ignore[import-not-found]

_here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if entry != _here]
_next = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
if _next is not None and _next.loader is not None:
    sys.modules["sitecustomize"] = importlib.util.module_from_spec(_next)
    _next.loader.exec_module(sys.modules["sitecustomize"])

mpco_driver.start()
