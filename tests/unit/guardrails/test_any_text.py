"""Whatever a text holds, looking for secrets ends and raises nothing."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails.secrets import find_secrets, redact
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

from .planted import LINES, PLACES

TEMPLATES = [*LINES, *(template for _, template in PLACES)]

odd = st.text(max_size=12) | st.text(
    alphabet="\0\ud800\udfff\u0130\u212a\u00a0\u2028\r\n\t \\\"'`={}<>$%", max_size=12
)
texts = st.lists(st.sampled_from(TEMPLATES) | odd, max_size=8).map("".join)


@settings(max_examples=500, deadline=None)
@given(text=texts)
def test_any_text_gives_findings_that_lie_in_it_and_apart(text):
    found = find_secrets(text)
    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


@settings(max_examples=300, deadline=None)
@given(text=texts)
def test_what_was_redacted_once_stays_as_it_is(text):
    once = redact(text)
    assert redact(once) == once


@settings(max_examples=200, deadline=None)
@given(text=texts, field=st.text(max_size=20) | st.sampled_from(["password", "Cookie", "auth"]))
def test_any_text_can_be_streamed_and_be_a_field(text, field):
    redactor = SecretRedactor()
    out = "".join([*map(redactor.feed, text), redactor.close()])
    assert out == redact(text)
    assert isinstance(redactor.redact_field(field, text), str)


@settings(max_examples=60, deadline=None)
@given(piece=st.sampled_from(TEMPLATES) | st.text(min_size=1, max_size=6), seed=st.integers(1, 9))
def test_a_short_piece_again_and_again_ends(piece, seed):
    """A quadratic rule would not end within the limit of a test."""
    find_secrets(piece * (20_000 * seed // len(piece)))
