"""Chooses the Python files that can be analysed, and says of the others why not."""

from __future__ import annotations

import codecs
import errno
import os
import stat
import tokenize
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.tools.analyze_issues import Issue, Skipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from threading import Event

__all__ = ["SIZE_LIMIT", "Selection", "is_python", "python_files", "select", "take"]

_SUFFIXES: Final = (".py", ".pyi", ".pyw", ".ipynb")
SIZE_LIMIT: Final = 2_000_000
"""Bytes of the largest file that is analysed."""

_EXCLUDED: Final = frozenset(
    {
        *(".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox"),
        *(".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox"),
        *(".venv", ".vscode", "__pycache__", "__pypackages__", "_build", "buck-out", "dist"),
        *("node_modules", "site-packages", "venv"),
    }
)
_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SLOW_CODECS: Final = frozenset({"punycode", "idna"})
"""Codecs that take quadratic time; no source is written in them."""

_CONTROL: Final = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))
_CONTROL_SHARE: Final = 0.05


@dataclass
class Selection:
    """The files to analyse.

    Attributes:
        paths: What to hand to ruff, absolute, and the file's path in the workspace. A file
            that ruff cannot read or name stands here with a copy of it in UTF-8.
        issues: What reading found already: source that Python cannot decode.
        skipped: What is left out, and why.
        missing: What is not there under this name: gone, or a name that is no UTF-8 and stands
            escaped in a listing.
        commented: The keys of *paths* whose files hold comments that silence rules.
    """

    paths: dict[str, str] = field(default_factory=dict[str, str])
    issues: list[Issue] = field(default_factory=list[Issue])
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    missing: list[str] = field(default_factory=list[str])
    commented: list[str] = field(default_factory=list[str])


def python_files(paths: Iterable[str], below: str) -> list[str]:
    """Return the Python files among *paths*, without those of other people's packages.

    Args:
        paths: Paths relative to the workspace.
        below: The folder that was asked for; a name in its own path excludes nothing.
    """
    listed = list(paths)
    environments = {p.removesuffix("pyvenv.cfg") for p in listed if p.endswith("/pyvenv.cfg")}
    depth = 0 if below == "." else len(PurePosixPath(below).parts)
    chosen: list[str] = []
    for path in listed:
        if not path.lower().endswith(_SUFFIXES):
            continue
        folders = path.split("/")[depth:-1]
        if not _EXCLUDED.isdisjoint(folders) or path.startswith(tuple(environments)):
            continue
        chosen.append(path)
    return chosen


def is_python(path: str, content: bytes) -> bool:
    """Return whether a file is Python by its name, or by the first line of a script."""
    first, _, _ = content.partition(b"\n")
    return path.lower().endswith(_SUFFIXES) or (first.startswith(b"#!") and b"python" in first)


def select(root: Path, paths: Sequence[str], copies: Path, *, stop: Event) -> Selection:
    """Read the files and say which ones can be analysed.

    Args:
        root: The workspace.
        paths: The files, relative to it.
        copies: An empty folder for copies in UTF-8.
        stop: Ends the work early when it is set.
    """
    selection = Selection()
    inside: dict[str, bool] = {}
    for number, path in enumerate(paths):
        if stop.is_set():
            break
        parent = os.path.dirname(path)  # noqa: PTH120 - a Path for each of 5,000 files is slow
        if parent not in inside:
            inside[parent] = _is_inside(root, parent)
        if not inside[parent]:
            selection.skipped.append(Skipped(path, "outside the workspace"))
            continue
        try:
            content = _read(root / path)
        except FileNotFoundError:
            selection.missing.append(path)
            continue
        if isinstance(content, str):
            selection.skipped.append(Skipped(path, content))
        else:
            take(selection, path, content, copy=copies / str(number), original=root / path)
    return selection


def _is_inside(root: Path, folder: str) -> bool:
    return Path(os.path.realpath(root / folder)).is_relative_to(root)


def _read(path: Path) -> bytes | str:
    """Return the content of a file, or why there is none. Never waits, as a pipe would."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        linked = error.errno == errno.ELOOP
        return "symbolic link" if linked else f"unreadable: {error.strerror}"
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return "no regular file"
        if status.st_size > SIZE_LIMIT:
            return f"larger than {SIZE_LIMIT // 1_000_000} MB"
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(SIZE_LIMIT + 1)
    except OSError as error:
        return f"unreadable: {error.strerror}"
    finally:
        os.close(descriptor)


def take(
    selection: Selection, path: str, content: bytes, *, copy: Path, original: Path | None = None
) -> None:
    """Put a file that was read into a selection.

    Args:
        selection: Where to put it.
        path: Its path in the workspace.
        content: Its bytes.
        copy: A folder to make for a copy, where ruff needs one.
        original: Where ruff finds the file itself; None where its name cannot be told.
    """
    text, fault = _decode(content)
    if text is None:
        selection.skipped.append(Skipped(path, fault))
        return
    if fault:
        selection.issues.append(Issue(0, path, 1, 1, "invalid-syntax", fault))
    if original is None or text or not _is_nameable(str(original)):
        place = _write_copy(copy, path, text or content.decode())
    else:
        place = str(original)
    selection.paths[place] = path
    lowered = (text.encode("utf-8", "replace") if text else content).lower()
    if b"noqa" in lowered or b"ruff:" in lowered:
        selection.commented.append(place)


def _decode(content: bytes) -> tuple[str | None, str]:
    """Return the text of a file that is not UTF-8, and what Python would say against it.

    The text is `""` where ruff can read the file as it is, and None where it is no text.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            try:
                text = content.decode(encoding)
            except UnicodeDecodeError:
                return None, "binary"
            return text, f"Python cannot load source in {encoding.upper()}; save it as UTF-8"
    if _is_binary(content):
        return None, "binary"
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return _decode_declared(content, error)
    return "", ""


def _decode_declared(content: bytes, error: UnicodeDecodeError) -> tuple[str, str]:
    """Decode source that is not UTF-8 by the encoding that it declares."""
    try:
        encoding, _ = tokenize.detect_encoding(iter(content.splitlines(keepends=True)).__next__)
        if encoding not in _SLOW_CODECS:
            return content.decode(encoding), ""
    except (SyntaxError, LookupError, ValueError):
        pass  # told below, with the byte that is wrong
    at = content.count(b"\n", 0, error.start) + 1
    fault = (
        f"line {at} holds the byte 0x{content[error.start]:02x}, which is not UTF-8, and no "
        "encoding is declared that fits"
    )
    return content.decode("latin-1"), fault


def _is_binary(content: bytes) -> bool:
    if b"\0" in content:
        return True
    printable = len(content.translate(None, _CONTROL))
    return len(content) - printable > _CONTROL_SHARE * len(content)


def _is_nameable(path: str) -> bool:
    """Return whether ruff can tell the path in its JSON, which takes UTF-8 only."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _write_copy(folder: Path, path: str, text: str) -> str:
    """Write a copy in UTF-8 under the same name, since rules look at it (`__init__.py`)."""
    name = PurePosixPath(path).name
    if not _is_nameable(name):
        name = "copy" + PurePosixPath(path).suffix
    folder.mkdir()
    target = folder / name
    target.write_text(text, encoding="utf-8", errors="replace", newline="")
    return str(target)
