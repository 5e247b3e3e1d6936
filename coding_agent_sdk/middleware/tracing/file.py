"""The exporter `file`: JSON lines, a file for each run or for a few of one agent; old ones go.

A run that is alone has a file with its id as the name. Many of one agent share files, for to make
and to remove a file costs more than all else that is done for a trace. Readers take the run of a
line from the line (`kept.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pydantic_core

from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from coding_agent_sdk.types.spans import AttributeValue, Span

try:
    import fcntl
except ImportError:  # Windows: two processes that change one file at a time are not kept apart
    fcntl = None  # type: ignore[assignment]  # a module elsewhere

__all__ = ["SUFFIX", "FileExporter", "file_url", "newest_first", "rewrite", "span_to_dict"]

SUFFIX: Final = ".jsonl"
SCHEMA_VERSION: Final = 2

_MEGABYTE: Final = 1_000_000
_PARTS: Final = 10
"""A file holds no more than this part of the traces, and of the bytes, that are kept: whole files
are removed, so this is how many more may be there than were asked for."""

_NEW_RUNS: Final = 20
"""Traces are pruned after so many new ones, or as many as are kept, and at the agent's end."""

_MORE_RUNS: Final = re.compile(r"\+(\d+)$")
"""What the name of a file says that holds more than the run after which it is named."""

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


def file_url(folder: Path, *, keep: int, keep_mb: float) -> str:
    """Return the URL of the exporter that keeps traces in *folder*."""
    return f"file://{quote(str(folder.absolute()))}?keep={keep}&keep_mb={keep_mb:g}"


class FileExporter:
    """Keeps spans as JSON lines, readable by their owner alone.

    A file is named after its first run; sub-runs stand in the file of the caller's run.

    Args:
        url: `file:///folder?keep=100&keep_mb=50`.

    Raises:
        ConfigError: The URL cannot be used.
    """

    def __init__(self, *, url: str) -> None:
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        unknown = sorted(options.keys() - {"keep", "keep_mb"})
        if parts.netloc not in {"", "localhost"} or not parts.path or unknown:
            raise ConfigError(
                f"the exporter {url!r} names no folder of this machine; "
                "write file:///folder, with ?keep= and &keep_mb= where wanted"
            )
        self.folder = Path(unquote(parts.path))
        try:
            self._keep = int(options.get("keep", ["100"])[0])
            self._bytes = int(float(options.get("keep_mb", ["50"])[0]) * _MEGABYTE)
        except (ValueError, OverflowError) as error:
            raise ConfigError(
                f"the exporter {url!r} has a keep or keep_mb that is no number; "
                "write file:///folder?keep=100&keep_mb=50"
            ) from error
        if self._keep < 1 or self._bytes < 1:
            raise ConfigError(
                f"the exporter {url!r} would keep no trace; give a keep and a keep_mb above 0"
            )
        self._path = ""
        self._runs: set[str] = set()
        self._size = 0
        self._new = 0

    def open(self, resource: Mapping[str, AttributeValue]) -> None:
        """Make the folder."""
        del resource
        self._make_folder()
        self._prune()

    def export(self, spans: Sequence[Span], *, seconds: float) -> None:
        """Append the spans."""
        del seconds
        lines: list[bytes] = []
        for span in spans:
            if span.root_run_id not in self._runs:
                if len(self._runs) >= self._runs_of_a_file or self._size >= self._bytes_of_a_file:
                    self._append(lines)
                    lines = []
                    self._finish()
                if not self._runs:
                    self._path = f"{self.folder}/{span.root_run_id}{SUFFIX}"
                self._runs.add(span.root_run_id)
                self._new += 1
            lines.append(_line(span))
        self._append(lines)
        if self._new >= max(_NEW_RUNS, self._keep):
            self._prune()

    def close(self) -> None:
        """Leave no more traces than are to be kept."""
        self._finish()
        self._prune()

    def _append(self, lines: Sequence[bytes]) -> None:
        if not lines:
            return
        descriptor = self._locked()
        try:
            rest = memoryview(b"\n".join([*lines, b""]))
            self._size += len(rest)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)

    def _locked(self) -> int:
        """Open the file and keep others off; once more where one has just removed it."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        while True:
            try:
                descriptor = os.open(self._path, flags, _FILE_MODE)
            except FileNotFoundError:  # somebody has removed the folder since
                self._make_folder()
                descriptor = os.open(self._path, flags, _FILE_MODE)
            try:
                _lock(descriptor)
                if os.fstat(descriptor).st_nlink:
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)

    def _finish(self) -> None:
        """Leave the file as it is, and have its name say how many runs it holds."""
        more = len(self._runs) - 1
        if more > 0:
            with contextlib.suppress(FileNotFoundError):  # another process has pruned it
                Path(self._path).rename(f"{self._path.removesuffix(SUFFIX)}+{more}{SUFFIX}")
        self._runs.clear()
        self._size = 0

    @property
    def _runs_of_a_file(self) -> int:
        return max(self._keep // _PARTS, 1)

    @property
    def _bytes_of_a_file(self) -> int:
        return self._bytes // _PARTS

    def _prune(self) -> None:
        """Remove the oldest files beyond the traces and the size that are kept."""
        self._new = 0
        runs = total = 0
        for path, size in newest_first(self.folder) if self.folder.is_dir() else ():
            total += size
            if runs >= self._keep or (total > self._bytes and runs):
                if str(path) != self._path or not self._runs:
                    path.unlink(missing_ok=True)
                continue
            more = _MORE_RUNS.search(path.stem)
            runs += 1 + (int(more[1]) if more else 0)


def newest_first(folder: Path, odd: list[Path] | None = None) -> list[tuple[Path, int]]:
    """Return the files of traces in a folder with their sizes in bytes, the newest first.

    Args:
        folder: Where they are.
        odd: Is given what has such a name and is no file.
    """
    found: list[tuple[float, str, int]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.endswith(SUFFIX):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # another process has pruned it
                continue
            if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                found.append((status.st_mtime, entry.path, status.st_size))
            elif odd is not None:
                odd.append(Path(entry.path))
    return [(Path(path), size) for _, path, size in sorted(found, reverse=True)]


def rewrite(path: Path, keep: Callable[[bytes], bool]) -> None:
    """Leave only those lines of a file that are to be kept; without any it is removed.

    The file stays the same one, so that whoever writes to it just now goes on in it.
    """
    with contextlib.suppress(FileNotFoundError), path.open("r+b", buffering=0) as file:
        _lock(file.fileno())
        kept = b"".join(line for line in file.readall().splitlines(keepends=True) if keep(line))
        file.seek(0)
        file.write(kept)
        file.truncate()
        if not kept:
            path.unlink()


def _lock(descriptor: int) -> None:
    """Wait until no other process changes the file; closing it lets the next one in."""
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


# -- the form of a line --------------------------------------------------------------------

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _line(span: Span) -> bytes:
    data = span_to_dict(span)
    try:
        return pydantic_core.to_json(data)
    except pydantic_core.PydanticSerializationError:  # half of a pair of surrogates
        return _encode(data).encode("utf-8", "replace")


def span_to_dict(span: Span) -> dict[str, Any]:
    """Return a span as plain data for JSON."""
    data: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "root_run_id": span.root_run_id,
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "run_id": span.run_id,
        "name": span.name,
        "kind": span.kind,
        "start_ns": span.start_ns,
        "end_ns": span.end_ns,
        "status": span.status,
        "attributes": span.attributes,
    }
    if span.status_message:
        data["status_message"] = span.status_message
    if span.events:
        data["events"] = [
            {"name": event.name, "at_ns": event.at_ns, "attributes": event.attributes}
            for event in span.events
        ]
    if span.links:
        data["links"] = [
            {"trace_id": link.trace_id, "span_id": link.span_id} for link in span.links
        ]
    return data
