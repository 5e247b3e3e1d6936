"""StreamAccumulator: what a stream of chunks becomes, and which tool calls of it may run."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage

from coding_agent_sdk.core.accumulate import StreamAccumulator
from coding_agent_sdk.core.finish import explain_finish, finish_of, finish_reason, single_reason
from coding_agent_sdk.core.raw_calls import parse_arguments
from coding_agent_sdk.errors import BadResponseError, StreamTruncatedError
from coding_agent_sdk.testing import FakeToolCall, ScriptedModel, ScriptedTurn


def collect(*chunks, strict=False):
    collected = StreamAccumulator(strict=strict)
    for chunk in chunks:
        collected.add(chunk)
    return collected.finish()


def fragment(index=0, **fields):
    call = {"index": index, "args": None, "name": None, "id": None, **fields}
    return AIMessageChunk(content="", tool_call_chunks=[call])


def ended(reason="tool_calls", provider="openai"):
    metadata = {"finish_reason": reason, "model_provider": provider}
    return AIMessageChunk(content="", response_metadata=metadata, chunk_position="last")


def cuts_of(text):
    return st.lists(st.integers(0, len(text)), max_size=6).map(
        lambda places: [
            text[a:b]
            for a, b in zip([0, *sorted(places)], [*sorted(places), len(text)], strict=True)
        ]
    )


# -- arguments ---------------------------------------------------------------------


@given(
    st.dictionaries(st.text(max_size=9), st.none() | st.integers() | st.lists(st.text(max_size=9))),
    st.data(),
)
def test_any_split_of_the_arguments_gives_the_same_call(arguments, data):
    raw = json.dumps(arguments, ensure_ascii=data.draw(st.booleans()))
    pieces = data.draw(cuts_of(raw))
    done = collect(
        fragment(name="t", id="c1", args=""),
        *(fragment(args=piece) for piece in pieces),
        ended(),
    )
    assert done.message.tool_calls == [
        {"name": "t", "args": arguments, "id": "c1", "type": "tool_call"}
    ]
    assert done.bad_calls == ()


@given(st.dictionaries(st.text(), st.text(), min_size=1), st.data())
def test_no_part_of_the_arguments_is_ever_a_call(arguments, data):
    raw = json.dumps(arguments)
    cut = data.draw(st.integers(1, len(raw) - 1))
    done = collect(fragment(name="t", id="c1", args=raw[:cut]), ended())
    assert done.message.tool_calls == []
    assert [bad.id for bad in done.bad_calls] == ["c1"]


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=8), st.data())
def test_interleaved_calls_are_told_apart_by_their_index(order, data):
    raws = {"a": '{"x": "aaaa"}', "b": '{"y": "bbbb"}'}
    pieces = {name: list(data.draw(cuts_of(raw))) for name, raw in raws.items()}
    chunks = [fragment(i, name=name, id=name, args="") for i, name in enumerate("ab")]
    for name in order:
        if pieces[name]:
            chunks.append(fragment("ab".index(name), args=pieces[name].pop(0)))
    for i, name in enumerate("ab"):
        chunks += [fragment(i, args=piece) for piece in pieces[name]]
    done = collect(*chunks, ended())
    assert [c["args"] for c in done.message.tool_calls] == [{"x": "aaaa"}, {"y": "bbbb"}]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ('{"path": "a.txt', "Unterminated string"),
        ('{"path": "a.txt"', "Expecting ',' delimiter"),
        ('{"a": 1}{"a": 1}', "Extra data"),
        ('{"a": NaN}', "NaN is no JSON value"),
        ('{"a": -Infinity}', "-Infinity is no JSON value"),
        ('["a"]', "a JSON list, not an object"),
        ('"a"', "a JSON str, not an object"),
        ("null", "a JSON NoneType, not an object"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"a": ' + "[" * 100_000, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", "not valid JSON"),
        ("{'a': 1}", "Expecting property name"),
        ('{"a": "\n"}', "Invalid control character"),
    ],
)
def test_arguments_that_are_no_json_object_are_explained_to_the_model(raw, said):
    arguments, error = parse_arguments("write_file", raw)
    assert arguments == {}
    assert said in error
    assert "'write_file'" in error
    assert "not run" in error


@pytest.mark.parametrize("raw", ["", " \n"])
def test_no_text_means_no_arguments(raw):
    assert parse_arguments("now", raw) == ({}, "")


def test_characters_beyond_ascii_are_kept():
    assert parse_arguments("t", '{"a": "\\ud83d\\ude00 ü"}') == ({"a": "😀 ü"}, "")


def test_a_bad_call_leaves_the_good_ones_of_its_message():
    done = collect(
        fragment(0, name="good", id="c1", args="{}"),
        fragment(1, name="bad", id="c2", args='{"path": "a.txt'),
        ended(),
    )
    assert done.finish == "complete"
    assert [call["name"] for call in done.message.tool_calls] == ["good"]
    (bad,) = done.bad_calls
    assert (bad.id, bad.name) == ("c2", "bad")
    (invalid,) = done.message.invalid_tool_calls
    assert invalid["args"] == '{"path": "a.txt'
    assert invalid["error"] == bad.error


def test_langchain_would_have_repaired_what_we_refuse():
    chunk = fragment(name="t", id="c", args='{"path": "a.txt')
    assert chunk.tool_calls[0]["args"] == {"path": "a.txt"}  # why the raw text is read
    assert collect(chunk, ended()).message.tool_calls == []


def test_a_fragment_that_is_no_text_is_refused():
    chunk = AIMessageChunk.model_construct(
        content="",
        tool_call_chunks=[{"index": 0, "id": "c", "name": "t", "args": {"path": "a"}}],
        additional_kwargs={},
        response_metadata={},
    )
    (bad,) = collect(chunk, ended()).bad_calls
    assert "came as a dict" in bad.error


def test_a_call_without_a_name_is_refused_and_one_without_an_id_gets_one():
    done = collect(fragment(0, args="{}"), fragment(1, name="t", args="{}"), ended())
    (bad,) = done.bad_calls
    assert "names no tool" in bad.error
    assert bad.id.startswith("call_")
    assert done.message.tool_calls[0]["id"].startswith("call_")
    assert done.message.tool_calls[0]["id"] != bad.id


def test_servers_that_repeat_name_and_id_or_number_all_calls_zero_are_understood():
    done = collect(
        fragment(0, name="a", id="c1", args='{"x":'),
        fragment(0, name="a", id="c1", args=" 1}"),
        fragment(0, name="b", id="c2", args='{"y":'),
        fragment(0, args=" 2}"),
        ended(),
    )
    assert [(c["id"], c["name"], c["args"]) for c in done.message.tool_calls] == [
        ("c1", "a", {"x": 1}),
        ("c2", "b", {"y": 2}),
    ]


def test_whole_calls_without_an_index_are_separate_calls():
    done = collect(
        fragment(None, name="a", id="c1", args="{}"),
        fragment(None, name="a", id="c2", args="{}"),
        ended("STOP", "google_genai"),
    )
    assert [call["id"] for call in done.message.tool_calls] == ["c1", "c2"]


@pytest.mark.parametrize("ids", [("c1", "c1"), ("generated-1", "generated-2")])
def test_a_final_event_that_comes_twice_makes_one_call(ids):
    twice = [
        AIMessageChunk(
            content="",
            tool_call_chunks=[
                {"index": number, "id": id_, "name": "pay", "args": '{"usd": 5}'},
            ],
            response_metadata={"finish_reason": "STOP", "model_provider": "google_genai"},
            additional_kwargs={
                "function_call": {"name": "pay", "arguments": '{"usd": 5}'},
                "__gemini_function_call_thought_signatures__": {id_: "c2ln"},
            },
            usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
        )
        for number, id_ in enumerate(ids)
    ]
    done = collect(*twice)
    assert [call["id"] for call in done.message.tool_calls] == [ids[0]]
    assert done.finish == "complete"
    assert done.usage["total_tokens"] == 3
    signatures = done.message.additional_kwargs["__gemini_function_call_thought_signatures__"]
    assert signatures[ids[0]] == "c2ln"
    assert "function_call" not in done.message.additional_kwargs


def test_a_fragment_may_bring_a_name_and_no_arguments_yet():
    done = collect(fragment(name="t", id="c"), fragment(args='{"a": 1}'), ended())
    assert done.message.tool_calls[0]["args"] == {"a": 1}


def test_two_equal_calls_that_the_model_wants_are_two_calls():
    done = collect(
        fragment(0, name="t", id="c1", args="{}"),
        fragment(1, name="t", id="c2", args="{}"),
        ended(),
    )
    assert len(done.message.tool_calls) == 2


# -- the end -----------------------------------------------------------------------


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google_genai"])
def test_a_known_provider_that_gives_no_reason_was_cut(provider):
    chunk = AIMessageChunk(content="half an", response_metadata={"model_provider": provider})
    done = collect(chunk, fragment(name="rm", id="c", args='{"path": "/"}'))
    assert done.finish == "truncated"
    assert "without a finish reason" in done.explanation


def test_a_model_of_the_user_need_not_give_a_reason_unless_told():
    chunk = AIMessageChunk(content="all")
    assert collect(chunk).finish == "complete"
    assert collect(chunk).explanation == ""
    assert collect(chunk, strict=True).finish == "truncated"


@pytest.mark.parametrize(
    ("reason", "provider", "finish"),
    [
        ("stop", "openai", "complete"),
        ("tool_calls", "openai", "complete"),
        ("completedcompleted", "openai", "complete"),
        ("STOPSTOP", "google_genai", "complete"),
        ("STOP", "google_genai", "complete"),
        ("end_turn", "anthropic", "complete"),
        ("tool_use", "anthropic", "complete"),
        ("stop_sequence", "anthropic", "complete"),
        ("length", "openai", "truncated"),
        ("in_progress", "openai", "truncated"),
        ("content_filter", "openai", "truncated"),
        ("max_tokens", "anthropic", "truncated"),
        ("pause_turn", "anthropic", "truncated"),
        ("SAFETY", "google_genai", "truncated"),
        ("MALFORMED_FUNCTION_CALL", "google_genai", "truncated"),
        ("stopped", "openai", "truncated"),
        ("COMPLETE", "openai", "truncated"),
        ("COMPLETE", "cohere", "complete"),
        ("eos_token", None, "complete"),
        ("whatever", None, "truncated"),
        ("stop", None, "complete"),
    ],
)
def test_only_known_reasons_are_complete(reason, provider, finish):
    assert finish_of([reason], provider=provider) == finish
    said = explain_finish([reason])
    assert repr(reason) in said


def test_one_bad_reason_among_good_ones_is_enough():
    assert finish_of(["length", "stop"], provider="openai") == "truncated"


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"finish_reason": "stop"}, "stop"),
        ({"stop_reason": "end_turn"}, "end_turn"),
        ({"stop_reason": None}, None),
        ({"finish_reason": ""}, None),
        ({"finish_reason": 1}, None),
        ({"status": "completed", "model_provider": "openai"}, "completed"),
        ({"status": "completed"}, None),
        ({}, None),
    ],
)
def test_the_reason_is_found_where_each_provider_puts_it(metadata, reason):
    assert finish_reason(metadata) == reason


@given(st.sampled_from(["stop", "tool_calls", "completed", "end_turn"]), st.integers(1, 4))
def test_a_repeated_reason_is_one_reason(reason, times):
    assert single_reason(reason * times) == reason


def test_the_reasons_say_what_to_do_about_a_limit():
    done = collect(AIMessageChunk(content="half"), ended("length"))
    assert done.reasons == ("length",)
    assert "raise max_tokens" in done.explanation
    assert "no known end" in explain_finish(["odd"])


# -- everything else of the message ---------------------------------------------------


@given(st.lists(st.text(max_size=5), max_size=20))
def test_text_is_what_the_deltas_say(pieces):
    collected = StreamAccumulator()
    said = [collected.add(AIMessageChunk(content=piece)).text for piece in pieces]
    assert "".join(said) == collected.text == collected.finish().message.content


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["text", "thinking", "signature", "citation", "plain"]),
            st.integers(0, 2),
            st.text(max_size=4),
        ),
        max_size=20,
    )
)
def test_content_blocks_are_merged_as_langchain_merges_them(said):
    blocks = {
        "text": lambda i, t: {"type": "text", "text": t, "index": i},
        "thinking": lambda i, t: {"type": "thinking", "thinking": t, "index": i + 3},
        "signature": lambda i, t: {"type": "thinking", "signature": t, "index": i + 3},
        "citation": lambda i, t: {"type": "text", "text": "", "citations": [t], "index": i},
        "plain": lambda i, t: {"type": "text", "text": t},
    }
    chunks = [AIMessageChunk(content=[blocks[kind](i, text)]) for kind, i, text in said]
    done = collect(*chunks)
    merged = None
    for chunk in chunks:
        merged = chunk if merged is None else merged + chunk
    assert done.message.content == (merged.content if merged else "")
    assert done.message.text == (merged.text if merged else "")


def test_strings_and_blocks_in_one_stream_are_merged_as_langchain_merges_them():
    chunks = [
        AIMessageChunk(content="a"),
        AIMessageChunk(content=[{"type": "text", "text": "b", "index": 0}]),
        AIMessageChunk(content="c"),
        AIMessageChunk(content=["d"]),
    ]
    assert collect(*chunks).message.content == (chunks[0] + chunks[1:]).content


def test_signatures_and_provider_ids_are_kept_byte_for_byte():
    signature = "EqoBCkgIARABGAIiQ" + "x" * 300 + "=="
    done = collect(
        AIMessageChunk(content=[{"type": "thinking", "thinking": "h", "index": 0}], id="lc_run--1"),
        AIMessageChunk(content=[{"type": "thinking", "thinking": "m", "index": 0}], id="msg_1"),
        AIMessageChunk(
            content=[{"type": "thinking", "thinking": "", "signature": signature, "index": 0}],
            id="lc_run--1",
        ),
        AIMessageChunk(content=[{"type": "redacted_thinking", "data": "ZGF0YQ==", "index": 1}]),
        ended("end_turn", "anthropic"),
    )
    assert done.message.content == [
        {"type": "thinking", "thinking": "hm", "signature": signature, "index": 0},
        {"type": "redacted_thinking", "data": "ZGF0YQ==", "index": 1},
    ]
    assert done.message.id == "msg_1"
    assert type(done.message) is AIMessage


def test_deltas_tell_answer_and_reasoning_apart():
    collected = StreamAccumulator()
    seen = [
        collected.add(AIMessageChunk(content=content, additional_kwargs=kwargs))
        for content, kwargs in [
            ([{"type": "thinking", "thinking": "th", "index": 0}], {}),
            ([{"type": "reasoning", "summary": [{"text": "su", "index": 0}], "index": 0}], {}),
            ([{"type": "reasoning", "reasoning": "re"}], {}),
            ("", {"reasoning_content": "rc"}),
            ("", {"reasoning_content": None}),
            (["s", {"type": "text", "text": "t"}, {"type": "image_url"}], {}),
        ]
    ]
    assert [delta.reasoning for delta in seen] == ["th", "su", "re", "rc", "", ""]
    assert [delta.text for delta in seen] == ["", "", "", "", "", "st"]
    assert collected.text == "st"


def test_metadata_keeps_the_newest_value_and_kwargs_are_appended():
    done = collect(
        AIMessageChunk(
            content="a",
            response_metadata={"model_name": "m", "logprobs": {"content": [1]}, "x": "old"},
            additional_kwargs={"reasoning_content": "h"},
        ),
        AIMessageChunk(
            content="b",
            response_metadata={"model_name": "m", "logprobs": {"content": [2]}, "x": None},
            additional_kwargs={"reasoning_content": "m"},
        ),
        ended("stop"),
        ended("stop"),
    )
    assert done.message.response_metadata == {
        "model_name": "m",
        "logprobs": {"content": [1, 2]},
        "x": "old",
        "finish_reason": "stop",
        "model_provider": "openai",
    }
    assert done.message.additional_kwargs == {"reasoning_content": "hm"}


def test_pieces_that_contradict_each_other_are_a_bad_response():
    chunks = [AIMessageChunk(content="a", additional_kwargs={"k": value}) for value in ("x", 1)]
    with pytest.raises(BadResponseError, match="do not fit together") as caught:
        collect(*chunks)
    assert caught.value.partial_text == "aa"


def test_usage_is_added_up_with_its_details():
    one = {
        "input_tokens": 5,
        "output_tokens": 0,
        "total_tokens": 5,
        "input_token_details": {"cache_read": 3},
    }
    two = {"input_tokens": 0, "output_tokens": 7, "total_tokens": 7}
    done = collect(
        AIMessageChunk(content="", usage_metadata=one),
        AIMessageChunk(content="", usage_metadata=two),
        AIMessageChunk(content="", usage_metadata=two),
    )
    assert done.usage["total_tokens"] == 19
    assert done.usage["input_token_details"] == {"cache_read": 3}
    assert done.message.usage_metadata == done.usage


@pytest.mark.parametrize(
    ("chunk", "empty"),
    [
        (AIMessageChunk(content=""), True),
        (AIMessageChunk(content=" \n"), True),
        (AIMessageChunk(content=[{"type": "thinking", "thinking": "hm", "index": 0}]), True),
        (AIMessageChunk(content="a"), False),
        (fragment(name="t", id="c", args="{}"), False),
        (fragment(name="t", id="c", args="{"), False),
    ],
)
def test_an_answer_without_text_and_calls_is_empty(chunk, empty):
    assert collect(chunk).empty is empty


@pytest.mark.parametrize(
    ("chunks", "error"),
    [
        ([AIMessageChunk(content="a"), ended("stop")], None),
        ([fragment(name="t", id="c", args="{}"), ended()], None),
        ([ended("stop")], BadResponseError),
        ([AIMessageChunk(content="")], BadResponseError),
        ([ended("length")], StreamTruncatedError),
        ([AIMessageChunk(content="half")], StreamTruncatedError),
        ([fragment(name="t", id="c", args="{}")], StreamTruncatedError),
    ],
)
def test_an_answer_that_cannot_be_used_is_an_error(chunks, error):
    problem = collect(*chunks, strict=True).problem(provider="openai", model="m")
    assert type(problem) is (error or type(None))
    if error is not None:
        assert (problem.provider, problem.model) == ("openai", "m")
        assert str(problem).startswith("openai:m: ")
    if error is StreamTruncatedError:
        assert problem.partial_text == chunks[0].text
        assert not problem.retryable


def test_a_whole_message_of_a_model_that_does_not_stream_is_taken_as_it_is():
    message = AIMessage(
        content="hm",
        id="m1",
        tool_calls=[
            {"name": "t", "args": {"a": 1}, "id": "c1"},
            {"name": "t", "args": {}, "id": None},
        ],
        invalid_tool_calls=[
            {"name": "b", "args": '{"p": "a', "id": "c2", "error": "no JSON, see the web"},
            {"name": None, "args": "{}", "id": None, "error": "no name"},
        ],
        response_metadata={"finish_reason": "tool_calls"},
    )
    done = collect(message)
    assert done.message.content == "hm"
    assert done.message.id == "m1"
    assert done.message.tool_calls[0] == message.tool_calls[0]
    assert done.message.tool_calls[1]["id"]
    assert [bad.name for bad in done.bad_calls] == ["b", ""]
    assert "Unterminated string" in done.bad_calls[0].error
    assert done.bad_calls[1].error == "no name"
    assert [c["id"] for c in done.message.invalid_tool_calls] == [b.id for b in done.bad_calls]


def test_standard_content_blocks_get_the_strictly_parsed_calls():
    def chunk(index, args, **more):
        block = {"type": "tool_call_chunk", "index": index, "args": args, **more}
        call = {"name": None, "id": None, **block}
        call.pop("extras", None)
        return AIMessageChunk(
            content=[block],
            tool_call_chunks=[call],
            response_metadata={"output_version": "v1"},
        )

    done = collect(
        AIMessageChunk(content=[{"type": "text", "text": "hm", "index": 0}]),
        chunk(1, '{"a":', id="c1", name="t", extras={"k": "v"}),
        chunk(1, " 1}"),
        chunk(2, '{"a":', id="c2", name="u"),
        ended("stop", None),
    )
    text, good, bad = done.message.content
    assert text["text"] == "hm"
    assert good == {
        "type": "tool_call", "id": "c1", "name": "t", "args": {"a": 1}, "index": 1,
        "extras": {"k": "v"},
    }  # fmt: skip
    assert (bad["type"], bad["args"]) == ("invalid_tool_call", '{"a":')


async def test_a_scripted_stream_arrives_whole():
    calls = [
        FakeToolCall(name="a", arguments={"p": "ü" * 50}),
        FakeToolCall(name="b", arguments="{"),
    ]
    model = ScriptedModel([ScriptedTurn(text="some words", tool_calls=calls, chunk_size=3)])
    collected = StreamAccumulator(strict=True)
    async for chunk in model.astream([HumanMessage("go")]):
        collected.add(chunk)
    done = collected.finish()
    assert done.finish == "complete"
    assert done.message.content == "some words"
    assert [call["args"] for call in done.message.tool_calls] == [{"p": "ü" * 50}]
    assert [bad.name for bad in done.bad_calls] == ["b"]


def test_the_cost_of_a_chunk_does_not_grow_with_the_answer():
    """Joined once at the end: no step copies what was collected before."""
    collected = StreamAccumulator()
    for _ in range(3000):
        collected.add(AIMessageChunk(content=[{"type": "text", "text": "word ", "index": 0}]))
    assert len(collected._content._parts) == 0
    assert collected.finish().message.content == [
        {"type": "text", "text": "word " * 3000, "index": 0}
    ]
