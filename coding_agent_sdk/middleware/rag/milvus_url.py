"""Which Milvus a URL names: a folder of Milvus Lite, or a server; and the options behind `?`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from coding_agent_sdk.errors import ConfigError, UnknownNameError

__all__ = ["MilvusTarget", "parse_milvus_url", "store_url"]

OPTIONS: Final = ("collection", "timeout")
_COLLECTION: Final = re.compile(r"[A-Za-z_]\w{0,200}", re.ASCII)
_TIMEOUT: Final = 5.0
_INSTEAD: Final = "write ./kb.db for Milvus Lite, or http://host:19530 for a server"


@dataclass(frozen=True, kw_only=True)
class MilvusTarget:
    """A collection of a Milvus.

    Attributes:
        path: The folder of Milvus Lite; None for a server.
        uri: The server's address without user and password; `""` for Milvus Lite.
        token: `user:password`, or a token; `""` for none.
        collection: Name of the collection.
        timeout: Seconds that connecting to a server may take.
    """

    path: Path | None
    uri: str
    token: str
    collection: str
    timeout: float

    @property
    def shown(self) -> str:
        """What may be said of it: nothing secret."""
        return str(self.path) if self.path else self.uri


def store_url(store: str, *, default: Path) -> str:
    """Return the URL that a setting means: a path that ends with `.db` is a Milvus Lite.

    Args:
        store: A URL, a path, or `""` for the default.
        default: The path of the default store.
    """
    if not store:
        return f"milvus-lite://{default}"
    scheme, colon, rest = store.partition("://")
    if colon:
        return f"http://{rest}" if scheme == "milvus" else store
    path, mark, query = store.partition("?")
    return f"milvus-lite://{Path(path).expanduser().absolute()}{mark}{query}"


def parse_milvus_url(url: str) -> MilvusTarget:
    """Return what a URL names.

    `milvus-lite:///absolute/kb.db` is a folder of this machine, `http://host:19530` and
    `https://user:password@host` are servers; `https://:TOKEN@host` passes a token.
    `?collection=NAME&timeout=SECONDS` sets the options.

    Raises:
        ConfigError: It names neither, or an option is wrong.
    """
    try:
        parts = urlsplit(url)
        reachable = bool(parts.hostname) and parts.port != 0
    except ValueError as error:  # a port that is no number, or half a bracket
        raise ConfigError(f"the knowledge store is no address ({error}); {_INSTEAD}") from error
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in options:
        if name not in OPTIONS:
            raise UnknownNameError("option of a Milvus URL", name, OPTIONS)
    collection = options.get("collection", "knowledge")
    if not _COLLECTION.fullmatch(collection):
        raise ConfigError(f"{collection!r} is no name of a collection; use letters, digits and `_`")
    path, uri = None, ""
    if parts.scheme == "milvus-lite":
        path = _lite_path(url.partition("://")[2].partition("?")[0])
    elif parts.scheme in {"http", "https"} and reachable:
        uri = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    else:
        raise ConfigError(f"the knowledge store names no Milvus; {_INSTEAD}")
    return MilvusTarget(
        path=path, uri=uri, token=_token(parts.username, parts.password),
        collection=collection, timeout=_seconds(options.get("timeout")),
    )  # fmt: skip


def _lite_path(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if path.suffix != ".db" or "\0" in text:
        raise ConfigError(
            f"{text!r} is no path for Milvus Lite, which wants one that ends with .db: "
            "write ./kb.db"
        )
    return path


def _token(user: str | None, password: str | None) -> str:
    name, secret = unquote(user or ""), unquote(password or "")
    return f"{name}:{secret}" if name else secret


def _seconds(text: str | None) -> float:
    if text is None:
        return _TIMEOUT
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ConfigError(f"timeout={text!r} of a Milvus URL is no number of seconds above 0")
    return seconds
