"""A session, a user or a request that is called by a secret is refused, and nothing keeps it."""

from __future__ import annotations

import asyncio
import random
import string

import pytest
from langchain_core.messages import HumanMessage

from coding_agent_sdk import Agent, AgentError, hookimpl
from coding_agent_sdk.errors import RequestError, SecretNameError
from coding_agent_sdk.middleware.monitoring import metrics_text
from coding_agent_sdk.testing import ScriptedModel
from coding_agent_sdk.types.requests import Request

from .conftest import call, tools_of, turn

KEY = "ghp_" + "".join(random.Random(5).choices(string.ascii_letters + string.digits, k=36))


@pytest.fixture
def build(workspace, tmp_path, noted):
    """Build agents with everything on that writes something down below *tmp_path*."""

    def make(*steps, model=None, without=("rag",), plugins=(), folder=workspace):
        return (
            Agent.builder()
            .config(None, project=False)
            .model(model or ScriptedModel(list(steps)))
            .workspace(folder)
            .memory(f"sqlite:///{tmp_path}/out/s.db")
            .tools(*tools_of(noted))
            .monitoring(log=tmp_path / "out" / "log.jsonl", log_level="debug")
            .plugin("tracing", folder=str(tmp_path / "out" / "traces"), exporters=["file"])
            .use(*plugins)
            .without(*without)
            .build()
        )

    (tmp_path / "out").mkdir()
    return make


def written(tmp_path):
    return b"".join(p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file())


async def to_end(stream):
    async with stream as events:
        async for _ in events:
            pass


async def of_graph(agent, message=None, **names):
    state = {"messages": [message or HumanMessage("go")]}
    await agent.graph.ainvoke(state, {"configurable": names})


ENTRANCES = {
    "run": lambda agent, names: agent.run("go", **names),
    "run_sync": lambda agent, names: asyncio.to_thread(agent.run_sync, "go", **names),
    "stream": lambda agent, names: to_end(agent.stream("go", **names)),
    "run_request": lambda agent, names: agent.run_request(
        Request(text="go", session=names.get("session", "s"), user=names.get("user", ""))
    ),
    "resume_stream": lambda agent, names: to_end(agent.resume_stream(**{"session": "s", **names})),
    "resume": lambda agent, names: agent.resume(**{"session": "s", **names}),
    "pending": lambda agent, names: agent.pending(**{"session": "s", **names}),
    "history": lambda agent, names: agent.history(**{"session": "s", **names}),
    "check_names": lambda agent, names: agent.check_names(**names),
    "graph": lambda agent, names: of_graph(agent, **names),
}


@pytest.mark.parametrize("kind", ["session", "user"])
@pytest.mark.parametrize("entrance", ENTRANCES)
async def test_a_name_that_is_a_key_is_refused_at_every_entrance(build, tmp_path, entrance, kind):
    agent = build("hello")
    async with agent:
        with pytest.raises(SecretNameError) as raised:
            await ENTRANCES[entrance](agent, {kind: KEY})
        counted = metrics_text(agent)
    assert raised.value.kind == kind
    assert KEY not in str(raised.value)
    assert f"give another {kind}" in str(raised.value)
    assert KEY[-12:].encode() not in written(tmp_path) + counted.encode()


async def test_a_threads_name_and_a_messages_id_in_a_graph_are_names_too(build, tmp_path):
    async with build("hello") as agent:
        with pytest.raises(SecretNameError):
            await of_graph(agent, thread_id=KEY)
        with pytest.raises(SecretNameError) as raised:
            await of_graph(agent, HumanMessage("go", id=KEY), thread_id="t")
    assert raised.value.kind == "request_id"
    assert KEY[-12:].encode() not in written(tmp_path)


UNSEEN = [
    "a\nb",
    "a\tb",
    "a\x1b[31mb",
    "a\0",
    "\x7f",
    "a\u202eb",
    "a\u200bb",
    "a\u2028b",
    "a\ud800",
]


@pytest.mark.parametrize("kind", ["session", "user"])
@pytest.mark.parametrize("entrance", ENTRANCES)
async def test_a_name_that_is_not_seen_as_it_is_is_refused_at_every_entrance(
    build, tmp_path, entrance, kind
):
    async with build("hello") as agent:
        for name in UNSEEN:
            with pytest.raises(RequestError, match=rf"{kind} that was given has U\+") as raised:
                await ENTRANCES[entrance](agent, {kind: name})
            assert f"give another {kind}" in str(raised.value)
            assert str(raised.value).isprintable()
    assert b"a\x1b" not in written(tmp_path)


async def test_an_id_of_a_request_that_is_not_seen_as_it_is_is_refused(build):
    async with build("hello") as agent:
        with pytest.raises(RequestError, match=r"request_id that was given has U\+000A"):
            await of_graph(agent, HumanMessage("go", id="a\nb"), thread_id="t")


async def test_without_guardrails_names_are_looked_at_too(build):
    async with build("hello", without=("rag", "guardrails")) as agent:
        with pytest.raises(RequestError, match=r"U\+001B as its character 3"):
            await agent.run("go", session="ab\x1b")


async def test_what_is_not_seen_is_refused_without_the_secret_beside_it(build):
    async with build("hello") as agent:
        with pytest.raises(RequestError) as raised:
            await agent.run("go", session=f"{KEY}\n")
    assert KEY not in str(raised.value)


async def test_a_known_value_of_the_environment_is_no_name(build, monkeypatch):
    value = "correct horse battery staple"
    monkeypatch.setenv("MY_SERVICE_PASSWORD", value)
    async with build("hello") as agent:
        with pytest.raises(SecretNameError):
            await agent.run("go", user=f"svc/{value}")


async def test_without_guardrails_nothing_is_refused_and_the_key_does_stand_everywhere(
    build, tmp_path
):
    async with build("hello", without=("rag", "guardrails")) as agent:
        result = await agent.run("go", session=KEY, user=KEY)
    assert result.session == KEY
    for name in ("s.db*", "log.jsonl", "traces/*.jsonl"):
        kept = b"".join(path.read_bytes() for path in (tmp_path / "out").glob(name))
        assert KEY.encode() in kept, f"{name} proves nothing"


@pytest.mark.parametrize(
    "name",
    [
        "s-1f3e5a7b9c0d",
        "550e8400-e29b-41d4-a716-446655440000",
        "ada@example.com",
        "team/alpha",
        "auth0|507f1f77bcf86cd799439011",
        "arn:aws:iam::123456789012:user/ada",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "password",
        "token:7",
        "Zoë 🐍",
        "one name, of three words",
        "ada\u00a0lovelace",
        "👩\u200d💻",
    ],
)
async def test_names_as_programs_give_them_are_taken(build, name):
    async with build("hello") as agent:
        assert (await agent.run("go", session=name, user=name)).session == name


class Counting:
    """A redactor that hides one word and counts what it was shown."""

    name = "counting"

    def __init__(self):
        self.seen = []

    @hookimpl
    def open_redactor(self):
        return self

    def feed(self, text):
        self.seen.append(text)
        return text.replace("hush", "#")

    def close(self):
        return ""


async def test_the_redactors_of_plugins_decide_and_see_a_name_once(build):
    counting = Counting()
    agent = build(*["hello"] * 4, plugins=[counting], without=("rag", "guardrails"))
    async with agent:
        with pytest.raises(SecretNameError):
            await agent.run("go", session="hush-1")
        for number in range(2):
            await agent.run("go", session=f"plain {number}", user="somebody")
    assert counting.seen.count("plain 0") == counting.seen.count("plain 1") == 1


async def test_a_redactor_that_fails_lets_no_name_through(build, caplog):
    class Broken(Counting):
        def feed(self, text):
            raise ValueError

    async with build("hello", plugins=[Broken()], without=("rag", "guardrails")) as agent:
        with pytest.raises(SecretNameError):
            await agent.run("go", session="mine")
    assert "failed in open_redactor" in caplog.text


async def test_the_names_that_are_remembered_have_an_end(build):
    async with build("hello") as agent:
        engine = await agent._engine()
        for number in range(2_100):
            engine.check_names(f"session {number}")
        assert len(engine._names._fine) <= 2_000


async def test_a_workspace_with_a_key_in_its_path_is_kept_masked_and_its_sessions_go_on(
    build, tmp_path
):
    folder = tmp_path / KEY
    folder.mkdir()
    steps = [turn(call("look", "1", name="x")), "one", "two"]
    async with build(*steps, folder=folder) as agent:
        await agent.run("go", session="s")
    assert KEY[-12:].encode() not in written(tmp_path)
    async with build("three", folder=folder) as agent:
        assert (await agent.run("again", session="s")).text == "three"
        history = await agent.history("s")
    assert [message.text for message in history.messages][:1] == ["go"]


async def test_a_session_of_such_a_workspace_is_still_refused_in_another(build, tmp_path):
    folder = tmp_path / KEY
    folder.mkdir()
    async with build("one", folder=folder) as agent:
        await agent.run("go", session="s")
    async with build("two") as other:
        with pytest.raises(RequestError, match="another session") as raised:
            await other.run("go", session="s")
    assert KEY not in str(raised.value)


async def test_a_run_that_is_refused_leaves_the_agent_as_it_was(build):
    async with build("hello") as agent:
        with pytest.raises(AgentError):
            await agent.run("go", session=KEY)
        assert (await agent.run("go", session="s")).text == "hello"


@pytest.mark.parametrize("name", [{"user": None}, {"user": 5}, {"user": b"x"}, {"session": 5}])
async def test_a_name_that_is_no_text_is_refused(tmp_path, name):
    builder = Agent.builder().model(ScriptedModel(["hi"])).workspace(tmp_path)
    async with builder.config(None, project=False).memory(None).build() as agent:
        with pytest.raises(RequestError, match=r"is text, not (NoneType|int|bytes)"):
            await agent.run("go", **name)
        with pytest.raises(RequestError, match=r"is text, not (NoneType|int|bytes)"):
            agent.stream("go", **name)
