"""How long a model took to begin its answer is told with the call, to spans and metrics, too."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.events import ModelCallFinished
from coding_agent_sdk.middleware.monitoring import metrics_text
from coding_agent_sdk.middleware.tracing.kept import find_trace
from coding_agent_sdk.testing import FakeProvider, ScriptedModel, ScriptedTurn, Turn

from .conftest import call, tools_of, turn

PAUSE = 0.1


@pytest.fixture
def build(workspace, tmp_path, noted):
    def make(*steps, **cache):
        return (
            Agent.builder()
            .config(None, project=False)
            .model(ScriptedModel(list(steps)))
            .workspace(workspace)
            .memory("memory://")
            .tools(*tools_of(noted))
            .plugin("tracing", folder=str(tmp_path / "traces"), exporters=["file"])
            .cache(enabled=bool(cache), **cache)
            .build()
        )

    return make


async def finished_calls(agent, text="go", **names):
    async with agent.stream(text, **names) as events:
        return [event async for event in events if isinstance(event, ModelCallFinished)]


async def test_the_first_piece_is_counted_and_not_the_rest(build):
    async with build(ScriptedTurn(chunks=["x"] * 5, chunk_delay=PAUSE)) as agent:
        (ended,) = await finished_calls(agent)
    assert ended.first_token_seconds >= 0
    # Four pauses at least, and a pause is never shorter than it is asked to be.
    assert ended.seconds - ended.first_token_seconds >= 3 * PAUSE


async def test_an_answer_that_is_a_tool_call_alone_has_a_first_piece_too(build):
    async with build(turn(call("look", "1", name="x")), "done") as agent:
        calls = await finished_calls(agent)
    assert len(calls) == 2
    for ended in calls:
        assert 0 <= ended.first_token_seconds <= ended.seconds


async def test_an_answer_from_the_cache_has_none(build):
    async with build("same", "same", ttl=60) as agent:
        (asked,) = await finished_calls(agent, session="a")
        (cached,) = await finished_calls(agent, session="b")
    assert asked.first_token_seconds is not None
    assert (cached.cached, cached.first_token_seconds) == (True, None)


async def test_it_stands_in_the_span_and_in_the_metric_of_the_model(build, tmp_path):
    async with build(turn(call("look", "1", name="x")), "done") as agent:
        calls = await finished_calls(agent)
        lines = metrics_text(agent).splitlines()
    spans = [
        span for span in find_trace(tmp_path / "traces", None).spans if span["kind"] == "model"
    ]
    told = [span["attributes"]["gen_ai.response.time_to_first_chunk"] for span in spans]
    assert sorted(told) == sorted(event.first_token_seconds for event in calls)
    (count,) = [line for line in lines if line.startswith("llm_time_to_first_token_seconds_count")]
    assert count.endswith(" 2.0")


async def test_a_stream_over_the_wire_tells_it(workspace):
    with FakeProvider([Turn(text="hello there")]) as fake:
        agent = (
            Agent.builder()
            .config(None, project=False)
            .model("openai:fake", base_url=fake.openai_url, api_key="k")
            .workspace(workspace)
            .memory("memory://")
            .build()
        )
        async with agent:
            (ended,) = await finished_calls(agent)
    assert 0 < ended.first_token_seconds <= ended.seconds
