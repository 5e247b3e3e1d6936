"""What was looked through once is not looked through again, and nothing else changes."""

import re

from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
from coding_agent_sdk.middleware.guardrails.secrets.memo import LookedThrough, Usual
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor
from coding_agent_sdk.middleware.guardrails.secrets.vendors import AROUND, SHORTEST_AROUND

PIECES = st.sampled_from(
    [
        "password = ",
        '"',
        "hunter2-longer-1",
        "\n",
        " ",
        "ghp_" + "a1B2" * 9,
        "word",
        "swordfish-9",
        "é",
        "***REDACTED***",
    ]
)
KNOWN = KnownValues(["swordfish-9"])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_whole_text_is_redacted_as_its_pieces_are(text):
    pieces = SecretRedactor(KNOWN)
    expected = pieces.feed(text) + pieces.close()
    memo = LookedThrough()
    assert SecretRedactor(KNOWN).redact(text) == expected
    assert SecretRedactor(KNOWN, looked_through=memo).redact(text) == expected
    assert SecretRedactor(KNOWN, looked_through=memo).redact(text) == expected


def test_it_holds_a_bounded_number_of_characters_and_texts():
    memo = LookedThrough()
    for number in range(3_000):
        memo.findings(f"text {number}", KNOWN)
    assert repr(memo) == "LookedThrough(1000 texts)"
    for number in range(30):
        memo.findings(f"{number} " + "long " * 4_000, KNOWN)
    assert repr(memo) == "LookedThrough(9 texts)"
    memo.findings("x " * 200_000, KNOWN)
    assert repr(memo) == "LookedThrough(9 texts)"


def test_it_shows_no_text():
    memo = LookedThrough()
    memo.findings("password = 'swordfish-9'", KNOWN)
    assert "swordfish" not in repr(memo)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_what_was_harmless_in_one_run_is_searched_for_what_another_knows(text):
    usual = Usual()
    LookedThrough(usual).findings(text, KnownValues())
    shared = SecretRedactor(KNOWN, looked_through=LookedThrough(usual)).redact(text)
    assert shared == SecretRedactor(KNOWN).redact(text)


def test_a_text_that_is_usual_is_known_without_being_kept():
    usual = Usual()
    usual.add("/home/ada/project")
    assert "/home/ada/project" in usual
    assert "/home/ada" not in usual
    assert "ada" not in repr(usual)
    assert all(isinstance(kept, int) for kept in usual._hashes)


def test_no_key_around_an_anchor_fits_into_a_text_that_is_not_searched_for_one():
    def fewest(pattern):
        return re._parser.parse(pattern.pattern).getwidth()[0]  # as `re` itself works it out

    lengths = [fewest(rule.tail) + (fewest(rule.head) if rule.head else 0) for rule in AROUND]
    assert min(lengths) == SHORTEST_AROUND
