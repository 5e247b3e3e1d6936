"""Milvus Lite: one process holds a folder, and everything of it is let go at the end."""

import asyncio
import dataclasses
import logging
import os
import stat
import subprocess
import sys
import textwrap

import pytest

pytest.importorskip("milvus_lite", reason="needs the extra milvus")

from coding_agent_sdk.errors import ConfigError, MissingExtraError, StoreError, UnknownNameError
from coding_agent_sdk.middleware.rag import milvus_lite
from coding_agent_sdk.middleware.rag.milvus import MilvusKnowledge, _row
from coding_agent_sdk.middleware.rag.milvus_failures import failure
from coding_agent_sdk.middleware.rag.milvus_url import parse_milvus_url, store_url
from coding_agent_sdk.protocols import KnowledgeChunk

CHUNK = KnowledgeChunk(
    id="1", file="a.md", start=1, end=2, context="a.md", text="text", lex="text", hash="h"
)


@pytest.fixture
def url(tmp_path):
    return f"milvus-lite://{tmp_path}/kb.db"


def in_another_process(code, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=110)


OPEN = """
    import asyncio, sys, threading
    from coding_agent_sdk.errors import StoreError
    from coding_agent_sdk.middleware.rag.milvus import MilvusKnowledge

    async def main():
        try:
            async with MilvusKnowledge(sys.argv[1]) as store:
                print([chunk.file for chunk in await store.load()])
        except StoreError as error:
            print(error)

    asyncio.run(main())
"""


async def test_what_was_written_is_there_when_it_is_opened_again(url):
    async with MilvusKnowledge(url) as store:
        await store.replace(["a.md"], [CHUNK])
        await store.flush()
    async with MilvusKnowledge(url) as store:
        assert await store.load() == [CHUNK]


def test_the_driver_checks_a_text_as_one_and_not_by_its_characters():
    row = _row(dataclasses.replace(CHUNK, text="x" * 1_000))
    assert [len(item) for item in row["text"]] == [1_000]
    assert row["text"] == "x" * 1_000
    assert isinstance(row["text"], str)


async def test_a_text_that_is_too_long_for_a_field_is_an_error_that_names_the_field(url):
    async with MilvusKnowledge(url) as store:
        with pytest.raises(StoreError, match="text"):
            await store.replace(["a.md"], [dataclasses.replace(CHUNK, text="x" * 70_000)])


async def test_a_second_process_is_told_at_once_who_is_in_the_way_and_what_to_do(url, tmp_path):
    async with MilvusKnowledge(url) as store:
        await store.replace(["a.md"], [CHUNK])
        done = in_another_process(OPEN, url)
        assert done.stdout.startswith(
            f"the knowledge store {tmp_path}/kb.db is in use by another process"
        ), done
        assert "run a Milvus server and set `plugins.rag.store`" in done.stdout
    assert in_another_process(OPEN, url).stdout == "['a.md']\n"


async def test_two_agents_of_a_process_share_a_folder_and_the_last_one_lets_it_go(url):
    async with MilvusKnowledge(url) as first:
        async with MilvusKnowledge(url) as second:
            await first.replace(["a.md"], [CHUNK])
            assert await second.load() == [CHUNK]
        assert await first.load() == [CHUNK]
        assert "in use" in in_another_process(OPEN, url).stdout
    assert in_another_process(OPEN, url).stdout == "['a.md']\n"


async def test_collections_of_one_folder_do_not_see_each_other(url):
    async with (
        MilvusKnowledge(f"{url}?collection=one") as one,
        MilvusKnowledge(f"{url}?collection=two") as two,
    ):
        await one.replace(["a.md"], [CHUNK])
        assert await two.load() == []


def test_what_was_acknowledged_survives_the_end_of_the_process_by_force(url):
    done = in_another_process(
        """
        import asyncio, os, signal, sys
        from coding_agent_sdk.middleware.rag.milvus import MilvusKnowledge
        from coding_agent_sdk.protocols import KnowledgeChunk

        async def main():
            store = await MilvusKnowledge(sys.argv[1]).__aenter__()
            chunk = KnowledgeChunk(id="1", file="a.md", start=1, end=2, context="", text="t",
                                   lex="t", hash="h")
            await store.replace(["a.md"], [chunk])
            await store.flush()
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(main())
        """,
        url,
    )
    assert done.returncode == -9
    assert in_another_process(OPEN, url).stdout == "['a.md']\n"


@pytest.mark.parametrize("left", [0, 100])
async def test_an_index_of_which_half_was_written_is_made_anew(url, tmp_path, left):
    """A process that was killed at the wrong moment leaves so much of it."""
    async with MilvusKnowledge(url) as store:
        await store.replace(["a.md"], [CHUNK])
        await store.flush()
    indexes = list((tmp_path / "kb.db").rglob("*.idx"))
    assert indexes != []
    for index in indexes:
        index.write_bytes(index.read_bytes()[:left])
    async with MilvusKnowledge(url) as store:
        assert await store.load() == [CHUNK]
    assert [index.stat().st_size > left for index in indexes] == [True] * len(indexes)


def test_a_process_ends_by_itself_with_a_store_that_nobody_closed(url):
    done = in_another_process(
        """
        import asyncio, sys
        from coding_agent_sdk.middleware.rag.milvus import MilvusKnowledge
        asyncio.run(MilvusKnowledge(sys.argv[1]).__aenter__())
        print("done")
        """,
        url,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


async def test_the_folder_is_for_its_owner_alone_and_the_driver_keeps_silent(url, tmp_path, capfd):
    async with MilvusKnowledge(url) as store:
        await store.load()
        with pytest.raises(StoreError):
            await store._done("ask", lambda client: client.query("no_such_collection", filter=""))
    assert stat.S_IMODE((tmp_path / "kb.db").stat().st_mode) == 0o700
    assert logging.getLogger("pymilvus").level == logging.CRITICAL
    assert "Traceback" not in capfd.readouterr().err


async def test_a_closed_store_says_so(url):
    store = MilvusKnowledge(url)
    with pytest.raises(StoreError, match="is not open"):
        await store.load()
    async with store:
        await store.__aenter__()
    await store.__aexit__(None, None, None)
    with pytest.raises(StoreError, match="is not open"):
        await store.flush()


async def test_a_broken_store_says_which_and_what_to_do(url, tmp_path):
    (tmp_path / "kb.db").write_text("a file of Milvus Lite 2, say")
    with pytest.raises(StoreError, match=r"kb\.db cannot be made: it is a file"):
        await MilvusKnowledge(url).__aenter__()
    (tmp_path / "deep.db").mkdir()
    (tmp_path / "deep.db" / "LOCK").mkdir()
    with pytest.raises(StoreError, match=r"deep\.db cannot be opened"):
        await MilvusKnowledge(f"milvus-lite://{tmp_path}/deep.db").__aenter__()
    (tmp_path / "odd.db").mkdir()
    (tmp_path / "odd.db" / "databases").write_text("no folder")
    (tmp_path / "odd.db" / "collections").write_text("no folder")
    with pytest.raises(StoreError, match=r"could not open the knowledge store .*odd\.db"):
        await MilvusKnowledge(f"milvus-lite://{tmp_path}/odd.db").__aenter__()
    assert milvus_lite._holders == {}


def damage(folder):
    for path in folder.rglob("*.json*"):
        path.write_bytes(b"no JSON")


async def test_a_damaged_store_says_so_in_our_words_and_is_discarded_alone(url, tmp_path):
    one, other = (MilvusKnowledge(f"{url}?collection={name}") for name in ("one", "other"))
    async with one, other:
        await one.replace(["a.md"], [CHUNK])
        await other.replace(["a.md"], [CHUNK])
        await other.flush()
    damage(tmp_path / "kb.db" / "collections" / "one")
    with pytest.raises(StoreError) as raised:
        await one.__aenter__()
    said = str(raised.value)
    assert said.startswith(f"could not open the knowledge store {tmp_path}/kb.db: it is damaged")
    assert "coding-agent index --rebuild" in said
    assert "JSON" not in said
    assert "JSON" in str(raised.value.__cause__)
    await one.discard(whole=False)
    async with one, other:
        assert await one.load() == []
        assert await other.load() == [CHUNK]


async def test_a_store_is_not_discarded_while_it_is_open(url, tmp_path):
    store = MilvusKnowledge(url)
    async with store:
        await store.replace(["a.md"], [CHUNK])
        with pytest.raises(StoreError, match="in use by this process"):
            await MilvusKnowledge(url).discard(whole=True)
        done = in_another_process(DISCARD, url)
        assert "is in use by another process" in done.stdout, done
    async with store:
        assert await store.load() == [CHUNK]


DISCARD = """
    import asyncio, sys
    from coding_agent_sdk.errors import StoreError
    from coding_agent_sdk.middleware.rag.milvus import MilvusKnowledge
    try:
        asyncio.run(MilvusKnowledge(sys.argv[1]).discard(whole=True))
    except StoreError as error:
        print(error)
"""


@pytest.mark.parametrize("whole", [True, False])
async def test_what_is_no_store_is_never_removed(url, tmp_path, whole):
    folder = tmp_path / "kb.db"
    (folder / "collections" / "knowledge").mkdir(parents=True)
    (folder / "collections" / "knowledge" / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="holds what is not of Milvus Lite"):
        await MilvusKnowledge(url).discard(whole=whole)
    (folder / "LOCK").touch()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError, match="holds what is not of Milvus Lite"):
        await MilvusKnowledge(url).discard(whole=whole)
    (tmp_path / "link.db").symlink_to(folder)
    with pytest.raises(StoreError, match="holds what is not of Milvus Lite"):
        await MilvusKnowledge(f"milvus-lite://{tmp_path}/link.db").discard(whole=whole)
    assert (folder / "collections" / "knowledge" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Fail connecting to server on h:1", "the server does not answer; start the server"),
        ("<_MultiThreadedRendezvous … StatusCode.UNAUTHENTICATED>", "refuses the user"),
        ("quota exceeded[reason=rate limit]", "has no room for it"),
        ("collection not loaded[collection=7]", "the server refuses it; look into its log"),
    ],
)
def test_what_a_server_says_is_told_in_our_words(words, said):
    error = failure(parse_milvus_url("http://u:p@h:1"), "read", ValueError(words))
    assert str(error).startswith("could not read the knowledge store http://h:1: ")
    assert said in str(error)
    assert words not in str(error)


def test_a_full_disk_is_named():
    target = parse_milvus_url("milvus-lite:///x/kb.db")
    error = failure(target, "write to", OSError(28, "No space left on device"))
    assert (
        str(error) == "could not write to the knowledge store /x/kb.db: the disk is full; make room"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot be made: Permission denied"):
        await MilvusKnowledge(f"milvus-lite://{tmp_path}/x/kb.db").__aenter__()


async def test_without_the_driver_the_extra_is_named(url, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(MissingExtraError, match=r"coding-agent-sdk\[milvus\]"):
        await MilvusKnowledge(url).__aenter__()
    assert milvus_lite._holders == {}


async def test_a_server_that_is_not_there_is_said_with_its_address_and_no_password():
    url = "http://root:open-sesame@127.0.0.1:1?timeout=1"
    with pytest.raises(StoreError) as raised:
        await MilvusKnowledge(url).__aenter__()
    said = str(raised.value)
    assert (
        "could not open the knowledge store http://127.0.0.1:1: the server does not answer" in said
    )
    assert "MilvusException" not in said
    assert type(raised.value.__cause__).__name__ == "MilvusException"
    assert "start the server, or choose another store" in said
    assert "open-sesame" not in said


@pytest.mark.parametrize(
    ("store", "url"),
    [
        ("", "milvus-lite:///home/k.db"),
        ("/srv/kb.db", "milvus-lite:///srv/kb.db"),
        ("/srv/kb.db?collection=x", "milvus-lite:///srv/kb.db?collection=x"),
        ("http://h:19530", "http://h:19530"),
        ("milvus://h:19530", "http://h:19530"),
        ("memory://", "memory://"),
    ],
)
def test_a_setting_names_a_store(store, url, tmp_path):
    from pathlib import Path

    assert store_url(store, default=Path("/home/k.db")) == url


def test_a_relative_path_is_one_of_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert store_url("./kb.db", default=tmp_path) == f"milvus-lite://{tmp_path}/kb.db"


def test_addresses_and_passwords_are_read_from_a_url():
    target = parse_milvus_url("https://ro%40ot:p%3Aw@h:1/base/?collection=c&timeout=2.5")
    assert (target.uri, target.token) == ("https://h:1/base", "ro@ot:p:w")
    assert (target.collection, target.timeout, target.path) == ("c", 2.5, None)
    assert parse_milvus_url("http://:abc@h").token == "abc"
    assert parse_milvus_url("http://h").token == ""
    assert target.shown == "https://h:1/base"


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("http://h?colection=x", UnknownNameError, "did you mean 'collection'"),
        ("http://h?collection=a-b", ConfigError, "is no name of a collection"),
        ("http://h?timeout=soon", ConfigError, "no number of seconds"),
        ("http://h?timeout=0", ConfigError, "no number of seconds"),
        ("http://h?timeout=inf", ConfigError, "no number of seconds"),
        ("http://", ConfigError, "names no Milvus"),
        ("ftp://h", ConfigError, "names no Milvus"),
        ("milvus-lite:///kb", ConfigError, "ends with .db"),
    ],
)
def test_what_names_no_store_is_refused(url, error, said):
    with pytest.raises(error, match=said):
        parse_milvus_url(url)


async def test_a_store_whose_opening_is_cancelled_lets_its_folder_go(tmp_path):
    path = tmp_path / "kb.db"
    opening = asyncio.create_task(MilvusKnowledge(f"milvus-lite://{path}").__aenter__())
    async with asyncio.timeout(60):
        while str(path) not in milvus_lite._holders:
            await asyncio.sleep(0.001)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
    assert str(path) not in milvus_lite._holders
