"""Which sessions are listed, and which one is gone on with."""

from __future__ import annotations

import io

import pytest
from langchain_core.messages import HumanMessage

from coding_agent_sdk import Agent, hookimpl
from coding_agent_sdk.cli import sessions
from coding_agent_sdk.cli.sessions import (
    hiding,
    known_session,
    list_sessions,
    newest_session,
    own_sessions,
)
from coding_agent_sdk.cli.terminal import Terminal
from coding_agent_sdk.errors import RequestError, SessionNotFoundError
from coding_agent_sdk.testing import ScriptedModel
from coding_agent_sdk.types.entries import MessageEntry
from coding_agent_sdk.types.sessions import child_session, is_child_session


@pytest.fixture
async def store(workspace):
    """Open a store of an agent whose one run had a sub-agent."""

    class Delegates:
        @hookimpl
        async def wrap_run(self, context, request, call_next):
            result = await call_next(request)
            if context.parent_run_id is None:
                await context.child("help me")
            return result

    agent = (
        Agent.builder()
        .config(None, project=False)
        .model(ScriptedModel([lambda _: "done"] * 4))
        .workspace(workspace)
        .memory("memory://")
        .use(Delegates())
        .build()
    )
    async with agent:
        await agent.run("go", session="s", user="ada")
        yield await agent.backend("memory"), agent


async def listed(store, **options):
    terminal = Terminal(out=io.StringIO(), err=io.StringIO())
    defaults = {"user": None, "limit": 50, "children": False, "as_json": False}
    await list_sessions(store, terminal, **{**defaults, **options})
    return terminal.out.getvalue()


async def test_sessions_of_sub_agents_are_listed_only_where_all_are_asked_for(store):
    store, _ = store
    names = [info.session for info in await store.sessions()]
    assert len(names) == 2
    (child,) = filter(is_child_session, names)
    assert child.startswith("s/0-")
    assert (await listed(store)).startswith("s (ada)")
    assert child not in await listed(store)
    assert child in await listed(store, children=True)
    assert child in await listed(store, children=True, as_json=True)


async def test_continue_takes_no_session_of_a_sub_agent(store):
    store, agent = store
    assert (await store.sessions())[0].session != "s", "the newest is the sub-agent's"
    assert await newest_session(agent, user="ada") == "s"
    await store.delete("s")
    with pytest.raises(RequestError, match=r"no session to continue of user 'ada' in"):
        await newest_session(agent, user="ada")


async def test_as_many_are_listed_as_are_asked_for_however_many_sub_agents_there_were(store):
    store, _ = store
    said = [MessageEntry(run_id="r", message=HumanMessage("x"))]
    for number in range(5):
        await store.append(f"mine {number}", said)
        for child in range(30):
            await store.append(child_session(f"mine {number}", child, run_id="0123456789"), said)
    assert len(await own_sessions(store, limit=3)) == 3
    assert len(await own_sessions(store, limit=6)) == 6
    assert len(await own_sessions(store, limit=100)) == 6


@pytest.mark.parametrize(
    ("name", "is_child"),
    [
        ("s/0-0123abcd", True),
        ("s/0-0123abcd/12-99999999", True),
        ("line\nbreak/0-0123abcd", True),
        ("team/alpha", False),
        ("/0-0123abcd", False),
        ("s/0-0123ABCD", False),
        ("s/0-0123abcde", False),
    ],
)
def test_a_session_of_a_sub_agent_is_known_by_its_name(name, is_child):
    assert is_child_session(name) is is_child


async def test_names_of_an_older_store_are_listed_without_their_secrets(store):
    store, agent = store
    key = "ghp_" + "aB3dE5fG7h" * 3 + "xYz123"
    await store.append(key, [MessageEntry(run_id="r", message=HumanMessage("x"))], user=f"u {key}")
    for as_json in (False, True):
        shown = await listed(store, as_json=as_json, hide=hiding(agent))
        assert "REDACTED" in shown
        assert key not in shown
    with pytest.raises(SessionNotFoundError) as raised:
        await known_session(agent, key[:-1] + "X")
    assert key[:-1] not in str(raised.value)


async def test_sessions_of_this_workspace_are_found_behind_many_of_others(tmp_path, monkeypatch):
    monkeypatch.setattr(sessions, "_LOOKED_AT", 2)
    builders = {}
    for name in ("here", "elsewhere"):
        (tmp_path / name).mkdir()
        builder = Agent.builder().config(None, project=False).workspace(tmp_path / name)
        builders[name] = (
            builder.model("offline:rules").memory(f"sqlite:///{tmp_path}/sessions.db")
            .without("rag", "tracing", "monitoring")
        )  # fmt: skip
    async with builders["here"].build() as agent:
        await agent.run("hello", session="old")
    async with builders["elsewhere"].build() as agent:
        for number in range(5):
            await agent.run("hello", session=f"s{number}")
    async with builders["here"].build() as agent:
        found, elsewhere = await sessions.sessions_here(agent, user="", limit=20)
        assert ([info.session for info in found], elsewhere) == (["old"], 5)
        await agent.run("hello", session="new")
        found, elsewhere = await sessions.sessions_here(agent, user="", limit=1)
        assert [info.session for info in found] == ["new"]
