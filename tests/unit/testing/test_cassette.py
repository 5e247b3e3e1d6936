"""A conversation is recorded, redacted, and played again to the real clients, without network."""

import json

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.errors import ConfigError, InvalidRequestError
from coding_agent_sdk.testing import (
    Cassette,
    CassetteRecorder,
    FakeProvider,
    FakeToolCall,
    FakeUsage,
    Fault,
    ScriptedModel,
    Turn,
)
from coding_agent_sdk.text.masks import PLACEHOLDER

SECRET = "sk-proj-Zq8vN2kLr5Xw9TbYc3HdUe7PfJaM4sGo1Ri6Wt"  # made up
READ = FakeToolCall(name="read_file", arguments={"path": "a.txt"}, id="c1")
TURNS = [
    Turn(text="Let me look.", tool_calls=[READ], usage=FakeUsage(cached_tokens=5)),
    Turn(text=f"It says alpha 漢字, and {SECRET}."),
]
URLS = {
    "openai:fake": "openai_url",
    "openai:gpt-5-codex": "openai_url",
    "anthropic:claude-fake": "anthropic_url",
    "google:gemini-fake": "google_url",
}


def build(workspace, model, *plugins, mode="ask", **options):
    return (
        Agent.builder()
        .config(None, project=False)
        .installed_plugins(load=False)
        .model(model, **options)
        .workspace(workspace)
        .mode(mode)
        .memory(None)
        .without("tracing", "rag", "monitoring")
        .use(*plugins)
        .build()
    )


@pytest.fixture
async def recorded(workspace, tmp_path):
    """Return the path of a conversation that was recorded."""
    path = tmp_path / "cassette.json"
    (workspace / "a.txt").write_text(f"alpha\nkey = {SECRET}\n")
    with FakeProvider(TURNS) as fake:
        agent = build(
            workspace, "openai:fake", CassetteRecorder(path),
            base_url=fake.openai_url, api_key=SECRET[::-1],
        )  # fmt: skip
        async with agent:
            await agent.run("What does a.txt say?")
    return path


async def test_a_cassette_holds_the_conversation_and_no_secret(recorded):
    text = recorded.read_text()
    assert SECRET not in text
    assert SECRET[::-1] not in text
    assert "authorization" not in text.lower()
    cassette = Cassette.load(recorded)
    assert cassette.model == "openai:fake"
    assert [next(iter(part)) for part in cassette.conversation] == [
        "user", "model", "tool", "model",
    ]  # fmt: skip
    user, asked, tool, last = cassette.conversation
    assert user == {"user": "What does a.txt say?"}
    assert asked["model"]["tool_calls"] == [
        {"id": "c1", "name": "read_file", "arguments": {"path": "a.txt"}}
    ]
    assert asked["model"]["usage"] == {"input_tokens": 11, "output_tokens": 7, "cached_tokens": 5}
    assert (tool["tool"]["name"], tool["tool"]["status"]) == ("read_file", "ok")
    assert "alpha" in tool["tool"]["text"]
    assert last["model"]["text"].startswith("It says alpha 漢字")


@pytest.mark.parametrize("model", URLS)
async def test_it_is_played_again_in_every_protocol(recorded, workspace, model):
    with FakeProvider.from_cassette(recorded) as fake:
        agent = build(workspace, model, base_url=getattr(fake, URLS[model]), api_key="k")
        async with agent:
            result = await agent.run("What does a.txt say?")
    assert result.text.startswith("It says alpha 漢字")
    assert [call.call.name for call in result.tool_calls] == ["read_file"]
    assert result.usage.cache_read_tokens == 5
    assert len(fake.log) == 2


async def test_recording_the_replay_gives_the_same_cassette(recorded, workspace, tmp_path):
    again = tmp_path / "again.json"
    with FakeProvider.from_cassette(recorded) as fake:
        agent = build(
            workspace, "openai:fake", CassetteRecorder(again),
            base_url=fake.openai_url, api_key="k",
        )  # fmt: skip
        async with agent:
            await agent.run("What does a.txt say?")
    assert again.read_text() == recorded.read_text()


async def test_an_answer_that_names_a_secret_by_its_placeholder_is_played_with_the_new_one(
    workspace, tmp_path
):
    path, kept = tmp_path / "cassette.json", f"API_KEY={SECRET}\nDEBUG=1\n"

    def without_debug(request):
        (shown,) = set(PLACEHOLDER.findall(json.dumps(request.body)))
        text = f"API_KEY=<secret:{shown[0]}:{shown[1]}>\n"
        call = FakeToolCall(name="write_file", arguments={"path": ".env", "content": text}, id="c2")
        return Turn(tool_calls=[call])

    async def clean(fake, *plugins):
        (workspace / ".env").write_text(kept)
        options = {"base_url": fake.openai_url, "api_key": "k"}
        agent = build(workspace, "openai:fake", *plugins, mode="auto", **options)
        async with agent:
            await agent.run("Take DEBUG out of .env")
        return (workspace / ".env").read_text()

    look = FakeToolCall(name="read_file", arguments={"path": ".env"}, id="c1")
    with FakeProvider([Turn(tool_calls=[look]), without_debug, Turn(text="done")]) as fake:
        assert await clean(fake, CassetteRecorder(path)) == f"API_KEY={SECRET}\n"
    assert "<secret:API_KEY:00000001>" in path.read_text()
    with FakeProvider.from_cassette(path) as fake:
        assert await clean(fake) == f"API_KEY={SECRET}\n"


async def test_more_requests_than_answers_fail_the_test(recorded, workspace):
    fake = FakeProvider.from_cassette(recorded)
    with pytest.raises(ValueError, match="after the last of the 2 answers"), fake:  # noqa: PT012  on leaving
        agent = build(workspace, "openai:fake", base_url=fake.openai_url, api_key="k")
        async with agent:
            await agent.run("What does a.txt say?")
            with pytest.raises(InvalidRequestError, match="record it anew"):
                await agent.run("And once more?")


async def test_faults_can_be_put_into_a_replay(recorded, workspace):
    with FakeProvider.from_cassette(recorded, faults=[Fault(kind="html")]) as fake:
        agent = build(workspace, "openai:fake", base_url=fake.openai_url, api_key="k")
        async with agent:
            result = await agent.run("What does a.txt say?")
    assert result.text.startswith("It says alpha")
    assert [request.fault for request in fake.log] == ["html", None, None]


async def test_calls_that_cannot_be_read_are_kept_as_they_came(workspace, tmp_path):
    path = tmp_path / "cassette.json"
    broken = FakeToolCall(name="read_file", arguments='{"path": "a.t', id="c1")
    with FakeProvider([Turn(tool_calls=[broken]), "sorry"]) as fake:
        agent = build(
            workspace, "openai:fake", CassetteRecorder(path), base_url=fake.openai_url, api_key="k"
        )
        async with agent:
            await agent.run("go")
    assert Cassette.load(path).turns[0].tool_calls == [broken]


async def test_a_run_that_fails_is_kept_up_to_there(workspace, tmp_path):
    path = tmp_path / "cassette.json"
    with FakeProvider([TURNS[0]], faults=[None, Fault(kind="status", status=401)]) as fake:
        agent = build(
            workspace, "openai:fake", CassetteRecorder(path), base_url=fake.openai_url, api_key="k"
        )
        async with agent:
            with pytest.raises(Exception, match="401"):
                await agent.run("go")
            assert len(Cassette.load(path).turns) == 1  # there before the agent is closed


async def test_where_it_cannot_be_written_is_said_before_anything_is_asked(workspace, tmp_path):
    model = ScriptedModel(["never"])
    agent = build(workspace, model, CassetteRecorder(tmp_path / "no" / "folder.json"))
    with pytest.raises(ConfigError, match=r"folder\.json.*cannot be written"):
        async with agent:
            pass
    assert model.requests == []


@pytest.mark.parametrize("content", [None, "{", "[]", json.dumps({"cassette": 99})])
def test_what_is_no_cassette_is_said(tmp_path, content):
    path = tmp_path / "c.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=r"c\.json"):
        FakeProvider.from_cassette(path)
