"""What is said of exceptions and values, also where their own words are what is broken."""

from __future__ import annotations

import linecache

import pytest

from coding_agent_sdk.errors import SandboxUnavailableError, UnknownNameError
from coding_agent_sdk.text.failures import FRAMES, advised, describe, said, shown, words_of


class Broken(Exception):
    """An error, and a value, that cannot say what it is."""

    def __str__(self):
        raise KeyError("no words")

    def __repr__(self):
        raise KeyError("no picture")


class Untold(Exception):
    """An error whose words are no text."""

    def __str__(self):
        return None  # noqa: PLE0307  that is the fault


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


def test_an_error_is_said_by_its_type_and_its_words():
    assert said(ValueError("it is wrong")) == "ValueError: it is wrong"
    assert words_of(ValueError("it is wrong")) == "it is wrong"


@pytest.mark.parametrize(("error", "why"), [(Broken(), "KeyError"), (Untold(), "TypeError")])
def test_an_error_without_words_is_said_all_the_same(error, why):
    assert words_of(error) == f"(its message cannot be read: {why})"
    assert said(error) == f"{type(error).__name__}: (its message cannot be read: {why})"
    assert describe(raised(error)).startswith(f"{type(error).__name__} at test_failures.py:")


def test_a_value_is_shown_as_it_is_or_by_its_type():
    assert shown({"a": 1}) == "{'a': 1}"
    assert shown([Broken()]) == "<a list that cannot be shown: KeyError>"


def test_a_log_names_the_innermost_places_and_no_word():
    def deeper(depth):
        if depth == 0:
            raise ValueError("hunter2")
        deeper(depth - 1)

    with pytest.raises(ValueError, match="hunter2") as caught:
        deeper(10)
    told = describe(caught.value)
    assert told.startswith("ValueError at test_failures.py:")
    assert told.count(" in deeper") == FRAMES
    assert "hunter2" not in told


def test_an_error_that_was_never_raised_has_no_place():
    assert describe(ValueError("hunter2")) == "ValueError"


def test_no_source_is_read_for_a_log(monkeypatch):
    monkeypatch.setattr(linecache, "getline", None)
    monkeypatch.setattr(linecache, "checkcache", None)
    assert describe(raised(ValueError())).startswith("ValueError at test_failures.py:")


@pytest.mark.parametrize(
    ("words", "fix", "said_in_all"),
    [
        ("it is locked", "wait for it", "it is locked; wait for it"),
        ("it is locked", "", "it is locked"),
        ("it is locked;", " ", "it is locked"),
        ("", "wait for it", "wait for it"),
        ("", "", ""),
    ],
)
def test_words_without_a_fix_do_not_end_as_if_one_came(words, fix, said_in_all):
    assert advised(words, fix) == said_in_all


def test_an_error_without_a_fix_ends_with_what_was_found():
    assert str(SandboxUnavailableError("there is no shell", fix="")) == "there is no shell"
    assert str(UnknownNameError("tool", "x", ["y"], hint="")).endswith("(known: y)")
