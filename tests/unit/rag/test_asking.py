"""What a request asks: the words that tell, without those that only frame them."""

import itertools
import time

import pytest

from coding_agent_sdk.middleware.rag.asking import asked_in, asks_little, content_of
from coding_agent_sdk.middleware.rag.passage_index import PassageIndex, lex_of
from coding_agent_sdk.middleware.rag.relevance import worth_giving
from coding_agent_sdk.protocols import KnowledgeChunk


@pytest.mark.parametrize(
    ("question", "content"),
    [
        ("What does the knowledge base say about retries?", "retries?"),
        ("what do our docs say on mutable defaults", "mutable defaults"),
        ("According to the guide, how many connections?", "how many connections?"),
        ("Is there anything in the documentation about time and dates?", "time and dates?"),
        ("Search the knowledge base for circuit breakers", "circuit breakers"),
        ("hello, can you please tell me how exceptions are logged", "how exceptions are logged"),
        ("What is written in the handbook on key rotation?", "key rotation?"),
        ("do the guides contain anything about asyncio.timeout?", "asyncio.timeout?"),
        ("find out how retries are done", "how retries are done"),
    ],
)
def test_what_frames_a_question_is_not_looked_for(question, content):
    assert content_of(question) == content


@pytest.mark.parametrize(
    "question",
    [
        "How is a knowledge base opened?",
        "the guide dog of the house",
        "why are documents chunked",
        "sources of noise in a measurement",
        "What does the documentation say?",
        "any number of arguments",
    ],
)
def test_words_that_are_asked_for_stay(question):
    assert content_of(question) == question


@pytest.mark.parametrize(
    "request_",
    [
        "", "?", "42", "go", "hello", "Hi there!", "thanks a lot", "yes, do it", "Find TODO",
        "run the tests", "Run `pytest -q`", "fix app.py", "please fix src/app.py", "read README.md",
        "what does this function do?", "explain src/app.py", "explain the code", "What is 2+2?",
        "commit the changes", "continue", "Can you list the files?", "Why?", "How are you?",
        "What does the documentation say?",
    ],
)  # fmt: skip
def test_talk_and_errands_ask_for_no_knowledge(request_):
    assert not asked_in(request_).something


@pytest.mark.parametrize(
    "request_",
    [
        "How should exceptions be logged?", "billing service retries", "What is a lease?",
        "Explain leases", "open_store", "URLPattern", "attr.NOTHING",
        "What does the handbook say about backups?", "Analyze the code",
        "Write a retry wrapper by our house rule", "run untrusted templates safely in a sandbox",
        "find out how keys are rotated",
    ],
)  # fmt: skip
def test_questions_names_and_work_with_rules_may_ask_for_knowledge(request_):
    assert asked_in(request_).something


@pytest.mark.parametrize(
    "piece", ["what is ", "docs ", "the ", "please ", "a/", "a.", "-", "is there "]
)
def test_no_request_takes_long_to_read(piece):
    started = time.perf_counter()
    asked_in(piece * 2_000)
    assert time.perf_counter() - started < 5


@pytest.fixture
def index():
    texts = {
        "retries.md": "# Retries\n\nOutside of batch jobs a call is made 4 times.\n",
        "base.md": "# Knowledge base\n\nWhat the knowledge base says about itself, the docs say.\n",
        "style.md": "# Style\n\n## Review the code\n\nRead before you change.\n",
        "list.md": "# Lists\n\nFind the tests of the file, run them, and fix what fails.\n",
        "rule.md": "# House rules\n\nA retry wrapper follows the house rule: 4 attempts.\n",
    }
    index = PassageIndex()
    for file, text in texts.items():
        body = text.rstrip("\n")
        context = " > ".join(
            [file, *(line.strip("# ") for line in body.split("\n") if "#" in line)]
        )
        chunk = KnowledgeChunk(
            id=file, file=file, start=1, end=body.count("\n") + 1, context=context, text=body,
            lex=lex_of(context, body), hash="h",
        )  # fmt: skip
        index.replace([file], [chunk])
    return index


def given(index, request):
    asked = asked_in(request)
    hits = index.search(asked.query, k=5) if asked.something else []
    return [hit.chunk.file for hit in worth_giving(asked, hits)]


def test_the_words_of_the_frame_do_not_win_over_what_is_asked(index):
    question = "What does the knowledge base say about retries?"
    assert index.search(question, k=1)[0].chunk.file == "retries.md"
    assert given(index, question)[0] == "retries.md"
    assert "base.md" not in given(index, question)
    assert given(index, "How is the knowledge base described?") == ["base.md"]


def test_where_no_word_occurs_nothing_is_found(index):
    assert index.search("frobnicate the quux of plugh", k=5) == []
    assert index.search("What does the knowledge base say about quuxes?", k=5) == []
    assert given(index, "what do the docs say about quuxes?") == []


def test_an_order_gets_what_says_the_same_or_speaks_of_several_of_its_things(index):
    assert given(index, "Review the code") == ["style.md"]
    assert given(index, "review the list") == []
    assert given(index, "fix the tests") == []
    assert given(index, "Write a retry wrapper that follows our house rule")[0] == "rule.md"


def test_a_question_gets_nothing_for_one_word_of_several(index):
    assert given(index, "Which colour does the retry button of the website have?") == []
    assert given(index, "What are retries?")[0] == "retries.md"
    assert given(index, "What is a wrapper?") == []


SMALL = ["go", "yes", "thanks", "please", "show", "merge", "run", "it", "on", "that", "hello"]


@pytest.mark.parametrize("request_", ["go on", "Yes!", "thanks", "do it", "Run that.", "ok, go"])
def test_a_word_or_two_of_talk_ask_little(request_):
    assert asks_little(request_)


@pytest.mark.parametrize("written", ["{} {}", "{}, {}?", "{} {}!"])
def test_what_asks_little_asks_for_nothing(written):
    for first, second in itertools.product(SMALL, repeat=2):
        request = written.format(first.title(), second)
        assert asks_little(request)
        assert not asked_in(request).something


@pytest.mark.parametrize(
    "request_",
    [
        "gO mERGE",
        "RUN iNSTALL",
        "go commit.__",
        "what is retry?",
        "show retry",
        "go go go",
        "go" + " " * 40 + "on",
        "retry",
    ],
)
def test_others_are_looked_at(request_):
    assert not asks_little(request_)
