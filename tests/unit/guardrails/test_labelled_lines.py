"""A secret of several lines is found where a program shows each line with its place."""

from __future__ import annotations

import random

import pytest

from coding_agent_sdk.middleware.guardrails.secrets import MASK, redact
from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

from .made_up import MadeUp

FORMS = {
    "search_files": "my-dir/id_rsa.txt:{n}: {line}",
    "grep -n of many files": "a/b.pem:{n}:{line}",
    "grep -C": "a/b-c.pem-{n}-{line}",
    "grep -n": "{n}:{line}",
    "grep -r": "a/b.pem:{line}",
    "cat -n": "    {n}\t{line}",
    "a table": "{n} | {line}",
    "a diff that takes away": "-{line}",
    "a diff that adds": "+{line}",
    "a quotation": "> {line}",
}


@pytest.fixture(params=["RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PRIVATE KEY"])
def key(request):
    return MadeUp(3).pem(12).replace("RSA PRIVATE KEY", request.param)


def shown(form, text):
    lines = ["before = 1", *text.splitlines(), "after = 1"]
    return "\n".join(FORMS[form].format(n=n, line=line) for n, line in enumerate(lines, 8)) + "\n"


def pieces(text):
    """Return each piece of a dozen characters of the lines between the first and the last."""
    return {line[at : at + 12] for line in text.splitlines()[1:-2] for at in range(len(line) - 11)}


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_masked_whole_and_the_lines_around_it_stay(form, key):
    safe = redact(shown(form, key))
    assert [piece for piece in pieces(key) if piece in safe] == []
    assert MASK in safe
    before, after = safe.splitlines()[0], safe.splitlines()[-1]
    assert before == FORMS[form].format(n=8, line="before = 1")
    assert after.endswith("after = 1")


@pytest.mark.parametrize("form", FORMS)
def test_it_is_the_same_where_it_comes_in_pieces(form, key):
    text, draw = shown(form, key), random.Random(7)
    for _ in range(12):
        redactor, at, out = SecretRedactor(), 0, ""
        while at < len(text):
            size = draw.choice((1, 2, 7, 40, 200))
            out += redactor.feed(text[at : at + size])
            at += size
        out += redactor.close()
        assert out == redact(text)


@pytest.mark.parametrize("form", FORMS)
def test_the_lines_of_a_known_value_are_known_each(form):
    draw = MadeUp(5)
    value = "\n".join([f"{draw.text(14)}/", draw.text(30), "ok", "two words", "ordinary"])
    known = KnownValues([value])
    redactor = SecretRedactor(known)
    safe = redactor.feed(shown(form, value)) + redactor.close()
    first, second, *rest = value.splitlines()
    assert first not in safe
    assert second not in safe
    assert all(line in safe for line in rest), "what is nothing by itself is not hunted"


def test_a_long_text_of_odd_lines_behind_the_head_of_a_key_is_looked_through_in_time():
    head = "-----BEGIN RSA PRIVATE KEY-----\n"
    odd = "".join(f"{'x-' * 120}{n}\n" for n in range(2_000))
    assert redact(head + odd).endswith("1999\n")
