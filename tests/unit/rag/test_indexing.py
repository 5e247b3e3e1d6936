"""Indexing: only what has changed, nothing twice, nothing lost, and no secret ever."""

import asyncio
import os
from types import SimpleNamespace

import pytest

from coding_agent_sdk.errors import StoreError, WorkspaceError
from coding_agent_sdk.middleware.guardrails.secrets import redact
from coding_agent_sdk.middleware.rag import indexing
from coding_agent_sdk.middleware.rag.indexing import Indexer
from coding_agent_sdk.middleware.rag.manifest import Manifest
from coding_agent_sdk.middleware.rag.passage_index import PassageIndex
from coding_agent_sdk.middleware.rag.sources import DOCUMENTS, find_sources, named_path, source_of
from coding_agent_sdk.middleware.rag.volatile import MemoryOnlyKnowledge
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.text.masks import MASK


class WatchedStore(MemoryOnlyKnowledge):
    """Counts what is written, and fails where it is told to."""

    def __init__(self):
        super().__init__()
        self.written, self.flushed, self.fails_after = [], 0, None

    async def replace(self, files, chunks):
        if self.fails_after is not None:
            if self.fails_after == 0:
                raise StoreError("the disk is full; make room")
            self.fails_after -= 1
        self.written.append(sorted(files))
        await super().replace(files, chunks)

    async def flush(self):
        self.flushed += 1


class Bench:
    """A workspace, a store and an indexer; `sync` brings it up to date."""

    def __init__(self, root, *, redact=None, max_bytes=100_000, manifest=None):
        self.root = root
        self.agent = SimpleNamespace(workspace=LocalWorkspace(root), workspace_at=LocalWorkspace)
        self.store = WatchedStore()
        self.manifest = Manifest(manifest)
        self.options = {"redact": redact, "max_bytes": max_bytes}
        self.paths = []
        self.reopen()

    def reopen(self, **options):
        self.options |= options
        self.index = PassageIndex()
        self.indexer = Indexer(self.store, self.index, self.manifest, **self.options)

    async def sync(self, **options):
        sources = await find_sources(self.agent, self.paths, documents=False, workspace_docs=True)
        return await self.indexer.sync(sources, **options)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        old = 1_700_000_000 + len(name)
        os.utime(path, (old, old))

    def found(self, query):
        return [hit.chunk.file for hit in self.index.search(query, k=9)]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    # That a file was changed this moment makes it look unsure, which is tested by itself.
    monkeypatch.setattr("coding_agent_sdk.middleware.rag.manifest._FRESH_NS", 0)
    folder = tmp_path / "repo"
    folder.mkdir()
    made = Bench(folder)
    made.write("a.md", "# A\n\nretries\n")
    made.write("docs/b.rst", "Budget\n======\n\nbudget\n")
    yield made
    made.manifest.close()


async def test_all_is_indexed_once_and_nothing_the_second_time(bench):
    report = await bench.sync()
    assert (report.files, report.indexed, report.chunks, report.removed) == (2, 2, 2, 0)
    assert bench.store.written == [["a.md", "docs/b.rst"]]
    assert bench.store.flushed == 1
    again = await bench.sync()
    assert (again.files, again.done, again.indexed) == (2, 2, 0)
    assert bench.store.flushed == 1


async def test_only_what_has_changed_is_written(bench):
    await bench.sync()
    bench.write("a.md", "# A\n\nother words\n")
    os.remove(bench.root / "docs/b.rst")
    bench.write("c.txt", "colours\n")
    report = await bench.sync()
    assert (report.indexed, report.removed) == (2, 1)
    assert bench.store.written[1:] == [["docs/b.rst"], ["a.md", "c.txt"]]
    assert bench.found("retries budget") == []
    assert set(bench.found("words colours")) == {"a.md", "c.txt"}


async def test_a_file_that_was_only_touched_is_read_and_not_written(bench):
    await bench.sync()
    os.utime(bench.root / "a.md")
    report = await bench.sync()
    assert report.indexed == 0
    assert len(bench.store.written) == 1
    assert (await bench.sync()).done == 2


async def test_what_was_loaded_is_not_indexed_again(bench):
    await bench.sync()
    bench.reopen()
    await bench.indexer.load()
    assert bench.found("retries") == ["a.md"]
    assert (await bench.sync()).indexed == 0


async def test_a_store_that_lost_a_file_gets_it_again(bench):
    await bench.sync()
    await bench.store.replace(["a.md"], [])
    bench.reopen()
    await bench.indexer.load()
    assert (await bench.sync()).indexed == 1
    assert bench.found("retries") == ["a.md"]


async def test_a_file_without_a_row_in_the_manifest_is_indexed_again(bench):
    await bench.sync()
    bench.manifest.forget(["a.md"])
    bench.reopen()
    await bench.indexer.load()
    assert (await bench.sync()).indexed == 1


async def test_what_was_cut_off_goes_on_where_it_was(bench, monkeypatch):
    monkeypatch.setattr(indexing, "_COMMIT", 3)
    monkeypatch.setattr(indexing, "_AT_ONCE", 3)
    for number in range(12):
        bench.write(f"n{number:02d}.md", f"# N{number}\n\nword{number}\n")
    bench.store.fails_after = 2
    with pytest.raises(StoreError, match="disk is full"):
        await bench.sync()
    done = len(bench.manifest.files())
    assert 0 < done < 14
    bench.store.fails_after = None
    bench.reopen()
    await bench.indexer.load()
    report = await bench.sync()
    assert report.indexed == 14 - done
    assert len(bench.index) == 14


async def test_files_are_read_while_others_are_written_and_all_are_written_in_order(
    bench, monkeypatch
):
    monkeypatch.setattr(indexing, "_COMMIT", 2)
    monkeypatch.setattr(indexing, "_AT_ONCE", 1)
    for number in range(4):
        bench.write(f"n{number}.md", f"# N{number}\n\nword{number}\n")
    read_on, real = asyncio.Event(), bench.store.replace
    at_once = 0

    async def replace(files, chunks):
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        if not bench.store.written:
            await read_on.wait()
        await real(files, chunks)
        at_once -= 1

    def told(report):
        if report.done == 3:
            read_on.set()

    bench.store.replace = replace
    report = await bench.sync(progress=told)
    assert report.complete
    assert [file for files in bench.store.written for file in files] == sorted(bench.index.hashes())


async def test_what_is_being_written_ends_with_the_indexing_that_is_cancelled(bench, monkeypatch):
    monkeypatch.setattr(indexing, "_COMMIT", 1)
    monkeypatch.setattr(indexing, "_AT_ONCE", 1)
    begun, ended = asyncio.Event(), []

    async def replace(files, chunks):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(files)

    bench.store.replace = replace
    syncing = asyncio.create_task(bench.sync())
    await begun.wait()
    syncing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await syncing
    assert ended == [["a.md"]]
    assert asyncio.all_tasks() == {asyncio.current_task()}
    del bench.store.replace
    assert (await bench.sync()).indexed == 2


async def test_progress_is_told_after_each_group(bench, monkeypatch):
    monkeypatch.setattr(indexing, "_AT_ONCE", 1)
    seen = []
    await bench.sync(progress=lambda report: seen.append((report.done, report.files)))
    assert seen[0] == (1, 2)
    assert seen[-1] == (2, 2)


async def test_binary_large_and_unreadable_files_are_left_out_with_the_reason(bench):
    bench.write("binary.md", b"\0\1\2" * 50)
    bench.write("large.md", "x" * 200_000)
    bench.write("empty.md", "\n\n")
    report = await bench.sync()
    assert report.indexed == 2
    assert "binary file" in report.skipped["binary.md"]
    assert "more than the 100000" in report.skipped["large.md"]
    assert "empty.md" not in report.skipped
    again = await bench.sync()
    assert (again.indexed, again.done, again.skipped) == (0, 5, {})
    bench.reopen(max_bytes=300_000)
    await bench.indexer.load()
    assert (await bench.sync()).indexed == 1


async def test_a_file_that_becomes_binary_is_taken_out(bench):
    await bench.sync()
    bench.write("a.md", b"\0" * 30)
    await bench.sync()
    assert bench.found("retries") == []
    assert await bench.store.load() == [c for c in await bench.store.load() if c.file != "a.md"]


async def test_odd_bytes_are_kept_as_what_a_store_can_hold(bench):
    bench.write("bad.md", b"# Bad\n\ncaf\xc3\xa9 \xff and \xc3\xa9 more \xc3\xa9\n")
    await bench.sync()
    (kept,) = [c for c in await bench.store.load() if c.file == "bad.md"]
    kept.text.encode("utf-8")
    assert "\ufffd" in kept.text


async def test_ignored_and_secret_files_are_not_knowledge(bench):
    bench.write(".gitignore", "drafts/\n*.tmp.md\n")
    for name in (
        "drafts/x.md", "y.tmp.md", ".ssh/notes.md", "credentials.txt", "my-secrets.txt",
        "requirements.txt", "requirements-dev.txt", "CMakeLists.txt", "code.py", ".env",
    ):  # fmt: skip
        bench.write(name, "# T\n\nretries\n")
    for name in ("secrets/design.md", "README", "readme.markdown", "notes.MDX"):
        bench.write(name, "# T\n\nretries\n")
    sources = await find_sources(bench.agent, [], documents=False, workspace_docs=True)
    assert sorted(sources) == [
        "README", "a.md", "docs/b.rst", "notes.MDX", "readme.markdown", "secrets/design.md",
    ]  # fmt: skip


async def test_data_of_tests_are_no_documents_unless_they_are_named(bench):
    for name in (
        "tests/fixtures/x.md", "fixtures/x.md", "pkg/testdata/deep/x.md", "test-data/x.rst",
        "tests/__snapshots__/x.txt", "tests/data_fixtures/x.md", "golden/x.md", "test_files/x.md",
    ):  # fmt: skip
        bench.write(name, "# T\n\nretries\n")
    kept = ["tests/README.md", "docs/fixtures.md", "docs/testing/data.md", "a.md", "docs/b.rst"]
    for name in kept[:3]:
        bench.write(name, "# T\n\nretries\n")
    sources = await find_sources(bench.agent, [], documents=False, workspace_docs=True)
    assert sorted(sources) == sorted(kept)
    sources = await find_sources(
        bench.agent, ["tests/fixtures"], documents=False, workspace_docs=True
    )
    assert "tests/fixtures/x.md" in sources


async def test_paths_that_the_user_names_may_be_code_and_lie_elsewhere(bench, tmp_path):
    bench.write("src/app.py", "def retry(): pass\n")
    bench.write("src/.env", "TOKEN=1\n")
    other = tmp_path / "other"
    (other / "sub").mkdir(parents=True)
    (other / "x.py").write_text("x = 1\n")
    (other / "sub" / "id_rsa").write_text("key\n")
    (tmp_path / "single.toml").write_text("a = 1\n")
    paths = ["src", str(bench.root / "src"), str(other), str(tmp_path / "single.toml")]
    sources = await find_sources(bench.agent, paths, documents=False, workspace_docs=False)
    assert sorted(sources) == [f"{other}/x.py", f"{tmp_path}/single.toml", "src/app.py"]
    assert named_path(bench.agent, str(bench.root / "src")) == "src"
    for file, source in sources.items():
        assert source_of(bench.agent, file).place.read_bytes() == source.place.read_bytes()
    with pytest.raises(WorkspaceError, match="missing"):
        await find_sources(bench.agent, ["missing"], documents=False, workspace_docs=False)
    with pytest.raises(WorkspaceError):
        await find_sources(
            bench.agent, [str(tmp_path / "gone" / "x")], documents=False, workspace_docs=False
        )


async def test_the_documents_of_the_sdk_are_knowledge_under_their_path_in_the_package(bench):
    sources = await find_sources(bench.agent, [], documents=True, workspace_docs=False)
    assert sorted(sources) == [
        f"coding_agent_sdk/data/documents/{path.name}" for path in sorted(DOCUMENTS.iterdir())
    ]
    for file in sources:
        assert source_of(bench.agent, file).place.is_file()


async def test_in_the_repository_of_the_sdk_its_documents_are_not_taken_twice():
    root = DOCUMENTS.parents[2]
    agent = SimpleNamespace(workspace=LocalWorkspace(root), workspace_at=LocalWorkspace)
    sources = await find_sources(agent, [], documents=True, workspace_docs=True)
    named = [file for file in sources if file.endswith("langchain_guide.md")]
    assert named == ["coding_agent_sdk/data/documents/langchain_guide.md"]
    assert source_of(agent, named[0]).place == DOCUMENTS / "langchain_guide.md"


SECRETS = {
    "assigned": ('password = "{}"', "correct-horse-42-battery"),
    "key": ("key: {}", "sk-ant-" + "api03-" + "Zx9Qw8Er7Ty6Ui5Op4As3Df2Gh1Jk0Lz9Xc8Vb7Nm6" * 2),
    "url": ("postgresql://app:{}@db/x", "s3cr3tPassw0rdOfDb"),
    "github": ("token {}", "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"),
}


@pytest.mark.parametrize("name", SECRETS)
async def test_no_byte_of_a_secret_reaches_store_index_or_manifest(bench, tmp_path, name):
    form, secret = SECRETS[name]
    made = Bench(bench.root, redact=redact, manifest=tmp_path / "m.manifest")
    made.write("a.md", f"# Setup\n\nbefore\n\n{form.format(secret)}\n\nafter it\n")
    made.write("deep/b.py", f"# {form.format(secret)}\nx = 1\n")
    made.paths = ["deep"]
    await made.sync()
    for kept in await made.store.load():
        for field in ("id", "context", "text", "lex", "hash"):
            assert secret not in getattr(kept, field)
            assert secret.lower() not in getattr(kept, field).lower()
    assert not any(secret.lower() in token for token in made.index._postings)
    made.manifest.close()
    for path in tmp_path.glob("m.manifest*"):
        assert secret.encode() not in path.read_bytes()
    (hit,) = made.index.search("before after", k=1)
    lines = (made.root / "a.md").read_text().split("\n")
    quoted = hit.text.split("\n")
    assert MASK in hit.text
    for said, line in zip(quoted, lines[hit.chunk.start - 1 :], strict=False):
        assert said == line or MASK in said


async def test_a_store_that_was_filled_without_masking_is_filled_anew_with_it(bench):
    bench.write("a.md", 'password = "correct-horse-42-battery"\n')
    await bench.sync()
    assert any("correct-horse" in kept.text for kept in await bench.store.load())
    bench.reopen(redact=redact)
    await bench.indexer.load()
    report = await bench.sync()
    assert report.indexed == report.files
    assert not any("correct-horse" in kept.text for kept in await bench.store.load())


async def test_a_changed_file_is_told_and_indexed_again_by_itself(bench):
    await bench.sync()
    sources = await find_sources(bench.agent, [], documents=False, workspace_docs=True)
    assert bench.indexer.changed(sources.values()) == []
    bench.write("a.md", "# A\n\nnew words\n")
    (changed,) = bench.indexer.changed(sources.values())
    await bench.indexer.refresh([changed])
    assert bench.found("new") == ["a.md"]
    os.remove(bench.root / "a.md")
    (gone,) = bench.indexer.changed(sources.values())
    await bench.indexer.refresh([gone])
    assert bench.found("new") == []


async def test_a_rebuild_begins_with_nothing(bench):
    await bench.sync()
    bench.manifest.add_roots(["src"])
    await bench.indexer.rebuild()
    assert (await bench.store.load(), len(bench.index), bench.manifest.roots()) == ([], 0, [])
    assert (await bench.sync()).indexed == 2


async def test_passages_that_say_the_same_twice_have_ids_of_their_own(bench):
    body = "same words " * 100
    bench.write("twice.md", f"# T\n\n{body}\n\n# T\n\n{body}\n")
    await bench.sync()
    ids = [kept.id for kept in await bench.store.load() if kept.file == "twice.md"]
    assert len(ids) == len(set(ids)) == 2


async def test_a_file_whose_name_is_a_secret_is_left_out_for_a_citation_would_tell_it(tmp_path):
    token = "glpat-" + "x1Y2z3W4v5U6t7S8r9Qa"
    bench = Bench(tmp_path, redact=redact)
    bench.write(f"{token}.md", "# Zebra\n\nZebras live here.\n")
    bench.write("guide.md", "# Guide\n\nOf something else.\n")
    report = await bench.sync()
    assert report.indexed == 1
    (name,) = report.skipped
    assert MASK in name
    assert report.skipped[name] == "its name holds a secret"
    assert token not in str(bench.store.written)
    bench.reopen(redact=None)
    assert (await bench.sync()).indexed == 2  # whoever masks nothing has it
