"""Output of programs as text that does no harm to who reads it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.tools.terminal_text import TerminalText, harmless


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "xlink"),
        ("\x1b]52;c;ZXZpbA==\x07", ""),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1bc\x1b(Bx", "x"),
        ("\x9b31mx\x85y", "xy"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("10%\r50%\r100%\r\nnext", "100%\nnext"),
        ("10%\r50%\r", "50%"),
        ("bell\x07 back\x08 nul\x00 del\x7f", "bell back nul del"),
        ("\u202eevil\u2066", "evil"),
        ("\x1b", ""),
        ("ü€😀", "ü€😀"),
        ("\x1bPq#0;1~\x1b\\pic \x1b^pm\x1b\\ \x1b_apc\x07 \x1bXsos\x1b\\end", "pic   end"),
        ("\x9d0;title\x9cx\x90q\x9cy\x9epm\x07z\x9fapc\x1b\\", "xyz"),
        ("N\bNA\bAM\bME\bE _\bu_\bn x\b_", "NAME un x"),
        ("gone\b\b\b\bhere", "gonehere"),  # nothing is hidden from who reads it
        ("zero\u200bwidth\u200e\u200f\u061c\ufeff\u2060", "zerowidth"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("z" + "\u0335" * 300 + "!", "z" + "\u0335" * 8 + "[292 marks more]!"),
        ("ho\u200dme 👩\u200d💻 می\u200cخواهم", "home 👩\u200d💻 می\u200cخواهم"),
        ("one\u2028two", "one\ntwo"),
        ("x" + "\r" * 1000 + "\n", "x\n"),
    ],
)
def test_control_sequences_are_taken_out(raw, shown):
    assert harmless(raw) == shown


@given(
    st.lists(
        st.sampled_from(["\x1b[31m", "a", "ü", "\x1b]0;t\x07", "\r\n", "\n", "\x07"]), max_size=12
    ),
    st.data(),
)
def test_the_same_text_comes_of_output_in_pieces(parts, data):
    raw = "".join(parts).encode()
    stream = TerminalText()
    shown = ""
    while raw:
        cut = data.draw(st.integers(1, len(raw)))
        shown += stream.feed(raw[:cut])
        raw = raw[cut:]
    shown += stream.close()
    assert shown == harmless("".join(parts))


HOSTILE = st.text(
    st.one_of(
        st.sampled_from(
            "a\n\t\r\x1b[]P31m;\\\x07\x08_\x90\x9b\x9c\x9d\u0301\u200b\u200c\u200d\u202e"
        ),
        st.sampled_from("\u2028\ufe0f\u061c\ufeff\U000e0041\U000e0101\u0915\u094d👩💻ا"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


@given(HOSTILE)
def test_what_is_harmless_stays_as_it_is(text):
    assert harmless(harmless(text)) == harmless(text)


@given(HOSTILE)
def test_only_newline_tab_and_joiners_are_left_of_what_has_no_shape(text):
    stream = TerminalText()
    for shown in (harmless(text), stream.feed(text.encode()) + stream.close()):
        left = {c for c in shown if unicodedata.category(c) in {"Cc", "Cf"}}
        assert left <= ALLOWED


ALLOWED = {
    *"\n\t\xad\u200c\u200d\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd",
    *map(chr, range(0x600, 0x606)),
    *map(chr, range(0x13430, 0x13460)),
}
"""Of controls and formats: what separates lines and columns, and what is seen or joins letters."""


@given(st.lists(st.binary(max_size=6), max_size=8))
def test_no_control_character_gets_through(pieces):
    stream = TerminalText()
    shown = "".join(map(stream.feed, pieces)) + stream.close()
    assert not any(ord(c) < 32 and c not in "\n\t" for c in shown)
    assert "\x1b" not in shown
    shown.encode()


def test_a_sequence_that_never_ends_is_not_held_for_ever():
    stream = TerminalText()
    shown = stream.feed(b"\x1b]" + b"x" * 5000)
    assert len(shown) > 4000


def test_a_carriage_return_does_not_overwrite_what_was_shown():
    stream = TerminalText()
    assert stream.feed(b"approve? no\rapprove? yes\n") == "approve? no\napprove? yes\n"
