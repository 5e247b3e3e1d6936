"""Entries as the rows of a store."""

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.memory.rows import Batch, decode, encode
from coding_agent_sdk.testing.memory_contract import entries_of_every_kind
from coding_agent_sdk.types.entries import (
    IntentEntry,
    MessageEntry,
    PluginStateEntry,
    RunStateEntry,
)


def test_an_entry_of_any_kind_comes_back_equal():
    for entry in entries_of_every_kind():
        assert decode(encode(entry), place="here") == entry


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_comes_back_equal(text):
    entry = MessageEntry(run_id="r", message=HumanMessage(text))
    assert decode(encode(entry), place="here") == entry


def test_readable_text_stays_readable_in_the_file():
    assert "日本" in encode(MessageEntry(run_id="r", message=HumanMessage("日本")))


def test_any_mapping_is_kept_as_an_object():
    entry = IntentEntry(
        run_id="r", call_id="c", name="t", arguments=MappingProxyType({"a": MappingProxyType({})})
    )
    assert decode(encode(entry), place="here").arguments == {"a": {}}


def endless():
    state = {}
    state["self"] = state
    return state


def deep():
    state = {}
    for _ in range(100_000):
        state = {"x": state}
    return state


@pytest.mark.parametrize("state", [{"x": object()}, {"x": b"bytes"}, {(1,): 1}, endless(), deep()],
                         ids=["object", "bytes", "key", "endless", "deep"])  # fmt: skip
def test_what_json_cannot_say_is_a_clear_error(state):
    with pytest.raises(StoreError, match="PluginStateEntry of run 'r' cannot be kept as JSON"):
        encode(PluginStateEntry(run_id="r", plugin="p", state=state))


def test_a_row_that_is_no_entry_says_where_it_was_found():
    with pytest.raises(StoreError, match=r"entry 7 of session 's' cannot be read: .*update it"):
        decode('{"kind": "hologram"}', place="entry 7 of session 's'")


def test_a_batch_knows_what_it_changes_in_the_list_of_sessions():
    batch = Batch.of(entries_of_every_kind())
    assert (len(batch.rows), batch.messages, batch.state) == (10, 3, "completed")
    assert batch.title == "Fix it"


def test_a_batch_without_a_request_has_no_title_and_no_state():
    batch = Batch.of([PluginStateEntry(run_id="r", plugin="p", state={})])
    assert (batch.title, batch.state, batch.messages) == ("", None, 0)


def test_the_first_message_of_a_user_is_the_title_where_the_run_tells_none():
    entries = [
        RunStateEntry(run_id="r", state="started"),
        MessageEntry(run_id="r", message=HumanMessage("Look \ud800 here")),
        MessageEntry(run_id="r", message=HumanMessage("And there")),
    ]
    assert Batch.of(entries).title == "Look ? here"


def test_the_state_of_a_sub_agents_run_is_not_the_sessions():
    child = RunStateEntry(run_id="r.1", state="completed", data={"parent_run_id": "r"})
    batch = Batch.of([RunStateEntry(run_id="r", state="started", data={"request": "a"}), child])
    assert (batch.state, batch.title) == ("started", "a")
