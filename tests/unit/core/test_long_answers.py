"""An answer that no model gives in earnest is refused before anything looks through all of it."""

import pytest

from coding_agent_sdk import Agent, tool
from coding_agent_sdk.core.provider_call import MOST_CHARACTERS
from coding_agent_sdk.errors import BadResponseError
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

from .conftest import call, turn

HALF = "x" * (MOST_CHARACTERS // 2)


def agent_of(step, *tools):
    builder = Agent.builder().config(None, project=False).model(ScriptedModel([step, "done"]))
    return builder.memory(None).tools(*tools).installed_plugins(load=False).build()


async def test_a_text_that_does_not_end_is_refused_and_not_asked_for_again():
    async with agent_of(ScriptedTurn(chunks=[HALF, HALF, "x"])) as agent:
        with pytest.raises(BadResponseError, match="more than 1,000,000 characters") as caught:
            await agent.run("go")
    assert not caught.value.retryable
    assert len(caught.value.partial_text) > MOST_CHARACTERS


async def test_arguments_that_are_too_long_are_never_run():
    ran = []

    @tool(effect="read")
    async def take(name: str) -> str:
        """Take something."""
        ran.append(len(name))
        return "taken"

    async with agent_of(turn(call("take", "c1", name=HALF)), take) as agent:
        assert (await agent.run("go")).text == "done"
    async with agent_of(turn(call("take", "c1", name=HALF * 3)), take) as agent:
        with pytest.raises(BadResponseError, match="nothing of it was run"):
            await agent.run("go")
    assert ran == [len(HALF)]
