"""Numbers with their nouns."""

import pytest

from coding_agent_sdk.text.counting import counted


@pytest.mark.parametrize(
    ("number", "nouns", "said"),
    [
        (0, ("file",), "0 files"),
        (1, ("file",), "1 file"),
        (2, ("file",), "2 files"),
        (1, ("entry", "entries"), "1 entry"),
        (12000, ("entry", "entries"), "12000 entries"),
        (1, ("line has", "lines have"), "1 line has"),
    ],
)
def test_a_noun_is_in_the_plural_unless_there_is_one(number, nouns, said):
    assert counted(number, *nouns) == said
