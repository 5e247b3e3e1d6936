"""Words of prose and names of code become comparable."""

import builtins
import sys
import threading

import pytest

from coding_agent_sdk.errors import MissingExtraError
from coding_agent_sdk.middleware.rag import tokens
from coding_agent_sdk.middleware.rag.tokens import names_in, tokenize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("The retries of a call", ["retri", "call"]),
        ("retrying RETRIED", ["retri", "retri"]),
        ("read_file", ["read_fil", "read", "file"]),
        ("parseHTTPResponse", ["parsehttprespons", "pars", "http", "respons"]),
        ("E722", ["e722", "722"]),
        ("größe 日本", ["gross", "日本"]),
        ("__init__", ["__init__"]),
        ("x" * 65, []),
        ("in_the_end", ["in_the_end", "end"]),
    ],
)
def test_text_becomes_tokens(text, expected):
    assert tokenize(text) == expected


def test_a_name_is_found_by_its_words_and_by_itself():
    assert set(tokenize("http response")) <= set(tokenize("parseHTTPResponse"))
    assert set(tokenize("parsehttpresponse")) <= set(tokenize("parseHTTPResponse"))


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("GraphRecursionError", ["GraphRecursionError"]),
        ("click.Context.invoke()", ["click.Context.invoke"]),
        ("retry?", ["retry"]),
        ("what does read_file do", ["read_file"]),
        ("how is TempPathFactory.mkTemp called", ["TempPathFactory.mkTemp"]),
        ("why is this so", []),
        ("_ private", []),
        ("HTTP 404", []),
        ("", []),
    ],
)
def test_names_of_code_are_told_from_words(query, names):
    assert names_in(query) == names


def test_several_threads_may_ask_at_once():
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(tokenize("running words " * 500)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["run", "word"] * 500] * 4


def test_without_the_stemmer_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "Stemmer":
            raise ModuleNotFoundError(name=name)
        return real(name, *args, **kwargs)

    monkeypatch.delitem(sys.modules, "Stemmer", raising=False)
    monkeypatch.setattr(tokens, "_words", tokens._Words)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtraError, match=r"coding-agent-sdk\[milvus\]"):
        tokenize("word")


def test_no_more_than_so_many_words_are_kept(monkeypatch):
    monkeypatch.setattr(tokens, "_KNOWN", 50)
    words = tokens._Words()
    monkeypatch.setattr(tokens, "_words", lambda: words)
    text = " ".join(map(str, range(500)))
    assert tokenize(text) == text.split()
    assert 0 < len(words) <= 50
