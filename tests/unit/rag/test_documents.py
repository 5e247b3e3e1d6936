"""The documents of the demo: questions with the lines that answer them, and snippets that run."""

import re
from pathlib import Path

import pytest

import coding_agent_sdk
from coding_agent_sdk.middleware.rag.chunking import chunk
from coding_agent_sdk.middleware.rag.passage_index import PassageIndex, lex_of
from coding_agent_sdk.middleware.rag.relevance import is_answered, relevant, within
from coding_agent_sdk.protocols import KnowledgeChunk

FOLDER = Path(coding_agent_sdk.__file__).parent / "data" / "documents"
PYTHON, LANGCHAIN, ARCHITECTURE = (
    "python_best_practices.md", "langchain_guide.md", "architecture_guide.txt",
)  # fmt: skip

# Each question with the file, the line, and the words in it that answer the question.
QUESTIONS = [
    ("How often may a call be made, and how long may the waits between attempts be in all?", PYTHON, 94, "at most 4 times"),
    ("How should exceptions be logged?", PYTHON, 65, "Log an exception once, where it is handled"),
    ("Which rule finds a mutable default argument?", PYTHON, 18, "`B006`"),
    ("How do I write a file whole or not at all?", PYTHON, 152, "Write to a temporary file"),
    ("In welchem Typ stehen Beträge?", PYTHON, 145, "immer `Decimal`"),
    ("How many connections may a process open to a database?", ARCHITECTURE, 64, "at most 23 connections"),
    ("Which circuit breaker settings do we use?", ARCHITECTURE, 91, "after 5 failures in a row"),
    ("How long do backups live?", ARCHITECTURE, 143, "Backups expire after 35 days"),
    ("How often is a key rotated?", ARCHITECTURE, 170, "every 90 days"),
    ("GraphRecursionError", LANGCHAIN, 261, "`GraphRecursionError`"),
    ("add_messages", LANGCHAIN, 150, "`add_messages` appends"),
    ("Why does the SDK use no checkpointer?", LANGCHAIN, 267, "A checkpoint holds the whole state"),
    ("Does a LangChain BaseTool work, and what effect does it have?", LANGCHAIN, 78, "counts as `external`"),
]  # fmt: skip

UNANSWERED = [
    "What is the parental leave policy?",
    "Which port does the billing service listen on?",
    "How do I cook rice?",
    "Who won the world cup?",
]


@pytest.fixture(scope="module")
def index():
    index = PassageIndex()
    for path in sorted(FOLDER.iterdir()):
        chunks = [
            KnowledgeChunk(
                id=f"{path.name}{p.start}", file=path.name, start=p.start, end=p.end,
                context=p.context, text=p.text, lex=lex_of(p.context, p.text), hash="h",
            )
            for p in chunk(path.name, path.read_text(encoding="utf-8"))
        ]  # fmt: skip
        index.replace([path.name], chunks)
    return index


def line_of(words, file):
    lines = (FOLDER / file).read_text(encoding="utf-8").split("\n")
    (number,) = [n for n, line in enumerate(lines, start=1) if words in line]
    return number


@pytest.mark.parametrize(
    ("question", "file", "line", "words"), QUESTIONS, ids=lambda v: str(v)[:40]
)
def test_the_lines_that_answer_a_question_are_among_what_the_model_gets(
    index, question, file, line, words
):
    lines = (FOLDER / file).read_text(encoding="utf-8").split("\n")
    assert words in lines[line - 1], [n for n, text in enumerate(lines, start=1) if words in text]
    hits = index.search(question, k=5)
    assert is_answered(hits)
    given = within(relevant(hits), 1_500)
    places = [(hit.chunk.file, hit.chunk.start, hit.end) for hit in given]
    assert any(name == file and start <= line <= end for name, start, end in places), places
    assert any(words in hit.text for hit in given)


@pytest.mark.parametrize("question", UNANSWERED)
def test_a_question_that_the_documents_do_not_answer_is_known_as_such(index, question):
    assert not is_answered(index.search(question, k=5))


def test_a_question_in_other_words_is_not_found_and_one_in_theirs_is(index):
    # Search by words has this limit: the model asks again in words of the field.
    other = "My config got corrupted when the process died half way through saving"
    assert not is_answered(index.search(other, k=5))
    again = index.search("write file atomic rename temporary", k=1)
    assert (
        again[0].chunk.start <= line_of("a rename within one file system", PYTHON) <= again[0].end
    )


def test_an_answer_in_two_documents_cites_both(index):
    question = "Who retries, how often, and which house rule bounds attempts and waits?"
    files = {hit.chunk.file for hit in relevant(index.search(question, k=5))}
    assert {PYTHON, ARCHITECTURE} <= files


def test_the_documents_are_of_the_wanted_make():
    for name in (PYTHON, LANGCHAIN, ARCHITECTURE):
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert 150 <= text.count("\n") <= 300
    for name in (PYTHON, LANGCHAIN):
        levels = set(
            re.findall(r"^(#+) ", (FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE)
        )
        assert {"#", "##", "###"} <= levels
    assert not (FOLDER / PYTHON).read_text(encoding="utf-8").isascii()
    blocks = re.findall(
        r"```python\n(.*?)```", (FOLDER / LANGCHAIN).read_text(encoding="utf-8"), re.DOTALL
    )
    assert max(map(len, blocks)) > 2_000


@pytest.mark.parametrize("name", [LANGCHAIN, PYTHON])
def test_the_snippets_of_a_guide_run_in_their_order(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (FOLDER / name).read_text(encoding="utf-8")
    namespace = {}
    blocks = list(re.finditer(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    assert len(blocks) > 5
    for block in blocks:
        padding = "\n" * text.count("\n", 0, block.start(1))
        exec(compile(padding + block[1], name, "exec"), namespace)
    if name == PYTHON:
        namespace["write_whole"](tmp_path / "a", "text")
        assert (tmp_path / "a").read_text() == "text"
        assert namespace["add_tag"]("x") == ["x"]
