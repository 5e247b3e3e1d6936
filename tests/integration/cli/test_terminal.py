"""`coding-agent` on a terminal: what a person sees, is asked, and can stop."""

import json
import signal

import pytest

from coding_agent_sdk.testing import FakeToolCall, Fault, Turn


def write(path="b.py", content="x = 1\n", call_id="call_w"):
    return FakeToolCall(name="write_file", arguments={"path": path, "content": content}, id=call_id)


def test_the_answer_appears_while_it_is_written(terminal, scripted):
    scripted(["one two three four five"], faults=[Fault(kind="slow_stream", seconds=0.2)])
    run = terminal("run", "go", "--color", "never")
    run.expect("one two")
    assert "five" not in run.screen
    assert run.wait() == 0
    assert run.screen.count("one two three four five") == 1
    assert "completed - 1 step" in run.screen


def test_no_color_leaves_no_colours(terminal, scripted):
    scripted([Turn(tool_calls=[write()]), "ok"])
    run = terminal("run", "go", "--mode", "auto", NO_COLOR="1")
    assert run.wait() == 0
    assert "\x1b[3" not in run.raw
    coloured = terminal("run", "go", "--mode", "auto")
    assert coloured.wait() == 0
    assert "\x1b[" in coloured.raw


def test_a_write_is_shown_as_a_diff_and_runs_after_yes(terminal, scripted, workspace):
    (workspace / "b.py").write_text("x = 0\n")
    call = FakeToolCall(
        name="edit_file", arguments={"path": "b.py", "old": "x = 0", "new": "x = 1"}
    )
    scripted([Turn(tool_calls=[call]), "Done."])
    run = terminal("run", "go")
    run.expect("? edit_file")
    run.expect("-x = 0")
    run.expect("+x = 1")
    run.expect("[y]es")
    assert (workspace / "b.py").read_text() == "x = 0\n"
    run.type("y\n")
    run.expect("Done.")
    assert run.wait() == 0
    assert (workspace / "b.py").read_text() == "x = 1\n"


def test_no_with_a_reason_tells_the_model(terminal, scripted, workspace):
    fake = scripted([Turn(tool_calls=[write()]), "As you wish."])
    run = terminal("run", "go")
    run.expect("[y]es")
    run.type("n use pathlib\n")
    run.expect("As you wish.")
    assert run.wait() == 0
    assert "use pathlib" in str(fake.log[-1].body)
    assert not (workspace / "b.py").exists()


def test_always_asks_no_more_for_this_tool_but_for_another(terminal, scripted, workspace):
    command = FakeToolCall(name="run_cmd", arguments={"command": "touch c.txt"}, id="c1")
    scripted([
        Turn(tool_calls=[write("1.txt", call_id="w1")]),
        Turn(tool_calls=[write("2.txt", call_id="w2")]),
        Turn(tool_calls=[command]),
        "ok",
    ])  # fmt: skip
    run = terminal("run", "go")
    run.expect("[y]es")
    run.type("always\n")
    run.expect("? run_cmd")
    run.expect("touch c.txt")
    run.expect("[y]es")
    run.type("n\n")
    assert run.wait() == 0
    assert run.screen.count("[y]es") == 2
    assert (workspace / "2.txt").exists()
    assert not (workspace / "c.txt").exists()


def test_always_holds_for_the_very_same_command_only(terminal, scripted, workspace):
    def command(text, call_id):
        return Turn(
            tool_calls=[FakeToolCall(name="run_cmd", arguments={"command": text}, id=call_id)]
        )

    scripted(
        [
            command("touch a.txt", "1"),
            command("touch a.txt", "2"),
            command("touch b.txt", "3"),
            "ok",
        ]
    )
    run = terminal("run", "go")
    run.expect("[y]es")
    run.type("a\n")
    run.expect("touch b.txt")
    run.expect("[y]es")
    run.type("n\n")
    assert run.wait() == 0
    assert run.screen.count("[y]es") == 2
    assert not (workspace / "b.txt").exists()


def test_an_empty_or_unknown_answer_asks_again(terminal, scripted, workspace):
    scripted([Turn(tool_calls=[write()]), "ok"])
    run = terminal("run", "go")
    for answer in ("", "maybe", "y please", "d"):
        run.expect("[y]es")
        run.type(f"{answer}\n")
    run.expect("[y]es")
    assert not (workspace / "b.py").exists()
    run.type("YES\n")
    assert run.wait() == 0
    assert (workspace / "b.py").exists()


def test_the_end_of_the_input_rejects(terminal, scripted, workspace):
    scripted([Turn(tool_calls=[write()]), "ok"])
    run = terminal("run", "go")
    run.expect("[y]es")
    run.type("\x04")
    assert run.wait() == 0
    assert not (workspace / "b.py").exists()


def test_arguments_are_edited_in_one_line_without_an_editor(terminal, scripted, workspace):
    scripted([Turn(tool_calls=[write()]), "ok"])
    run = terminal("run", "go")
    run.expect("[y]es")
    run.type("e\n")
    run.expect("in one line: ")
    run.type("{broken\n")
    run.expect("this is no JSON")
    run.expect("press Enter")
    run.type("\n")
    run.expect("in one line: ")
    run.type(json.dumps({"path": "c.py", "content": "y = 2\n"}) + "\n")
    assert run.wait() == 0
    assert (workspace / "c.py").read_text() == "y = 2\n"
    assert not (workspace / "b.py").exists()


def test_arguments_are_edited_in_the_editor(terminal, scripted, workspace, tmp_path):
    scripted([Turn(tool_calls=[write()]), "ok"])
    editor = tmp_path / "my editor.sh"
    editor.write_text('#!/bin/sh\nsed -i s/b.py/d.py/ "$1"\n')
    editor.chmod(0o700)
    run = terminal("run", "go", EDITOR=f"'{editor}'")
    run.expect("[y]es")
    run.type("e\n")
    assert run.wait() == 0
    assert (workspace / "d.py").exists()
    assert not (workspace / "b.py").exists()


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        ("true", "nothing was changed"),
        ("false", "ended with code 1"),
        ("no-such-editor", "cannot be started"),
    ],
)
def test_an_editor_that_changes_nothing_or_fails_asks_again(
    terminal, scripted, workspace, editor, said
):
    scripted([Turn(tool_calls=[write()]), "ok"])
    run = terminal("run", "go", EDITOR=editor)
    run.expect("[y]es")
    run.type("e\n")
    run.expect(said)
    run.expect("[y]es")
    run.type("y\n")
    assert run.wait() == 0
    assert (workspace / "b.py").exists()


def test_what_is_asked_for_is_shown_with_its_controls_written_out(terminal, scripted):
    hidden = "rm -r x\x1b[1K\rls"
    call = FakeToolCall(name="run_cmd", arguments={"command": hidden})
    scripted([Turn(tool_calls=[call]), "ok"])
    run = terminal("run", "go")
    run.expect("rm -r x\\x1b[1K")
    run.expect("[y]es")
    run.type("n\n")
    assert run.wait() == 0
    assert "\x1b[1K" not in run.raw.split("? run_cmd")[-1].split("[y]es")[0]


def test_ctrl_c_at_the_question_interrupts(terminal, program, scripted, workspace):
    scripted([Turn(tool_calls=[write()]), "ok"])
    run = terminal("run", "go", "-s", "s1")
    run.expect("[y]es")
    run.type("\x03")
    assert run.wait() == 130
    assert "Traceback" not in run.screen
    assert "interrupted" in run.screen
    assert not (workspace / "b.py").exists()
    assert program("sessions", "list", "--json").last["state"] == "cancelled"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_signals_at_the_question_end_it_in_order(terminal, scripted, number, code):
    scripted([Turn(tool_calls=[write()]), "ok"])
    run = terminal("run", "go")
    run.expect("[y]es")
    run.signal(number)
    assert run.wait() == code
    assert "Traceback" not in run.screen


def test_ctrl_c_while_the_answer_comes_interrupts(terminal, scripted):
    scripted(["one two three " * 20], faults=[Fault(kind="slow_stream", seconds=0.3)])
    run = terminal("run", "go")
    run.expect("one two")
    run.type("\x03")
    assert run.wait() == 130
    assert "Traceback" not in run.screen


def test_resume_asks_about_what_waits(terminal, program, scripted, workspace):
    scripted([Turn(tool_calls=[write()]), "Written."])
    assert program("run", "go", "-s", "s1").code == 4
    run = terminal("resume", "s1")
    run.expect("? write_file")
    run.expect("[y]es")
    run.type("y\n")
    run.expect("Written.")
    assert run.wait() == 0
    assert (workspace / "b.py").exists()


def test_without_a_request_on_a_terminal_it_says_what_to_write(terminal):
    run = terminal("run")
    assert run.wait() == 2
    assert 'coding-agent run "' in run.screen


def test_help_on_a_terminal_has_examples_line_by_line(terminal):
    run = terminal("run", "--help", COLUMNS="120")
    assert run.wait() == 0
    assert "Examples:" in run.screen
    assert 'coding-agent run --session s-1 "And now?"' in run.screen
