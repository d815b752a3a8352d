"""Takes likely secrets out of what is sent to an LLM, and puts them back into the code that it answers with.

The detectors are those of detect-secrets, without its verification: nothing is looked up over the network. Its
entropy detectors are left out, since they take hashes and tables of constants for secrets.
"""

import functools
import hashlib
import importlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from engine.model import Message

DETECTORS = {
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "basic_auth": "BasicAuthDetector",
    "cloudant": "CloudantDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "jwt": "JwtTokenDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "openai": "OpenAIDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
    "twilio": "TwilioKeyDetector",
}
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(.+?)-----END", re.DOTALL)
ANNOTATION = re.compile(r":\s*[\w.\[\], |]+(?= =)")
SALT = os.fsencode(Path.home())
"""Makes placeholders differ from person to person; those of one person stay the same, so that they can be undone."""
SHORTEST = 6
"""Characters; shorter values are mostly placeholders themselves."""
LONGEST_WORD = 16
"""Letters alone are a secret from this length on: `password = "password"` must not mask every such word."""
PLACEHOLDER = "MASKED_SECRET_"
SUSPICIOUS = re.compile(
    r"(?i)key|pass|pwd|secret|token|contrase|://|AKIA|eyJ|sk-|sk_|xox|gh[pousr]_|glpat|SG\.|npm_|pypi-|-us\d|SK[0-9a-f]|\d:[\w-]{30}"
)
"""What a line must have for the detectors to be worth their time."""


class Mask(msgspec.Struct, frozen=True):
    """The likely secrets of some texts, each with what stands for it."""

    secrets: tuple[tuple[str, str], ...]
    """(secret, its kind), in the order of their first places."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Mask":
        """The mask for all secrets in `texts`."""
        found: dict[str, str] = {}
        for text in texts:
            for secret, kind in _secrets(text):
                if PLACEHOLDER not in secret:
                    found.setdefault(secret, kind)
        return cls(tuple(found.items()))

    def __bool__(self) -> bool:
        return bool(self.secrets)

    def hide(self, messages: Iterable[Message]) -> tuple[Message, ...]:
        """`messages` with a placeholder for each secret."""
        return tuple(msgspec.structs.replace(item, content=self._hidden(item.content)) for item in messages)

    def restore(self, text: str) -> str:
        """`text` with the secrets for their placeholders."""
        if PLACEHOLDER not in text:
            return text
        for secret, _ in self.secrets:
            text = text.replace(_placeholder(secret), secret)
        return text

    def notice(self) -> str:
        """One sentence that tells what is masked; names kinds, never values."""
        kinds = ", ".join(dict.fromkeys(kind for _, kind in self.secrets))
        count = len(self.secrets)
        return f"Masked in what is sent: {count} likely secret{'s' if count > 1 else ''} ({kinds})."

    def _hidden(self, text: str) -> str:
        for secret, _ in sorted(self.secrets, key=lambda item: -len(item[0])):
            text = text.replace(secret, _placeholder(secret))
        return text


def _placeholder(secret: str) -> str:
    """Stands for a secret, the same each time; 24 bits of a salted digest tell nothing of use about it."""
    return f"{PLACEHOLDER}{hashlib.blake2b(secret.encode(), key=SALT[:64], digest_size=3).hexdigest()}"


def _secrets(text: str) -> Iterator[tuple[str, str]]:
    """(secret, kind) of each likely secret, in order."""
    for match in PRIVATE_KEY.finditer(text):
        yield match[1].strip(), "Private Key"
    for line in text.splitlines():
        if SUSPICIOUS.search(line):
            yield from _in_line(line)


def _in_line(line: str) -> Iterator[tuple[str, str]]:
    detectors, keyword, filters = _detectors()
    for detector in detectors:
        for secret in sorted(detector.analyze_string(line)):
            yield _whole(detector, secret, line), detector.secret_type
    if filters.is_indirect_reference(line):
        return
    plain = ANNOTATION.sub("", line)
    for found in sorted(keyword.analyze_line("code.py", plain, 1), key=lambda item: str(item.secret_value)):
        secret = str(found.secret_value)
        word = secret.isalpha() and len(secret) < LONGEST_WORD
        doubtful = word or filters.is_templated_secret(secret) or filters.is_sequential_string(secret)
        if len(secret) >= SHORTEST and not doubtful and not secret.startswith("$"):
            yield secret, keyword.secret_type


def _whole(detector: Any, found: str, line: str) -> str:
    """A secret as a whole, where the detector's pattern tells only its prefix."""
    if len(found) >= SHORTEST:
        return found
    matches = (match[0] for pattern in detector.denylist for match in pattern.finditer(line))
    return next((match for match in matches if found in match), found)


@functools.cache
def _detectors() -> tuple[tuple[Any, ...], Any, Any]:
    """The detectors by form, the one by name, and the filters; loaded when the first text is looked at."""
    plugins = "detect_secrets.plugins"
    by_form = tuple(
        getattr(importlib.import_module(f"{plugins}.{module}"), name)() for module, name in DETECTORS.items()
    )
    keyword = importlib.import_module(f"{plugins}.keyword").KeywordDetector()
    return by_form, keyword, importlib.import_module("detect_secrets.filters.heuristic")
