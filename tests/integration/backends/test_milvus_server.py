"""A Milvus server by its URI: the contract, consistency, and a server that goes away."""

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

pytest.importorskip("pymilvus", reason="needs the extra milvus")

from coding_agent_sdk import Agent
from coding_agent_sdk.middleware.rag.milvus import MilvusKnowledge
from coding_agent_sdk.protocols import KnowledgeChunk
from coding_agent_sdk.testing import KnowledgeStoreContract, ScriptedModel

SCRIPT = Path(__file__).parents[2] / "services" / "milvus"
PORT = 19530

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(
        shutil.which(os.environ.get("MILVUS_SERVER") or "milvus-server") is None,
        reason="there is no milvus-server (pip install milvus==2.3.5, or set MILVUS_SERVER)",
    ),
]


def milvus(*words):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, words)], capture_output=True, text=True, timeout=115
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("milvus")
    started = milvus("start", folder, PORT)
    if started.returncode == 4:
        pytest.skip("another Milvus server is running")
    assert started.returncode == 0, started.stderr
    yield started.stdout.strip()
    milvus("stop", folder)


@pytest.fixture
def url(server):
    return f"{server}?collection=t_{uuid.uuid4().hex}"


class TestMilvusServer(KnowledgeStoreContract):
    @pytest.fixture
    async def store(self, url):
        async with MilvusKnowledge(url) as store:
            yield store
            await store._done("drop", lambda c: c.drop_collection(store._target.collection))


async def test_what_one_process_has_written_another_reads_at_once(url):
    chunk = KnowledgeChunk(
        id="1", file="a.md", start=1, end=2, context="a.md", text="text", lex="text", hash="h"
    )
    async with MilvusKnowledge(url) as one, MilvusKnowledge(url) as other:
        await one.replace(["a.md"], [chunk])
        assert await other.load() == [chunk]
        await other.replace(["a.md"], [])
        assert await one.load() == []


async def test_an_agent_works_with_the_server_and_without_it_when_it_is_gone(
    server, tmp_path, monkeypatch
):
    monkeypatch.delenv("CODING_AGENT_WITHOUT")
    (tmp_path / "guide.md").write_text(
        "# Guide\n\nCalls of the billing service are retried 7 times.\n"
    )

    def build(store):
        builder = Agent.builder().config(None, project=False).workspace(tmp_path).memory(None)
        builder = builder.model(ScriptedModel(["done"])).knowledge(store=store)
        return builder.plugin("rag", documents=False, wait=30).build()

    async with build(server) as agent:
        result = await agent.run("How often are calls of the billing service retried?")
    assert [str(citation) for citation in result.citations] == ["guide.md:1-3"]
    async with build("http://127.0.0.1:1") as agent:
        async with agent.stream("How often is billing retried?") as stream:
            events = [event async for event in stream]
        assert stream.result.status == "completed"
    (said,) = [event.data for event in events if event.type == "plugin_event"]
    assert "could not open the knowledge store http://127.0.0.1:1" in said["reason"]
    assert said["quiet"] is False
