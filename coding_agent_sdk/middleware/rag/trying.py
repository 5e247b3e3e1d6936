"""Whether a knowledge store can be used, found by trying it and leaving nothing behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import MissingExtraError, StoreError
from coding_agent_sdk.middleware.rag import milvus_lite
from coding_agent_sdk.middleware.rag.milvus import quiet_client
from coding_agent_sdk.middleware.rag.milvus_failures import failure
from coding_agent_sdk.middleware.rag.milvus_url import parse_milvus_url

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["try_store"]

_MILVUS: Final = frozenset({"milvus-lite", "http", "https"})


def try_store(url: str, *, seconds: float) -> str:
    """Return what was found of a store; it blocks, for a server no longer than *seconds*.

    Args:
        url: The store's URL.
        seconds: How long a server may take.

    Raises:
        StoreError: The store is in use by another process, cannot be written, or does not answer.
        MissingExtraError: The driver is not installed.
    """
    if url.partition(":")[0] not in _MILVUS:
        return f"{url.partition(':')[0]}: nothing to try"
    target = parse_milvus_url(url)
    if target.path is not None:
        return _folder(target.path)
    try:
        client = quiet_client(uri=target.uri, token=target.token, timeout=seconds)
        try:
            count = len(client.list_collections(timeout=seconds))
        finally:
            client.close()
    except MissingExtraError:
        raise
    except Exception as error:
        raise failure(target, "open", error) from error
    return f"{target.shown} answers, {count} collections"


def _folder(path: Path) -> str:
    if path.exists():
        milvus_lite.check_free(path)
        return f"{path} is there, and no other process holds it"
    above = next(folder for folder in path.parents if folder.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        raise StoreError(
            f"the knowledge store {path} cannot be made, for {above} cannot be written; "
            "choose another path by `plugins.rag.store`"
        )
    return f"{path} is not there yet, and can be made"
