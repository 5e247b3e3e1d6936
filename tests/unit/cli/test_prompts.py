"""Where the request comes from."""

import io
import os
import sys

import pytest

from coding_agent_sdk.cli import prompts
from coding_agent_sdk.cli.prompts import read_request, well_formed
from coding_agent_sdk.errors import RequestError


@pytest.fixture
def piped(monkeypatch):
    """Makes standard input a pipe with text in it."""
    opened = []

    def pipe(text, *, end=True):
        read, write = os.pipe()
        os.write(write, text)
        if end:
            os.close(write)
        else:
            opened.append(write)
        stream = os.fdopen(read)
        opened.append(stream)
        monkeypatch.setattr(sys, "stdin", stream)

    yield pipe
    for each in opened:
        os.close(each) if isinstance(each, int) else each.close()


@pytest.fixture
def notes():
    return []


def test_the_argument_is_the_request(piped, notes):
    piped(b"")
    assert read_request("do", None, note=notes.append) == "do"
    assert notes == []


def test_print_is_the_same(piped, notes):
    piped(b" \n")
    assert read_request(None, "do", note=notes.append) == "do"


@pytest.mark.parametrize("words", [None, "-"])
def test_standard_input_is_the_request(piped, notes, words):
    piped(b"\xef\xbb\xbfdo \xff")
    assert read_request(words, None, note=notes.append) == "do \ufffd"


def test_a_dash_by_print_is_a_text(piped, notes):
    piped(b"")
    assert read_request(None, "-", note=notes.append) == "-"


def test_an_empty_request_is_refused_with_a_pipe_too(piped, notes):
    piped(b"text")
    with pytest.raises(RequestError, match="is empty"):
        read_request("  ", None, note=notes.append)


def test_a_silent_pipe_is_given_up_with_a_note(piped, notes, monkeypatch):
    monkeypatch.setattr(prompts, "WAIT_SECONDS", 0.01)
    piped(b"", end=False)
    assert read_request("do", None, note=notes.append) == "do"
    assert "nothing came on standard input" in notes[0]


def test_more_than_can_be_read_is_refused(piped, notes, monkeypatch):
    monkeypatch.setattr(prompts, "LONGEST_INPUT", 3)
    piped(b"four")
    with pytest.raises(RequestError, match="more than 3 bytes"):
        read_request("-", None, note=notes.append)


def test_a_terminal_is_not_read(notes, monkeypatch):
    stdin = io.StringIO("text")
    stdin.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", stdin)
    assert read_request("do", None, note=notes.append) == "do"
    with pytest.raises(RequestError, match="no request was given"):
        read_request(None, None, note=notes.append)


@pytest.mark.parametrize(
    ("text", "formed"), [("caf\udce9", "caf\ufffd"), ("a\ud83d", "a?"), ("naïve", "naïve")]
)
def test_arguments_become_text(text, formed):
    assert well_formed(text) == formed
