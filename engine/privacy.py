"""What may leave this machine: which models [privacy] allows, judged before anything is sent."""

import ipaddress
import os
from urllib.parse import urlsplit

from engine.config import CallSection, PrivacySection
from engine.errors import PrivacyError

EMBEDDED = ("offline", "replay")
"""Providers that are part of MPCO and call nobody."""
HOME_SERVERS = {
    "ollama": "OLLAMA_API_BASE",
    "ollama_chat": "OLLAMA_API_BASE",
    "lm_studio": "LM_STUDIO_API_BASE",
    "llamafile": "LLAMAFILE_API_BASE",
}
"""Providers whose server is on this machine unless api_base or this variable says otherwise."""


def check(model: str, section: CallSection, privacy: PrivacySection) -> None:
    """Let the call pass.

    Raises:
        PrivacyError: when `local_only` holds and the model is neither here nor at an allowed address.
    """
    where = destination(model, section)
    if privacy.local_only and not is_here(where) and not _allowed(where, privacy.allow):
        raise PrivacyError(
            f"{model} is not on this machine ({where}), and [privacy] local_only allows no other; nothing was sent. "
            "Choose a local model, or put its api_base into allow."
        )


def destination(model: str, section: CallSection) -> str:
    """Where a call goes: an address, `this machine`, or the name of a provider."""
    provider = model.partition("/")[0]
    if provider in EMBEDDED:
        return "this machine"
    if section.api_base:
        return section.api_base
    if provider in HOME_SERVERS:
        return os.environ.get(HOME_SERVERS[provider], "") or "this machine"
    return f"the servers of {provider}" if "/" in model else "a provider's servers"


def is_here(where: str) -> bool:
    """Whether a destination is this machine: by name or a loopback address."""
    if where == "this machine":
        return True
    host = urlsplit(where).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _allowed(where: str, allowed: tuple[str, ...]) -> bool:
    return any(where.rstrip("/") == item.rstrip("/") for item in allowed)
