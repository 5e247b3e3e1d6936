"""Output of programs as text that does no harm to who reads it."""

from __future__ import annotations

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
