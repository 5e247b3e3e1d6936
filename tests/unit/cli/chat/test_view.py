"""What a chat shows of a run."""

import io

import pytest

from coding_agent_sdk import events
from coding_agent_sdk.cli.chat.view import ChatView
from coding_agent_sdk.cli.terminal import Color, Terminal
from coding_agent_sdk.types.tools import ToolCall


class Stream(io.StringIO):
    encoding = "utf-8"

    def __init__(self, *, tty):
        super().__init__()
        self._tty = tty

    def isatty(self):
        return self._tty


def terminal(*, tty=False, color=Color.NEVER, encoding="utf-8"):
    terminal = Terminal(color=color, out=Stream(tty=tty), err=Stream(tty=False))
    terminal.err.encoding = encoding
    return terminal


CALL = ToolCall(id="1", name="read_file", arguments={"path": "a.py"})


def ended(status="ok", call_id="1", **fields):
    return events.ToolCallFinished(
        **{"call_id": call_id, "name": "read_file", "status": status, "text": "one\ntwo", **fields}
    )


def finished(status="completed", **fields):
    return events.RunFinished(**{"status": status, "text": "", "steps": 1, **fields})


def show(view, *shown):
    for event in shown:
        view.show(event)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (ended(seconds=1.25), '✓ read_file path="a.py"  1.2 s  one\n'),
        (ended("error", text="no\nway"), '✗ read_file path="a.py"  0.0 s  error: no way\n'),
        (ended("denied", text="No."), '✗ read_file path="a.py"  0.0 s  denied: No.\n'),
        (ended(text=""), '✓ read_file path="a.py"  0.0 s  \n'),
    ],
)
def test_a_call_is_one_line_with_its_status_and_time(event, line):
    to = terminal()
    show(ChatView(to), events.ToolCallStarted(call=CALL), event, finished())
    assert to.err.getvalue().startswith(line)
    assert to.err.getvalue().count("read_file") == 1


def test_a_call_that_never_ran_is_shown_by_its_name():
    to = terminal()
    show(ChatView(to), ended("denied", call_id="x", text="No."))
    assert to.err.getvalue() == "✗ read_file  0.0 s  denied: No.\n"


def test_a_call_that_was_stopped_is_shown_as_failed_and_not_in_the_next_run():
    to = terminal(encoding="ascii")
    view = ChatView(to)
    show(view, events.ToolCallStarted(call=CALL), finished("cancelled"), finished("cancelled"))
    assert to.err.getvalue() == 'failed read_file path="a.py"\n'


def test_the_last_line_says_what_was_taken_and_changed():
    to = terminal()
    show(ChatView(to), finished(changed_files=("a.py", "b.py"), session="s1"))
    assert to.err.getvalue() == (
        "completed - 1 step - 0 tokens - $0.0000 - 0.0 s - changed a.py, b.py\n"
    )


def test_the_end_of_a_sub_run_is_not_that_of_the_run():
    to = terminal()
    view = ChatView(to)
    show(view, events.ToolCallStarted(call=CALL), finished(parent_run_id="r", text="sub"), ended())
    assert "completed" not in to.err.getvalue()
    assert to.out.getvalue() == ""
    assert "path=" in to.err.getvalue()


def test_markdown_is_for_a_terminal_with_colours_only(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    text = events.TextDelta(text="**b**\n")
    shown = []
    for to in (
        terminal(tty=True, color=Color.ALWAYS), terminal(tty=True), terminal(color=Color.ALWAYS),
    ):  # fmt: skip
        show(ChatView(to), text, finished(text="**b**"))
        shown.append(to.out.getvalue())
    assert shown == ["\x1b[1mb\x1b[0m\n", "**b**\n", "**b**\n"]


def test_an_answer_that_was_not_streamed_is_written_whole(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    to = terminal(tty=True, color=Color.ALWAYS)
    view = ChatView(to, stream=False)
    show(view, events.TextDelta(text="# "), finished(text="# T"), finished(text="# U"))
    assert to.out.getvalue() == "\x1b[1;35mT\x1b[0m\n\x1b[1;35mU\x1b[0m\n"
