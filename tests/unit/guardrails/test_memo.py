"""What was looked through once is not looked through again, and nothing else changes."""

from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
from coding_agent_sdk.middleware.guardrails.secrets.memo import LookedThrough
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

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
