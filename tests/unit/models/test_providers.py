"""Each provider's real client package against the fake provider, well and badly behaved."""

import asyncio
import json
import sys

import pytest
from google.oauth2.credentials import Credentials
from langchain_core.messages import HumanMessage, ToolMessage
from pydantic import BaseModel

from coding_agent_sdk.core.accumulate import StreamAccumulator
from coding_agent_sdk.core.model_errors import map_model_error
from coding_agent_sdk.errors import (
    AuthenticationError,
    BadResponseError,
    ConfigError,
    ConnectionLostError,
    ContextTooLongError,
    InvalidRequestError,
    MissingExtraError,
    ModelError,
    ModelTimeoutError,
    OverloadedError,
    RateLimitedError,
)
from coding_agent_sdk.hooks.registry import BackendRegistry
from coding_agent_sdk.models import anthropic, compatible, google, openai
from coding_agent_sdk.models.plugin import ModelsPlugin
from coding_agent_sdk.testing import FakeProvider, FakeToolCall, FakeUsage, Fault, Turn

ASK = [HumanMessage("go")]
CALLS = (
    FakeToolCall(name="read_file", arguments={"path": "ä/b.py"}),
    FakeToolCall(name="read_file", arguments={"path": "c.py"}),
)
BUSY = Turn(text="Grüße 😀 an alle, 漢字 auch", tool_calls=CALLS, usage=FakeUsage(cached_tokens=3))

both_ways = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])


async def ask(model, messages=ASK, *, stream=True):
    """Call a model as the core does: any failure is an error of the SDK."""
    collected = StreamAccumulator(strict=True)
    try:
        if stream:
            async for chunk in model.astream(messages):
                collected.add(chunk)
        else:
            collected.add(await model.ainvoke(messages))
        streamed = collected.finish()
    except Exception as error:
        raise map_model_error(error, provider="p", model="m") from error
    problem = streamed.problem(provider="p", model="m")
    if problem is not None:
        raise problem
    return streamed


# -- answers -------------------------------------------------------------------------


@both_ways
async def test_text_calls_and_usage_arrive_whole(provider, connect, stream):
    with FakeProvider([BUSY]) as fake:
        done = await ask(connect(provider, fake), stream=stream)
    assert done.finish == "complete"
    assert done.message.text == BUSY.text
    assert [call["args"] for call in done.message.tool_calls] == [
        {"path": "ä/b.py"},
        {"path": "c.py"},
    ]
    assert len({call["id"] for call in done.message.tool_calls}) == 2
    assert done.usage["input_tokens"] == 11
    assert done.usage["output_tokens"] == 7
    assert done.usage["input_token_details"]["cache_read"] == 3
    assert fake.log[0].streaming is stream


async def test_a_stream_is_shown_piece_by_piece(provider, connect):
    with FakeProvider([Turn(text="one two three four five", chunk_size=4)]) as fake:
        collected = StreamAccumulator()
        deltas = [collected.add(chunk).text async for chunk in connect(provider, fake).astream(ASK)]
    shown = [delta for delta in deltas if delta]
    assert len(shown) >= 5
    assert "".join(shown) == "one two three four five"


async def test_the_tools_are_sent(provider, connect):
    with FakeProvider() as fake:
        await ask(connect(provider, fake))
    assert '"read_file"' in json.dumps(fake.log[0].body["tools"])


@both_ways
async def test_results_are_sent_back_with_what_the_model_said(provider, connect, stream):
    turn = Turn(text="hm", reasoning="because", signature="c2lnbmVk", tool_calls=CALLS)
    with FakeProvider([turn, "done"]) as fake:
        model = connect(provider, fake)
        first = (await ask(model, stream=stream)).message
        results = [
            ToolMessage(f"content of {call['args']['path']}", tool_call_id=call["id"])
            for call in first.tool_calls
        ]
        await ask(model, [*ASK, first, *results], stream=stream)
    sent = json.dumps(fake.log[1].body, ensure_ascii=False)
    assert "content of ä/b.py" in sent
    assert "content of c.py" in sent
    if provider in {"responses", "anthropic", "google"}:
        assert sent.count("c2lnbmVk") == 1  # the signature, byte for byte, once
    if provider != "google":  # Gemini matches results by name and order
        ids = [call["id"] for call in first.tool_calls]
        assert all(sent.count(f'"{identity}"') >= 2 for identity in ids)


async def test_a_broken_call_is_sent_back_with_its_error(provider, connect):
    if provider == "google":
        pytest.skip("Gemini sends arguments as objects")
    call = FakeToolCall(name="read_file", arguments='{"path": "a.txt', id="call_bad")
    with FakeProvider([Turn(tool_calls=[call]), "done"]) as fake:
        model = connect(provider, fake)
        first = await ask(model)
        assert first.message.tool_calls == []
        (bad,) = first.bad_calls
        answer = ToolMessage(bad.error, tool_call_id=bad.id, status="error")
        last = await ask(model, [*ASK, first.message, answer])
    assert last.message.text == "done"
    sent = json.dumps(fake.log[1].body)
    assert sent.count("call_bad") >= 2  # the call, and the result that answers it
    assert "not valid JSON" in sent


async def test_reasoning_is_shown_apart_from_the_answer(provider, connect):
    if provider in {"openai", "compatible"}:
        pytest.skip("the package leaves out reasoning in chat completions")
    with FakeProvider([Turn(text="answer", reasoning="because")]) as fake:
        collected = StreamAccumulator()
        deltas = [collected.add(chunk) async for chunk in connect(provider, fake).astream(ASK)]
    assert "".join(delta.reasoning for delta in deltas) == "because"
    assert "".join(delta.text for delta in deltas) == "answer"
    assert collected.finish().message.text == "answer"


# -- one request for one call -----------------------------------------------------------


@both_ways
async def test_a_failed_call_is_one_request(provider, connect, subtests, stream):
    statuses = (408, 409, 429, 500, 503, 529)
    faults = [Fault(kind="status", status=status) for status in statuses]
    with FakeProvider() as fake:
        model = connect(provider, fake)
        for fault in [*faults, Fault(kind="refuse"), Fault(kind="reset")]:
            with subtests.test(fault=fault.kind, status=fault.status):
                fake.default_fault, before = fault, len(fake.log)
                with pytest.raises(ModelError) as caught:
                    await ask(model, stream=stream)
                assert len(fake.log) - before == 1
                assert caught.value.retryable


async def test_a_call_that_times_out_is_one_request(provider, connect):
    with FakeProvider(default_fault=Fault(kind="hang")) as fake:
        with pytest.raises(ModelTimeoutError):
            await ask(connect(provider, fake, timeout=1.0))
        fake.wait_until(lambda log: log[0].client_left)
        assert len(fake.log) == 1


async def test_a_cancelled_call_closes_its_connection(provider, connect):
    stall = Fault(kind="stall_stream", after=3)
    with FakeProvider([BUSY], faults=[Fault(kind="hang"), stall]) as fake:
        model = connect(provider, fake)
        for number in range(2):
            running = asyncio.ensure_future(ask(model))
            await asyncio.to_thread(fake.wait_until, lambda log, n=number: len(log) == n + 1)
            await asyncio.sleep(0.1)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            await asyncio.to_thread(fake.wait_until, lambda log, n=number: log[n].client_left)


# -- faults are errors of the SDK ---------------------------------------------------------

STATUSES = [
    (400, InvalidRequestError),
    (401, AuthenticationError),
    (403, AuthenticationError),
    (404, InvalidRequestError),
    (408, ModelTimeoutError),
    (413, InvalidRequestError),
    (422, InvalidRequestError),
    (429, RateLimitedError),
    (500, OverloadedError),
    (502, OverloadedError),
    (503, OverloadedError),
    (504, OverloadedError),
    (529, OverloadedError),
]


@both_ways
async def test_each_status_is_its_error(provider, connect, subtests, stream):
    with FakeProvider() as fake:
        model = connect(provider, fake)
        for number, (status, error) in enumerate(STATUSES):
            with subtests.test(status=status):
                fake.inject(Fault(kind="status", status=status, message="told so"))
                with pytest.raises(error, match="told so") as caught:
                    await ask(model, stream=stream)
                assert type(caught.value) is error
                assert f"({status})" in str(caught.value)
                assert caught.value.request_id == f"req_{number}"


@both_ways
async def test_the_time_to_wait_is_kept(provider, connect, stream):
    with (
        FakeProvider(faults=[Fault(kind="status", status=429, retry_after=7)]) as fake,
        pytest.raises(RateLimitedError, match="wait 7 s") as caught,
    ):
        await ask(connect(provider, fake), stream=stream)
    assert caught.value.retry_after == 7


async def test_a_prompt_that_is_too_long_is_told_apart(provider, connect, subtests):
    with FakeProvider() as fake:
        model = connect(provider, fake)
        for message in (
            "This model's maximum context length is 8192 tokens. (context_length_exceeded)",
            "prompt is too long: 210000 tokens > 200000 maximum",
            "The input token count (9) exceeds the maximum number of tokens allowed (8).",
            "the request exceeds the available context size, try increasing it",
        ):
            with subtests.test(message=message):
                fake.inject(Fault(kind="status", status=400, message=message))
                with pytest.raises(ContextTooLongError, match="shorten the conversation"):
                    await ask(model)


@both_ways
async def test_a_body_that_is_no_answer_is_a_bad_response(provider, connect, subtests, stream):
    with FakeProvider([BUSY]) as fake:
        model = connect(provider, fake)
        for kind in ("malformed_json", "html", "empty", "wrong_shape", "empty_choices"):
            with subtests.test(kind=kind):
                fake.inject(Fault(kind=kind))
                with pytest.raises(BadResponseError):
                    await ask(model, stream=stream)
        assert (await ask(model, stream=stream)).message.text == BUSY.text  # the turn was kept


async def test_a_connection_that_breaks_is_lost(provider, connect, subtests):
    with FakeProvider([BUSY]) as fake:
        model = connect(provider, fake)
        for kind, how in (
            ("refuse", "close"),
            ("reset", "close"),
            ("cut_body", "close"),
            ("cut_stream", "close"),
            ("cut_stream", "reset"),
        ):
            with subtests.test(kind=kind, how=how):
                fake.inject(Fault(kind=kind, how=how))
                with pytest.raises(ConnectionLostError) as caught:
                    await ask(model, stream=kind != "cut_body")
                assert caught.value.__cause__ is not None


async def test_a_port_that_nobody_listens_on_is_a_lost_connection(provider, connect):
    with FakeProvider() as fake:
        model = connect(provider, fake)
    with pytest.raises(ConnectionLostError):
        await ask(model)


async def test_a_stream_that_stalls_is_a_timeout(provider, connect):
    with (
        FakeProvider([BUSY], faults=[Fault(kind="stall_stream", after=3)]) as fake,
        pytest.raises(ModelTimeoutError),
    ):
        await ask(connect(provider, fake, timeout=1.0))


async def test_an_error_inside_a_stream_is_its_error(provider, connect, subtests):
    with FakeProvider([BUSY]) as fake:
        model = connect(provider, fake)
        for status, error in (
            (429, RateLimitedError),
            (500, OverloadedError),
            (529, OverloadedError),
        ):
            with subtests.test(status=status):
                fake.inject(
                    Fault(kind="error_in_stream", status=status, after=3, message="told so")
                )
                with pytest.raises(error, match="told so") as caught:
                    await ask(model)
                assert type(caught.value) is error


async def test_an_event_that_is_no_json_is_a_bad_response(provider, connect):
    with (
        FakeProvider([BUSY], faults=[Fault(kind="garbage_event", after=3)]) as fake,
        pytest.raises(BadResponseError),
    ):
        await ask(connect(provider, fake))


async def test_oddities_that_harm_nothing_change_nothing(provider, connect, subtests):
    with FakeProvider([BUSY]) as fake:
        model = connect(provider, fake)
        for fault in (
            Fault(kind="split_utf8"),
            Fault(kind="duplicate_done"),
            Fault(kind="slow_stream", seconds=0.01),
            Fault(kind="delay", seconds=0.05),
            Fault(kind="no_usage"),
        ):
            with subtests.test(kind=fault.kind):
                fake.inject(fault)
                done = await ask(model)
                assert done.message.text == BUSY.text
                assert len(done.message.tool_calls) == 2
                if fault.kind != "no_usage":
                    assert done.usage["total_tokens"] == 18
                elif provider != "anthropic":  # its protocol has no answer without
                    assert done.usage is None


async def test_no_cut_of_a_stream_gives_a_call_that_would_run(provider, connect):
    """The one that matters: cut after each event in turn, in good order and not."""
    whole = Turn(
        tool_calls=[
            FakeToolCall(name="read_file", arguments={"path": "/home/me/project/build/cache"})
        ]
    )
    with FakeProvider([whole]) as fake:
        model = connect(provider, fake)
        for how in ("close", "clean"):
            whole_after = None
            for after in range(25):
                fake.inject(Fault(kind="cut_stream", after=after, how=how))
                try:
                    done = await ask(model)
                except ModelError:
                    continue
                (call,) = done.message.tool_calls
                assert call["args"] == {"path": "/home/me/project/build/cache"}
                whole_after = after
                break
        assert whole_after >= 2  # cut in good order after the finish was said: nothing is missing


async def test_a_tool_that_nobody_declared_passes_through(provider, connect):
    with FakeProvider([BUSY], faults=[Fault(kind="unknown_tool")]) as fake:
        done = await ask(connect(provider, fake))
    assert {call["name"] for call in done.message.tool_calls} == {"no_such_tool"}


async def test_bad_arguments_of_an_answer_that_ended_well_are_the_models_mistake(provider, connect):
    if provider == "google":
        pytest.skip("Gemini sends arguments as objects")
    with FakeProvider([BUSY], faults=[Fault(kind="bad_tool_args")]) as fake:
        done = await ask(connect(provider, fake))
    assert done.message.tool_calls == []
    assert len(done.bad_calls) == 2
    assert all("Unterminated string" in bad.error for bad in done.bad_calls)


@pytest.mark.parametrize(
    ("which", "reason"),
    [
        ("openai", "length"),
        ("responses", "incomplete"),
        ("anthropic", "max_tokens"),
        ("google", "MAX_TOKENS"),
    ],
)
async def test_an_answer_cut_at_the_limit_of_tokens_says_so(connect, which, reason):
    turn = Turn(text="half an", tool_calls=CALLS, finish_reason=reason)
    with (
        FakeProvider([turn]) as fake,
        pytest.raises(ModelError, match=f"'{reason}'.*max_tokens") as caught,
    ):
        await ask(connect(which, fake))
    assert caught.value.partial_text == "half an"


# -- construction --------------------------------------------------------------------------


async def test_temperature_and_the_limit_of_tokens_are_sent(provider, connect):
    with FakeProvider() as fake:
        await ask(connect(provider, fake, temperature=0.25, max_tokens=77))
    sent = json.dumps(fake.log[0].body)
    assert '"temperature": 0.25' in sent
    limit = {
        "openai": '"max_completion_tokens": 77',
        "compatible": '"max_tokens": 77',
        "responses": '"max_output_tokens": 77',
        "anthropic": '"max_tokens": 77',
        "google": '"maxOutputTokens": 77',
    }
    assert limit[provider] in sent


async def test_the_temperature_is_the_providers_unless_told(provider, connect):
    with FakeProvider() as fake:
        await ask(connect(provider, fake))
    assert "temperature" not in json.dumps(fake.log[0].body)


async def test_each_model_has_a_client_of_its_own_and_closes_it(provider, connect, read_file):
    with FakeProvider() as fake:
        closed, other = (connect(provider, fake) for _ in range(2))
        await ask(closed)
        await ask(other)
        await closed.bound.aclose()
        assert (await ask(other)).message.text == "ok"  # the other's client is not shared


def test_models_of_one_process_live_on_different_loops(provider, make):
    with FakeProvider() as fake:
        for _ in range(2):

            async def use():
                model = make(provider, fake)
                try:
                    return (await ask(model)).message.text
                finally:
                    await model.aclose()

            assert asyncio.run(use()) == "ok"


@pytest.mark.parametrize(
    ("create", "variables"),
    [
        (openai.create, {"OPENAI_API_KEY": "sk-1", "OPENAI_BASE_URL": "{openai}"}),
        (anthropic.create, {"ANTHROPIC_API_KEY": "sk-1", "ANTHROPIC_BASE_URL": "{url}"}),
        (google.create, {"GOOGLE_API_KEY": "sk-1", "GOOGLE_GEMINI_BASE_URL": "{url}"}),
        (google.create, {"GEMINI_API_KEY": "sk-1", "GOOGLE_GEMINI_BASE_URL": "{url}"}),
        (compatible.create, {"CODING_AGENT_BASE_URL": "{openai}", "CODING_AGENT_API_KEY": "sk-1"}),
    ],
    ids=["openai", "anthropic", "google", "gemini", "compatible"],
)
@pytest.mark.parametrize("given", [True, False], ids=["given", "process"])
async def test_address_and_key_come_from_the_environment(monkeypatch, create, variables, given):
    with FakeProvider() as fake:
        found = {
            name: value.format(openai=fake.openai_url, url=fake.url)
            for name, value in variables.items()
        }
        if not given:
            for name, value in found.items():
                monkeypatch.setenv(name, value)
        model = create("fake-1", environment=found if given else None)
        try:
            assert (await ask(model)).message.text == "ok"
        finally:
            await model.aclose()
        assert "sk-1" not in str(fake.log[0])  # it came as a credential, masked in the log
        assert "***" in fake.log[0].headers.values()


@pytest.mark.parametrize(
    ("create", "variable"),
    [
        (openai.create, "OPENAI_API_KEY"),
        (anthropic.create, "ANTHROPIC_API_KEY"),
        (google.create, "GOOGLE_API_KEY or GEMINI_API_KEY"),
    ],
)
def test_without_a_key_the_error_says_where_to_put_one(create, variable):
    with pytest.raises(AuthenticationError, match=f"set {variable}.*api_key="):
        create("some-model", environment={})


def test_a_compatible_server_needs_an_address():
    with pytest.raises(ConfigError, match=r"CODING_AGENT_BASE_URL.*Ollama"):
        compatible.create("llama", environment={})


async def test_a_compatible_server_is_never_asked_by_the_responses_api(connect):
    with FakeProvider() as fake:
        model = compatible.create("gpt-5-codex", base_url=fake.openai_url)
        await ask(model)
        await model.aclose()
    assert fake.log[0].protocol == "openai_chat"
    assert fake.log[0].body["stream_options"] == {"include_usage": True}


async def test_a_client_of_the_caller_is_used_and_not_replaced():
    import openai as package

    with FakeProvider() as fake:
        async with package.DefaultAsyncHttpxClient(headers={"x-mine": "yes"}) as client:
            model = openai.create(
                "fake", base_url=fake.openai_url, api_key="k", http_async_client=client
            )
            await ask(model)
            assert not hasattr(model, "aclose")  # whoever opened it closes it
    assert fake.log[0].headers["x-mine"] == "yes"


async def test_a_closed_anthropic_model_opens_another_client(connect):
    with FakeProvider() as fake:
        model = connect("anthropic", fake)
        await model.bound.aclose()
        assert (await ask(model)).message.text == "ok"


class _Nested(BaseModel, extra="forbid"):
    additionalProperties: str = ""  # a name, not the keyword


class _Arguments(BaseModel, extra="forbid"):
    """What a tool takes."""

    many: list[_Nested] = []
    either: int | None = None


async def test_gemini_takes_closed_schemas_without_a_word(caplog):
    tool = {
        "type": "function",
        "function": {
            "name": "t",
            "description": "d",
            "parameters": _Arguments.model_json_schema(),
        },
    }
    with FakeProvider() as fake:
        model = google.create("gemini-fake", base_url=fake.url, api_key="k")
        await ask(model.bind_tools([tool]))
        assert caplog.messages == []
        await ask(model.bind_tools([_Arguments, {"google_search": {}}]))  # left to the package
        await model.aclose()
    (closed,) = fake.log[0].body["tools"][0]["functionDeclarations"]
    properties = closed["parameters"]["properties"]
    assert set(properties) == {"many", "either"}
    assert set(properties["many"]["items"]["properties"]) == {"additionalProperties"}
    assert "False" not in str(closed)


async def test_gemini_gets_the_signature_of_a_call_back_once():
    turn = Turn(reasoning="because", signature="c2lnbmVk", tool_calls=CALLS)
    with FakeProvider([turn, "done"], faults=[Fault(kind="duplicate_done")]) as fake:
        model = google.create("gemini-fake", base_url=fake.url, api_key="k")
        first = (await ask(model)).message
        results = [ToolMessage("x", tool_call_id=call["id"]) for call in first.tool_calls]
        await ask(model, [*ASK, first, *results])
        await model.aclose()
    parts = fake.log[1].body["contents"][1]["parts"]
    (signed,) = [part for part in parts if "thoughtSignature" in part]
    assert signed["thoughtSignature"] == "c2lnbmVk"
    assert signed["functionCall"]["args"] == {"path": "ä/b.py"}


async def test_vertex_is_asked_with_credentials_and_no_key():
    with FakeProvider(["from vertex"]) as fake:
        model = google.create(
            "gemini-2.5-pro",
            base_url=fake.url,
            environment={"GOOGLE_GENAI_USE_VERTEXAI": "true"},
            vertexai=True,
            project="p",
            location="l",
            credentials=Credentials(token="t"),
        )
        assert (await ask(model)).message.text == "from vertex"
        await model.aclose()
    assert "/projects/p/locations/l/" in fake.log[0].path


def test_the_environment_alone_can_ask_for_vertex():
    assert google._uses_vertex({}, {"GOOGLE_GENAI_USE_VERTEXAI": "True"})
    assert not google._uses_vertex({"vertexai": False}, {"GOOGLE_GENAI_USE_VERTEXAI": "0"})


@pytest.mark.parametrize(
    ("create", "package", "extra"),
    [
        (openai.create, "langchain_openai", "openai"),
        (anthropic.create, "langchain_anthropic", "anthropic"),
        (google.create, "langchain_google_genai", "google"),
        (compatible.create, "langchain_openai.chat_models.base", "openai"),
    ],
)
def test_a_package_that_is_not_there_is_named_with_its_extra(monkeypatch, create, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    anthropic._closable.cache_clear()
    google._gemini.cache_clear()
    with pytest.raises(MissingExtraError, match=rf"coding-agent-sdk\[{extra}\]") as caught:
        create("some-model", api_key="k", base_url="http://127.0.0.1:1")
    assert package in str(caught.value)


def test_the_plugin_offers_every_provider_and_each_can_be_made():
    registry = BackendRegistry()
    ModelsPlugin().register_backends(registry)
    assert registry.names("model") == ("anthropic", "compatible", "google", "offline", "openai")
    for offer in registry.offers():
        assert callable(registry.load(offer))
