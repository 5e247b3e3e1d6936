"""A knowledge store in Milvus: Milvus Lite in a folder of this machine, or a server.

Passages are kept as rows and searched in memory, so any Milvus serves: one from before 2.5 has
no full-text search, and wants a vector field, which is here a small one without meaning.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import json
import logging
import threading
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from coding_agent_sdk.errors import MissingExtraError, StoreError
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.middleware.rag import milvus_lite
from coding_agent_sdk.middleware.rag.milvus_failures import failure
from coding_agent_sdk.middleware.rag.milvus_url import parse_milvus_url
from coding_agent_sdk.protocols import KnowledgeChunk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

__all__ = ["MilvusKnowledge"]

T = TypeVar("T")

_FIELDS: Final = tuple(field.name for field in dataclasses.fields(KnowledgeChunk))
_LENGTHS: Final = {"id": 64, "file": 4_096, "context": 2_048, "hash": 128, "user": 512}
_TEXT_BYTES: Final = 65_535
_VECTOR: Final = "vector"
_DIMENSIONS: Final = 2
_ROWS: Final = 1_000
_FILES: Final = 200
_OPERATION_SECONDS: Final = 30.0


class MilvusKnowledge:
    """Keeps passages in a Milvus; implements `protocols.KnowledgeStore`.

    Everything of the driver, its import included, happens in threads. A folder of Milvus Lite
    belongs to one process at a time.

    Example:
        ```python
        async with MilvusKnowledge("http://localhost:19530") as store:
            chunks = await store.load()
        ```

    Args:
        url: See `parse_milvus_url`.

    Raises:
        ConfigError: The URL cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._target = parse_milvus_url(url)
        self._client: Any = None
        self._is_wanted = False
        self._lock = threading.Lock()
        self._fresh = False

    # -- life --------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Connect, and make the collection where it is missing.

        Raises:
            MissingExtraError: The driver is not installed.
            StoreError: The store is locked, does not answer, or is broken.
        """
        self._is_wanted = True
        try:
            await in_thread(self._open)
        except asyncio.CancelledError:
            # The thread opens it all the same, and a server of Milvus Lite that nobody has stopped
            # can keep the interpreter from ending. A server elsewhere is not waited for.
            self._is_wanted = False
            if self._target.path is None:
                threading.Thread(target=self._close, daemon=True).start()
            else:
                await in_thread(self._close)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect, and let go of the folder."""
        await in_thread(self._close)

    def _open(self) -> None:
        with self._lock:
            if self._client is not None or not self._is_wanted:
                return
            path = self._target.path
            try:
                self._connect()
            except StoreError:
                # A process that is killed while Milvus Lite writes an index leaves half of it, and
                # with that Milvus Lite opens no collection; without, it makes the index anew.
                if path is None or not milvus_lite.drop_indexes(path, self._target.collection):
                    raise
                self._connect()

    def _connect(self) -> None:
        if self._target.path is not None:
            milvus_lite.claim(self._target.path)
        try:
            self._client = self._connected()
            with self._explained("open"):
                self._prepare()
        except BaseException:
            self._let_go()
            if self._target.path is not None:
                milvus_lite.check_free(self._target.path)  # somebody was quicker
            raise

    async def discard(self, *, whole: bool) -> None:
        """Remove what a folder of Milvus Lite holds of this collection; it need not be readable.

        Args:
            whole: Whether the folder holds nothing else: all of it goes.

        Raises:
            StoreError: The folder is in use, or holds what is not of Milvus Lite.
        """
        path = self._target.path
        if path is not None:
            await in_thread(
                functools.partial(
                    milvus_lite.remove_collection, path, self._target.collection, whole=whole
                )
            )

    def _connected(self) -> Any:
        target = self._target
        with self._explained("open"):
            if target.path is not None:
                return quiet_client(uri=milvus_lite.as_uri(target.path))
            return quiet_client(uri=target.uri, token=target.token, timeout=target.timeout)

    def _prepare(self) -> None:
        client, name = self._client, self._target.collection
        if not client.has_collection(name, timeout=self._target.timeout):
            self._create()
        client.load_collection(name, timeout=_OPERATION_SECONDS)

    def _create(self) -> None:
        from pymilvus import DataType

        client = self._client
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        for name in _FIELDS:
            if name in {"start", "end"}:
                schema.add_field(name, DataType.INT64)
            else:
                length = _LENGTHS.get(name, _TEXT_BYTES)
                schema.add_field(name, DataType.VARCHAR, max_length=length, is_primary=name == "id")
        schema.add_field(_VECTOR, DataType.FLOAT_VECTOR, dim=_DIMENSIONS)
        index = client.prepare_index_params()
        index.add_index(_VECTOR, index_type="FLAT", metric_type="L2")
        client.create_collection(
            self._target.collection, schema=schema, index_params=index,
            consistency_level="Strong", timeout=_OPERATION_SECONDS,
        )  # fmt: skip
        self._fresh = True

    def _close(self) -> None:
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # it is given up in any case
                client.close()
        if self._target.path is not None:
            milvus_lite.release(self._target.path)

    # -- passages ----------------------------------------------------------------------------

    async def load(self) -> list[KnowledgeChunk]:
        """Return all passages."""
        return await self._done("read", lambda client: list(self._rows(client)))

    async def replace(self, files: Sequence[str], chunks: Sequence[KnowledgeChunk]) -> None:
        """Remove all passages of *files*, then add *chunks*, a thousand at a time."""
        await self._done("write to", lambda client: self._replace(client, files, chunks))

    async def flush(self) -> None:
        """Make durable what was written, and quick to search."""
        name = self._target.collection
        await self._done("flush", lambda c: c.flush(name, timeout=_OPERATION_SECONDS))

    async def clear(self) -> None:
        """Remove all passages: the collection is made anew."""

        def work(client: Any) -> None:
            client.drop_collection(self._target.collection, timeout=_OPERATION_SECONDS)
            self._prepare()

        await self._done("clear", work)

    async def _done(self, what: str, work: Callable[[Any], T]) -> T:
        return await in_thread(self._do, what, work)

    def _do(self, what: str, work: Callable[[Any], T]) -> T:
        with self._lock:  # the driver's own word: one writer of a collection at a time
            if self._client is None:
                raise StoreError(f"the knowledge store {self._target.shown} is not open")
            with self._explained(what):
                return work(self._client)

    def _rows(self, client: Any) -> Iterator[KnowledgeChunk]:
        batches = client.query_iterator(
            self._target.collection, filter="", batch_size=_ROWS, output_fields=list(_FIELDS),
            consistency_level="Strong", timeout=_OPERATION_SECONDS,
        )  # fmt: skip
        try:
            while batch := batches.next():
                for row in batch:
                    yield KnowledgeChunk(**{name: row[name] for name in _FIELDS})
        finally:
            batches.close()

    def _replace(self, client: Any, files: Sequence[str], chunks: Sequence[KnowledgeChunk]) -> None:
        name = self._target.collection
        if not self._fresh:
            for at in range(0, len(files), _FILES):
                listed = json.dumps(list(files[at : at + _FILES]), ensure_ascii=False)
                client.delete(name, filter=f"file in {listed}", timeout=_OPERATION_SECONDS)
        for at in range(0, len(chunks), _ROWS):
            self._fresh = False
            rows = [_row(chunk) for chunk in chunks[at : at + _ROWS]]
            client.insert(name, rows, timeout=_OPERATION_SECONDS)

    @contextlib.contextmanager
    def _explained(self, what: str) -> Generator[None]:
        """Turn what the driver raises into an error that says what to do."""
        try:
            yield
        except (MissingExtraError, StoreError):
            raise
        except Exception as error:
            raise failure(self._target, what, error) from error


class _Whole(str):
    """A text that is one item where it is gone through.

    The driver checks the type and the length of each item of a text, which are its characters:
    half of its time went into that.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        yield self


def _row(chunk: KnowledgeChunk) -> dict[str, Any]:
    row: dict[str, Any] = {_VECTOR: [0.0] * _DIMENSIONS}
    for name in _FIELDS:
        value = getattr(chunk, name)
        row[name] = _Whole(value) if isinstance(value, str) else value
    return row


def quiet_client(**options: Any) -> Any:
    """Return a client of the driver, which is imported here.

    Raises:
        MissingExtraError: The driver is not installed.
    """
    try:
        from pymilvus import MilvusClient
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            feature="knowledge", module=error.name or "pymilvus", extra="milvus"
        ) from error
    # It writes each failed call with its traceback, also those that are expected.
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)
    return MilvusClient(**options)
