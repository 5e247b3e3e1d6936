"""`coding-agent chat`: what is said, and how a person answers questions."""

import re

from coding_agent_sdk.testing import FakeToolCall, Fault, Turn

from .conftest import ENTER, quit_, ready, say, write

# -- talking ---------------------------------------------------------------------------------------


def test_it_answers_one_message_after_another_in_one_session(chat, program):
    talk = chat()
    say(talk, "Analyze the code")
    talk.expect("Analysis complete: 1 issue found")
    talk.expect("completed - 2 steps")
    ready(talk)
    say(talk, "explain a.py")
    talk.expect("def f()")
    talk.expect("completed")
    quit_(talk)
    assert "go on: coding-agent chat --session s-" in talk.screen
    (session,) = program("sessions", "list", "--json").lines
    assert session["title"] == "Analyze the code"


def test_the_first_message_may_stand_on_the_command_line(chat):
    talk = chat("explain a.py", waits_for="def f()")
    ready(talk)
    quit_(talk)


def test_the_answer_appears_while_it_is_written_and_in_markdown(chat, scripted):
    scripted(
        ["# Title\n\nsome **bold** words\n" * 3 + "last words"],
        faults=[Fault(kind="slow_stream", seconds=0.2)],
    )
    talk = chat()
    say(talk, "go")
    talk.expect("bold words")
    assert "last words" not in talk.screen
    talk.expect("last words")
    talk.expect("completed - 1 step")
    assert "**" not in talk.screen
    assert "\x1b[1mbold" in talk.raw
    quit_(talk)


def test_without_colours_the_answer_is_plain_text(chat, scripted):
    scripted(["# Title\n**bold**"])
    talk = chat(NO_COLOR="1")
    say(talk, "go")
    talk.expect("# Title\n**bold**")
    talk.expect("completed")
    quit_(talk)
    assert not re.search(r"\x1b\[[\d;]*3\dm", talk.raw)


def test_tool_calls_are_one_line_with_status_and_time(chat, scripted):
    failing = FakeToolCall(name="read_file", arguments={"path": "none.py"}, id="r")
    scripted([Turn(tool_calls=[failing]), "ok"])
    talk = chat()
    say(talk, "go")
    talk.expect('✗ read_file path="none.py"  0.')
    talk.expect("error: ")
    talk.expect("completed")
    quit_(talk)


def test_several_lines_are_one_message(chat, scripted):
    fake = scripted(["ok", "ok", "ok"])
    talk = chat()
    talk.type("one\\" + ENTER + "two\x1b" + ENTER + "three" + ENTER)
    ready(talk)
    talk.type("\x1b[200~four\nfive\n\x1b[201~")
    talk.type(ENTER)
    talk.expect("completed")
    quit_(talk)
    assert [body.body["messages"][-1]["content"] for body in fake.log] == [
        "one\ntwo\nthree",
        "four\nfive\n",
    ]


def test_hostile_output_moves_nothing_and_names_nothing(chat, scripted, workspace):
    (workspace / "evil.txt").write_text("\x1b]0;pwned\x07\x1b[2Jtext\x1b[1;31m")
    reading = FakeToolCall(name="read_file", arguments={"path": "evil.txt"}, id="r")
    scripted([Turn(tool_calls=[reading]), "\x1b[2J\x1b]0;pwned\x07[red]done[/red] \u202etxt"])
    talk = chat()
    say(talk, "go")
    talk.expect("[red]done[/red]")
    talk.expect("completed")
    quit_(talk)
    assert "\x1b]0;" not in talk.raw
    assert "\x1b[2J" not in talk.raw
    assert "\u202e" not in talk.raw


def test_a_run_that_fails_is_said_in_a_line_and_the_chat_goes_on(chat, scripted):
    scripted(["good again"], faults=[Fault(kind="status", status=401)])
    talk = chat()
    say(talk, "go")
    talk.expect("error: ")
    ready(talk)
    say(talk, "again")
    talk.expect("good again")
    quit_(talk)


# -- questions -------------------------------------------------------------------------------------


def test_a_write_is_shown_and_asked_about(chat, scripted, workspace):
    (workspace / "b.py").write_text("x = 0\n")
    edit = {"path": "b.py", "old": "x = 0", "new": "x = 1"}
    scripted([
        Turn(tool_calls=[FakeToolCall(name="edit_file", arguments=edit, id="e1")]), "no then",
        Turn(tool_calls=[FakeToolCall(name="edit_file", arguments=edit, id="e2")]), "done then",
    ])  # fmt: skip
    talk = chat()
    say(talk, "go")
    talk.expect("-x = 0")
    talk.expect("+x = 1")
    talk.expect("[y]es")
    talk.type("explain\n")
    talk.expect("edit_file changes files of the workspace")
    talk.expect("[y]es")
    talk.type("n not yet\n")
    talk.expect("not yet")
    talk.expect("no then")
    assert (workspace / "b.py").read_text() == "x = 0\n"
    ready(talk)
    say(talk, "now")
    talk.expect("[y]es")
    talk.type("y\n")
    talk.expect("done then")
    talk.expect("completed")
    quit_(talk)
    assert (workspace / "b.py").read_text() == "x = 1\n"


def test_always_holds_for_the_session_and_not_for_the_next(chat, scripted, workspace):
    scripted(
        [write("1", call_id="1"), write("2", call_id="2"), "ok", write("3", call_id="3"), "ok"]
    )
    talk = chat()
    say(talk, "go")
    talk.expect("[y]es")
    talk.type("always\n")
    talk.expect("completed")
    assert talk.screen.count("[y]es") == 1
    say(talk, "/clear")
    talk.expect("new session")
    say(talk, "again")
    talk.expect("[y]es")
    talk.type("n\n")
    talk.expect("completed")
    quit_(talk)
    assert (workspace / "2").exists()
    assert not (workspace / "3").exists()


def test_what_was_typed_before_the_question_does_not_answer_it(chat, scripted, workspace):
    scripted(
        [Turn(text="wait a little with your answer " * 4, tool_calls=write().tool_calls), "ok"],
        faults=[Fault(kind="slow_stream", seconds=0.2)],
    )
    talk = chat()
    say(talk, "go")
    talk.expect("wait a")
    talk.type("y\n")
    talk.expect("[y]es")
    talk.type("n\n")
    talk.expect("completed")
    quit_(talk)
    assert not (workspace / "b.py").exists()
