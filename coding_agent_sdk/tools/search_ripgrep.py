"""Sorting out by ripgrep the files that a regular expression cannot match.

Only Python's search decides what matches, and only from what the workspace lets it read: it has
one dialect, and no path leads outside. ripgrep spares it the files without a match, which are most
of them. For that no file may be spared wrongly, so ripgrep keeps all files with a character that
the two could see differently, and is not asked where they could understand the pattern differently.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Iterator, Sequence

MAX_SECONDS: Final = 5.0
"""Seconds that one process may take; Python searches its files after that."""

_ARGUMENT_BYTES: Final = 512 << 10
"""Of all names of one call: Linux allows a quarter of the stack's limit, 2 MB as a rule."""

_BYTES_BESIDE_A_NAME: Final = 11
"""`./` and the zero at its end, and its place in the table of arguments."""

FOLDER_SECONDS: Final = 1.0
"""Seconds that a look at whole folders may take: what git ignores is looked through with them."""

_MANY: Final = 8
"""So many files of a folder are asked for by its name."""

_MATCHED, _NOTHING_MATCHED = 0, 1
_OPTIONS: Final = (
    "--no-config", "--no-messages", "--color=never", "--no-mmap", "--text", "--encoding=none",
    "--no-ignore", "--hidden", "--no-follow", "--files-with-matches", "--null",
)  # fmt: skip
_OF_FOLDERS: Final = ("--max-depth=1", "--follow")
"""Only what is in a folder itself; a link to a file counts as that file, as by its name."""

_UNSURE_BYTES: Final = r"(?-u:[\x00-\x08\x0D-\x1F\x80-\xFF])"
r"""What is no plain text: `\r` can end a line, `\x1f` is a space to Python, others need Unicode."""

_UNSURE_PATTERN: Final = re.compile(
    r"""
    [\0\n]                          # cannot be passed on, or separates patterns
    | \\ [Az<>] | \\b\{             # the text's end, not the line's; word limits of one dialect
    | \(\? [a-z]* (?: x | - )       # spaces in sets; (?-m) gives ^ and $ another meaning
    | \{ [\d,\s]* \s [\d,\s]* \}    # text in one, a repetition in the other
    | \[ \^? \]? (?: \\. | [^]\\] )*? (?: \[ | && | -- | ~~ )  # sets of sets
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Understood:
    """How Python understands a pattern.

    Attributes:
        pattern: As it is searched for.
        why_plain: Why it is searched for as plain text, where it is.
        matches_empty: Whether it has a match in an empty line: Python sees one more, behind the
            last newline.
    """

    pattern: str
    why_plain: str
    matches_empty: bool


async def could_match(
    files: Sequence[str], pattern: str, *, root: Path, understood: Awaitable[Understood | None]
) -> AsyncGenerator[Sequence[str]]:
    """Yield, batch by batch and in order, the files in which *pattern* may have a match.

    These are all files where ripgrep is missing, or cannot tell.

    Args:
        files: Files as the workspace lists them, relative to the root.
        pattern: A regular expression, or what was meant to be one.
        root: The workspace's folder.
        understood: How Python understands it; ripgrep begins before this is known. Where it is
            None nothing is searched.
    """
    batches = list(_batches(files))
    ahead = asyncio.create_task(_sorted_out(batches[0] if batches else [], pattern, root))
    try:
        known = await understood
        if known is None:
            return
        if known.matches_empty:
            yield files
            return
        if known.pattern == pattern and batches:
            yield await ahead
            batches = batches[1:]
        for batch in batches:
            yield await _sorted_out(batch, known.pattern, root)
    finally:
        ahead.cancel()
        await asyncio.gather(ahead, return_exceptions=True)


def means_the_same(pattern: str) -> bool:
    """Return whether ripgrep, if it takes a pattern, finds every plain line that Python finds.

    That is, every line with something in it.
    """
    if _UNSURE_PATTERN.search(pattern):
        return False
    # They do not agree on the capital letter of every small one.
    return pattern.isascii() or not ("(?" in pattern or not _is_encodable(pattern))


def find_ripgrep(root: Path, search_path: str) -> str | None:
    """Return the path of `rg`; None where there is none outside the workspace.

    Args:
        root: The workspace's folder: the agent can write programs there.
        search_path: Folders to look in, as `PATH` has them; relative ones are passed over.
    """
    folders = [f for f in search_path.split(os.pathsep) if Path(f).is_absolute()]
    for folder in folders:
        program = shutil.which("rg", path=folder)
        if program is not None and not (_is_inside(folder, root) or _is_inside(program, root)):
            return program
    return None


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_inside(path: str, root: Path) -> bool:
    return Path(path).is_relative_to(root) or Path(path).resolve().is_relative_to(root)


def _batches(files: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for path in files:
        length = len(path.encode()) + _BYTES_BESIDE_A_NAME
        if size + length > _ARGUMENT_BYTES and batch:
            yield batch
            batch, size = [], 0
        size += length
        batch.append(path)
    if batch:
        yield batch


async def _sorted_out(batch: list[str], pattern: str, root: Path) -> list[str]:
    if not batch or not means_the_same(pattern):
        return batch
    program = await asyncio.to_thread(find_ripgrep, root, os.environ.get("PATH", os.defpath))
    if program is None:
        return batch
    # The workspace writes a byte that is no UTF-8 as `\xNN`: such a name is not the system's.
    asked = [path for path in batch if "\\x" not in path]
    kept = await _kept(program, asked, pattern, root) if asked else set()
    if kept is None or not kept.issubset(asked):
        return batch
    return [path for path in batch if path in kept or "\\x" in path]


async def _kept(program: str, asked: list[str], pattern: str, root: Path) -> set[str] | None:
    """Return those files that ripgrep keeps; None where it fails, for whatever reason.

    It fails for a pattern that its dialect does not have, and for a file that it cannot read. Each
    name costs it a walk, so folders stand for their files first. What else is in a folder may
    fail, or be large: then it is asked for the files by their names.
    """
    folders, alone = _together(asked)
    if folders:
        command = (program, *_OPTIONS, *_OF_FOLDERS)
        found = await _matching(command, [*folders, *alone], pattern, root, FOLDER_SECONDS)
        if found is not None:
            return found.intersection(asked)
    return await _matching((program, *_OPTIONS), asked, pattern, root, MAX_SECONDS)


def _together(files: list[str]) -> tuple[list[str], list[str]]:
    """Return the folders with many of the files, and the other files."""
    by_folder: dict[str, list[str]] = {}
    for path in files:
        by_folder.setdefault(path.rpartition("/")[0], []).append(path)
    folders = [folder for folder, held in by_folder.items() if len(held) >= _MANY]
    alone = [path for held in by_folder.values() if len(held) < _MANY for path in held]
    return folders, alone


async def _matching(
    command: tuple[str, ...], places: list[str], pattern: str, root: Path, seconds: float
) -> set[str] | None:
    """Return the files in which ripgrep finds something; None where it fails or takes too long."""
    names = (b"./" + path.encode() for path in places)
    try:
        process = await asyncio.create_subprocess_exec(
            *command, "-e", _UNSURE_BYTES, "-e", pattern.encode(), "--", *names,
            cwd=root,
            env={"LC_ALL": "C.UTF-8"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return None
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()  # reaps it and closes its pipe
    if process.returncode not in {_MATCHED, _NOTHING_MATCHED}:
        return None
    kept = output.decode("utf-8", "replace").split("\0")
    return {name.removeprefix("./") for name in kept if name}
