"""Starts the recorder in every Python process of the benchmark; found by way of PYTHONPATH.

The `sitecustomize` that this one stands in front of runs first, as if this one were not there.
"""

import importlib.machinery
import importlib.util
import os
import sys

import mpco_recorder  # type: ignore[import-not-found]

_here = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [entry for entry in sys.path if entry != _here]
_next = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
if _next is not None and _next.loader is not None:
    sys.modules["sitecustomize"] = importlib.util.module_from_spec(_next)
    _next.loader.exec_module(sys.modules["sitecustomize"])

mpco_recorder.start()
