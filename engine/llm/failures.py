"""Says in one sentence why an LLM call failed, and what to do; a key never gets into the sentence."""

import re

from engine.errors import LlmError
from engine.llm.offline import is_offline

KEY_LIKE = re.compile(r"\b(?:sk|pk|key|AIza|gsk|xai)[-_A-Za-z0-9]{12,}|(?<=Bearer )\S+")
LONGEST_DETAIL = 200


def explain(model: str, error: BaseException, partial: str = "", key: str = "") -> LlmError:
    """The failure of a call to `model` as an `LlmError`; `partial` is the text that had come until then."""
    cause = _cause(error)
    sentence = _sentence(model, cause, key)
    if partial:
        sentence = f"The answer of {model} was cut off after {len(partial)} characters; what came is kept. {sentence}"
    return LlmError(sentence, partial)


def _cause(error: BaseException) -> BaseException:
    """What litellm's wrapper for a stream that broke holds inside."""
    original = getattr(error, "original_exception", None)
    return _cause(original) if isinstance(original, BaseException) and original is not error else error


def _sentence(model: str, error: BaseException, key: str) -> str:
    if is_offline(model):
        return f"{model} failed.{_detail(str(error), key)}"
    names = {kind.__name__ for item in _chain(error) for kind in type(item).__mro__}
    status = getattr(error, "status_code", None)
    text = str(error)
    if "ContextWindowExceededError" in names:
        return f"The prompt is longer than the context window of {model}: choose a model with a larger one."
    if "LLM Provider NOT provided" in text:
        return f"No provider is known for {model}: write its name as provider/model, as in openai/gpt-4o."
    if "Missing credentials" in text or "api_key client option must be set" in text or "Missing API Key" in text:
        return f"There is no API key for {model}: set the provider's variable, or api_key in its [[llm]] table."
    if status == 401 or "AuthenticationError" in names:
        return f"The provider of {model} refused the API key: check api_key in its [[llm]] table, or the variable."
    if status == 403 or "PermissionDeniedError" in names:
        return f"The provider of {model} denied access (403): the key may not use this model."
    if status == 404:
        return f"The provider knows no model {model}: check its name and api_base in mpco.toml."
    if status == 429:
        return f"{model} is over its rate limit or quota (429){_retry_after(error)}."
    if "APIConnectionError" in names or "ConnectError" in names:
        return f"The provider of {model} cannot be reached: check api_base and the network."
    if status == 408 or "Timeout" in names or isinstance(error, TimeoutError):
        return f"{model} did not answer in time; try again, or choose another model."
    if isinstance(status, int) and status >= 500:
        return f"The provider of {model} failed ({status}); try again later.{_detail(text, key)}"
    return f"{model} refused the request.{_detail(text, key)}"


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    item: BaseException | None = error
    while item is not None and item not in found:
        found.append(item)
        item = item.__cause__ or item.__context__
    return found


def _retry_after(error: BaseException) -> str:
    for item in _chain(error):  # litellm's own exception has lost the headers of the response
        headers = getattr(getattr(item, "response", None), "headers", None) or {}
        if headers.get("retry-after"):
            return f"; it asks to wait {headers['retry-after']} s"
    return "; wait a while, or lower max_parallel"


def _detail(text: str, key: str) -> str:
    """The provider's own words, on one line and without anything that looks like a key."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    line = re.sub(r"^(?:litellm\.\w+: ?)+", "", line)
    line = KEY_LIKE.sub("…", line.replace(key, "…") if key else line)
    if not line:
        return ""
    return f" It says: {line[:LONGEST_DETAIL]}{'…' if len(line) > LONGEST_DETAIL else ''}"
