"""What is kept of output of any size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk.sandbox.output import BoundedOutput


@given(st.lists(st.binary(max_size=40), max_size=30), st.integers(2, 60))
def test_head_and_tail_are_the_ends_of_all_that_came(chunks, limit):
    output = BoundedOutput(limit=limit)
    for chunk in chunks:
        output.feed(chunk)
    everything = b"".join(chunks)
    half = limit // 2
    assert output.total == len(everything)
    assert output.head == everything[:half]
    assert output.tail == everything[half:][-half:]
    assert output.truncated == (output.head + output.tail != everything)


def test_what_fits_has_no_tail():
    output = BoundedOutput(limit=10)
    output.feed(b"12345")
    assert (output.head, output.tail, output.truncated) == (b"12345", b"", False)
