"""What usage costs: by the listed prices, by none that are made up."""

from __future__ import annotations

import logging
import socket
import sys
from decimal import Decimal

import pytest

from coding_agent_sdk import Usage
from coding_agent_sdk.core.price_list import PriceList
from coding_agent_sdk.hooks.registry import BackendRegistry
from coding_agent_sdk.models.plugin import ModelsPlugin
from coding_agent_sdk.models.prices import ListPrices
from coding_agent_sdk.protocols import Prices
from coding_agent_sdk.testing import FakeProvider, FakeUsage, Turn

THOUSAND = Usage(input_tokens=1000, output_tokens=1000)


@pytest.fixture
def registry():
    made = BackendRegistry()
    made.plugin = "models"
    ModelsPlugin().register_backends(made)
    return made


@pytest.mark.parametrize(
    "model", ["openai:gpt-4.1", "anthropic:claude-sonnet-4-5", "google:gemini-2.5-flash"]
)
def test_models_of_the_big_providers_have_prices(model):
    cost = ListPrices().cost(model, THOUSAND)
    assert isinstance(cost, Decimal)
    assert Decimal("0.0001") < cost < 1
    dearer = ListPrices().cost(model, Usage(input_tokens=2000, output_tokens=1000))
    cached = ListPrices().cost(
        model, Usage(input_tokens=1000, output_tokens=1000, cache_read_tokens=900)
    )
    assert cached < cost < dearer


@pytest.mark.parametrize(
    "model", ["openai:none-such", "nobody:gpt-4.1", "compatible:gpt-4.1", "x", ""]
)
def test_a_model_that_is_not_listed_has_no_price(model):
    assert ListPrices().cost(model, THOUSAND) is None


def test_tokens_that_were_counted_beside_the_input_are_still_paid():
    beside = Usage(input_tokens=10, cache_read_tokens=1000, output_tokens=1)
    inside = Usage(input_tokens=1000, cache_read_tokens=1000, output_tokens=1)
    prices = ListPrices()
    assert prices.cost("openai:gpt-4.1", beside) == prices.cost("openai:gpt-4.1", inside)


def test_nothing_costs_nothing():
    assert ListPrices().cost("openai:gpt-4.1", Usage()) == 0


def test_reading_the_prices_asks_no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert ListPrices().cost("openai:gpt-4.1", THOUSAND) is not None


def test_it_is_what_the_protocol_asks_for():
    assert isinstance(ListPrices(), Prices)


# -- the core's list -----------------------------------------------------------------------


async def test_the_offline_model_is_free_and_ones_own_is_unknown(registry):
    prices = PriceList(registry)
    assert prices.cost("offline:rules", THOUSAND) == 0
    for model in ("custom:gpt-4.1", "compatible:gpt-4.1", "openai:none-such"):
        assert prices.cost(model, THOUSAND) is None


async def test_prices_are_read_once_and_only_where_a_model_may_have_one(registry):
    prices = PriceList(registry)
    assert not any(map(prices.must_load, ("offline:rules", "custom:x", "compatible:x")))
    assert prices.must_load("openai:gpt-4.1")
    await prices.load("openai:gpt-4.1")
    assert not prices.must_load("openai:gpt-4.1")
    assert prices.cost("openai:gpt-4.1", THOUSAND) == ListPrices().cost("openai:gpt-4.1", THOUSAND)


async def test_without_the_package_costs_are_unknown_and_one_line_says_why(
    registry, monkeypatch, caplog
):
    monkeypatch.delitem(sys.modules, "coding_agent_sdk.models.prices")
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    prices = PriceList(registry)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert prices.cost("openai:gpt-4.1", THOUSAND) is None
    (line,) = [record.getMessage() for record in caplog.records]
    assert "the cost of openai:gpt-4.1 is not known" in line
    assert 'pip install "coding-agent-sdk[openai]"' in line


async def test_without_the_models_plugin_nothing_has_a_price():
    assert PriceList(BackendRegistry()).cost("openai:gpt-4.1", THOUSAND) is None


# -- in a run ------------------------------------------------------------------------------

NAMES = {
    "openai": "gpt-4.1", "anthropic": "claude-haiku-4-5", "google": "gemini-2.5-flash",
    "compatible": "gpt-4.1",
}  # fmt: skip


async def test_the_cost_of_a_run_is_that_of_the_tokens_that_came_over_the_wire(provider, connect):
    usage = FakeUsage(
        input_tokens=5000, output_tokens=300, cached_tokens=4000, reasoning_tokens=100
    )
    with FakeProvider([Turn(text="hello", usage=usage)]) as fake:
        async with connect(fake, provider, name=NAMES[provider]) as agent:
            result = await agent.run("go")
    used = result.usage
    assert (used.input_tokens, used.output_tokens, used.cache_read_tokens) == (5000, 300, 4000)
    if provider == "compatible":
        assert used.cost is None
    else:
        counted = Usage(input_tokens=5000, output_tokens=300, cache_read_tokens=4000)
        assert used.cost == ListPrices().cost(f"{provider}:{NAMES[provider]}", counted) > 0


async def test_an_unknown_price_is_none_and_never_zero(connect):
    with FakeProvider(["hello"]) as fake:
        async with connect(fake, "openai") as agent:
            assert (await agent.run("go")).usage.cost is None


async def test_an_answer_without_counts_is_estimated_and_priced(connect):
    with FakeProvider([Turn(text="hello " * 100, usage=None)]) as fake:
        async with connect(fake, "openai", name="gpt-4.1") as agent:
            used = (await agent.run("go " * 1000)).usage
    assert used.estimated
    assert used.input_tokens > 750
    assert used.output_tokens == 150
    assert used.cost == ListPrices().cost("openai:gpt-4.1", used)
