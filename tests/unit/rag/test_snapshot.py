"""A snapshot speaks for a store only as long as nobody has touched the store."""

import os

import pytest

from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.rag.snapshot import SnapshotStore
from coding_agent_sdk.middleware.rag.volatile import MemoryOnlyKnowledge
from coding_agent_sdk.protocols import KnowledgeChunk
from coding_agent_sdk.testing import KnowledgeStoreContract


class FolderStore(MemoryOnlyKnowledge):
    """Keeps passages in memory, and touches a file with each write, as a store in a folder does."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.opened, self.writes = folder, 0, 0
        self.fails = False
        folder.mkdir(exist_ok=True)

    async def __aenter__(self):
        self.opened += 1
        return self

    async def __aexit__(self, *_):
        pass

    async def replace(self, files, chunks):
        if self.fails:
            raise StoreError("the disk is full; make room")
        await super().replace(files, chunks)
        self.writes += 1
        (self.folder / "wal").write_text("x" * self.writes)


def chunk(file, text="text"):
    return KnowledgeChunk(
        id=file, file=file, start=1, end=1, context=file, text=text, lex="", hash="h"
    )


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "kb.db")


@pytest.fixture
def opened(store, tmp_path):
    def make(scope="url"):
        return SnapshotStore(store, store.folder, tmp_path / "s.snapshot", scope=scope)

    return make


class TestSnapshotStore(KnowledgeStoreContract):
    @pytest.fixture
    async def store(self, tmp_path):
        inner = FolderStore(tmp_path / "kb.db")
        snapshot = tmp_path / "s.snapshot"
        async with SnapshotStore(inner, inner.folder, snapshot, scope="url") as store:
            yield store


async def test_what_has_a_snapshot_is_read_without_opening_the_store(store, opened, tmp_path):
    odd = chunk("a.md", 'odd " \\ \n \u2028 日本 \x0c')
    async with opened() as first:
        assert await first.load() == []
        await first.replace(["a.md"], [odd])
    async with opened() as second:
        assert await second.load() == [odd]
        await second.flush()
    assert store.opened == 1
    assert (tmp_path / "s.snapshot").stat().st_mode & 0o777 == 0o600


async def test_the_store_is_opened_when_something_is_to_be_written(store, opened):
    async with opened() as first:
        assert await first.load() == []
        await first.replace(["a.md"], [chunk("a.md")])
    async with opened() as second:
        await second.replace(["b.md"], [chunk("b.md")])
        assert store.opened == 2
    async with opened() as third:
        assert {each.file for each in await third.load()} == {"a.md", "b.md"}
        await third.clear()
    async with opened() as fourth:
        assert await fourth.load() == []
    assert store.opened == 3


async def test_the_store_looks_for_old_passages_only_of_files_that_it_holds(store, opened):
    looked_for, real = [], store.replace

    async def replace(files, chunks):
        looked_for.append(list(files))
        await real(files, chunks)

    store.replace = replace
    async with opened() as snapshot:
        await snapshot.load()
        await snapshot.replace(["a.md", "b.md"], [chunk("a.md"), chunk("b.md")])
        await snapshot.replace(["b.md", "c.md"], [chunk("c.md")])
        assert {each.file for each in await snapshot.load()} == {"a.md", "c.md"}
    assert looked_for == [[], ["b.md"]]


async def test_a_store_that_looks_different_is_opened_and_read(store, opened):
    async with opened() as first:
        assert await first.load() == []
        await first.replace(["a.md"], [chunk("a.md")])
    await store.replace(["a.md"], [chunk("a.md", "written by another")])
    async with opened() as second:
        assert store.opened == 2
        assert [each.text for each in await second.load()] == ["written by another"]


async def test_a_store_that_another_writes_to_meanwhile_gets_no_snapshot(store, opened, tmp_path):
    async with opened() as first:
        assert await first.load() == []
        await first.replace(["a.md"], [chunk("a.md")])
    async with opened() as second:
        await store.replace(["x.md"], [chunk("x.md")])
        await second.replace(["b.md"], [chunk("b.md")])
    assert not (tmp_path / "s.snapshot").exists()
    async with opened() as third:
        assert {each.file for each in await third.load()} == {"a.md", "b.md", "x.md"}


async def test_after_a_failed_write_the_store_is_asked_again(store, opened, tmp_path):
    async with opened() as first:
        assert await first.load() == []
        await first.replace(["a.md"], [chunk("a.md")])
        store.fails = True
        with pytest.raises(StoreError):
            await first.replace(["a.md"], [])
    assert not (tmp_path / "s.snapshot").exists()
    store.fails = False
    async with opened() as second:
        assert await second.load() == [chunk("a.md")]


async def test_a_store_at_rest_is_opened_again_for_the_next_write(store, opened):
    async with opened() as first:
        assert await first.load() == []
        await first.replace(["a.md"], [chunk("a.md")])
        await first.rest()
        await first.rest()
        async with opened() as other:
            assert await other.load() == [chunk("a.md")]
        assert store.opened == 1
        await first.replace(["b.md"], [chunk("b.md")])
        assert store.opened == 2
        assert len(await first.load()) == 2


@pytest.mark.parametrize(
    "damage", ["", "no json\n", "[1]\n", "{}\n[]\n", '[1, "url", "x"]\n[1, 2]\n']
)
async def test_a_snapshot_that_cannot_be_used_is_passed_over(store, opened, tmp_path, damage):
    async with opened() as first:
        assert await first.load() == []
        await first.replace(["a.md"], [chunk("a.md")])
    path = tmp_path / "s.snapshot"
    header = path.read_text().split("\n")[0]
    path.write_text(damage.replace('[1, "url", "x"]', header))
    async with opened() as second:
        assert await second.load() == [chunk("a.md")]
    assert store.opened == 2


async def test_a_snapshot_of_another_collection_is_not_taken(store, opened):
    async with opened() as first:
        assert await first.load() == []
        await first.replace(["a.md"], [chunk("a.md")])
    async with opened("another url"):
        assert store.opened == 2


async def test_a_snapshot_that_cannot_be_written_is_done_without(store, opened, monkeypatch):
    def refuse(*_):
        raise OSError("read-only")

    async with opened() as first:
        assert await first.load() == []
        await first.replace(["a.md"], [chunk("a.md")])
        monkeypatch.setattr(os, "replace", refuse)
    assert [name for name in os.listdir(store.folder.parent) if name.endswith(".tmp")] == []
