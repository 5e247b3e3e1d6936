"""What one provider made, another one's own client sends in a form that is accepted there."""

from __future__ import annotations

import json

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from coding_agent_sdk.core.accumulate import StreamAccumulator
from coding_agent_sdk.core.portable import made_portable
from coding_agent_sdk.models import anthropic, google, openai
from coding_agent_sdk.testing import FakeProvider, FakeToolCall, Turn

TURN = Turn(
    text="hello",
    reasoning="a thought of mine",
    tool_calls=[FakeToolCall(id="call_1", name="look", arguments={"name": "x"})],
)
PROVIDERS = {
    "openai": "openai", "responses": "openai", "anthropic": "anthropic", "google": "google",
}  # fmt: skip
PAIRS = [(a, b) for a in PROVIDERS for b in PROVIDERS if PROVIDERS[a] != PROVIDERS[b]]
OF_A_MAKER = ("a thought of mine", "c2lnbmF0dXJl", "signature", "rs_1", "msg_1", "fc_1", "thinking")


def model_of(kind, fake):
    if kind == "anthropic":
        return anthropic.create("claude-fake", base_url=fake.anthropic_url, api_key="k")
    if kind == "google":
        return google.create("gemini-fake", base_url=fake.google_url, api_key="k")
    extra = {"use_responses_api": True} if kind == "responses" else {}
    return openai.create("fake", base_url=fake.openai_url, api_key="k", **extra)


async def answer_of(kind):
    with FakeProvider([TURN]) as fake:
        model = model_of(kind, fake)
        collected = StreamAccumulator(strict=True)
        async for chunk in model.astream("go"):
            collected.add(chunk)
        await model.aclose()
    return collected.finish().message


async def body_of(kind, messages):
    with FakeProvider(["fine"]) as fake:
        model = model_of(kind, fake)
        async for _ in model.astream(messages):
            pass
        await model.aclose()
        return fake.log[-1].body


def said_in(body):
    """Return the texts and the ids and names of calls that a request of any protocol holds."""
    found = []

    def walk(value, key=""):
        if isinstance(value, dict):
            for name, item in value.items():
                walk(item, name)
        elif isinstance(value, list):
            for item in value:
                assert isinstance(item, dict), f"{item!r} is no block of any protocol"
                walk(item, key)
        elif key in {"text", "content", "name"}:
            found.append(value)

    walk(body.get("messages") or body.get("input") or body.get("contents"))
    return found


@pytest.mark.filterwarnings("ignore:Received unexpected tool content block")
@pytest.mark.parametrize(("maker", "taker"), PAIRS, ids=lambda kind: kind)
async def test_another_provider_is_sent_text_and_calls_and_nothing_of_the_maker(maker, taker):
    made = await answer_of(maker)
    before = made.model_dump_json()
    messages = [HumanMessage("go"), made, ToolMessage("saw x", tool_call_id="call_1", name="look")]
    body = await body_of(taker, made_portable(messages, PROVIDERS[taker]))
    assert "hello" in said_in(body)
    assert "look" in said_in(body)
    sent = json.dumps(body.get("messages") or body.get("input") or body.get("contents"))
    assert "saw x" in sent
    assert not [part for part in OF_A_MAKER if part in sent]
    assert made.model_dump_json() == before


@pytest.mark.filterwarnings("ignore:Received unexpected tool content block")
@pytest.mark.parametrize("maker", PROVIDERS)
async def test_the_maker_gets_its_messages_back_as_they_were(maker):
    messages = [HumanMessage("go"), await answer_of(maker)]
    assert made_portable(messages, PROVIDERS[maker]) is messages


def foreign(content="hello", **options):
    return AIMessage(content, response_metadata={"model_provider": "anthropic"}, **options)


def test_a_message_of_text_and_calls_alone_is_left_as_it_is():
    messages = [foreign(tool_calls=[{"id": "1", "name": "look", "args": {}}])]
    assert made_portable(messages, "openai") is messages


def test_a_provider_of_the_callers_own_gets_what_there_is():
    messages = [foreign([{"type": "thinking", "thinking": "hm", "signature": "x"}])]
    assert made_portable(messages, "custom") is messages


def test_a_call_that_could_not_be_read_stays_beside_its_answer():
    bad = {"id": "7", "name": "look", "args": '{"na', "error": "cut"}
    [sent] = made_portable([foreign(invalid_tool_calls=[bad])], "openai")
    assert [(call["id"], call["name"], call["args"]) for call in sent.tool_calls] == [
        ("7", "look", {})
    ]
    assert sent.text == "hello"


def test_the_same_message_is_sent_the_same_way_each_time():
    messages = [foreign([{"type": "thinking", "thinking": "hm", "signature": "x"}, "hello"])]
    once, again = (made_portable(messages, "openai") for _ in range(2))
    assert once == again
    assert once[0].content == "hello"
