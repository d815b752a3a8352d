"""Says in one sentence why an LLM call failed, and what to do; a key never gets into the sentence."""

import os
import re
import time
from email.utils import parsedate_to_datetime

from engine.errors import LlmError
from engine.llm.offline import is_offline

KEY_LIKE = re.compile(r"\b(?:sk|pk|key|AIza|gsk|xai)[-_A-Za-z0-9]{12,}|(?<=Bearer )\S+")
SECRET_VARIABLE = re.compile(r"(?i)(?:_key|_token|_secret|password)$")
SHORTEST_SECRET = 8
LONGEST_DETAIL = 200
TRANSIENT = frozenset({409, 425, 429, 500, 502, 503, 504, 529})
"""HTTP statuses after which the same request may go well a moment later."""
NO_QUOTA = ("insufficient_quota", "exceeded your current quota", "credit balance is too low", "billing")
REFUSED_CONTENT = ("content_policy", "content policy", "content management policy", "content_filter", "safety system")
EMPTY_STOPS = {
    "content_filter": "refused to answer (its content filter): change the prompt, or choose another model.",
    "length": "spent all its tokens before the first word of its answer: give it more max_tokens in params.",
}


def explain(model: str, error: BaseException, partial: str = "", key: str = "", *, begun: bool = False) -> LlmError:
    """The failure of a call to `model` as an `LlmError`.

    `partial` is the text that had come until then; `begun` whether the server had accepted the request.
    """
    cause = _cause(error)
    names = {kind.__name__ for item in _chain(cause) for kind in type(item).__mro__}
    status = getattr(cause, "status_code", None)
    text = str(cause)
    if begun and not is_offline(model):
        return cut_off(model, f"The connection was lost or its data was garbled.{_detail(text, key)}", partial)
    unreachable = "APIConnectionError" in names or "ConnectError" in names
    transient = (unreachable or status in TRANSIENT) and not (_keyless(text) or _no_quota(text) or is_offline(model))
    return LlmError(
        _sentence(model, cause, names, key),
        retry=transient,
        retry_after=_retry_after(cause) if transient else None,
        # Without an answer of the server, or with an error status, providers do not charge.
        billed=not unreachable and not (isinstance(status, int) and status >= 400),
    )


def late(model: str, seconds: float, setting: str, partial: str = "") -> LlmError:
    """The failure of a call that took longer than `setting`, a key of [[llm]], allows."""
    longer = f"Raise {setting} in its [[llm]] table if it needs longer."
    if partial:
        return cut_off(model, f"It was silent or busy for {seconds:g} s ({setting}). {longer}", partial)
    return LlmError(f"{model} did not answer within {seconds:g} s ({setting}). {longer}", billed=True)


def empty(model: str, finish_reason: str, spoke: bool) -> LlmError:
    """The failure of a call whose answer has no text; `spoke` is whether any chunk of an answer came."""
    if finish_reason in EMPTY_STOPS:
        return LlmError(f"{model} {EMPTY_STOPS[finish_reason]}", billed=True)
    if not spoke:
        return LlmError(
            f"{model} sent something that is no answer of an LLM: check that api_base is the address of an LLM "
            "server; for OpenAI's protocol it mostly ends in /v1."
        )
    return LlmError(f"{model} sent an empty answer; ask again, or choose another model.", billed=True)


def cut_off(model: str, why: str, partial: str) -> LlmError:
    """The failure of a call that broke after some text had come."""
    kept = f"The answer of {model} was cut off after {len(partial)} characters; what came is kept."
    if not partial:
        kept = f"The answer of {model} was cut off before its first word."
    return LlmError(f"{kept} {why}", partial, billed=True)


def _cause(error: BaseException) -> BaseException:
    """What litellm's wrapper for a stream that broke holds inside."""
    original = getattr(error, "original_exception", None)
    return _cause(original) if isinstance(original, BaseException) and original is not error else error


def _sentence(model: str, error: BaseException, names: set[str], key: str) -> str:
    text = str(error)
    status = getattr(error, "status_code", None)
    if is_offline(model):
        return f"{model} failed.{_detail(text, key)}"
    if "ContextWindowExceededError" in names:
        return f"The prompt is longer than the context window of {model}: choose a model with a larger one."
    if "ContentPolicyViolationError" in names or any(words in text.lower() for words in REFUSED_CONTENT):
        return f"{model} refused the content: change the prompt, or choose another model.{_detail(text, key)}"
    if "LLM Provider NOT provided" in text:
        return f"No provider is known for {model}: write its name as provider/model, as in openai/gpt-4o."
    if _keyless(text):
        return f"There is no API key for {model}: set the provider's variable, or api_key in its [[llm]] table."
    if _no_quota(text):
        return f"Your account with the provider of {model} has no quota left: add credit there, or choose another."
    if status == 429:
        wait = _retry_after(error)
        asked = "wait a while, or lower max_parallel" if wait is None else f"it asks to wait {wait:.0f} s"
        return f"{model} is over its rate limit or quota (429); {asked}."
    if "APIConnectionError" in names or "ConnectError" in names:
        return f"The provider of {model} cannot be reached: check api_base and the network."
    return _by_status(model, status, names, text, key)


def _by_status(model: str, status: object, names: set[str], text: str, key: str) -> str:
    if status == 401 or "AuthenticationError" in names:
        return f"The provider of {model} refused the API key: check api_key in its [[llm]] table, or the variable."
    if status == 403 or "PermissionDeniedError" in names:
        return f"The provider of {model} denied access (403): the key may not use this model."
    if status == 404:
        return f"The provider knows no model {model}: check its name and api_base in mpco.toml."
    if isinstance(status, int) and status >= 500:
        return f"The provider of {model} failed ({status}); try again later.{_detail(text, key)}"
    return f"{model} refused the request.{_detail(text, key)}"


def _keyless(text: str) -> bool:
    said = ("Missing credentials", "api_key client option must be set", "Missing API Key", "x-api-key header")
    return any(words in text for words in said)


def _no_quota(text: str) -> bool:
    return any(words in text.lower() for words in NO_QUOTA)


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    item: BaseException | None = error
    while item is not None and item not in found:
        found.append(item)
        item = item.__cause__ or item.__context__
    return found


def _retry_after(error: BaseException) -> float | None:
    """Seconds of the header Retry-After, which may also be a date (RFC 9110, 10.2.3)."""
    for item in _chain(error):  # litellm's own exception has lost the headers of the response
        headers = getattr(getattr(item, "response", None), "headers", None) or {}
        told = str(headers.get("retry-after") or "")
        try:
            return max(0.0, float(told))
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
        except (ValueError, TypeError):
            continue
    return None


def _detail(text: str, key: str) -> str:
    """The provider's own words, on one line and without anything that looks like a key."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    line = without_keys(re.sub(r"^(?:(?:litellm\.)?\w+(?:Error|Exception)\w*(?:: | - ))+", "", line), key)
    if not line:
        return ""
    return f" It says: {line[:LONGEST_DETAIL]}{'…' if len(line) > LONGEST_DETAIL else ''}"


def without_keys(text: str, key: str = "") -> str:
    """`text` without `key`, without the secrets of the environment, and without what looks like a key."""
    secrets = {value for name, value in os.environ.items() if SECRET_VARIABLE.search(name)} | {key}
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "…")
    return KEY_LIKE.sub("…", text)
