"""Indexing of a corpus of 10,000 passages into Milvus Lite, the way `coding-agent index` goes."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING, Final

from benchmarks.measure import Row
from benchmarks.runs import check
from coding_agent_sdk import Agent
from coding_agent_sdk.middleware.rag.knowledge import Knowledge
from coding_agent_sdk.testing import ScriptedModel

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = 502
SECTIONS: Final = 20
CHUNKS: Final = 10_000
GOAL: Final = 20.0
WORDS: Final = 6_000


def write_corpus(folder: Path, *, files: int = FILES) -> int:
    """Write Markdown and Python of made-up words, always the same, and return the bytes."""
    chance = random.Random(20)
    syllables = [a + b for a in "bdfgklmnprst" for b in ("a", "e", "i", "o", "u", "an", "er", "ol")]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(WORDS)]
    # As in a language: few words are frequent, most are rare.
    weights = [1 / (rank + 1) for rank in range(WORDS)]
    size = 0
    for number in range(files):
        write = _guide if number % 2 else _module
        text = write(chance, words, weights)
        name = f"guide_{number:03}.md" if number % 2 else f"module_{number:03}.py"
        size += (folder / name).write_text(text)
    return size


def _sentence(chance: random.Random, words: list[str], weights: list[float], count: int) -> str:
    return " ".join(chance.choices(words, weights, k=count)).capitalize() + "."


def _guide(chance: random.Random, words: list[str], weights: list[float]) -> str:
    parts = [f"# {_sentence(chance, words, weights, 3)}"]
    for _ in range(SECTIONS):
        sentences = [_sentence(chance, words, weights, 13) for _ in range(11)]
        body = "\n".join(sentences)
        parts.append(f"## {_sentence(chance, words, weights, 4)}\n\n{body}")
    return "\n\n".join(parts) + "\n"


def _module(chance: random.Random, words: list[str], weights: list[float]) -> str:
    parts = [f'"""{_sentence(chance, words, weights, 9)}"""']
    for number in range(SECTIONS):
        first, second = chance.choices(words, k=2)
        lines = [
            f"    {chance.choice(words)}_{at} = {first}.{chance.choice(words)}({second}, {at})"
            for at in range(22)
        ]
        doc = _sentence(chance, words, weights, 12)
        head = f'def {first}_{second}_{number}({first}, {second}):\n    """{doc}"""'
        parts.append("\n".join([head, *lines, f"    return {first}"]))
    return "\n\n\n".join(parts) + "\n"


async def indexing(folder: Path, _rounds: int) -> list[Row]:
    """Index once; secrets are masked, as they are in every agent."""
    corpus = folder / "corpus"
    corpus.mkdir()
    size = write_corpus(corpus)
    os.environ["CODING_AGENT_HOME"] = str(folder / "home")
    agent = (
        Agent.builder().config(None, project=False).installed_plugins(load=False)
        .model(ScriptedModel([])).workspace(corpus).memory(None)
        .plugin("rag", index="off", documents=False, paths=["."]).build()
    )  # fmt: skip
    knowledge = Knowledge(agent.context("rag"))
    cpu, wall = time.process_time(), time.perf_counter()
    await knowledge.open()
    opened = time.perf_counter() - wall
    report = await knowledge.update()
    await knowledge.aclose()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    check(report.chunks >= CHUNKS, f"the corpus has {CHUNKS} passages, not {report.chunks}")
    note = f"{report.files} files, {size / 1e6:.1f} MB; opening the store {opened:.1f} s of it"
    return [
        Row(metric="passages indexed", value=report.chunks, note=note),
        Row(metric="index them, wall s", value=wall, goal=GOAL),
        Row(metric="index them, cpu s", value=cpu),
        Row(metric="passages a second, wall", value=report.chunks / wall),
    ]
