"""Text that comes in pieces gets the names that it would get at once, and shows no value early."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails.pii.streaming import HOLD, PiiRedactor
from coding_agent_sdk.middleware.guardrails.redacting import TextRedactor
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor
from coding_agent_sdk.protocols import Redactor
from coding_agent_sdk.text.masks import MASK

from .made_up import MadeUp
from .test_pii_formats import FOUND, NONE

KEY = "ghp_" + MadeUp().text(36)
PROSE = "The function reads the file, splits it into lines, and returns those that match. "


def _name(kind, value):
    return f"[{kind}:{len(value)}]"


def _both():
    return TextRedactor(SecretRedactor(), PiiRedactor(_name))


def _stream(redactor, pieces):
    return "".join(map(redactor.feed, pieces)) + redactor.close()


def _pieces(text, draw):
    at = 0
    while at < len(text):
        size = draw.choice((1, 1, 2, 5, 9, 40, 300))
        yield text[at : at + size]
        at += size


def test_it_is_a_redactor():
    assert isinstance(PiiRedactor(_name), Redactor)
    assert isinstance(_both(), Redactor)


@pytest.mark.parametrize(("kind", "value", "frame"), FOUND, ids=[row[1] for row in FOUND])
def test_no_prefix_of_a_stream_shows_a_part_of_a_value(kind, value, frame):
    text = frame.format(value)
    whole = PiiRedactor(_name).redact(text)
    redactor, out = PiiRedactor(_name), ""
    for character in text:
        out += redactor.feed(character)
        assert whole.startswith(out)
    assert out + redactor.close() == whole
    assert f"[{kind}:{len(value)}]" in whole


PARTS = [
    *(frame.format(value) for _, value, frame in FOUND), *(value for _, value, _ in FOUND), *NONE,
    "phone: ", "id,phone,ssn\n1,", "\n", " ", "\t", " ", ", ", " ext. 12", " x", "4111 ", "06 ", "GB82 WEST ",
    f" token={KEY} ", "a" * 70, "1" * 50, "ab, " * 150, "12345,", PROSE, "\r\n", "\u00a0",
]  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=14), st.integers(0, 2**32))
def test_every_cut_gives_the_whole_texts_result(parts, seed):
    text, draw = "".join(parts), random.Random(seed)
    whole = PiiRedactor(_name).redact(text)
    redactor, out = PiiRedactor(_name), ""
    for piece in _pieces(text, draw):
        out += redactor.feed(piece)
        assert whole.startswith(out)
    assert out + redactor.close() == whole


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=10), st.integers(0, 2**32))
def test_secrets_and_personal_data_of_one_stream_are_those_of_the_whole(parts, seed):
    text = "".join(parts)
    whole = _both().redact(text)
    assert _stream(_both(), _pieces(text, random.Random(seed))) == whole
    assert KEY not in whole


def test_what_is_both_is_a_secret():
    text = "password=617-627-3934x9Q! mail ravi@web.de"
    assert _both().redact(text) == f"password={MASK} mail [email:11]"
    assert _both().redact_field("password", "617-627-3934x9Q!") == MASK


def test_the_name_of_a_field_says_what_its_value_is():
    assert PiiRedactor(_name).redact_field("phone", "6176273934") == "[phone:10]"
    assert PiiRedactor(_name).redact_field("size", "6176273934") == "6176273934"
    assert PiiRedactor(_name).redact_field("note", "for ravi@web.de") == "for [email:11]"


def test_service_addresses_stay():
    text = "From: noreply@github.com, ada@example.com"
    assert PiiRedactor(_name).redact(text) == text


def test_ordinary_text_waits_for_the_end_of_its_word_only():
    redactor, given_out, most = PiiRedactor(_name), 0, 0
    for index, character in enumerate(PROSE * 3, start=1):
        given_out += len(redactor.feed(character))
        most = max(most, index - given_out)
    assert most <= 12


def test_a_value_goes_out_with_the_word_behind_it():
    redactor = PiiRedactor(_name)
    assert redactor.feed("call +49 30 06381565 ") == "call "
    assert redactor.feed("now ") == "[phone:15] "
    assert redactor.feed("ravi@web.de") == "now "
    assert redactor.feed("\n") == "[email:11]\n"


@pytest.mark.parametrize("piece", ["abc,", "1 ", "a@", "12", "+1 ", "@", "AB12 "])
def test_what_is_held_is_bounded(piece):
    redactor = PiiRedactor(_name)
    for _ in range(60):
        redactor.feed(piece * 200)
        assert len(redactor._text) - redactor._done <= HOLD + 320
    assert repr(redactor).startswith("PiiRedactor(holding ")
