"""Results of several megabytes: their ends are shown, and looking through them is bounded."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Allow, Replace, ToolResult, hookimpl, tool
from coding_agent_sdk.core import long_results
from coding_agent_sdk.core.long_results import (
    HEAD_CHARACTERS,
    MARGIN,
    TAIL_CHARACTERS,
    bounded,
    shown,
)
from coding_agent_sdk.testing import ScriptedModel

from .conftest import call, turn

SHORT = HEAD_CHARACTERS + TAIL_CHARACTERS
WIDE = SHORT + 2 * MARGIN
SECRET = "swordfish-" + "7" * 5000


def masked(text):
    return text.replace(SECRET, "***")


def whole(text):
    return text


@pytest.mark.parametrize("length", [0, 10, SHORT])
def test_what_is_short_enough_stays_as_it_is(length):
    result = ToolResult(text="x" * length, data={"a": 1})
    assert bounded(result) is result
    assert shown(result.text, whole) == result.text


@pytest.mark.parametrize("length", [SHORT + 1, WIDE, WIDE + 1, WIDE + 100, 5_000_000])
def test_of_a_longer_one_both_ends_are_shown_and_the_whole_length_is_told(length):
    text = "".join(f"{number:09}\n" for number in range(length // 10)) + "x" * (length % 10)
    result = bounded(ToolResult(text=text))
    seen = shown(result.text, whole)
    assert result.truncated
    notice = f"\n[{length - SHORT} of {length} characters are left out here]\n"
    assert seen == f"{text[:HEAD_CHARACTERS]}{notice}{text[-TAIL_CHARACTERS:]}"


@pytest.mark.parametrize("cut", [HEAD_CHARACTERS, HEAD_CHARACTERS + MARGIN])
@pytest.mark.parametrize("length", [WIDE - 10, 1_000_000])
def test_no_cut_shows_a_part_of_a_secret(cut, length):
    for shift in range(0, len(SECRET) + 1, 500):
        start = cut - shift
        text = "a" * start + SECRET + "b" * (length - start - len(SECRET))
        assert "sword" not in shown(bounded(ToolResult(text=text)).text, masked)
        assert "777" not in shown(bounded(ToolResult(text=text[::-1])).text, masked_backwards)


def masked_backwards(text):
    return text.replace(SECRET[::-1], "***")


def test_a_text_that_a_check_made_long_is_cut_too():
    """Nothing of its middle is shown, whatever it says there."""
    text = "a" * (HEAD_CHARACTERS + MARGIN) + SECRET + "b" * (TAIL_CHARACTERS + MARGIN)
    seen = shown(text, masked)
    assert "7" not in seen.replace(f"{len(text) - SHORT} of {len(text)}", "")
    assert f"[{len(text) - SHORT} of {len(text)} characters are left out here]" in seen


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"total": 3, "issues": [{"line": 1}]}, True),
        (None, True),
        (["x" * 1000] * 1000, False),
        ({str(number): number for number in range(100_000)}, False),
        ({"a": {"b": "x" * 1_000_000}}, False),
    ],
)
def test_the_data_of_a_long_result_stays_where_it_is_small(data, kept):
    result = bounded(ToolResult(text="x" * 1_000_000, data=data))
    assert (result.data == data) is kept
    assert bounded(ToolResult(text="x", data=data)).data is data


async def test_no_redactor_and_no_check_is_given_more(build):
    lengths = []

    class Watching:
        """Notes the length of each text."""

        def feed(self, text):
            lengths.append(len(text))
            return text

        def close(self):
            return ""

    class Plugin:
        @hookimpl
        def open_redactor(self):
            return Watching()

        @hookimpl
        def check_tool_result(self, result):
            lengths.append(len(result.text))
            return Allow()

    @tool(effect="read")
    async def much() -> str:
        """Say much."""
        return "many words " * 1_000_000

    model = ScriptedModel([turn(call("much", "1")), "done"])
    agent = build(None, model=model, plugins=[Plugin()])
    agent._own_tools = (*agent._own_tools, much)
    async with agent:
        result = await agent.run("go")
    (finished,) = result.tool_calls
    assert "of 11000000 characters are left out here]" in finished.text
    assert model.requests[1].messages[-1].content == finished.text
    assert max(lengths) <= WIDE + 100
    assert finished.status == "ok"


async def test_a_result_that_a_check_replaced_by_a_longer_one_is_cut(build):
    class Adds:
        @hookimpl
        def check_tool_result(self, result):
            return Replace(ToolResult(text=result.text * 1_000_000))

    model = ScriptedModel([turn(call("look", "1", name="x")), "done"])
    async with build(None, model=model, plugins=[Adds()]) as agent:
        await agent.run("go")
    assert len(model.requests[1].messages[-1].content) < long_results._WIDE
