"""How well it finds: questions on our own code and documents, with the place that answers each.

A place is told by words that stand there; a passage that quotes them is a hit. The bars are below
what was measured, so that a passage more or less in the code fails nothing, and the loss of a
part of the ranking does.
"""

import math
from pathlib import Path

import pytest

import coding_agent_sdk
from coding_agent_sdk.middleware.rag import passage_index
from coding_agent_sdk.middleware.rag.chunking import chunk
from coding_agent_sdk.middleware.rag.passage_index import PassageIndex, lex_of
from coding_agent_sdk.protocols import KnowledgeChunk
from coding_agent_sdk.sandbox.file_text import decode

PACKAGE = Path(coding_agent_sdk.__file__).parent

NAMES = [
    ("LocalWorkspace", "class LocalWorkspace"),
    ("ToolResult", "class ToolResult"),
    ("hookimpl", "hookimpl"),
    ("RunContext.call_model", "async def call_model"),
    ("masked_by_line", "def masked_by_line"),
    ("SqliteStore", "class SqliteStore"),
    ("SYSTEM_PROMPT", "SYSTEM_PROMPT: Final"),
    ("MissingExtraError", "class MissingExtraError"),
    ("where is open_beneath defined", "def open_beneath"),
    ("AgentBuilder.knowledge", "def knowledge"),
]
QUESTIONS = [
    ("which files does git ignore when listing the workspace", "def list_names"),
    ("replace a file atomically by rename", "def replace_file"),
    ("lease of a session taken over by another process", "class Lease"),
    ("text of a citation as source:start-end", "class Citation"),
    ("interleave passages of several plugins by rank", "def _interleaved"),
    ("sub-agent runs with the same checks", "async def run_child"),
    ("register a backend under a URL scheme", "class BackendRegistry"),
    ("secret mask must not be written over a value", "def new_masked_lines"),
    (
        "leads outside the workspace; use a path relative to the workspace",
        "leads outside the workspace",
    ),
    ("both offer the tool; rename one", "both offer the tool"),
    ("the agent is closed; build another", "the agent is closed; build another"),
    ("how is the last part of a run recorded when it is cancelled", "def record_last_words"),
]


@pytest.fixture(scope="module")
def index():
    index = PassageIndex()
    for path in [*PACKAGE.rglob("*.py"), *(PACKAGE / "data" / "documents").iterdir()]:
        file = path.relative_to(PACKAGE).as_posix()
        chunks = [
            KnowledgeChunk(
                id=f"{file}{number}", file=file, start=p.start, end=p.end, context=p.context,
                text=p.text, lex=lex_of(p.context, p.text), hash="h",
            )
            for number, p in enumerate(chunk(file, decode(file, path.read_bytes()).text))
        ]  # fmt: skip
        index.replace([file], chunks)
    return index


def gain(index, query, words):
    """Return the gain of the first hit among ten, 1 for the first place."""
    assert any(words in entry.chunk.text for entry in index._entries.values()), f"{words!r} is gone"
    for rank, hit in enumerate(index.search(query, k=10), start=1):
        if words in hit.text:
            return 1 / math.log2(rank + 1)
    return 0.0


def mean(index, rows):
    return sum(gain(index, *row) for row in rows) / len(rows)


def test_names_lead_to_their_definitions(index):
    assert mean(index, NAMES) >= 0.95


def test_questions_and_messages_lead_to_the_code_that_answers_them(index):
    assert mean(index, QUESTIONS) >= 0.6


def test_what_counts_beside_bm25_makes_it_better(index, monkeypatch):
    rows = NAMES + QUESTIONS
    whole = mean(index, rows)
    monkeypatch.setattr(PassageIndex, "_defining_first", lambda self, query, best, *_: best)
    monkeypatch.setattr(passage_index, "_NEARNESS", 0.0)
    assert whole > mean(index, rows) + 0.02


def test_a_budget_of_two_thousand_tokens_holds_most_answers(index):
    found = 0
    for query, words in NAMES + QUESTIONS:
        used = 0
        for hit in index.search(query, k=10):
            used += len(hit.text)
            if used > 8_000:
                break
            if words in hit.text:
                found += 1
                break
    assert found >= 0.8 * len(NAMES + QUESTIONS)
