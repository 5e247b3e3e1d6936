"""What git's settings name that git runs or reads later: folders of hooks, and files they include.

They are read as git reads them: a key may stand beside its section, in any case, with comments,
quotes, escapes and continued lines. Nothing is started for it, and a file is read again only when
it has changed. Whether the condition of an include holds is not asked: it may, another time.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Named", "global_files", "named_by", "settings_in"]

_MOST_READ: Final = 1024 * 1024
_MOST_FILES: Final = 64
_ESCAPED: Final = {"t": "\t", "b": "\b", "n": "\n", "\\": "\\", '"': '"'}
_SPACE: Final = " \t\r\v\f"

_SECTION: Final = re.compile(
    r'\[(?P<name>[A-Za-z0-9.-]*)(?:[ \t\r\v\f]+"(?P<sub>(?:[^"\\\n]|\\[^\n])*)")?\]'
)
_QUOTED: Final = re.compile(r"\\(.)")
_KEY: Final = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9-]*)[ \t]*(?P<set>=?)")
_OF_INTEREST: Final = re.compile(rb"hookspath|include|worktree", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Named:
    """What settings name.

    Attributes:
        hooks: Values of `core.hooksPath`, relative ones to the folder that git works in.
        trees: Values of `core.worktree`: another such folder, relative to the repository's.
        included: Paths of the files that are read besides, whether they are there or not.
    """

    hooks: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()
    included: tuple[str, ...] = ()


def global_files() -> tuple[str, ...]:
    """Return the paths of the settings that hold for all repositories of this user."""
    given = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return ("/etc/gitconfig", os.path.join(given, "git", "config"), _expanded("~/.gitconfig"))


def named_by(files: Iterable[str]) -> Named:
    """Return what files of settings name, together with all that they include."""
    hooks: list[str] = []
    trees: list[str] = []
    included: dict[str, None] = {}
    pending, seen = list(files), set[str]()
    while pending and len(seen) < _MOST_FILES:
        path = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        for key, value in _read(path):
            if key == "core.hookspath":
                hooks.append(_expanded(value))
            elif key == "core.worktree":
                trees.append(value)
            else:
                other = os.path.join(os.path.dirname(path), _expanded(value))
                included[other] = None
                pending.append(other)
    return Named(hooks=tuple(hooks), trees=tuple(trees), included=tuple(included))


def settings_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield each key with its value, in the order they stand, up to what git would refuse."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    section, at = "", 0
    while at < len(text):
        char = text[at]
        if char in "#;":
            at = _line_end(text, at)
        elif char in _SPACE or char == "\n":
            at += 1
        elif char == "[":
            found = _SECTION.match(text, at)
            if found is None:
                return
            section, at = _section(found), found.end()
        else:
            found = _KEY.match(text, at)
            if found is None:
                return
            value, at = _value(text, found.end()) if found["set"] else ("", found.end())
            if value is None or (not found["set"] and text[at : at + 1] not in {"", "\n"}):
                return
            yield f"{section}.{found['key'].lower()}", value


def _section(found: re.Match[str]) -> str:
    name = found["name"].lower()
    if found["sub"] is None:
        return name
    sub = _QUOTED.sub(r"\1", found["sub"])
    return f"{name}.{sub}"


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _value(text: str, at: int) -> tuple[str | None, int]:
    """Return a value, None where git would refuse it, and where the rest begins."""
    parts: list[str] = []
    kept, quoted = 0, False
    while at < len(text) and text[at] != "\n":
        char = text[at]
        at += 1
        if char in _SPACE and not quoted:
            if parts:
                parts.append(char)
            continue
        if char in "#;" and not quoted:
            at = _line_end(text, at)
            break
        if char == '"':
            quoted = not quoted
            continue
        if char == "\\":
            char, at = text[at : at + 1], at + 1
            if char == "\n":
                continue
            if char not in _ESCAPED:
                return None, at
            char = _ESCAPED[char]
        parts.append(char)
        kept = len(parts)
    return (None if quoted else "".join(parts[:kept])), at


def _read(path: str) -> tuple[tuple[str, str], ...]:
    try:
        known = os.stat(path)
    except (OSError, ValueError):
        return ()
    return _parsed(path, known.st_dev, known.st_ino, known.st_mtime_ns, known.st_size)


@lru_cache(maxsize=1024)
def _parsed(path: str, *_known: int) -> tuple[tuple[str, str], ...]:
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_READ)
    except OSError:
        return ()
    if not _OF_INTEREST.search(content):
        return ()
    return tuple(
        (key, value)
        for key, value in settings_in(os.fsdecode(content))
        if value and "\0" not in value and _is_of_interest(key)
    )


def _is_of_interest(key: str) -> bool:
    return key in {"core.hookspath", "core.worktree", "include.path"} or (
        key.startswith("includeif.") and key.endswith(".path")
    )


def _expanded(path: str) -> str:
    return os.path.expanduser(path.removeprefix(":(optional)"))
