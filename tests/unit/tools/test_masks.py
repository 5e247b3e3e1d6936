"""Where a mask stands, and where it must not."""

from __future__ import annotations

from coding_agent_sdk.text.masks import MASK, holds_mask, new_masked_lines


def test_a_mask_is_found_anywhere_in_plain_data():
    assert holds_mask(f"a {MASK} b")
    assert holds_mask({"a": [1, {"b": (f"{MASK}",)}]})
    assert holds_mask({f"{MASK}": 1})
    assert not holds_mask({"a": ["b", None, 3], "c": {"d"}})


def test_only_lines_that_do_not_stand_so_in_the_old_text_are_new():
    old = f"a {MASK}\nb\n"
    assert new_masked_lines(old, old) == []
    assert new_masked_lines(old, f"b\na {MASK}\n") == []
    assert new_masked_lines(old, f" a {MASK}\nc {MASK}\n") == [1, 2]
    assert new_masked_lines("", "nothing") == []
