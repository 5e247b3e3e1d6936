"""Each fault of the wire with each provider's own client, in a stream and in a whole answer.

Each cell ends in an answer after retries, or in an error of the SDK's own tree; no tool runs from
a call that did not arrive whole; the requests on the wire are as many as the attempts.
"""

from __future__ import annotations

import email.utils
import time
from dataclasses import dataclass, field

import pytest

from coding_agent_sdk import Agent, tool
from coding_agent_sdk.errors import (
    AuthenticationError,
    BadResponseError,
    ConnectionLostError,
    ContextTooLongError,
    InvalidRequestError,
    ModelError,
    ModelTimeoutError,
    OverloadedError,
    RateLimitedError,
    StreamTruncatedError,
)
from coding_agent_sdk.events import TextDelta
from coding_agent_sdk.middleware.resilience.retry import RetryPlugin
from coding_agent_sdk.models import anthropic, google, openai
from coding_agent_sdk.testing import FakeProvider, FakeToolCall, Fault, Turn

from .conftest import OTHERS, longest

PATH = "/home/me/project/build/cache"
ATTEMPTS = 3
SAID = "I shall clean up: the folder of the build, and no other one 🧹 漢字"

CLIENTS = {
    "openai": ("openai:fake", openai, lambda fake: fake.openai_url),
    "responses": ("openai:gpt-5-codex", openai, lambda fake: fake.openai_url),
    "anthropic": ("anthropic:claude-fake", anthropic, lambda fake: fake.anthropic_url),
    "google": ("google:gemini-fake", google, lambda fake: fake.google_url),
}
PROTOCOLS = {
    "openai": "openai_chat",
    "responses": "openai_responses",
    "anthropic": "anthropic",
    "google": "gemini",
}
BOTH = ("stream", "whole")
STREAM, WHOLE = ("stream",), ("whole",)
IMPATIENT = {"model_timeout": 1.0}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fault and what comes of it.

    `error` is what is raised where it happens each time, None where the run completes; `retried`
    says whether a second attempt is made, which gets the answer where the fault happens once.
    """

    fault: Fault
    error: type[ModelError] | None = None
    retried: bool = False
    ways: tuple[str, ...] = BOTH
    clients: tuple[str, ...] = tuple(CLIENTS)
    runs_tool: bool = True
    settings: dict[str, float] = field(default_factory=dict)

    @property
    def name(self):
        fault = self.fault
        parts = [fault.kind]
        if fault.kind in {"status", "error_in_stream"}:
            parts.append(str(fault.status))
        if fault.kind == "cut_stream":
            parts.append(fault.how)
        if fault.kind in {"cut_stream", "stall_stream", "error_in_stream", "garbage_event"}:
            parts.append(f"after{fault.after}")
        if self.error is ContextTooLongError:
            parts.append("too_long")
        return "-".join(parts)


def passing(error, kind, **options):
    """Return the row of a fault that is tried again."""
    ways = options.pop("ways", BOTH)
    settings = options.pop("settings", {})
    return Row(
        fault=Fault(kind=kind, **options), error=error, retried=True, ways=ways, settings=settings
    )


def lasting(error, kind, **options):
    """Return the row of a fault that no second attempt would mend."""
    ways = options.pop("ways", BOTH)
    return Row(fault=Fault(kind=kind, **options), error=error, ways=ways)


ROWS = [
    passing(ConnectionLostError, "refuse"),
    passing(ConnectionLostError, "reset"),
    passing(ModelTimeoutError, "hang", settings=IMPATIENT),
    passing(RateLimitedError, "status", status=429),
    passing(ModelTimeoutError, "status", status=408),
    *(passing(OverloadedError, "status", status=status) for status in (500, 503, 529)),
    lasting(AuthenticationError, "status", status=401),
    *(lasting(InvalidRequestError, "status", status=status) for status in (400, 404)),
    lasting(ContextTooLongError, "status", status=400, message="prompt is too long: 9 > 8"),
    *(
        passing(BadResponseError, kind)
        for kind in ("malformed_json", "html", "empty", "wrong_shape", "empty_choices")
    ),
    passing(ConnectionLostError, "cut_body", ways=WHOLE),
    *(
        passing(ConnectionLostError, "cut_stream", how=how, after=after, ways=STREAM)
        for how, after in (("close", 0), ("close", 6), ("reset", 6))
    ),
    passing(BadResponseError, "cut_stream", how="clean", after=0, ways=STREAM),
    lasting(StreamTruncatedError, "cut_stream", how="clean", after=7, ways=STREAM),
    passing(ModelTimeoutError, "stall_stream", after=6, ways=STREAM, settings=IMPATIENT),
    passing(RateLimitedError, "error_in_stream", status=429, after=1, ways=STREAM),
    passing(OverloadedError, "error_in_stream", status=500, after=6, ways=STREAM),
    passing(OverloadedError, "error_in_stream", status=529, after=6, ways=STREAM),
    passing(BadResponseError, "garbage_event", after=3, ways=STREAM),
    Row(fault=Fault(kind="delay", seconds=0.05)),
    Row(fault=Fault(kind="slow_stream", seconds=0.01), ways=STREAM),
    Row(fault=Fault(kind="split_utf8"), ways=STREAM),
    Row(fault=Fault(kind="duplicate_done"), ways=STREAM),
    Row(fault=Fault(kind="no_usage")),
    # Gemini sends arguments as objects, and so does Anthropic in a whole answer.
    Row(fault=Fault(kind="bad_tool_args"), clients=("openai", "responses"), runs_tool=False),
    Row(fault=Fault(kind="bad_tool_args"), clients=("anthropic",), ways=STREAM, runs_tool=False),
    Row(fault=Fault(kind="unknown_tool"), runs_tool=False),
]

CELLS = [
    pytest.param(row, client, way, id=f"{row.name}-{client}-{way}")
    for row in ROWS
    for client in row.clients
    for way in row.ways
]
cells = pytest.mark.parametrize(("row", "client", "way"), CELLS)


@pytest.fixture
def acted():
    return []


@pytest.fixture
async def connect(workspace, slept, acted):
    """Open agents of a real client package that talk to a fake provider, with a tool that acts."""

    @tool(effect="write")
    async def act(path: str) -> str:
        """Do what cannot be undone."""
        acted.append(path)
        return "done"

    own = []

    def connected(fake, client, way, *plugins, retry=None, **settings):
        named, home, url = CLIENTS[client]
        settings = {"model_timeout": 5.0, **settings}
        model = named
        if way == "whole":
            model = home.create(
                named.partition(":")[2], base_url=url(fake), api_key="k",
                timeout=settings["model_timeout"], disable_streaming=True,
            )  # fmt: skip
            own.append(model)
        else:
            settings |= {"base_url": url(fake), "api_key": "k"}
        return (
            Agent.builder()
            .config(None, project=False)
            .installed_plugins(load=False)
            .model(model)
            .workspace(workspace)
            .mode("yolo")
            .memory(None)
            .tools(act)
            .settings(**settings)
            .without(*OTHERS, "retry")
            .use(RetryPlugin(sleep=slept, jitter=longest), *plugins)
            .plugin("retry", **{"attempts": ATTEMPTS, **(retry or {})})
            .build()
        )

    yield connected
    for model in own:
        await model.aclose()


def script():
    call = FakeToolCall(name="act", arguments={"path": PATH})
    return [Turn(text=SAID, tool_calls=[call], chunk_size=6), "cleaned"]


def check_error(error, *, client, way):
    """Look at what a caller reads of any error of a model."""
    named = CLIENTS[client][0]
    assert type(error).__module__ == "coding_agent_sdk.errors"
    assert error.provider == (named.partition(":")[0] if way == "stream" else "custom")
    assert error.model == named.partition(":")[2]
    assert isinstance(error.retryable, bool)
    assert error.retry_after is None or error.retry_after >= 0
    assert error.request_id is None or error.request_id.startswith("req_")
    assert error.shown is False
    assert error.result.status == "failed"
    assert "Traceback" not in str(error)


@cells
async def test_a_fault_that_happens_once_ends_in_an_answer_or_a_typed_error(
    row, client, way, connect, acted
):
    with FakeProvider(script(), faults=[row.fault]) as fake:
        async with connect(fake, client, way, **row.settings) as agent:
            if row.error is None or row.retried:
                result = await agent.run("go")
                assert (result.text, result.status) == ("cleaned", "completed")
                assert acted == ([PATH] if row.runs_tool else [])
                assert len(fake.log) == 2 + row.retried
            else:
                with pytest.raises(row.error) as caught:
                    await agent.run("go")
                assert type(caught.value) is row.error
                assert not caught.value.retryable
                check_error(caught.value, client=client, way=way)
                assert acted == []
                assert len(fake.log) == 1
    assert {request.protocol for request in fake.log} == {PROTOCOLS[client]}
    assert {request.streaming for request in fake.log} == {way == "stream"}


@pytest.mark.parametrize(
    ("row", "client", "way"), [cell for cell in CELLS if cell.values[0].retried]
)
async def test_a_fault_that_stays_is_a_typed_error_after_so_many_requests(
    row, client, way, connect, acted
):
    with FakeProvider(script(), default_fault=row.fault) as fake:
        async with connect(fake, client, way, **row.settings) as agent:
            with pytest.raises(ModelError) as caught:
                await agent.run("go")
    assert type(caught.value) is row.error
    assert caught.value.retryable
    check_error(caught.value, client=client, way=way)
    assert acted == []
    assert len(fake.log) == ATTEMPTS


# -- what the table does not say -----------------------------------------------------------

every_client = pytest.mark.parametrize("client", CLIENTS)
both_ways = pytest.mark.parametrize("way", BOTH)


@every_client
@both_ways
async def test_the_time_that_a_provider_asks_for_is_waited_for(client, way, connect, slept):
    date = email.utils.formatdate(time.time() + 50, usegmt=True)
    faults = [Fault(kind="status", status=429, retry_after=wait) for wait in (2, date)]
    with FakeProvider(script(), faults=faults) as fake:
        async with connect(fake, client, way) as agent:
            assert (await agent.run("go")).text == "cleaned"
    assert slept[0] == 2.5
    assert 20 < slept[1] <= 51


@every_client
@both_ways
async def test_a_wait_that_does_not_fit_is_an_error_at_once(client, way, connect, slept):
    faults = [Fault(kind="status", status=429, retry_after=90)]
    with FakeProvider(script(), faults=faults) as fake:
        async with connect(fake, client, way, retry={"deadline": 60}) as agent:
            with pytest.raises(RateLimitedError) as caught:
                await agent.run("go")
    check_error(caught.value, client=client, way=way)
    assert (caught.value.retry_after, caught.value.request_id) == (90, "req_0")
    assert (slept, len(fake.log)) == ([], 1)


@every_client
@pytest.mark.parametrize("how", ["clean", "close"])
async def test_no_tool_runs_from_a_call_that_was_cut(client, how, connect, acted):
    call = FakeToolCall(name="act", arguments={"path": PATH})
    ran = 0
    with FakeProvider() as fake:
        async with connect(fake, client, "stream", retry={"attempts": 1}) as agent:
            for after in range(16):
                fake.play(Turn(tool_calls=[call], chunk_size=9), "cleaned")
                fake.inject(Fault(kind="cut_stream", after=after, how=how))
                try:
                    await agent.run("go")
                except (StreamTruncatedError, BadResponseError, ConnectionLostError):
                    assert len(acted) == ran
                    continue
                ran += 1
    assert set(acted) <= {PATH}  # whole, or not at all


@every_client
@both_ways
async def test_arguments_that_do_not_fit_the_tool_are_told_the_model(client, way, connect, acted):
    wrong = [{"path": 7}, {}, {"path": PATH, "force": True}]
    turns = [Turn(tool_calls=[FakeToolCall(name="act", arguments=each)]) for each in wrong]
    with FakeProvider([*turns, "sorry"]) as fake:
        async with connect(fake, client, way) as agent:
            result = await agent.run("go")
    assert (result.text, result.status, acted) == ("sorry", "completed", [])
    assert [call.status for call in result.tool_calls] == ["error"] * 3


@every_client
@pytest.mark.parametrize(
    ("kind", "way"),
    [("hang", "stream"), ("hang", "whole"), ("stall_stream", "stream"), ("slow_stream", "stream")],
)
async def test_the_end_of_the_runs_time_ends_a_call_however_it_drags_on(
    client, kind, way, connect, acted
):
    seconds = 0.2 if kind == "slow_stream" else None
    with FakeProvider(["ready", *script()]) as fake:
        async with connect(fake, client, way, model_timeout=60) as agent:
            await agent.run("warm up")  # imports the client, which can take longer than the run
            fake.inject(Fault(kind=kind, seconds=seconds))
            started = time.monotonic()
            result = await agent.run("go", seconds=0.8)
            lasted = time.monotonic() - started
        fake.wait_until(lambda log: log[-1].client_left)
    assert (result.status, acted, len(fake.log)) == ("timed_out", [], 2)
    assert lasted < 30  # nothing waits for the model's own 60 s


async def read(agent, shown):
    async with agent.stream("go") as events:
        async for event in events:
            shown += [event.text] if isinstance(event, TextDelta) else []


@every_client
@pytest.mark.parametrize("how", ["close", "clean"])
async def test_what_was_shown_of_a_broken_answer_is_told(client, how, connect, acted):
    fault = Fault(kind="cut_stream", after=7, how=how)
    shown = []
    with FakeProvider(script(), default_fault=fault) as fake:
        async with connect(fake, client, "stream") as agent:
            with pytest.raises(ModelError) as caught:
                await read(agent, shown)
    assert caught.value.shown
    assert caught.value.partial_text == "".join(shown)
    assert SAID.startswith(caught.value.partial_text)
    assert (acted, len(fake.log)) == ([], 1)
