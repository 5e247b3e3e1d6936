"""Names of the system as text, and back."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.sandbox.names import to_os, to_text, unescaped

file_names = st.binary(min_size=1, max_size=12).filter(lambda name: not {0, 47} & set(name))


@given(file_names)
def test_every_name_becomes_text_that_leads_back(raw):
    name = os.fsdecode(raw)
    text = to_text(name)
    text.encode("utf-8")
    assert to_os(text) == name or unescaped(text) == name or b"\\x" in raw


def test_only_the_one_spelling_is_taken():
    assert unescaped("caf\\xe9") == os.fsdecode(b"caf\xe9")
    assert unescaped("\\xc3\\xbc") is None  # that is "ü", and has to be written so
    assert unescaped(".en\\x76") is None
    assert unescaped("plain") is None
    assert unescaped("caf\\xE9") is None
