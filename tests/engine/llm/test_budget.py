"""Money is reserved before a call and settled after it, so that calls side by side cannot overspend together."""

import pytest

from engine.errors import BudgetError
from engine.llm.budget import Budget
from engine.llm.prices import count_tokens, estimate_usd, facts
from engine.model import Message, Usage

HELLO = (Message(role="user", content="hello " * 100),)
GPT = "openai/gpt-4o"
LIMIT = {"max_tokens": 1000}


def test_calls_side_by_side_share_the_cap() -> None:
    cost = estimate_usd(GPT, HELLO, 1000)
    assert cost is not None and 0.01 < cost < 0.02
    budget = Budget(max_usd=cost * 2.5)
    first, _ = budget.reserve(GPT, HELLO, LIMIT), budget.reserve(GPT, HELLO, LIMIT)
    with pytest.raises(BudgetError, match=r"could cost \$0\.01\d+, but only \$0\.00\d+ of the budget of \$0\.02"):
        budget.reserve(GPT, HELLO, LIMIT)
    budget.settle(first, Usage(input_tokens=100, output_tokens=10, usd=0.001))
    budget.reserve(GPT, HELLO, LIMIT)
    assert budget.usd == 0.001 and budget.tokens == 110


def test_a_failed_call_gives_back_what_was_reserved() -> None:
    budget = Budget(max_tokens=1500)
    budget.settle(budget.reserve(GPT, HELLO, LIMIT), None)
    budget.reserve(GPT, HELLO, LIMIT)
    with pytest.raises(BudgetError, match="tokens"):
        budget.reserve(GPT, HELLO, LIMIT)


def test_free_models_go_on_when_the_money_is_gone() -> None:
    budget = Budget(max_usd=0.0)
    budget.count(Usage(usd=5.0))
    for model in ("offline/loops", "ollama_chat/qwen2.5-coder:7b"):
        assert budget.reserve(model, HELLO).usd == 0.0


def test_a_cap_in_dollars_refuses_models_of_unknown_price_and_says_the_way_out() -> None:
    own = "openai/my-model"
    with pytest.raises(BudgetError, match=r"price of openai/my-model is unknown.*input_cost_per_token"):
        Budget(max_usd=1.0).reserve(own, HELLO)
    assert Budget(max_usd=1.0).reserve(own, HELLO, {"input_cost_per_token": 0, "output_cost_per_token": 0}).usd == 0.0
    assert Budget().reserve(own, HELLO).usd == 0.0


def test_facts_come_from_bundled_data() -> None:
    known = facts("anthropic/claude-sonnet-4-5")
    assert known.provider == "anthropic" and known.reasoning and known.context_window and known.usd_per_output_token
    unknown = facts("openai/my-model")
    assert unknown.provider == "openai" and unknown.usd_per_input_token is None and unknown.context_window is None
    assert facts("ollama/llama3").usd_per_input_token == 0.0
    assert estimate_usd("openai/my-model", HELLO, 10) is None


def test_tokens_are_counted_without_the_network() -> None:
    for model in (GPT, "ollama/llama-3", "meta/llama-2-7b", "cohere/command-r", "offline/loops", "what/ever"):
        assert 90 <= count_tokens(model, HELLO) <= 160
