"""ScriptedModel: what it plays, how it streams, what it remembers and when it complains."""

import asyncio
import json
import subprocess
import sys
import time

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from coding_agent_sdk import testing
from coding_agent_sdk.testing import (
    FakeToolCall,
    ScriptedModel,
    ScriptedTurn,
    ScriptExhaustedError,
)

ASK = [HumanMessage("go")]


async def chunks_of(model, messages=ASK):
    return [chunk async for chunk in model.astream(messages)]


def test_importing_the_testing_package_loads_no_langchain():
    code = "import coding_agent_sdk.testing, sys; print('langchain_core' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_public_name_can_be_loaded_and_listed():
    for name in testing.__all__:
        assert getattr(testing, name) is not None
        assert name in dir(testing)
    assert len(set(testing.__all__)) == len(testing.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'Nothing'"):
        _ = testing.Nothing


async def test_texts_are_played_in_order():
    model = ScriptedModel(["one", "two"])
    assert (await model.ainvoke(ASK)).text == "one"
    assert model.invoke(ASK).text == "two"
    model.assert_finished()


async def test_text_is_streamed_in_pieces_and_ends_with_reason_and_usage():
    model = ScriptedModel(["0123456789"], chunk_size=4)
    chunks = await chunks_of(model)
    assert [chunk.text for chunk in chunks] == ["0123", "4567", "89", ""]
    assert chunks[-1].response_metadata["finish_reason"] == "stop"
    assert chunks[-1].chunk_position == "last"
    assert chunks[-1].usage_metadata == {
        "input_tokens": 10,
        "output_tokens": 3,
        "total_tokens": 13,
    }
    whole = ScriptedModel(["0123456789"], chunk_size=None)
    assert [chunk.text for chunk in await chunks_of(whole)] == ["0123456789", ""]


async def test_the_pieces_can_be_given_exactly():
    model = ScriptedModel([ScriptedTurn(chunks=["a", "", "bc"])])
    assert [chunk.text for chunk in await chunks_of(model)] == ["a", "", "bc", ""]


async def test_pieces_that_do_not_make_the_text_are_refused():
    model = ScriptedModel([ScriptedTurn(text="abd", chunks=["a", "bc"])])
    with pytest.raises(ValueError, match=r"'abc'.*'abd'"):
        await chunks_of(model)


async def test_tool_calls_are_streamed_as_raw_fragments_by_index():
    calls = [
        FakeToolCall(name="read_file", arguments={"path": "ä.py"}),
        FakeToolCall(name="run_cmd", arguments='{"cmd": "ls', id="mine"),
    ]
    model = ScriptedModel([ScriptedTurn(text="hm", tool_calls=calls, chunk_size=5)])
    chunks = await chunks_of(model)
    fragments = [f for chunk in chunks for f in chunk.tool_call_chunks]
    texts = {0: "", 1: ""}
    for fragment in fragments:
        texts[fragment["index"]] += fragment["args"]
    assert texts == {0: '{"path": "ä.py"}', 1: '{"cmd": "ls'}
    assert [f["name"] for f in fragments if f["name"]] == ["read_file", "run_cmd"]
    assert [f["id"] for f in fragments if f["id"]] == ["call_1", "mine"]
    assert chunks[-1].response_metadata["finish_reason"] == "tool_calls"


async def test_a_call_without_arguments_is_still_a_call():
    turn = ScriptedTurn(tool_calls=[FakeToolCall(name="now", arguments="")])
    answer = await ScriptedModel([turn]).ainvoke(ASK)
    assert [call["name"] for call in answer.tool_calls] == ["now"]


async def test_unsplit_arguments_are_one_fragment_and_ids_never_repeat():
    turn = ScriptedTurn(tool_calls=[{"name": "a", "args": {"x": "y" * 100}}, {"name": "b"}])
    model = ScriptedModel([turn, turn])
    first, second = await model.ainvoke(ASK), await model.ainvoke(ASK)
    assert first.tool_calls[0]["args"] == {"x": "y" * 100}
    assert first.tool_calls[1]["args"] == {}
    ids = [call["id"] for message in (first, second) for call in message.tool_calls]
    assert len(set(ids)) == 4


async def test_an_ai_message_is_played_with_all_that_it_holds():
    said = AIMessage(
        content=[
            {"type": "thinking", "thinking": "hm", "signature": "c2ln", "index": 0},
            {"type": "text", "text": "done", "index": 1},
        ],
        id="msg_1",
        tool_calls=[{"name": "a", "args": {"x": 1}, "id": "t1"}],
        invalid_tool_calls=[{"name": "b", "args": '{"x": ', "id": "t2", "error": None}],
        additional_kwargs={"k": "v"},
        response_metadata={"finish_reason": "tool_calls", "model_provider": "anthropic"},
        usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    )
    chunks = await chunks_of(ScriptedModel([said]))
    merged = chunks[0]
    for chunk in chunks[1:]:
        merged += chunk
    assert merged.content == said.content
    assert merged.id == "msg_1"
    assert merged.additional_kwargs == {"k": "v"}
    assert merged.usage_metadata == said.usage_metadata
    assert merged.response_metadata["model_provider"] == "anthropic"
    raw = [f["args"] for chunk in chunks for f in chunk.tool_call_chunks]
    assert raw == ['{"x": 1}', '{"x": ']


async def test_an_ai_message_of_plain_text_is_streamed():
    chunks = await chunks_of(ScriptedModel([AIMessage("0123456789", id="m")], chunk_size=5))
    assert [chunk.text for chunk in chunks] == ["01234", "56789", ""]
    assert chunks[0].id == "m"
    assert chunks[-1].usage_metadata["output_tokens"] == 3


async def test_a_step_may_be_a_function_of_the_messages():
    model = ScriptedModel([lambda messages: f"you said {messages[-1].text}", "end"])
    assert (await model.ainvoke(ASK)).text == "you said go"
    assert (await model.ainvoke(ASK)).text == "end"


async def test_a_function_as_the_script_answers_every_call():
    model = ScriptedModel(lambda messages: str(len(messages)))
    for _ in range(3):
        assert (await model.ainvoke(ASK)).text == "1"
    model.assert_finished()


async def test_running_out_of_steps_says_how_many_there_were():
    model = ScriptedModel(["one"])
    await model.ainvoke(ASK)
    with pytest.raises(ScriptExhaustedError, match=r"step 1, but its script has 1 .*'go'"):
        await model.ainvoke(ASK)


def test_unplayed_steps_are_named():
    model = ScriptedModel(["one", "two", ScriptedTurn(text="x" * 1000)])
    model.invoke(ASK)
    with pytest.raises(AssertionError, match="2 of 3") as caught:
        model.assert_finished()
    assert "step 1: 'two'" in str(caught.value)
    assert len(str(caught.value)) < 600


def test_leaving_the_context_checks_the_script():
    with pytest.raises(AssertionError, match="1 of 1"), ScriptedModel(["one"]):
        pass
    with ScriptedModel(["one"]) as model:
        model.invoke(ASK)


def test_leaving_the_context_by_an_error_keeps_that_error():
    with pytest.raises(KeyError), ScriptedModel(["one"]):
        raise KeyError("mine")


async def test_requests_are_remembered_with_the_bound_tools():
    def read_file(path: str) -> str:
        """Read a file."""
        return path

    model = ScriptedModel(["one", "two"])
    bound = model.bind_tools([read_file], tool_choice="auto")
    messages = [*ASK]
    await bound.ainvoke(messages)
    messages.append(AIMessage("one"))
    await model.bind_tools([]).ainvoke(messages)
    first, second = model.requests
    assert first.messages == ASK
    assert [tool["function"]["name"] for tool in first.tools] == ["read_file"]
    assert first.options == {"tool_choice": "auto"}
    assert second.tools == ()
    assert len(second.messages) == 2


async def test_requests_are_not_kept_when_recording_is_off():
    model = ScriptedModel(["one"], record=False)
    await model.ainvoke(ASK)
    assert model.requests == []


async def test_by_position_each_conversation_plays_the_whole_script():
    call = ScriptedTurn(tool_calls=[FakeToolCall(name="t")])
    model = ScriptedModel([call, call, "done"], by_position=True)

    async def conversation():
        messages = [HumanMessage("old"), AIMessage("old"), HumanMessage("new")]
        for _ in range(10):
            answer = await model.ainvoke(messages)
            await asyncio.sleep(0)
            messages.append(answer)
            if not answer.tool_calls:
                return [m.text for m in messages[3:]]
            messages += [ToolMessage("ok", tool_call_id=c["id"]) for c in answer.tool_calls]
        return None

    outcomes = await asyncio.gather(*(conversation() for _ in range(20)))
    assert all(texts == ["", "ok", "", "ok", "done"] for texts in outcomes)
    model.assert_finished()


async def test_by_position_the_end_of_the_script_is_an_error_too():
    model = ScriptedModel(["one"], by_position=True)
    await model.ainvoke([])
    with pytest.raises(ScriptExhaustedError):
        await model.ainvoke([HumanMessage("x"), AIMessage("y")])


async def test_an_error_comes_before_anything_or_after_pieces():
    turn = ScriptedTurn(text="0123456789", chunk_size=4, error=OSError("lost"), error_after=2)
    model = ScriptedModel(
        [ScriptedTurn(error=OSError), turn, ScriptedTurn(error=OSError, error_after=9)]
    )
    with pytest.raises(OSError):
        await model.ainvoke(ASK)
    seen = []

    async def read():
        async for chunk in model.astream(ASK):
            seen.append(chunk.text)

    with pytest.raises(OSError, match="lost"):
        await read()
    assert seen == ["0123", "4567"]
    with pytest.raises(OSError):
        await model.ainvoke(ASK)


@pytest.mark.parametrize("error", [None, OSError])
async def test_delays_are_waited_for_without_blocking_the_loop(error):
    turn = ScriptedTurn(chunks=["a", "b"], delay=0.05, chunk_delay=0.02, error=error, error_after=1)
    model = ScriptedModel([turn, turn])
    started = time.perf_counter()
    waiting = asyncio.ensure_future(chunks_of(model))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    if error is None:
        await waiting
    else:
        with pytest.raises(error):
            await waiting
    assert time.perf_counter() - started >= 0.07
    started = time.perf_counter()
    if error is None:
        list(model.stream(ASK))
    else:
        with pytest.raises(error):
            list(model.stream(ASK))
    assert time.perf_counter() - started >= 0.07


async def test_the_finish_reason_and_usage_can_be_told_or_left_out():
    model = ScriptedModel(
        [
            ScriptedTurn(text="a", finish_reason=None, usage=None),
            ScriptedTurn(
                text="a",
                finish_reason="length",
                usage={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
            ),
        ]
    )
    cut, told = await model.ainvoke(ASK), await model.ainvoke(ASK)
    assert "finish_reason" not in cut.response_metadata
    assert cut.usage_metadata is None
    assert told.response_metadata["finish_reason"] == "length"
    assert told.usage_metadata["total_tokens"] == 3


async def test_whole_answers_and_streams_agree():
    turn = ScriptedTurn(
        text="some text here", tool_calls=[FakeToolCall(name="t", arguments={"a": [1]}, id="i")]
    )
    model = ScriptedModel([turn, turn, turn])
    streamed = None
    async for chunk in model.astream(ASK):
        streamed = chunk if streamed is None else streamed + chunk
    for whole in (await model.ainvoke(ASK), model.invoke(ASK)):
        assert type(whole) is AIMessage
        assert (whole.text, whole.tool_calls) == (streamed.text, streamed.tool_calls)
        assert whole.usage_metadata == streamed.usage_metadata


def test_the_raw_arguments_of_a_call_are_json_or_the_given_text():
    assert json.loads(FakeToolCall(name="t", arguments={"a": "ü"}).raw_arguments) == {"a": "ü"}
    assert FakeToolCall(name="t", arguments="{oops").raw_arguments == "{oops"
    assert FakeToolCall(name="t").raw_arguments == "{}"


def test_the_model_can_be_traced_by_name():
    model = ScriptedModel(["x"], name="mine")
    assert model._llm_type == "scripted"
    assert model._identifying_params == {"model_name": "mine"}
    assert model.invoke(ASK).response_metadata["model_name"] == "mine"
