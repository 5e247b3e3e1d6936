"""Brings a store up to date with its files: changed ones anew, gone ones out, the rest untouched.

Everything can be cut off at any time: the store is written before the manifest, and a file
without a row in the manifest is indexed again.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Self

from coding_agent_sdk.errors import FileTooLargeError, WorkspaceError
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.middleware.rag.chunking import CHUNKER_VERSION, chunk, passage_id
from coding_agent_sdk.middleware.rag.manifest import Indexed, stamp_of
from coding_agent_sdk.middleware.rag.masking import masked_by_line
from coding_agent_sdk.middleware.rag.passage_index import lex_of
from coding_agent_sdk.middleware.rag.snapshot import SnapshotStore
from coding_agent_sdk.middleware.rag.tokens import TOKENS_VERSION
from coding_agent_sdk.protocols import KnowledgeChunk
from coding_agent_sdk.text.failures import advised
from coding_agent_sdk.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence

    from coding_agent_sdk.middleware.rag.chunking import Passage
    from coding_agent_sdk.middleware.rag.manifest import Manifest
    from coding_agent_sdk.middleware.rag.passage_index import PassageIndex
    from coding_agent_sdk.middleware.rag.sources import Source
    from coding_agent_sdk.protocols import FileText, KnowledgeStore

__all__ = ["IndexReport", "Indexer"]

_AT_ONCE: Final = 32
_COMMIT: Final = 1_000
"""Passages that are written together; a store is slow with fewer, and with many more."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_MORE: Final = "`plugins.rag.max_file_bytes` sets how much"


@dataclass(kw_only=True)
class IndexReport:
    """What indexing has done so far.

    Attributes:
        files: Number of files to look at.
        done: Number of files that are done with.
        indexed: Number of files that were indexed anew.
        chunks: Number of passages that were written.
        removed: Number of files that are no longer there.
        skipped: Why each file that holds no passages was left out.
        missing: Paths of the settings that are not there.
        complete: Whether all that the files hold can be found.
    """

    files: int = 0
    done: int = 0
    indexed: int = 0
    chunks: int = 0
    removed: int = 0
    skipped: dict[str, str] = field(default_factory=dict[str, str])
    missing: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    file: str
    row: Indexed
    chunks: list[KnowledgeChunk]
    skipped: str = ""


class _OneAtATime:
    """Does one thing in the background, and the next when that is done; none outlives it."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    async def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something, when what was begun before has ended well."""
        if self._task is not None:
            try:
                await self._task
            except BaseException:
                work.close()
                raise
        self._task = asyncio.create_task(work)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        if self._task is None:
            return
        if kind is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        else:
            await self._task


class Indexer:
    """Indexes files into a store, and into the index in memory that is searched.

    Args:
        store: Where passages are kept.
        index: Where they are searched.
        manifest: Which files are indexed.
        redact: Takes secrets out of a text; None where nothing does.
        max_bytes: Bytes of the largest file that is indexed.
    """

    def __init__(
        self,
        store: KnowledgeStore,
        index: PassageIndex,
        manifest: Manifest,
        *,
        redact: Callable[[str], str] | None,
        max_bytes: int,
    ) -> None:
        self._store = store
        self._index = index
        self._manifest = manifest
        self._redact = redact
        self._max_bytes = max_bytes
        # What was cut, tokenised or masked in another way is not what would be kept today.
        masked = f"masked {__version__}" if redact else "as it is"
        self._seal = f"{CHUNKER_VERSION}.{TOKENS_VERSION} {masked}"
        self._writing = asyncio.Lock()
        self._rows: dict[str, Indexed] = {}

    # -- what is there ---------------------------------------------------------------------

    async def load(self) -> None:
        """Load the store into the index.

        Raises:
            StoreError: It cannot be read.
        """
        chunks = await self._store.load()
        self._rows = await in_thread(self._manifest.files)
        await in_thread(self._fill, chunks)

    def _fill(self, chunks: Sequence[KnowledgeChunk]) -> None:
        by_file: dict[str, list[KnowledgeChunk]] = {}
        for each in chunks:
            by_file.setdefault(each.file, []).append(each)
        for file, of_file in by_file.items():
            self._index.replace([file], sorted(of_file, key=lambda each: each.start))

    def changed(self, sources: Iterable[Source]) -> list[Source]:
        """Return the files that do not look as they did when they were indexed; quick."""
        return [source for source in sources if not self._looks_same(source)]

    def _looks_same(self, source: Source) -> bool:
        row = self._rows.get(source.file)
        stamp = stamp_of(source.place)
        return row is not None and bool(stamp) and row.stamp == self._sealed(stamp)

    def _sealed(self, stamp: str) -> str:
        return f"{self._seal} {self._max_bytes} {stamp}" if stamp else ""

    # -- bringing it up to date ------------------------------------------------------------

    async def sync(
        self,
        sources: Mapping[str, Source],
        *,
        missing: tuple[str, ...] = (),
        progress: Callable[[IndexReport], None] | None = None,
    ) -> IndexReport:
        """Bring store and index up to date with the files.

        Args:
            sources: All files that are knowledge, by what citations call them.
            missing: Paths to say of that they are not there.
            progress: Called after each group of files.

        Raises:
            StoreError: The store cannot be written to; what was written stays.
        """
        async with self._writing:
            report = IndexReport(files=len(sources), missing=missing)
            sources = self._nameable(sources, report)
            known = self._index.hashes()
            gone = [file for file in {*known, *self._rows} if file not in sources]
            await self._remove(gone)
            report.removed = sum(file in known for file in gone)
            same = await in_thread(self._unchanged, sources, known)
            report.done = len(same)
            await self._index_all(
                [s for f, s in sources.items() if f not in same], report, progress
            )
        if report.indexed or report.removed:
            await self._store.flush()
        return report

    def _nameable(self, sources: Mapping[str, Source], report: IndexReport) -> Mapping[str, Source]:
        """Leave out files whose names are secrets: a citation has to tell the name as it is."""
        redact = self._redact
        if redact is None:
            return sources
        named = {file: source for file, source in sources.items() if redact(file) == file}
        for file in sources.keys() - named.keys():
            report.skipped[redact(file)] = "its name holds a secret"
        return named

    async def refresh(self, sources: Sequence[Source]) -> None:
        """Index some files again, now; one that is gone is taken out.

        Raises:
            StoreError: The store cannot be written to.
        """
        async with self._writing:
            await self._index_all(sources, IndexReport(files=len(sources)), None)

    async def forget(self, files: Sequence[str]) -> None:
        """Take files out."""
        async with self._writing:
            await self._remove(files)

    async def rest(self) -> None:
        """Let a store of this machine go until something is to be written."""
        if isinstance(self._store, SnapshotStore):
            async with self._writing:
                await self._store.rest()

    async def rebuild(self) -> None:
        """Take everything out, in order to index it anew."""
        async with self._writing:
            await self._store.clear()
            await in_thread(self._manifest.clear)
            self._index.clear()
            self._rows = {}

    def _unchanged(self, sources: Mapping[str, Source], known: Mapping[str, str]) -> set[str]:
        return {
            file
            for file, source in sources.items()
            if self._looks_same(source) and self._rows[file].hash == known.get(file, "")
        }

    async def _remove(self, files: Sequence[str]) -> None:
        if files:
            await self._store.replace(files, [])
            self._index.replace(files, [])
            await in_thread(self._manifest.forget, files)
            for file in files:
                self._rows.pop(file, None)

    async def _index_all(
        self,
        sources: Sequence[Source],
        report: IndexReport,
        progress: Callable[[IndexReport], None] | None,
    ) -> None:
        told = progress or _nobody
        waiting: list[_Prepared] = []
        async with _OneAtATime() as writing:  # what comes next is prepared meanwhile
            for at in range(0, len(sources), _AT_ONCE):
                group = sources[at : at + _AT_ONCE]
                stamps = [stamp_of(source.place) for source in group]
                texts = await asyncio.gather(*(self._read(source) for source in group))
                waiting += await in_thread(self._prepare_all, group, stamps, texts)
                if sum(len(each.chunks) for each in waiting) >= _COMMIT:
                    await writing.begin(self._commit(waiting, report))
                    waiting = []
                report.done += len(group)
                told(report)
            await writing.begin(self._commit(waiting, report))
        report.complete = True
        told(report)

    async def _read(self, source: Source) -> FileText | str:
        """Return a file's text, or why it has none."""
        try:
            return await source.workspace.read_text(source.path, limit=self._max_bytes)
        except FileTooLargeError as error:
            return advised(str(error), _MORE)
        except WorkspaceError as error:
            return str(error)

    def _prepare_all(
        self,
        sources: Sequence[Source],
        stamps: Sequence[str],
        texts: Sequence[FileText | str],
    ) -> list[_Prepared]:
        return [
            self._prepare(source, stamp, text)
            for source, stamp, text in zip(sources, stamps, texts, strict=True)
        ]

    def _prepare(self, source: Source, stamp: str, text: FileText | str) -> _Prepared:
        sealed = self._sealed(stamp)
        if isinstance(text, str):
            row = Indexed(stamp=sealed, hash="")
            return _Prepared(file=source.file, row=row, chunks=[], skipped=text)
        digest = hashlib.sha256(f"{self._seal}\0{text.sha256}".encode()).hexdigest()
        safe = _SURROGATE.sub("\ufffd", text.text)
        if self._redact is not None:
            safe = masked_by_line(safe, self._redact)
        chunks = _chunks(source.file, safe, digest)
        row = Indexed(stamp=sealed, hash=digest if chunks else "")
        return _Prepared(file=source.file, row=row, chunks=chunks)

    async def _commit(self, prepared: Sequence[_Prepared], report: IndexReport) -> None:
        """Write the store, then the index, then the manifest."""
        if not prepared:
            return
        known = self._index.hashes()
        new = [each for each in prepared if self._is_new(each, known)]
        if new:
            chunks = [each for one in new for each in one.chunks]
            await self._store.replace([each.file for each in new], chunks)
            await in_thread(self._fill_in, new)
            report.indexed += sum(bool(each.chunks) for each in new)
            report.chunks += len(chunks)
        report.skipped |= {each.file: each.skipped for each in prepared if each.skipped}
        rows = {each.file: each.row for each in prepared}
        await in_thread(self._manifest.keep, rows)
        self._rows |= rows

    def _is_new(self, prepared: _Prepared, known: Mapping[str, str]) -> bool:
        """Return whether what was prepared differs from what is kept, as far as that is sure."""
        row, kept = self._rows.get(prepared.file), known.get(prepared.file, "")
        return row is None or row.hash != prepared.row.hash or kept != prepared.row.hash

    def _fill_in(self, prepared: Sequence[_Prepared]) -> None:
        for each in prepared:
            self._index.replace([each.file], each.chunks)


def _nobody(_: IndexReport) -> None:
    """Hear of progress, and do nothing."""


def _chunks(file: str, text: str, digest: str) -> list[KnowledgeChunk]:
    chunks: list[KnowledgeChunk] = []
    seen: Counter[Passage] = Counter()
    for passage in chunk(file, text):
        same = replace(passage, start=0, end=0)
        seen[same] += 1
        chunks.append(
            KnowledgeChunk(
                id=passage_id(file, passage, seen[same]),
                file=file,
                start=passage.start,
                end=passage.end,
                context=passage.context,
                text=passage.text,
                lex=lex_of(passage.context, passage.text),
                hash=digest,
            )
        )
    return chunks
