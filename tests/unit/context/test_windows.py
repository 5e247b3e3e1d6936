"""The window of a model: by itself, by the list of models, or not known."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent, hookimpl
from coding_agent_sdk.errors import UnknownNameError
from coding_agent_sdk.models.prices import ListPrices
from coding_agent_sdk.testing import FakeProvider

from .conftest import OTHERS, PROVIDERS


class Asking:
    """Notes the window of the model at each call."""

    name = "asking"

    def __init__(self):
        self.windows = []

    @hookimpl
    def prepare_model_request(self, context, request):
        self.windows.append(context.context_window(request.model))


@pytest.mark.parametrize(
    ("model", "least"),
    [
        ("openai:gpt-4.1", 1_000_000),
        ("anthropic:claude-opus-4-6", 200_000),
        ("google:gemini-2.5-flash", 1_000_000),
        ("openai:gpt-4o-mini", 128_000),
    ],
)
async def test_windows_of_known_models_are_known_by_the_second_call(workspace, model, least):
    asking = Asking()
    provider = model.partition(":")[0]
    with FakeProvider(["one", "two"]) as fake:
        url = getattr(fake, PROVIDERS[provider][1])
        builder = (
            Agent.builder().config(None, project=False).model(model, base_url=url, api_key="k")
        )
        builder = builder.workspace(workspace).memory("memory://").without(*OTHERS).use(asking)
        async with builder.build() as agent:
            await agent.run("go")
            await agent.run("go")
    assert asking.windows[-1] >= least


async def test_the_window_of_a_model_that_nobody_lists_is_not_known(build):
    asking = Asking()
    with FakeProvider(["one", "two"]) as fake:
        async with build(fake, plugins=[asking]).build() as agent:
            await agent.run("go")
            await agent.run("go")
    assert asking.windows == [None, None]


def test_the_list_of_prices_knows_windows_too():
    prices = ListPrices()
    assert prices.context_window("openai:gpt-4o-mini") == 128_000
    assert prices.context_window("openai:no-such-model") is None


def test_a_model_for_summaries_that_nobody_offers_is_refused_at_build(build):
    with FakeProvider(["one"]) as fake, pytest.raises(UnknownNameError, match="nowhere"):
        build(fake, model="nowhere:cheap").build()
