"""The knowledge of an agent while it is open: opened in the background, searched in memory."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.config.paths import data_home
from coding_agent_sdk.errors import AgentError, StoreError, WorkspaceError
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.middleware.rag.indexing import Indexer, IndexReport
from coding_agent_sdk.middleware.rag.manifest import Manifest
from coding_agent_sdk.middleware.rag.milvus_url import parse_milvus_url, store_url
from coding_agent_sdk.middleware.rag.passage_index import PassageIndex
from coding_agent_sdk.middleware.rag.problems import left_out, not_yet, problem_of
from coding_agent_sdk.middleware.rag.relevance import own_first
from coding_agent_sdk.middleware.rag.snapshot import SnapshotStore
from coding_agent_sdk.middleware.rag.sources import (
    add_named,
    find_sources,
    is_guide,
    named_path,
    source_of,
)
from coding_agent_sdk.text.failures import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from coding_agent_sdk.hooks.context import AgentContext
    from coding_agent_sdk.middleware.rag.passage_index import Hit
    from coding_agent_sdk.middleware.rag.problems import Problem
    from coding_agent_sdk.middleware.rag.settings import RagSettings
    from coding_agent_sdk.middleware.rag.sources import Source
    from coding_agent_sdk.protocols import KnowledgeChunk

__all__ = ["Knowledge", "StorePlace", "store_of"]

logger = logging.getLogger(__name__)

_CLOSING_SECONDS: Final = 0.1
"""How long the end waits for work with a server that is under way, and then for the server to be
left. One that is near needs less, and what was not indexed is indexed the next time."""

_LOCAL_SECONDS: Final = 2.0
"""How long it waits for work with a store of this machine."""

_LETTING_GO_SECONDS: Final = 30.0
"""How long it waits for Milvus Lite, whose server is a part of this process: what it is writing
ends soon, and stopped in the middle of it the interpreter might never end."""

_AGAIN_SECONDS: Final = 30.0
"""How long it takes until a store that could not be used is tried again, or files are looked at."""

_LONGEST_PAUSE: Final = 600.0
"""A store that fails again and again is tried twice as late each time, up to so many seconds."""

_OPENING_SECONDS: Final = 120.0
"""How long opening a store may take, with loading all that it holds."""

_ROUNDS: Final = 3
_GUIDES: Final = 15
"""Passages that are looked at besides: guides of the SDK may stand before the user's own."""


@dataclass(frozen=True, kw_only=True)
class StorePlace:
    """Where the knowledge of a workspace is kept.

    Attributes:
        url: The store's URL.
        manifest: The file of the manifest; None where it is kept in memory.
        folder: The store's folder, where it is one of this machine.
    """

    url: str
    manifest: Path | None
    folder: Path | None = None


def store_of(agent: AgentContext) -> StorePlace:
    """Return where the knowledge of the agent's workspace is kept."""
    settings: RagSettings = agent.settings
    root = _short_hash(str(agent.workspace.root))
    folder = data_home() / "knowledge"
    url = store_url(settings.store, default=folder / f"{root}.db")
    scheme = url.partition(":")[0]
    if scheme == "memory":
        return StorePlace(url=url, manifest=None)
    if scheme in {"http", "https", "milvus-lite"} and "collection=" not in url:
        # One store may serve many workspaces: their paths are relative, and so the same.
        url += f"{'&' if '?' in url else '?'}collection=knowledge_{root}"
    path = parse_milvus_url(url).path if scheme == "milvus-lite" else None
    manifest = folder / f"{root}-{_short_hash(url)}.manifest"
    return StorePlace(url=url, manifest=manifest, folder=path)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


class Knowledge:
    """Opens the store, keeps it up to date, and searches it.

    Args:
        agent: The agent.
    """

    def __init__(self, agent: AgentContext) -> None:
        self._agent = agent
        self._settings: RagSettings = agent.settings
        self._index = PassageIndex()
        self._stack = contextlib.AsyncExitStack()
        self._is_local = False
        self._sources: dict[str, Source] = {}
        self._indexer: Indexer | None = None
        self._manifest: Manifest | None = None
        self._working: asyncio.Task[None] | None = None
        self._worked_at = 0.0
        self._failures = 0
        self._refresh_at = 0.0
        self._prepared = asyncio.Event()
        self.ready = False
        self.problem: Problem | None = None
        self.report = IndexReport()

    # -- life --------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to open the store, or to bring it up to date, in the background."""
        if self._working is None or self._working.done():
            self._worked_at = asyncio.get_running_loop().time()
            self._working = asyncio.create_task(self._work(), name="coding-agent-knowledge")

    async def _work(self) -> None:
        try:
            if self._indexer is None:
                await self._open_in_time()
            if self._settings.index == "background":
                await self.update()
            self._prepare()
            assert self._indexer is not None
            await self._indexer.rest()
        except Exception as error:  # noqa: BLE001  without knowledge a run goes on, whatever it is
            self.problem = problem_of(error)
            self._failures += 1
            logger.info("no knowledge, tried again in %g s: %s", self._pause, describe(error))

    async def _open_in_time(self) -> None:
        try:
            async with asyncio.timeout(_OPENING_SECONDS):
                await self.open()
        except TimeoutError as error:
            raise StoreError(
                f"the knowledge store did not open within {_OPENING_SECONDS:g} s; see whether it "
                "answers, or choose another one by `plugins.rag.store`"
            ) from error

    @property
    def _pause(self) -> float:
        """Seconds from one attempt to the next; more after each one that failed."""
        if not self._failures:
            return _AGAIN_SECONDS
        return min(_AGAIN_SECONDS * 2.0 ** min(self._failures - 1, 9), _LONGEST_PAUSE)

    def _prepare(self) -> None:
        """Let searches begin: the index has everything that the files have."""
        self.ready, self.problem, self._failures = True, None, 0
        self._prepared.set()

    async def open(self, *, rebuild: bool = False) -> None:
        """Open the store and load it.

        Args:
            rebuild: Put an empty store in the place of one of this machine that cannot be read.

        Raises:
            AgentError: It cannot be used.
        """
        place = store_of(self._agent)
        store = self._agent.backend("knowledge", place.url)
        if rebuild and place.folder is not None:
            await _discard_damaged(store, whole=not self._settings.store)
        if place.folder is not None and place.manifest is not None:
            snapshot = place.manifest.with_suffix(".snapshot")
            store = SnapshotStore(store, place.folder, snapshot, scope=place.url)
        async with contextlib.AsyncExitStack() as stack:
            if hasattr(store, "__aenter__"):
                await stack.enter_async_context(store)
            manifest = await in_thread(Manifest, place.manifest)
            stack.callback(manifest.close)
            indexer = Indexer(
                store, self._index, manifest,
                redact=self._agent.redact if self._agent.redacts else None,
                max_bytes=self._settings.max_file_bytes,
            )  # fmt: skip
            await indexer.load()
            self._stack = stack.pop_all()
        self._indexer, self._manifest = indexer, manifest
        self._is_local = place.folder is not None
        self.ready = len(self._index) > 0

    async def update(
        self,
        paths: Sequence[str] = (),
        *,
        rebuild: bool = False,
        progress: Callable[[IndexReport], None] | None = None,
    ) -> IndexReport:
        """Index what has changed. A path of the settings that is not there keeps nothing else out.

        Args:
            paths: Paths to index from now on, besides those that are.
            rebuild: Forget everything before.
            progress: Called after each group of files.

        Raises:
            AgentError: One of *paths* is not there, or the store cannot be written to.
        """
        assert self._indexer is not None
        assert self._manifest is not None

        def told(report: IndexReport) -> None:
            self.report = report
            if report.complete:
                self._prepare()
            if progress is not None:
                progress(report)

        named = [named_path(self._agent, path) for path in paths]
        sources = await find_sources(  # before anything is thrown away
            self._agent, named, documents=self._settings.documents,
            workspace_docs=self._settings.workspace_docs,
        )  # fmt: skip
        missing = await self._add(sources, self._settings.paths)
        if rebuild:
            await self._indexer.rebuild()
        await in_thread(self._manifest.add_roots, named)
        await self._add(sources, await in_thread(self._manifest.roots))  # some were there once
        self._sources = sources
        self.report = await self._indexer.sync(sources, missing=missing, progress=told)
        return self.report

    async def _add(self, sources: dict[str, Source], paths: Sequence[str]) -> tuple[str, ...]:
        """Add what lies below some paths, and return those that are not there."""
        missing: list[str] = []
        for path in paths:
            try:
                await add_named(sources, self._agent, path)
            except WorkspaceError:
                missing.append(path)
        return tuple(missing)

    async def aclose(self) -> None:
        """Close the store; work that is under way gets a moment to end."""
        if self._working is not None and not self._working.done():
            patience = _LOCAL_SECONDS if self._is_local else _CLOSING_SECONDS
            await asyncio.wait({self._working}, timeout=patience)
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        try:
            async with asyncio.timeout(_LETTING_GO_SECONDS if self._is_local else _CLOSING_SECONDS):
                await self._stack.aclose()
        except Exception as error:  # noqa: BLE001  nothing is lost: what was written is written
            logger.warning("the knowledge store was not closed in peace: %s", describe(error))

    # -- searching ---------------------------------------------------------------------------

    async def search(self, query: str, *, k: int, user: str, wait: float) -> list[Hit] | None:
        """Return the best passages, all as they are in their files now; None without knowledge.

        Args:
            query: The question.
            k: How many at most.
            user: Who asks.
            wait: Seconds that a store may take to be ready, from when that was begun; one that
                has failed before is not waited for.
        """
        self._start_again()
        if not self._prepared.is_set() and not self._failures:
            await self._wait(wait)
        if not self.ready:
            return None
        return await self._current(query, k=k, user=user, wait=wait)

    async def _current(self, query: str, *, k: int, user: str, wait: float) -> list[Hit]:
        """Search, and search again where a file that was found has changed."""
        seen: set[str] = set()
        hits: list[Hit] = []
        stale: list[Source] = []
        for _ in range(_ROUNDS):
            hits = self._found(query, k=k, user=user)
            stale = [source for source in self._changed(hits) if source.file not in seen]
            if not stale or not await self._refreshed(stale, wait):
                break
            # One that was changed just now looks so for a while: it has been read all the same.
            seen.update(source.file for source in stale)
        gone = {source.file for source in stale} - seen
        return [hit for hit in hits if hit.chunk.file not in gone]

    def _found(self, query: str, *, k: int, user: str) -> list[Hit]:
        more = _GUIDES if k and self._settings.documents else 0
        hits = self._index.search(query, k=k + more, user=user)
        guides = {hit.chunk.file for hit in hits if is_guide(self._agent, hit.chunk.file)}
        return own_first(hits, guides, k=k)

    def _start_again(self) -> None:
        """Open what could not be opened, and look at the files again, from time to time."""
        again = asyncio.get_running_loop().time() - self._worked_at > self._pause
        may_change = self.problem is not None or self._settings.index == "background"
        if self._working is None or (again and may_change):
            self.start()

    async def _wait(self, seconds: float) -> None:
        assert self._working is not None
        left = self._worked_at + seconds - asyncio.get_running_loop().time()
        if left <= 0:
            return
        prepared = asyncio.ensure_future(self._prepared.wait())
        try:
            await asyncio.wait(
                {self._working, prepared}, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            prepared.cancel()

    def _changed(self, hits: Sequence[Hit]) -> list[Source]:
        assert self._indexer is not None
        sources = (self._source(hit.chunk.file) for hit in hits)
        return self._indexer.changed({source.file: source for source in sources}.values())

    def _source(self, file: str) -> Source:
        return self._sources.get(file) or source_of(self._agent, file)

    async def _refreshed(self, stale: Sequence[Source], wait: float) -> bool:
        """Index changed files again; False where that fails or takes too long."""
        assert self._indexer is not None
        now = asyncio.get_running_loop().time()
        if now < self._refresh_at:
            return False
        try:
            async with asyncio.timeout(wait or _CLOSING_SECONDS):
                await self._indexer.refresh(stale)
        except (AgentError, TimeoutError) as error:
            logger.warning("changed files were not indexed again: %s", describe(error))
            self._refresh_at = now + _AGAIN_SECONDS
            return False
        return True

    @property
    def missing(self) -> Problem | None:
        """Why there is no knowledge just now, or not all of it; None where all is well."""
        if self.problem is not None:
            return self.problem
        if not self.ready:
            return not_yet(self.report)
        return left_out(self.report.missing) if self.report.missing else None

    # -- users -------------------------------------------------------------------------------

    async def is_there(self) -> bool:
        """Return whether there is knowledge, when what has been begun has ended."""
        self._start_again()
        if not self._prepared.is_set():
            await self._wait(_OPENING_SECONDS)
        return self.ready

    def of_user(self, user: str) -> list[KnowledgeChunk]:
        """Return the passages that belong to a user alone."""
        return self._index.chunks_of(user)

    async def forget(self, files: Sequence[str]) -> None:
        """Take documents out."""
        assert self._indexer is not None
        await self._indexer.forget(files)


async def _discard_damaged(store: Any, *, whole: bool) -> None:
    """Take away what a folder holds of a store, where that cannot be read."""
    try:
        async with store:
            await store.load()
    except StoreError:
        await store.discard(whole=whole)
