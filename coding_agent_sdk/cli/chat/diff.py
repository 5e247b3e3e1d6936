"""What the runs of a chat changed: against the last commit where there is one."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.tools.answers import unified_diff

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NotTracked", "changes"]

_LIMIT: Final = 1_000_000
_SECONDS: Final = 20.0
_ENVIRONMENT: Final = {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


class NotTracked(Exception):  # noqa: N818  it is an answer
    """There is no commit to compare with; the message says why."""


async def changes(root: Path, paths: Iterable[str]) -> str:
    """Return what is different in *paths* since the last commit, as one unified diff.

    Only what git keeps is asked of it: no filter, hook or program that a repository names is run.

    Args:
        root: The workspace.
        paths: Relative to it.

    Raises:
        NotTracked: It is in no repository with a commit, or git is not installed.
    """
    await _git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    parts: list[str] = []
    for path in paths:
        try:
            before = await _git(root, "cat-file", "blob", f"HEAD:./{path}")
        except NotTracked:
            before = None  # a new file
        parts.append(await asyncio.to_thread(_difference, root, path, before))
    return "\n".join(part for part in parts if part)


def _difference(root: Path, path: str, before: bytes | None) -> str:
    after = _read(root / path)
    if before == after:
        return ""
    if before is not None and after is None:
        return f"{path}: deleted"
    old, new = _text(before or b""), _text(after or b"")
    if old is None or new is None:
        return f"{path}: changed, and too large or no text"
    return unified_diff(path, None if before is None else old, new).rstrip("\n")


def _read(path: Path) -> bytes | None:
    """Return the beginning of a file; None where there is none."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return None
        with path.open("rb") as file:
            return file.read(_LIMIT + 1)
    except OSError:
        return None


def _text(raw: bytes) -> str | None:
    if len(raw) > _LIMIT or b"\0" in raw:
        return None
    return raw.decode("utf-8", "replace").replace("\r\n", "\n")


async def _git(root: Path, *words: str) -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            "git", *words, cwd=root, env={**os.environ, **_ENVIRONMENT},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        raise NotTracked(f"git cannot be started: {error}") from error
    try:
        async with asyncio.timeout(_SECONDS):
            out, _ = await process.communicate()
    except BaseException as error:
        process.kill()
        await process.wait()
        if isinstance(error, TimeoutError):
            raise NotTracked(f"git took longer than {_SECONDS:g} s") from error
        raise
    if process.returncode != 0:
        raise NotTracked("the workspace is in no git repository with a commit")
    return out
