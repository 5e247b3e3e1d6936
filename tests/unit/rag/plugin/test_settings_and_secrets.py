"""What the settings say, what is masked, and what it costs."""

import asyncio
import os
import threading

import pytest

from coding_agent_sdk import hookimpl
from coding_agent_sdk.errors import AgentError
from coding_agent_sdk.middleware.rag.volatile import MemoryOnlyKnowledge
from coding_agent_sdk.protocols import KnowledgeChunk
from coding_agent_sdk.text.masks import MASK

from .conftest import QUESTION, Failing, Stores, knowledge_of, prompt_of, search

# -- settings ------------------------------------------------------------------------------------


async def test_with_indexing_off_nothing_is_opened_before_it_is_searched(build, own_store):
    store = own_store(Failing(None))
    chunk = KnowledgeChunk(
        id="1",
        file="guide.md",
        start=1,
        end=1,
        context="guide.md",
        text="billing calls retried",
        lex="",
        hash="h",
    )
    async with build(store="own://", index="off", plugins=[Stores()]) as agent:
        assert store.opened == 0
        assert (await agent.run(QUESTION)).citations == ()
        assert store.opened == 1
    await store.replace(["guide.md"], [chunk])
    async with build("a", store="own://", index="off", plugins=[Stores()]) as agent:
        # The file is another now than what was kept: it is read again, not quoted as it was.
        (citation,) = (await agent.run(QUESTION)).citations
        assert "7 times" in citation.text


async def test_a_section_with_an_unknown_key_is_an_error(build):
    with pytest.raises(AgentError, match=r"unknown key 'plugins\.rag\.pahts'"):
        build(pahts=["x"])


# -- secrets and users ---------------------------------------------------------------------------


async def test_secrets_are_taken_out_before_anything_is_kept(build, repo, own_store):
    secret = "correct-horse-42-battery"
    (repo / "setup.md").write_text(f'# Zebra\n\nzebra stripes\n\npassword = "{secret}"\n')
    store = own_store(MemoryOnlyKnowledge())
    build_with = build(
        search("zebra stripes"), "done", store="own://", plugins=[Stores()], without=()
    )
    async with build_with as agent:
        result = await agent.run("zebra stripes")
        assert secret not in prompt_of(agent)
    kept = await store.load()
    assert any(MASK in chunk.text for chunk in kept)
    assert secret not in str(kept) + str(result)


@pytest.mark.parametrize("word", ["billing", "guide.md"])
async def test_what_plugins_cannot_judge_is_withheld_from_the_store(build, own_store, word):
    class Broken:
        name = "broken"

        @hookimpl
        def open_redactor(self, sink):
            return self

        def feed(self, text):
            if word in text:
                raise ValueError
            return text

        def close(self):
            return ""

    store = own_store(MemoryOnlyKnowledge())
    async with build(store="own://", plugins=[Stores(), Broken()], wait=60) as agent:
        await agent.run("How are calls retried?")  # waits until everything was looked through
    kept = str(await store.load())
    assert "billing" not in kept
    assert ("withheld" in kept) == (word == "billing")  # a name that is no citation: left out


async def test_a_redactor_outside_of_a_run_sees_the_agent_and_no_run(build, repo):
    seen = []

    class Curious:
        name = "curious"

        @hookimpl
        def open_redactor(self, context, sink):
            seen.append((context.run_id, context.session, context.user, sink, context.origin))
            assert context.workspace.root == repo
            assert context.settings is None
            assert context.state == context.session_state == {}
            assert (context.deadline, context.resumes, context.parent_run_id) == (None, None, None)
            context.emit(None)
            with pytest.raises(AgentError, match="there is no run here, so there is no 'tools'"):
                _ = context.tools
            assert context.backend("workspace").root == repo

    agent = build(plugins=[Curious()])
    context = agent.context("rag")
    assert context.redacts
    assert context.redact("text") == "text"
    assert context.redact("text", sink="event") == "text"
    assert seen == [("", "", "", "store", "plugin"), ("", "", "", "event", "plugin")]
    assert not build().context("rag").redacts


async def test_passages_of_one_user_are_exported_and_forgotten(build, repo, own_store):
    (repo / "private.md").write_text("zebra plan\n")
    store = own_store(MemoryOnlyKnowledge())
    chunk = KnowledgeChunk(
        id="p", file="private.md", start=1, end=1, context="private.md", text="zebra plan", lex="",
        hash="h", user="ada",
    )  # fmt: skip
    await store.replace(["private.md"], [chunk])
    async with build("a", store="own://", index="off", plugins=[Stores()]) as agent:
        exported = (await agent.manage_user_data("ada", "export"))["rag"]
        assert exported == {
            "passages": [{"file": "private.md", "start": 1, "end": 1, "text": "zebra plan"}]
        }
        assert (await agent.manage_user_data("bob", "export"))["rag"] == {"passages": []}
        assert (await agent.manage_user_data("", "export"))["rag"] == {}
        assert (await agent.manage_user_data("ada", "prune"))["rag"] == {}
        assert (await agent.manage_user_data("ada", "forget"))["rag"] == {"passages": 1}
    assert await store.load() == []


# -- cost ----------------------------------------------------------------------------------------


async def test_where_the_index_is_ready_a_run_makes_no_thread_hop_and_reads_no_file(
    build, repo, monkeypatch
):
    async with build("a", "b") as agent:
        await agent.run(QUESTION)
        old = 1_700_000_000
        os.utime(repo / "guide.md", (old, old))
        hops = []
        loop = asyncio.get_running_loop()
        monkeypatch.setattr("coding_agent_sdk.middleware.rag.manifest._FRESH_NS", 0)
        knowledge = knowledge_of(agent)
        await knowledge.search(QUESTION, k=5, user="", wait=5)
        monkeypatch.setattr(loop, "run_in_executor", lambda *_: hops.append("executor"))
        monkeypatch.setattr(threading.Thread, "start", lambda _: hops.append("thread"))
        monkeypatch.setattr("builtins.open", lambda *_, **__: hops.append("open"))
        monkeypatch.setattr("os.open", lambda *_, **__: hops.append("open"))
        hits = await knowledge.search(QUESTION, k=5, user="", wait=5)
        monkeypatch.undo()
    assert hits
    assert hops == []


async def test_nothing_is_done_at_a_step(build):
    from coding_agent_sdk.middleware.rag.plugin import RagPlugin

    per_step = {
        "prepare_model_request", "wrap_model_call", "check_model_output", "check_tool_call",
        "wrap_tool_call", "check_tool_result", "on_event", "open_redactor", "record",
    }  # fmt: skip
    assert not per_step & set(vars(RagPlugin))
