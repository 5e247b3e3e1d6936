"""Slash commands: what is one, which is meant, how it goes on."""

from decimal import Decimal

import pytest

from coding_agent_sdk.cli.chat.figures import usage_line, usage_of
from coding_agent_sdk.cli.chat.slash import SlashCommand, completions, parse, unknown
from coding_agent_sdk.protocols import StoredEntry
from coding_agent_sdk.types.entries import RunStateEntry
from coding_agent_sdk.types.requests import Usage


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("/help", ("help", "")),
        ("/Model  openai:x ", ("model", "openai:x")),
        ("/note two\nlines", ("note", "two\nlines")),
        ("/", ("", "")),
        ("/?", ("?", "")),
        ("//help", None),
        ("/usr/bin/env", None),
        ("/* a comment */", None),
        ("help", None),
        ("/2", None),
    ],
)
def test_a_command_is_a_slash_and_a_word(text, parsed):
    assert parse(text) == parsed


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("modle", ", did you mean /model?"),
        ("mod", ", did you mean /mode?"),
        ("quti", ", did you mean /quit?"),
        ("sesions", ", did you mean /sessions?"),
        ("xyz", "; /help lists"),
        ("", "; /help lists"),
    ],
)
def test_an_unknown_command_is_answered_by_the_nearest(name, hint):
    said = unknown(name, ["mode", "model", "quit", "sessions"])
    assert hint in said
    assert "//" in said


async def nothing(rest):
    del rest


def test_a_line_goes_on_with_names_and_with_known_words():
    commands = {
        "mode": SlashCommand(name="mode", help="m", run=nothing, words=lambda: ["ask", "auto"]),
        "more": SlashCommand(name="more", help="n", run=nothing),
    }
    assert list(completions("/mo", commands)) == [("/mode", "m"), ("/more", "n")]
    assert list(completions("/MODE a", commands)) == [("ask", ""), ("auto", "")]
    assert list(completions("/mode as", commands)) == [("ask", "")]
    for begun in ("/x", "/x a", "/more a", "/mode ask a"):
        assert list(completions(begun, commands)) == []


# -- /cost -------------------------------------------------------------------------------------------


def ended(**data):
    from datetime import UTC, datetime

    entry = RunStateEntry(run_id="r", state="completed", data=data)
    return StoredEntry(seq=1, at=datetime.now(UTC), entry=entry)


def test_what_a_session_took_is_the_sum_of_its_runs():
    runs = [
        ended(request="x"),
        ended(input_tokens=10, output_tokens=2, cost="0.5"),
        ended(input_tokens=1, output_tokens=1, cost="0.25"),
    ]
    assert usage_of(runs) == Usage(input_tokens=11, output_tokens=3, cost=Decimal("0.75"))


@pytest.mark.parametrize("cost", [None, "much"])
def test_a_price_that_is_not_known_makes_the_sum_unknown(cost):
    runs = [ended(input_tokens=1, cost="1"), ended(input_tokens=1, cost=cost)]
    assert usage_line(usage_of(runs)) == "2 tokens sent, 0 received - price unknown"


def test_the_line_of_a_session_says_what_was_estimated():
    usage = Usage(input_tokens=12_345, output_tokens=6, cost=Decimal("0.01234"), estimated=True)
    assert usage_line(usage) == "about 12,345 tokens sent, 6 received - $0.0123"
