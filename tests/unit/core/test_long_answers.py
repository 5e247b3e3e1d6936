"""An answer that no model gives in earnest is refused before anything looks through all of it."""

import pytest

from coding_agent_sdk import Agent, tool
from coding_agent_sdk.core.provider_call import MOST_CALLS, MOST_CHARACTERS
from coding_agent_sdk.core.raw_calls import RawCalls
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


async def test_calls_without_end_are_refused_and_none_is_run():
    ran = []

    @tool(effect="read")
    async def take(name: str) -> str:
        """Take something."""
        ran.append(name)
        return "taken"

    def asking(number):
        return turn(*(call("take", f"c{n}", name=str(n)) for n in range(number)))

    async with agent_of(asking(MOST_CALLS + 1), take) as agent:
        with pytest.raises(BadResponseError, match="more than 500 tool calls") as caught:
            await agent.run("go")
    assert (ran, caught.value.retryable) == ([], False)
    async with agent_of(asking(MOST_CALLS), take) as agent:
        assert (await agent.run("go")).text == "done"
    assert len(ran) == MOST_CALLS


def test_many_calls_cost_what_each_costs():
    """Counted in comparisons with earlier calls: there are none, by whatever they are found."""
    calls = RawCalls()
    for number in range(300):
        fragment = {"index": 0, "id": f"c{number}", "name": "take", "args": "{}"}
        calls.add(Compared(fragment))
        calls.add(Compared(fragment | {"args": ""}))
    assert [each.id for each in calls.finish()] == [f"c{number}" for number in range(300)]
    assert Compared.times < 4 * 300


class Name(str):
    """A text that counts how often it is compared with another."""

    __slots__ = ()

    __hash__ = str.__hash__

    def __eq__(self, other):
        Compared.times += 1
        return str.__eq__(self, other)


class Compared(dict):
    """A fragment whose id counts how often it is compared."""

    times = 0

    def get(self, key, default=None):
        value = super().get(key, default)
        return Name(value) if key == "id" and value else value
