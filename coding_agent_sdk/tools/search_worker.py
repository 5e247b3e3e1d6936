"""Searches texts for a regular expression, in a process of its own that can be killed.

A search by `re` cannot be interrupted, and holds the whole interpreter meanwhile. Run by path,
without the package: it reads one JSON line `{"pattern", "keep", "width"}`, then for each file a
JSON line `{"path", "size"}` and that many bytes, and answers with one JSON line for each file
that has matches.
"""

from __future__ import annotations

import json
import re
import sys
from typing import IO, Any


def matches(regex: re.Pattern[str], text: str, *, keep: int, width: int) -> dict[str, Any]:
    """Return the lines of *text* that match: how many, and the first *keep* with their numbers."""
    count = 0
    kept: list[tuple[int, str]] = []
    for number, line in enumerate(lines_of(text), start=1):
        found = regex.search(line)
        if found is None:
            continue
        count += 1
        if len(kept) < keep:
            kept.append((number, _around(line, found.start(), width)))
    return {"count": count, "lines": kept}


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, counted as `read_file` counts them."""
    if "\n" not in text:
        return text.split("\r")
    return [line.removesuffix("\r") for line in text.split("\n")]


def _around(line: str, place: int, width: int) -> str:
    if len(line) <= width:
        return line
    start = max(0, min(place - width // 4, len(line) - width))
    end = start + width
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Answer until the input ends."""
    order = json.loads(source.readline())
    regex = re.compile(order["pattern"])
    keep = order["keep"]
    while line := source.readline():
        file = json.loads(line)
        text = source.read(file["size"]).decode("utf-8", "replace")
        found = matches(regex, text, keep=keep, width=order["width"])
        keep -= len(found["lines"])
        if found["count"]:
            answer = json.dumps({"path": file["path"], **found})
            target.write(answer.encode() + b"\n")
            target.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
