"""Which file a `sqlite:` URL names, and the options behind its question mark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from coding_agent_sdk.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["parse_sqlite_url"]

OPTIONS: Final = ("deadline", "synchronous")


def parse_sqlite_url(url: str, *, known: Collection[str] = OPTIONS) -> tuple[Path, dict[str, str]]:
    """Return the absolute path and the options of a URL.

    `sqlite:///memory.db` and `sqlite://memory.db` are relative to the current folder,
    `sqlite:////srv/memory.db` is absolute. With three slashes, as `"sqlite://" + path` makes
    them, a path is absolute where its first folder is found at the root and not here.
    `~` is the home folder. A plain path is taken as it is.

    Raises:
        ConfigError: The URL names no file, or an option is unknown.
    """
    scheme, found, rest = url.partition("://")
    if not found:
        scheme, rest = "sqlite", url
    text, _, query = rest.partition("?") if found else (rest, "", "")
    half = not found and url.startswith("sqlite:")  # else it would be a file of that name
    if half or scheme != "sqlite" or text.strip("/") in {"", ":memory:"} or "\0" in text:
        raise ConfigError(
            f"{url!r} names no SQLite file; write sqlite:///relative/path.db or "
            "sqlite:////absolute/path.db, or memory:// to keep nothing"
        )
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in known:
            raise UnknownNameError("option of a SQLite URL", name, known)
    return (_path(text) if found else Path(text).expanduser().absolute()), options


def _path(text: str) -> Path:
    if text.startswith("//"):
        return Path(text[1:]).absolute()
    if not text.startswith("/"):
        return Path(text).expanduser().absolute()
    relative = Path(text[1:]).expanduser()
    first, *others = relative.parts
    at_root = bool(others) and Path("/", first).is_dir() and not Path(first).exists()
    return Path(text) if at_root else relative.absolute()
