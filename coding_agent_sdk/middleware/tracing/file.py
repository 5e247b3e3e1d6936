"""The exporter `file`: one file of JSON lines for each run of a caller, the newest are kept."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pydantic_core

from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coding_agent_sdk.types.spans import AttributeValue, Span

__all__ = ["SUFFIX", "FileExporter", "file_url", "newest_first", "span_to_dict"]

SUFFIX: Final = ".jsonl"
SCHEMA_VERSION: Final = 1

_MEGABYTE: Final = 1_000_000
_NEW_FILES: Final = 20
"""Traces are pruned after so many new ones, or as many as are kept, and at the agent's end: to
look at a file costs a tenth of making one."""

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


def file_url(folder: Path, *, keep: int, keep_mb: float) -> str:
    """Return the URL of the exporter that keeps traces in *folder*."""
    return f"file://{quote(str(folder.absolute()))}?keep={keep}&keep_mb={keep_mb:g}"


class FileExporter:
    """Keeps spans as JSON lines, readable by their owner alone.

    The file of a run has its id as its name; its sub-runs stand in the same file.

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
        self._new = 0

    def open(self, resource: Mapping[str, AttributeValue]) -> None:
        """Make the folder."""
        del resource
        self.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        self._prune()

    def export(self, spans: Sequence[Span], *, seconds: float) -> None:
        """Append each span to the file of its run."""
        del seconds
        lines: dict[str, list[bytes]] = {}
        for span in spans:
            lines.setdefault(span.root_run_id, []).append(_line(span))
        for run_id, added in lines.items():
            self._append(f"{self.folder}/{run_id}{SUFFIX}", b"\n".join([*added, b""]))
        if self._new >= max(_NEW_FILES, self._keep):
            self._prune()

    def close(self) -> None:
        """Leave no more traces than are to be kept."""
        self._prune()

    def _append(self, path: str, data: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(path, flags, _FILE_MODE)
        try:
            self._new += os.fstat(descriptor).st_size == 0
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)

    def _prune(self) -> None:
        """Remove the oldest traces beyond the number and the size that are kept."""
        self._new = 0
        total = 0
        for place, (_, path, size) in enumerate(_by_age(self.folder)):
            total += size
            if place >= self._keep or (total > self._bytes and place):
                with contextlib.suppress(FileNotFoundError):  # another process has pruned it
                    os.unlink(path)  # noqa: PTH108  a Path for each costs more than the removal


def newest_first(folder: Path) -> list[tuple[Path, int]]:
    """Return the files of traces in a folder with their sizes in bytes, the newest first."""
    return [(Path(path), size) for _, path, size in _by_age(folder)]


def _by_age(folder: Path) -> list[tuple[float, str, int]]:
    """Return time, path and size of the files of traces in a folder, the newest first."""
    found: list[tuple[float, str, int]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.endswith(SUFFIX):
                continue
            try:
                stat = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # another process has pruned it
                continue
            found.append((stat.st_mtime, entry.path, stat.st_size))
    return sorted(found, reverse=True)


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
