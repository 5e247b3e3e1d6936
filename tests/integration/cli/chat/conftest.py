"""A chat on a terminal, and what is typed into it."""

import time

import pytest

from coding_agent_sdk.testing import FakeToolCall, Turn

ENTER, CTRL_C, CTRL_D = "\r", "\x03", "\x04"
PROMPT = "\x1b[?2004h"  # it turns bracketed paste on, whatever it draws


def write(path="b.py", content="x = 1\n", call_id="call_w"):
    call = FakeToolCall(name="write_file", arguments={"path": path, "content": content}, id=call_id)
    return Turn(tool_calls=[call])


def command(text, call_id="call_c"):
    return Turn(tool_calls=[FakeToolCall(name="run_cmd", arguments={"command": text}, id=call_id)])


@pytest.fixture(autouse=True)
def plain_requests(program):
    """Let the model be sent what was typed, without passages that were found for it."""
    program.env["CODING_AGENT_WITHOUT"] = "rag"


@pytest.fixture
def chat(terminal):
    """Starts a chat on a terminal, and waits for its prompt."""

    def start(*words, waits_for="", **env):
        started = terminal("chat", *words, **{"PROMPT_TOOLKIT_NO_CPR": "1", **env})
        if waits_for:
            started.expect(waits_for)
        else:
            ready(started)
        return started

    return start


def ready(chat):
    """Wait until there is a prompt again."""
    chat.expect_raw(PROMPT)


def say(chat, text):
    chat.type(text + ENTER)


def quit_(chat):
    say(chat, "/quit")
    assert chat.wait() == 0
    assert "Traceback" not in chat.screen


def wait_for(chat, path):
    """Wait until a file is there."""
    while not path.exists():
        assert chat._process.poll() is None
        time.sleep(0.02)


def marker(workspace):
    """Return a command that says it has begun, and then does not end."""
    return "touch begun && sleep 600", workspace / "begun"
