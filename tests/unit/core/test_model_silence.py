"""A model's silence: what counts as one, and what does not."""

import asyncio

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.core.channel import ROOM
from coding_agent_sdk.errors import ModelTimeoutError
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

SILENCE = 0.2


def agent_of(turn: ScriptedTurn) -> Agent:
    """Return an agent whose model may be silent for 0.2 seconds."""
    builder = (
        Agent.builder().model(ScriptedModel([turn])).memory(None).without("guardrails", "retry")
    )
    return builder.settings(model_timeout=SILENCE).installed_plugins(load=False).build()


async def test_a_slow_reader_is_not_taken_for_a_silent_model():
    turn = ScriptedTurn(chunks=["x"] * (ROOM * 2))
    async with agent_of(turn) as agent, agent.stream("go") as events:
        await asyncio.sleep(SILENCE * 3)
        async for _ in events:
            pass
    assert events.result.text == "x" * (ROOM * 2)


async def test_a_model_that_goes_on_speaking_may_take_longer_than_the_limit():
    turn = ScriptedTurn(chunks=["x"] * 8, chunk_delay=SILENCE / 4)
    async with agent_of(turn) as agent:
        result = await agent.run("go")
    assert result.text == "x" * 8


async def test_a_model_that_falls_silent_is_given_up():
    turn = ScriptedTurn(chunks=["x", "x"], chunk_delay=SILENCE * 20)
    async with agent_of(turn) as agent:
        with pytest.raises(ModelTimeoutError, match=r"sent nothing for 0\.2 s"):
            await agent.run("go")
