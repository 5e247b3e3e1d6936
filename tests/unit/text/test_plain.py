"""Text from outside on a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.text.plain import first_unseen, in_a_line, one_line, readable, visible

CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff]"
)
HOSTILE = st.text(
    st.one_of(
        st.sampled_from(
            "a\n\t\r\x1b[]31m;\\\x07\x08\x90\x9b\x9c\u0301\u0489\u200b\u200c\u200d\u200e\u202e"
        ),
        st.sampled_from(
            "\u2028\ufe0f\u061c\ufeff\u3164\U000e0041\U000e0101\udc80\u0915\u094d👩💻ا"
        ),
        st.characters(),
    ),
    max_size=60,
)


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


@given(HOSTILE)
def test_nothing_that_a_terminal_obeys_is_left(text):
    assert not CONTROLS.search(visible(text))
    assert not CONTROLS.search(readable(text))


@given(HOSTILE)
def test_what_is_written_out_stays_as_it_is(text):
    assert visible(visible(text)) == visible(text)
    assert readable(readable(text)) == readable(text)
    assert in_a_line(in_a_line(text)) == in_a_line(text)


@given(HOSTILE)
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
    assert len(one_line("\x1b\x07" * 300, width=30)) == 30


@pytest.mark.parametrize(
    "text",
    [
        "مرحبا بالعالم، كيف حالك؟ إِنَّ",
        "می\u200cخواهم",  # Persian: what is not joined
        "שָׁל֑וֹם עוֹלָם",
        "नमस्ते दुनिया क्\u200dष",
        "ന്\u200d ആന",  # an old Malayalam letter, at the end of its word
        "ශ්\u200dරී ලංකා",
        "ภาษาไทยที่นี่",
        "བོད་སྐད་ཀྱི་",
        "tiếng Việt: ế ộ",
        "👩\u200d👩\u200d👧\u200d👦 ❤\ufe0f\u200d🔥 👍🏽 🇩🇪 1\ufe0f\u20e3",
    ],
)
def test_the_world_s_scripts_and_emoji_stay_as_they_are(text):
    assert visible(text) == readable(text) == in_a_line(text) == text


def test_a_piece_of_a_stream_may_begin_with_a_joiner():
    assert visible("👩") + visible("\u200d💻") == "👩\u200d💻"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rm /ho\u200dme", "rm /ho\\u200dme"),  # in Latin words it only hides
        ("あ\u200d\u200d", "あ\u200d\\u200d"),
        ("a" + "\u0301" * 500 + "b", "a" + "\u0301" * 8 + "[492 marks more]b"),
        ("a" + "\u200b" * 500, "a\\u200b[500 times]"),
        ("a" + "\u200d" * 500, "a" + "\\u200d" * 8 + "[492 marks more]"),
        ("x\r\r\r\r\ny", "x\ny"),
        ("\u3164", "\\u3164"),
    ],
)
def test_floods_are_counted_and_what_joins_nothing_is_written_out(text, shown):
    assert visible(text) == shown


def test_very_much_of_anything_is_shown_in_a_moment():
    for piece in (
        "\u0301",
        "\u200b",
        "\x1b",
        "\x90",
        "\x1b]",
        "\x9d\x1b",
        "\r",
        "漢",
        "\u200d\u0301",
    ):
        text = piece * 200_000
        assert len(readable(text)) <= 6 * len(text)
