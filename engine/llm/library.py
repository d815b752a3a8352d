"""Loads litellm once, late and quietly.

Importing it takes seconds of CPU and, without these settings, reaches for the network; so nothing here runs at
import, and every user of litellm in this package asks `load()` for it.
"""

import gc
import importlib
import os
import threading
import warnings
from typing import Any

from engine.llm.offline import PROVIDER

SETTINGS = {
    "LITELLM_OFFLINE_MODE": "true",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MODE": "PRODUCTION",
}
LOOPBACK = "localhost,127.0.0.1,::1"
_loading = threading.Lock()


def load() -> Any:
    """The litellm module, with the offline provider registered; any thread may call it."""
    with _loading:
        os.environ.update(SETTINGS)
        for name in ("NO_PROXY", "no_proxy"):  # what goes to a server on this machine is no proxy's business
            if LOOPBACK not in os.environ.get(name, ""):
                os.environ[name] = ",".join(filter(None, (os.environ.get(name), LOOPBACK)))
        litellm = _imported()
        litellm.suppress_debug_info = True
        litellm.telemetry = False
        # litellm's own use of pydantic, told once for each call; nobody who reads the engine's log can act on it.
        warnings.filterwarnings("ignore", module=r"pydantic\.|litellm\.")
        # Tokenizers of some families would be fetched from the network; the OpenAI encoding is estimate enough.
        litellm.disable_hf_tokenizer_download = True
        if all(item["provider"] != PROVIDER for item in litellm.custom_provider_map):
            provider = importlib.import_module("engine.llm.offline.provider")
            litellm.custom_provider_map.append({"provider": PROVIDER, "custom_handler": provider.Offline()})
        return litellm


def _imported() -> Any:
    """litellm, without the collector's searches through classes that stay anyway: a quarter of the import's time."""
    gc.disable()
    try:
        return importlib.import_module("litellm")
    finally:
        gc.enable()
        gc.freeze()
