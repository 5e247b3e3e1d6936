"""A guard of somebody else's that fails closes the door, whichever hook it stands in."""

from __future__ import annotations

import asyncio

import pytest

from coding_agent_sdk import Agent, Citation, ContextItem, hookimpl, tool
from coding_agent_sdk.events import PluginFailed
from coding_agent_sdk.testing import ScriptedModel

from .conftest import call, turn

SAID, FOUND, PASSAGE, ASKED = "the answer is 42", "found it", "a passage of a page", "what is it"
CHECKS = (
    "check_request",
    "check_context",
    "check_model_output",
    "check_tool_call",
    "check_tool_result",
)


async def _raises():
    raise RuntimeError(f"{ASKED} {SAID} {FOUND} {PASSAGE}")


async def _hangs():
    await asyncio.sleep(3600)


async def _truth():
    return True


def _at_once():
    raise RuntimeError(SAID)


FAILURES = {"raises": _raises, "hangs": _hangs, "wrong type": _truth, "raises at once": _at_once}


def guard(hook, failure):
    """Return a plugin whose one check fails."""

    def check(self):
        return failure()

    return type("Guard", (), {"name": "guard", hook: hookimpl(check)})()


class Pages:
    """Gives a passage to each request."""

    name = "pages"

    @hookimpl
    def retrieve_context(self):
        return [ContextItem(text=PASSAGE, citation=Citation(source="page"))]


def look_tool(tried):
    """Return a tool that notes its calls."""

    @tool(effect="read")
    async def look(where: str) -> str:
        """Look for it."""
        tried.append(where)
        return FOUND

    return look


async def ran(workspace, look_up, *plugins):
    model = ScriptedModel([turn(call("look", "c1", where="here")), SAID])
    agent = (
        Agent.builder().config(None, project=False).model(model).workspace(workspace)
        .memory("memory://").tools(look_up).settings(check_timeout=0.3).use(Pages(), *plugins)
        .build()
    )  # fmt: skip
    async with agent, agent.stream(ASKED, session="s") as stream:
        events = [event async for event in stream]
    return stream.result, events, model


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("hook", CHECKS)
async def test_a_check_that_fails_denies(workspace, hook, failure):
    tried = []
    result, events, model = await ran(workspace, look_tool(tried), guard(hook, failure))
    sent = [str(request.messages) for request in model.requests]
    (failed, *_) = [event for event in events if isinstance(event, PluginFailed)]
    assert (failed.plugin, failed.hook) == ("guard", hook)
    assert SAID not in failed.error
    if hook == "check_request":
        assert (result.status, sent) == ("blocked", [])
    elif hook == "check_context":
        assert result.status == "completed"
        assert all(PASSAGE not in each for each in sent)
    elif hook == "check_model_output":
        assert (result.status, tried) == ("blocked", [])
    elif hook == "check_tool_call":
        assert ([each.status for each in result.tool_calls], tried) == (["denied"], [])
    else:
        assert tried == ["here"]
        assert all(FOUND not in each for each in sent)
        assert "was withheld" in result.tool_calls[0].text


async def test_without_a_failing_guard_all_of_it_goes_through(workspace):
    tried = []
    result, _, model = await ran(workspace, look_tool(tried))
    assert (result.status, result.text, tried) == ("completed", SAID, ["here"])
    assert PASSAGE in str(model.requests[0].messages)
    assert FOUND in str(model.requests[1].messages)


class Redacting:
    """Its redactor fails as it is told, for one sink, from the check of the request on.

    A redactor that fails before it refuses the names of the session and the user.
    """

    name = "redacting"

    def __init__(self, sink, failure):
        self.sink = sink
        self.failure = failure
        self.begun = False

    @hookimpl
    def check_request(self):
        self.begun = True

    @hookimpl
    def open_redactor(self, sink):
        return self.failure() if sink == self.sink and self.begun else _Passing()


class _Passing:
    def feed(self, text):
        return text

    def close(self):
        return ""


class _Feeds:
    def __init__(self, answer):
        self.answer = answer

    def feed(self, text):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self):
        return ""


REDACTORS = {
    "opening raises": lambda: 1 / 0,
    "no redactor": object,
    "raises": lambda: _Feeds(RuntimeError(SAID)),
    "wrong type": lambda: _Feeds(b"bytes"),
    "None": lambda: _Feeds(None),
}


@pytest.mark.parametrize("failure", REDACTORS.values(), ids=REDACTORS)
@pytest.mark.parametrize("sink", ["model", "response", "event", "store"])
async def test_a_redactor_that_fails_withholds_the_text_from_its_sink(workspace, sink, failure):
    seen = []

    class Watcher:
        name = "watcher"

        @hookimpl
        def on_event(self, event):
            seen.append(event)

    result, events, model = await ran(workspace, look_tool([]), Redacting(sink, failure), Watcher())
    shown = {
        "model": str([request.messages for request in model.requests]),
        "response": f"{result} {events}",
        "event": str(seen),
    }
    withheld = "withheld: the redactor of plugin 'redacting' failed"
    for place, text in shown.items():
        if place == sink:
            assert withheld in text
            assert FOUND not in text
            assert SAID not in text or sink == "model"
    assert result.status == "completed"
