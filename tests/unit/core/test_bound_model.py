"""The shortest way to a model's stream gives what LangChain's own way gives."""

import asyncio

import pytest
from langchain_core.callbacks import AsyncCallbackHandler, get_usage_metadata_callback
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.rate_limiters import InMemoryRateLimiter

from coding_agent_sdk.core.accumulate import StreamAccumulator
from coding_agent_sdk.core.bound_model import BoundModel, listeners
from coding_agent_sdk.models.anthropic import create as create_anthropic
from coding_agent_sdk.models.google import create as create_google
from coding_agent_sdk.models.openai import create as create_openai
from coding_agent_sdk.testing import (
    FakeProvider,
    FakeToolCall,
    ScriptedModel,
    ScriptedTurn,
    Turn,
)

SCHEMA = {
    "type": "function",
    "function": {
        "name": "act",
        "description": "Acts.",
        "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}},
    },
}
TURN = Turn(text="Let me see.", tool_calls=[FakeToolCall(id="c1", name="act", arguments={"x": 1})])
MESSAGES = [
    SystemMessage("Be brief."),
    HumanMessage("Go."),
    AIMessage("", tool_calls=[{"id": "c0", "name": "act", "args": {"x": 0}}]),
    ToolMessage("done", tool_call_id="c0", name="act"),
]


async def collected(bound, *, listened_to, messages=MESSAGES, **parameters):
    accumulator = StreamAccumulator()
    async for chunk in bound.stream(list(messages), parameters, listened_to=listened_to):
        accumulator.add(chunk)
    streamed = accumulator.finish()
    message = streamed.message.model_copy(update={"id": None})
    return message, streamed.finish, streamed.reasons, streamed.bad_calls, streamed.usage


def _models(server):
    return {
        "openai": create_openai(name="gpt-4.1", base_url=server.openai_url, api_key="k"),
        "anthropic": create_anthropic(
            name="claude-haiku-4-5", base_url=server.anthropic_url, api_key="k"
        ),
        "google": create_google(name="gemini-2.5-pro", base_url=server.google_url, api_key="k"),
    }


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
async def test_the_direct_stream_of_a_provider_is_the_same_message(provider):
    with FakeProvider([TURN, TURN]) as server:
        model = _models(server)[provider]
        bound = BoundModel(model.bind_tools([SCHEMA]))
        direct = await collected(bound, listened_to=False)
        public = await collected(bound, listened_to=True)
        await model.aclose()
        first, second = server.log
        assert first.body == second.body
    assert direct == public
    assert direct[0].tool_calls == [
        {"id": "c1", "name": "act", "args": {"x": 1}, "type": "tool_call"}
    ]


class Listener(AsyncCallbackHandler):
    """Counts the calls that it was told of."""

    def __init__(self):
        self.calls = 0

    async def on_chat_model_start(self, *args, **kwargs):
        self.calls += 1


async def test_the_callbacks_that_a_user_gave_his_model_are_called():
    listener = Listener()
    model = ScriptedModel(["hello"])
    model.callbacks = [listener]
    message, *_ = await collected(BoundModel(model), listened_to=False)
    assert (message.text, listener.calls) == ("hello", 1)


async def test_a_rate_limiter_that_a_user_gave_his_model_is_asked():
    class Counting(InMemoryRateLimiter):
        asked = 0

        async def aacquire(self, *, blocking=True):
            Counting.asked += 1
            return True

    model = ScriptedModel(["hello"])
    model.rate_limiter = Counting()
    await collected(BoundModel(model), listened_to=False)
    assert Counting.asked == 1


async def test_messages_with_content_blocks_take_the_public_way():
    model = ScriptedModel(["hello"])
    asked = []

    class Watched(BoundModel):
        __slots__ = ()

    bound = Watched(model)
    bound._runnable = type(
        "Spy", (), {"astream": lambda self, prompt, *rest, **more: _spy(asked, prompt)}
    )()
    blocks = [HumanMessage([{"type": "text", "text": "Go."}])]
    await collected(bound, listened_to=False, messages=blocks)
    assert asked == [blocks]


async def _spy(asked, prompt):
    asked.append(prompt.messages)
    yield AIMessage("seen")


async def test_nobody_listens_unless_the_user_says_so(monkeypatch):
    monkeypatch.delenv("LANGSMITH_TRACING", raising=False)
    nobody = listeners()
    assert not nobody.handlers
    with get_usage_metadata_callback():
        assert listeners().handlers
    assert listeners() is nobody  # one for all runs
    assert not nobody.handlers


async def test_a_cancelled_direct_stream_ends():
    model = ScriptedModel([ScriptedTurn(text="never", delay=600)])
    task = asyncio.create_task(collected(BoundModel(model), listened_to=False))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
