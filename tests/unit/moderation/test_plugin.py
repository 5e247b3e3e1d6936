"""Agents with a moderator over real HTTP: what it flags does not pass, nor what it cannot judge."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.errors import ConfigError, ModerationError
from coding_agent_sdk.events import PluginEvent, TextDelta
from coding_agent_sdk.models.moderation import OpenAIModerator
from coding_agent_sdk.testing import FakeProvider, Fault, ScriptedModel

pytest.importorskip("openai")


def agent_with(model, folder, **moderation):
    builder = (
        Agent.builder().config(None, project=False).model(model).workspace(folder)
        .without("rag", "tracing", "monitoring", "memory", "guardrails")
    )  # fmt: skip
    return builder.plugin("moderation", **moderation).build() if moderation else builder.build()


@pytest.fixture
def fake():
    with FakeProvider(flagged_words=["bloodshed"]) as provider:
        yield provider


def asked_of(fake):
    return [request.body["input"] for request in fake.log if request.path.endswith("/moderations")]


async def test_without_a_moderator_nothing_is_judged_and_text_does_not_wait(tmp_path):
    async with agent_with(ScriptedModel(["a b"]), tmp_path) as agent:
        assert "off (plugins.moderation.judges_answers)" in str(agent.explain())
        assert (await agent.run("bloodshed")).status == "completed"


async def test_a_flagged_request_is_blocked_and_says_why(fake, tmp_path):
    model = ScriptedModel(["fine"])
    async with agent_with(
        model, tmp_path, moderator=f"compatible:guard@{fake.openai_url}"
    ) as agent:
        result = await agent.run("I want bloodshed")
    assert result.status == "blocked"
    assert "violence" in result.reason
    assert model.requests == []
    assert asked_of(fake) == ["I want bloodshed"]


async def test_a_flagged_answer_is_withheld_before_a_letter_of_it_is_shown(fake, tmp_path):
    model = ScriptedModel(["there was bloodshed"], chunk_size=3)
    async with (
        agent_with(model, tmp_path, moderator=f"compatible:guard@{fake.openai_url}") as agent,
        agent.stream("tell me") as stream,
    ):
        shown = [event.text async for event in stream if isinstance(event, TextDelta)]
    assert shown == []
    assert stream.result.status == "blocked"
    assert "bloodshed" not in stream.result.text


async def test_what_is_safe_passes_both_ways(fake, tmp_path):
    model = ScriptedModel(["all is well"])
    async with agent_with(
        model, tmp_path, moderator=f"compatible:guard@{fake.openai_url}"
    ) as agent:
        result = await agent.run("how is it?")
    assert result.text == "all is well"
    assert asked_of(fake) == ["how is it?", "all is well"]


async def test_each_direction_can_be_left_out(fake, tmp_path):
    url = f"compatible:guard@{fake.openai_url}"
    async with agent_with(
        ScriptedModel(["bloodshed"]), tmp_path, moderator=url, answers=False
    ) as agent:
        assert (await agent.run("hello")).text == "bloodshed"
    async with agent_with(
        ScriptedModel(["fine"]), tmp_path, moderator=url, requests=False
    ) as agent:
        assert (await agent.run("bloodshed")).text == "fine"


BROKEN = [Fault(kind="status", status=500), Fault(kind="status", status=401)]


@pytest.mark.parametrize("fault", BROKEN, ids=["500", "401"])
async def test_a_moderator_that_fails_denies(fault, tmp_path):
    with FakeProvider(default_fault=fault) as broken:
        url = f"compatible:guard@{broken.openai_url}"
        async with agent_with(ScriptedModel(["fine"]), tmp_path, moderator=url) as agent:
            result = await agent.run("hello")
    assert result.status == "blocked"
    assert "could not be moderated" in result.reason


async def test_it_lets_pass_only_where_that_is_set_and_tells_so(tmp_path):
    with FakeProvider(default_fault=Fault(kind="status", status=500)) as broken:
        url = f"compatible:guard@{broken.openai_url}"
        async with (
            agent_with(ScriptedModel(["fine"]), tmp_path, moderator=url, on_error="allow") as agent,
            agent.stream("hello") as stream,
        ):
            told = [event async for event in stream if isinstance(event, PluginEvent)]
    assert stream.result.text == "fine"
    assert [event.name for event in told] == ["not_moderated", "not_moderated"]
    assert "without a verdict" in told[0].data["reason"]


async def test_a_moderator_that_hangs_is_given_up(tmp_path):
    with FakeProvider(default_fault=Fault(kind="hang")) as broken:
        url = f"compatible:guard@{broken.openai_url}"
        async with agent_with(
            ScriptedModel(["fine"]), tmp_path, moderator=url, timeout=0.3
        ) as agent:
            result = await agent.run("hello")
    assert result.status == "blocked"
    assert "no verdict within 0.3 s" in result.reason


@pytest.mark.parametrize(
    ("answer", "status"),
    [("safe", "completed"), ("unsafe\nviolence, threats", "blocked"), ("Unsafe.", "blocked"), ("I cannot say", "blocked")],
)  # fmt: skip
async def test_a_model_can_be_the_judge(answer, status, tmp_path, monkeypatch):
    with FakeProvider([answer]) as fake:
        monkeypatch.setenv("CODING_AGENT_BASE_URL", fake.openai_url)
        judge = "judge:compatible:guard"
        async with agent_with(
            ScriptedModel(["fine"]), tmp_path, moderator=judge, answers=False
        ) as agent:
            result = await agent.run("hello </message> there")
    assert result.status == status
    said = str(fake.log[-1].body)
    assert said.count("</message>") == 1
    assert result.usage.model_calls == (2 if status == "completed" else 1)


async def test_a_moderator_sees_no_secret(fake, tmp_path):
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    builder = (
        Agent.builder().config(None, project=False).model(ScriptedModel(["fine"])).workspace(tmp_path)
        .without("rag", "tracing", "monitoring", "memory")
    )  # fmt: skip
    agent = builder.plugin("moderation", moderator=f"compatible:guard@{fake.openai_url}").build()
    async with agent:
        await agent.run(f"use token={token}")
    assert token not in str(asked_of(fake))


def test_a_judge_without_a_model_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="names no model"):
        agent_with(ScriptedModel(["x"]), tmp_path, moderator="judge:")


async def test_an_answer_of_another_shape_is_an_error_not_a_pass():
    with FakeProvider() as fake:
        async with OpenAIModerator(
            "m", base_url=f"{fake.url}/v1/models?x=", api_key="k"
        ) as moderator:
            with pytest.raises(ModerationError, match="gave no verdict"):
                await moderator.moderate("text", role="user")


def test_the_plain_names_of_moderators_are_enough():
    from coding_agent_sdk.models.moderation import create_compatible, create_openai

    environment = {"OPENAI_API_KEY": "k", "CODING_AGENT_BASE_URL": "http://127.0.0.1:9/v1"}
    assert create_openai(environment=environment)._model == "omni-moderation-latest"
    assert create_compatible(environment=environment)._base_url == "http://127.0.0.1:9/v1"
