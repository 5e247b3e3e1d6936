"""Markdown while it arrives: the same whatever the pieces, each character written once."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from coding_agent_sdk.cli.chat.code import CodeLines
from coding_agent_sdk.cli.chat.markdown import MarkdownWriter

STYLES = re.compile(r"\x1b\[[\d;]*m")


def console(width=60, color="standard"):
    return Console(
        file=io.StringIO(), force_terminal=True, width=width, color_system=color, highlight=False
    )


def written(*pieces, width=60, utf8=True):
    """Return what the writer wrote of pieces, with its styles."""
    to = console(width)
    writer = MarkdownWriter(to, utf8=utf8)
    for piece in pieces:
        writer.write(piece)
    writer.end()
    return to.file.getvalue()


def plain(*pieces, **options):
    return STYLES.sub("", written(*pieces, **options))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("# Title\n", "Title\n"),
        ("- one\n  * two\n", "• one\n  • two\n"),
        ("1. one\n12) two\n", "1. one\n12) two\n"),
        ("> said\n>> twice\n", "│ said\n│ │ twice\n"),
        ("**bold** and *it* and `x*y`\n", "bold and it and x*y\n"),
        ("~~gone~~ __both__ ***all***\n", "gone both all\n"),
        ("[text](https://a/b)\n", "text (https://a/b)\n"),
        ("a [1] b [x\n", "a [1] b [x\n"),
        (r"\*not\* \a \\" + "\n", "*not* \\a \\\n"),
        ("2 * 3 * 4, snake_case_name, **x, ~5\n", "2 * 3 * 4, snake_case_name, **x, ~5\n"),
        ("*args, **kwargs\n", "*args, **kwargs\n"),
        ("-5 degrees\n", "-5 degrees\n"),
        ("#hash\n", "#hash\n"),
        ("no end", "no end\n"),
        ("\n\n", "\n\n"),
    ],
)
def test_marks_become_styles_and_what_is_no_mark_stays(source, shown):
    assert plain(source) == shown


def test_styles_are_those_of_the_marks():
    shown = written("**b** *i* `c`\n# h\n")
    assert "\x1b[1mb\x1b[0m" in shown
    assert "\x1b[3mi\x1b[0m" in shown
    assert "\x1b[36mc\x1b[0m" in shown
    assert "\x1b[1;35mh\x1b[0m" in shown


def test_a_rule_is_a_line_and_ascii_is_enough_for_old_terminals():
    assert plain("---\n") == "─" * 40 + "\n"
    assert plain("***\n- a\n> b\n", utf8=False) == "-" * 40 + "\n- a\n> b\n"


def test_long_lines_are_wrapped_between_words_with_their_margin():
    shown = plain("- " + "word " * 10, width=24)
    assert shown == "• word word word word\n  word word word word\n  word word\n"
    assert plain("> " + "word " * 6, width=20) == "│ word word word\n│ word word word\n"


def test_a_word_wider_than_the_line_is_not_lost():
    assert plain("x" * 100, width=30).replace("\n", "") == "x" * 100


def test_words_appear_before_their_line_has_ended():
    to = console()
    writer = MarkdownWriter(to)
    writer.write("Some words that a")
    assert to.file.getvalue() == "Some words that"
    writer.write("re **bo")
    assert to.file.getvalue().endswith("that are")
    writer.write("ld** now ")
    assert STYLES.sub("", to.file.getvalue()).endswith("are bold now")


def test_nothing_moves_the_cursor_or_writes_twice():
    text = "# A\n\nSome **bold** text\n```python\nx = 1\n```\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    shown = written(*text)
    assert "\r" not in shown
    assert set(re.findall(r"\x1b\[[\d;]*([A-Za-z])", shown)) == {"m"}
    assert shown.count("x = 1") + shown.count("x \x1b") <= 2


# -- blocks --------------------------------------------------------------------------------------


def test_code_is_coloured_and_keeps_its_marks():
    shown = written("```python\ndef f():  # *not em*\n    return '**'\n```\n**b**\n")
    assert plain("```python\ndef f():  # *not em*\n```\n").splitlines()[1] == "def f():  # *not em*"
    assert "\x1b[94mdef" in shown
    assert "\x1b[1mb" in shown


def test_a_text_over_several_lines_keeps_its_colour():
    lines = CodeLines("python")
    assert [lines.line(text).spans == [] for text in ('"""a', "def b", 'c"""', "x")] == [
        False
    ] * 3 + [True]
    (style,) = {str(span.style) for span in CodeLines("python").line('"""a').spans}
    inside = CodeLines("python")
    inside.line('"""a')
    assert {str(span.style) for span in inside.line("def b").spans} == {style}


def test_a_text_that_never_ends_costs_the_lines_before_it_only_so_often(monkeypatch):
    lines = CodeLines("python")
    read = []
    lexer = lines._lexer

    class Counting:
        def get_tokens(self, code):
            read.append(len(code))
            return lexer.get_tokens(code)

    lines._lexer = Counting()
    lines.line('"""')
    for _ in range(2_000):
        lines.line("x")
    assert sum(read) < 2_001 * 200 * 3


@pytest.mark.parametrize("language", ["", "no-such", "x" * 10_000, "{.py}", "py thon"])
def test_code_of_an_unknown_language_is_plain(language):
    assert plain(f"```{language}\na = *b*\n```\n").splitlines()[1] == "a = *b*"


def test_a_fence_ends_with_its_own_sign_only():
    shown = plain("~~~~\n```\n~~~\n~~~~\n*x*\n").splitlines()
    assert shown == ["~~~~", "```", "~~~", "~~~~", "x"]


def test_code_that_is_cut_off_ends_with_the_answer():
    to = console()
    writer = MarkdownWriter(to)
    writer.write("```python\nx = (")
    writer.end()
    writer.write("*next*\n")
    assert STYLES.sub("", to.file.getvalue()) == "```python\nx = (\nnext\n"


def test_a_line_of_code_without_end_is_not_waited_for():
    to = console()
    writer = MarkdownWriter(to)
    writer.write("```json\n")
    for _ in range(30):
        writer.write("[1, 2]" * 20)
    assert len(to.file.getvalue()) > 1_000
    writer.write("\n```\n*a*\n")
    assert STYLES.sub("", to.file.getvalue()).splitlines()[1:] == ["[1, 2]" * 600, "```", "a"]


def test_tables_are_shown_when_they_have_ended():
    to = console()
    writer = MarkdownWriter(to)
    writer.write("| name | n |\n|---|--:|\n| `a\\|b` | 1 |\n| long name | 22 | dropped |\n")
    assert to.file.getvalue() == ""
    writer.write("after\n")
    shown = STYLES.sub("", to.file.getvalue())
    assert re.search(r"name +n", shown)
    assert re.search(r"long name +22 *\n", shown)
    assert "dropped" not in shown
    assert shown.endswith("after\n")


@pytest.mark.parametrize("text", ["| a | b |\n| c | d |\n", "| a |\n"])
def test_rows_without_a_heading_stay_as_they_are(text):
    assert plain(text) == text


def test_rows_without_end_are_not_waited_for():
    to = console()
    writer = MarkdownWriter(to)
    writer.write("| a |\n|---|\n")
    for n in range(450):
        writer.write(f"| {n} |\n")
    assert "150" in to.file.getvalue()
    writer.end()
    shown = STYLES.sub("", to.file.getvalue())
    assert [f"{n}" in shown for n in (0, 199, 200, 449)] == [True] * 4


# -- hostile and long text -------------------------------------------------------------------------


def test_terminal_sequences_of_the_model_are_written_out():
    shown = written(
        "\x1b]0;title\x07 \x1b[2J [x](\x1b[31m) `\x1b[8m`\n```\x1b[1m\n\x9b2J\n```\n| \x1b[5m |\n"
    )
    assert "\x1b[2J" not in shown
    assert "\x1b]" not in shown
    assert "\x9b" not in shown
    assert "\\x1b[2J" in plain("\x1b[2J")
    assert set(re.findall(r"\x1b\[[\d;]*([A-Za-z])", shown)) == {"m"}
    assert "\x1b[5m" not in shown.replace("\x1b[0m", "")


def test_rich_markup_of_the_model_is_text():
    assert (
        plain("[bold]x[/bold] [link=file:///x]y[/link]\n")
        == "[bold]x[/bold] [link=file:///x]y[/link]\n"
    )
    assert "\x1b]8" not in written("[a](https://b)\n")


@pytest.mark.parametrize(
    "mark", ["*", "`", "_", "[", "~~", "\\", "**a ", "[a](", "> ", "- ", "`a", "#", "|"]
)
def test_a_line_of_nothing_but_marks_is_linear(mark):
    shown = plain(mark * (200_000 // len(mark)), width=100)
    assert shown


def test_a_long_answer_costs_its_length():
    to = console(color=None)
    calls = []
    writer = MarkdownWriter(to)
    real = to.print
    to.print = lambda text, **options: (calls.append(len(text)), real(text, **options))
    for _ in range(5_000):
        writer.write("some words of an answer ")
    writer.end()
    assert sum(calls) < 5_000 * 26
    assert len(to.file.getvalue()) >= 5_000 * 23


ALPHABET = st.sampled_from([*"ab *_`~[]()|#->1.\\\n", "```", "**", "word ", "| a |\n", "- ", "# "])


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(ALPHABET, max_size=40), cuts=st.lists(st.integers(0, 120), max_size=8))
def test_how_a_text_is_cut_into_pieces_changes_nothing(parts, cuts):
    text = "".join(parts)
    at = sorted({min(cut, len(text)) for cut in cuts})
    pieces = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    assert plain(*pieces, width=24) == plain(text, width=24)
    assert plain(*text, width=24) == plain(text, width=24)


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="abc xyz\n", max_size=300))
def test_words_without_marks_are_never_lost_or_turned(text):
    assert plain(text, width=30).split() == text.split()


@pytest.mark.parametrize(
    "source",
    [
        "> " * 5000 + "word " * 1000,
        ">" * 1900 + " " + "word " * 1000,
        " " * 1900 + "- " + "word " * 1000,
        " " * 1900 + "1. " + "word " * 1000,
        " " * 1900 + "word " * 1000,
        "\t" * 1900 + "word " * 1000,
        "- " * 3000 + "word " * 1000,
    ],
    ids=["quotes", "bars", "bullet", "number", "indented", "tabs", "bullets"],
)
@pytest.mark.parametrize("width", [20, 80])
def test_what_is_nested_thousands_deep_comes_to_little(source, width):
    shown = written(source + "\n", width=width)
    assert plain(source, width=width).count("word") == 1000
    assert len(shown) < 20 * len(source)
    assert max(map(len, STYLES.sub("", shown).split("\n"))) <= width + 5


def test_the_bars_of_few_quotes_are_all_shown():
    assert plain("> " * 6 + "x\n") == "│ " * 6 + "x\n"
