"""Text from outside on a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.text.plain import first_unseen, in_a_line, one_line, readable, visible

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2028b", "a\nb"),
        ("\udce9", "\\udce9"),
        ("\U000e0041", "\\U000e0041"),
        ("naïve 漢字 👩\u200d💻", "naïve 漢字 👩\u200d💻"),
    ],
)
def test_controls_are_written_out_and_the_rest_stays(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text):
    assert not CONTROLS.search(visible(text))
    assert not CONTROLS.search(readable(text))


@given(st.text())
def test_what_is_written_out_stays_as_it_is(text):
    assert visible(visible(text)) == visible(text)


@given(st.text())
def test_the_first_that_is_unseen_is_the_first_that_is_written_out(name):
    place = first_unseen(name)
    assert (place is None) == (in_a_line(name) == name)
    assert place is None or in_a_line(name[:place]) == name[:place]


def test_colours_titles_and_links_are_left_out_of_readable_text():
    assert (
        readable("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\x1b]8;;u\x1b\\link\x1b(B") == "red xlink"
    )


def test_one_line_is_short_and_in_one_line():
    assert one_line("a\n\n  b\tc", width=20) == "a b c"
    assert one_line("x" * 100, width=10) == "xxxxxxx..."
    assert len(one_line("\x1b" * 500, width=30)) == 30
