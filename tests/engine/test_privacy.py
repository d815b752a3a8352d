"""What may leave the machine: masks, refusals, and the preview that shows both."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import LlmSection, PrivacySection
from engine.errors import PrivacyError
from engine.masking import Mask
from engine.model import Message
from engine.privacy import check
from engine.protocol import PreviewSending
from tests.engine.conftest import SLOW, followed
from tests.engine.test_providers import ANSWER, asked, by_label, configured
from tests.openai_server import saying, serving

SECRETS = {
    'aws = "AKIAIOSFODNN7EXAMPLE"': "AKIAIOSFODNN7EXAMPLE",
    'URL = "postgres://bob:s3cretpw@db/x"': "s3cretpw",
    'password: str = "abcd1234efgh"': "abcd1234efgh",
    'api_key = "hunter2hunter2"': "hunter2hunter2",
    'x = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"': "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "-----BEGIN PRIVATE KEY-----\nMIIabc/def\n-----END PRIVATE KEY-----": "MIIabc/def",
}
HARMLESS = (
    "password = get_password()",
    'key = "sort_order"',
    'password = "password"',
    'token = "<token>"',
    "for token in tokens: total += len(token)",
    'secret = "{secret}"',
)


def hidden(text: str) -> str:
    return Mask.of([text]).hide([Message(role="user", content=text)])[0].content


@pytest.mark.parametrize("line", SECRETS)
def test_likely_secrets_are_masked_and_put_back(line: str) -> None:
    text = f"def f():\n    {line}\n    return 1\n"
    masked = hidden(text)
    assert SECRETS[line] not in masked and "MASKED_SECRET_" in masked and "return 1" in masked
    assert Mask.of([text]).restore(masked) == text
    assert hidden(masked) == masked
    assert SECRETS[line] not in Mask.of([text]).notice()


@pytest.mark.parametrize("line", HARMLESS)
def test_code_about_secrets_is_left_alone(line: str) -> None:
    assert hidden(line) == line


@given(st.text(st.sampled_from("key='\"pasword: =AKIA0123456789sk-ghp_/@\n\x00é") | st.characters(), max_size=200))
def test_masking_can_be_undone_whatever_the_text(text: str) -> None:
    assert Mask.of([text]).restore(hidden(text)) == text


LOCAL = PrivacySection(local_only=True, allow=("https://llm.company.example/v1",))


@pytest.mark.parametrize(
    ("model", "api_base", "passes"),
    [
        ("offline/loops", "", True),
        ("replay/openai/gpt-4o", "", True),
        ("ollama_chat/qwen", "", True),
        ("ollama/qwen", "http://gpu.example:11434", False),
        ("openai/x", "http://127.0.0.1:8000/v1", True),
        ("openai/x", "http://[::1]:8000/v1", True),
        ("openai/x", "http://localhost:8000/v1", True),
        ("openai/x", "http://localhost.evil.example/v1", False),
        ("openai/x", "https://llm.company.example/v1/", True),
        ("openai/x", "https://llm.company.example.evil.example/v1", False),
        ("openai/gpt-4o", "", False),
        ("gpt-4o", "", False),
    ],
)
def test_local_only_lets_through_what_is_here_or_allowed(model: str, api_base: str, passes: bool) -> None:
    section = LlmSection(model=model, api_base=api_base)
    check(model, section, PrivacySection())
    if passes:
        check(model, section, LOCAL)
    else:
        with pytest.raises(PrivacyError, match="local_only allows no other; nothing was sent"):
            check(model, section, LOCAL)


def test_a_local_server_elsewhere_is_not_local(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_BASE", "http://gpu.example:11434")
    with pytest.raises(PrivacyError):
        check("ollama/qwen", LlmSection(model="ollama/qwen"), LOCAL)


async def test_secrets_stay_here_and_come_back_in_the_code_and_the_preview_says_so(project: Path) -> None:
    (project / "words.py").write_text(SLOW.replace("    seen = []", '    password = "abcd1234efgh"\n    seen = []'))
    placeholder = hidden('password = "abcd1234efgh"').split('"')[1]
    answer = ANSWER.replace("    return", f'    password = "{placeholder}"\n    return')
    async with serving(saying(answer)) as server:
        text = configured(server.url, {"good": ""}) + '[[llm]]\nmodel = "openai/gpt-4o"\napi_key = "${NONE}"\n'
        (project / "mpco.toml").write_text(text + "[privacy]\nlocal_only = true\n")
        async with followed(project) as follower:
            state = await follower.done(await asked(follower))
            good, away = by_label(state)["good"], by_label(state)["gpt-4o"]
            assert away.state == "failed" and "local_only" in away.reason
            sent = server.calls[0].body["messages"]
            assert [message["content"] for message in sent] == [message.content for message in good.sent]
            assert placeholder in sent[1]["content"] and "abcd1234efgh" not in str(sent)
            assert good.state == "ready" and good.hunks
            assert "MASKED_SECRET" not in str(good.hunks)

            target = good.bottleneck
            shown: list[dict[str, object]] = await follower.send(PreviewSending(bottlenecks=(target,)))  # type: ignore[assignment]
            kinds = [(item["purpose"], item["llm"], item["leaves"], bool(item["refused"])) for item in shown]
            assert kinds == [
                ("prompt", "good", False, False),
                ("optimise", "good", False, False),
                ("prompt", "gpt-4o", False, False),
                ("optimise", "gpt-4o", True, True),
            ]
            assert shown[1]["messages"] == sent and shown[1]["masked"]
            assert len(server.calls) == 1
