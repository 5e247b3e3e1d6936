"""What is said of a request that is no proper text."""

from __future__ import annotations

import pytest

from coding_agent_sdk.middleware.guardrails.requests import Problem, check_text_format


def _check(text: str, *, max_chars: int = 1000) -> Problem | None:
    return check_text_format(text, max_chars=max_chars)


def _kind(text: str) -> tuple[str, bool] | None:
    problem = _check(text)
    return None if problem is None else (problem.kind, problem.blocks)


@pytest.mark.parametrize(
    "text",
    [
        "Analyze the code",
        "line one\r\n\tline two\n",
        "Überprüfe die Größe – 文件 を 読む",
        "\ufeffa byte order mark at the start",
    ],
)
def test_ordinary_text_is_accepted(text):
    assert _check(text) is None


@pytest.mark.parametrize("text", ["", " ", "\n\t \r\n", "\u3000\u00a0"])
def test_a_request_of_blanks_is_empty(text):
    assert _kind(text) == ("empty", True)


def test_the_longest_request_is_accepted_and_one_character_more_is_not():
    assert _check("x" * 10, max_chars=10) is None
    problem = _check("x" * 11, max_chars=10)
    assert problem is not None
    assert (problem.kind, problem.blocks) == ("too-long", True)
    assert "11 characters, 10 are allowed" in problem.message


@pytest.mark.parametrize("sign", ["\0", "\x07", "\x0b", "\x1b[31m", "\x7f", "\x85", "\x9b31m"])
def test_control_characters_block(sign):
    problem = _check(f"run{sign}it{sign}")
    assert problem is not None
    assert (problem.kind, problem.blocks) == ("control-characters", True)
    assert (
        f"2 control characters, the first is U+{ord(sign[0]):04X} at position 3" in problem.message
    )


def test_one_control_character_is_counted_in_the_singular():
    problem = _check("a\0")
    assert problem is not None
    assert "1 control character," in problem.message


@pytest.mark.parametrize("code", [0xD800, 0xDFFF, 0xDC80])
def test_lone_surrogates_block(code):
    problem = _check(f"a{chr(code)}")
    assert problem is not None
    assert (problem.kind, problem.blocks) == ("surrogates", True)
    assert f"1 lone surrogate, the first is U+{code:04X} at position 1" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "access\u202egpj.exe",
        "a\u2066b\u2069",
        "pass\u200bword",
        "a\u2060b",
        "mid\ufeffdle",
        "a\u200db",
        "a\u200cb",
        "hello\ufe0f",
        "hello\U000e0100\U000e0101",
        "say \U000e0068\U000e0069",
    ],
)
def test_hidden_characters_are_reported_without_blocking(text):
    assert _kind(text) == ("hidden-characters", False)


@pytest.mark.parametrize(
    "text",
    [
        "a family \U0001f468\u200d\U0001f469\u200d\U0001f467",
        "a heart \u2764\ufe0f and a rainbow \U0001f3f3\ufe0f\u200d\U0001f308",
        "a key 1\ufe0f\u20e3",
        "dark skin \U0001f469\U0001f3ff\u200d\U0001f4bb",
        "Wales \U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
        "Persian \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "Hindi \u0915\u094d\u200d\u0937",
        "a variant \u8fba\U000e0100",
    ],
)
def test_joiners_and_selectors_that_a_script_or_an_emoji_needs_are_accepted(text):
    assert _check(text) is None


def test_both_kinds_of_hidden_characters_are_counted():
    problem = _check("a\u202eb\u200bc\u200bd")
    assert problem is not None
    assert "1 bidirectional override and 2 invisible characters" in problem.message
    assert "U+202E at position 1" in problem.message


def test_what_blocks_is_said_before_what_does_not():
    assert _kind("\u202e and \0") == ("control-characters", True)


def test_a_long_text_is_checked_in_linear_time():
    """Of a million characters a quadratic check would not end within the limit of a test."""
    text = ("a\u200d\U0001f3f4\U000e0067\ufe0f" * 200_000) + "\ufeff"
    assert check_text_format(text, max_chars=len(text)) is not None
