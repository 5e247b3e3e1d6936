"""Secrets: megabytes of source text looked through in a second, and microseconds a short text."""

from __future__ import annotations

import statistics
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pydantic

from benchmarks.measure import Row
from benchmarks.runs import check
from coding_agent_sdk.middleware.guardrails.secrets import detection, find_secrets, firstlook
from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places, lowered

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = (".py", ".pyi", ".js", ".json", ".yaml", ".yml", ".md", ".rst", ".toml")
SIZES = range(200, 200_000)
CHARACTERS = 5_000_000
TEXTS = (
    "completed",
    "src/app/main.py",
    "git status --short",
    "The function reads the file, splits it into lines, and returns those that match.",
    "def total(items: list[int], *, start: int = 0) -> int:\n    return sum(items)\n",
    "2026-10-11T08:12:44Z INFO worker started pid=4312 port=8080 name=ingest",
    "I will read the key file first, then author the passage about tokens.",
)
TIMES = 500


def sources() -> list[str]:
    """Return files of the installed packages, every so many of them, of the usual sizes."""
    place = Path(pydantic.__file__).parents[1]
    files = sorted(
        file for file in place.rglob("*") if file.suffix in KINDS and file.stat().st_size in SIZES
    )
    texts: list[str] = []
    characters = 0
    for file in files[:: max(1, len(files) // 1000)]:
        text = file.read_text(encoding="utf-8", errors="replace")
        texts.append(text)
        characters += len(text)
        if characters > CHARACTERS:
            break
    return texts


def plainly(text: str) -> Places | None:
    """Search as without the accelerator."""
    return Places(text, lowered(text))


def speed(texts: list[str], search: Callable[[str], Places | None]) -> float:
    """Return megabytes a second of processor time."""
    used, detection.places_in = detection.places_in, search
    try:
        begun = time.process_time()
        for text in texts:
            find_secrets(text)
        taken = time.process_time() - begun
    finally:
        detection.places_in = used
    return sum(len(text.encode()) for text in texts) / taken / 1e6


def short() -> float:
    """Return microseconds a short text."""
    begun = time.process_time()
    for _ in range(TIMES):
        for text in TEXTS:
            find_secrets(text)
    return (time.process_time() - begun) / TIMES / len(TEXTS) * 1e6


def row(metric: str, values: list[float], **goal: float) -> Row:
    """Return the median of the rounds after the first, which warms up."""
    kept = values[1:]
    return Row(
        metric=metric,
        value=statistics.median(kept),
        low=min(kept),
        high=max(kept),
        better=">=" if goal else "<=",
        **goal,
    )


async def secrets(_folder: Path, rounds: int) -> list[Row]:
    """Look through source text, with and without the extra `guardrails-fast`."""
    texts = sources()
    check(sum(map(len, texts)) > CHARACTERS // 10, "there is source text to look through")
    plain = [speed(texts, plainly) for _ in range(rounds + 1)]
    rows = [row("secrets in source text, MB/s", plain, goal=1.5)]
    if find_spec("hyperscan") is not None:
        fast = [speed(texts, firstlook.places_in) for _ in range(rounds + 1)]
        rows.append(row("secrets with guardrails-fast, MB/s", fast, goal=20))
    rows.append(row("secrets in a short text, µs", [short() for _ in range(rounds + 1)]))
    return rows
