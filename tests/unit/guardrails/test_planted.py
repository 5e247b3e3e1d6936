"""Planted secrets of all vendors in all places: how many leak, and whether they do in pieces."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails.secrets import MASK, find_secrets, redact
from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

from .planted import planted

TEXTS = planted()
SHARE = 0.95


def _is_covered(span, findings) -> bool:
    start, end = span
    covered = sum(
        min(end, f.end) - max(start, f.start) for f in findings if f.start < end and start < f.end
    )
    return covered >= SHARE * (end - start)


def test_few_planted_secrets_leak_and_nothing_else_is_masked():
    leaked, secrets, wrong = [], 0, []
    for one in TEXTS:
        found = find_secrets(one.text)
        secrets += len(one.spans)
        leaked += [one.kind for span in one.spans if not _is_covered(span, found)]
        wrong += [
            (one.kind, one.text[f.start : f.end])
            for f in found
            if not any(f.start < end and start < f.end for start, end in one.spans)
        ]
    assert secrets > 2_500
    assert len(leaked) <= 0.02 * secrets, sorted(leaked)
    assert len(wrong) <= 0.003 * secrets, wrong


def _released(text: str, sizes, known: KnownValues | tuple[str, ...] = ()):
    """Yield what is out after each piece."""
    redactor, out, at = SecretRedactor(known), "", 0
    while at < len(text):
        size = sizes()
        out += redactor.feed(text[at : at + size])
        at += size
        yield out
    yield out + redactor.close()


def test_character_by_character_nothing_leaks_at_any_moment():
    for one in TEXTS[::2]:
        expected = redact(one.text)
        *_, out = _released(one.text, lambda: 1)
        assert out == expected, one.kind


@settings(max_examples=300, deadline=None)
@given(
    one=st.sampled_from(TEXTS), seed=st.integers(0, 2**32), largest=st.sampled_from([2, 9, 40, 400])
)
def test_every_chunking_gives_the_whole_result_and_a_part_of_it_at_each_moment(one, seed, largest):
    draw = random.Random(seed)
    expected = redact(one.text)
    for out in _released(one.text, lambda: draw.randint(1, largest)):
        assert expected.startswith(out), one.kind
    assert out == expected


@settings(max_examples=200, deadline=None)
@given(
    value=st.text(min_size=8, max_size=60),
    before=st.text(max_size=30),
    after=st.text(max_size=30),
    seed=st.integers(0, 2**32),
)
def test_a_known_value_is_masked_over_the_borders_of_pieces(value, before, after, seed):
    draw = random.Random(seed)
    known = KnownValues([value])
    text = f"{before}{value}{after}"
    *_, whole = _released(text, lambda: len(text), known)
    assert value not in whole.replace(MASK, "") or value in before + after or value in MASK
    *_, out = _released(text, lambda: draw.randint(1, 5), known)
    assert out == whole


@settings(max_examples=60, deadline=None)
@given(
    chosen=st.lists(st.sampled_from(TEXTS), min_size=2, max_size=6),
    joint=st.sampled_from(["\n", "\n\n", " ", "\t", "\0", ", "]),
    seed=st.integers(0, 2**32),
)
def test_several_texts_in_one_give_the_same_in_pieces(chosen, joint, seed):
    draw = random.Random(seed)
    text = joint.join(one.text for one in chosen)
    *_, out = _released(text, lambda: draw.randint(1, 25))
    assert out == redact(text)
