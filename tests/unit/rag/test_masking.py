"""Secrets go out of a file, its lines stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails.secrets import redact
from coding_agent_sdk.middleware.rag.masking import masked_by_line
from coding_agent_sdk.text.masks import MASK

KEY = "\n".join(
    [
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        *(["Q29weSBvZiBub3RoaW5n" * 3] * 12),
        "-----END RSA " + "PRIVATE KEY-----",
    ]
)


def test_a_text_without_secrets_is_the_same_object():
    text = "no secret here\n"
    assert masked_by_line(text, redact) is text


def test_a_secret_in_a_line_is_masked_in_that_line():
    text = 'a = 1\npassword = "hunter2-and-more"\nb = 2\n'
    safe = masked_by_line(text, redact).split("\n")
    assert safe[0] == "a = 1"
    assert MASK in safe[1]
    assert "hunter2" not in safe[1]
    assert safe[2:] == ["b = 2", ""]


def test_a_block_of_a_key_is_masked_and_the_lines_below_keep_their_numbers():
    text = f"one\n{KEY}\nafter\nlast"
    safe = masked_by_line(text, redact).split("\n")
    assert len(safe) == text.count("\n") + 1
    assert safe[0] == "one"
    assert safe[-2:] == ["after", "last"]
    assert "Q29weSBvZiBub3RoaW5n" not in "".join(safe)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a\nSECRET\nSECRET\nb", "a\nX\nb", f"a\nX\n{MASK}\nb"),
        ("a\nSECRET\nb", "a\nb", f"a\n{MASK}\nb"),
        ("a\nSECRET\nb", "a\nX\nY\nb", "a\nX Y\nb"),
        ("a\nb", "a\nnotice\nb", "a notice\nb"),
        ("a\nb", "notice\na\nb", "notice a\nb"),
        ("SECRET", "withheld\nnow", "withheld now"),
        ("a\nb\nc", "withheld", f"withheld\n{MASK}\n{MASK}"),
    ],
)
def test_lines_that_a_redactor_adds_or_takes_are_made_up_for(before, after, expected):
    assert masked_by_line(before, lambda _: after) == expected


LINES = st.lists(st.sampled_from(["a", "b", "", "SECRET", "SECRET x", "MANY"]), max_size=20)


@given(lines=LINES)
def test_no_line_is_added_or_lost_and_no_secret_stays(lines):
    text = "\n".join(lines)

    def redacted(whole):
        return whole.replace("SECRET\n", "").replace("SECRET", "X\nX").replace("MANY", "1\n2\n3")

    safe = masked_by_line(text, redacted)
    assert safe.count("\n") == text.count("\n")
    assert "SECRET" not in safe
