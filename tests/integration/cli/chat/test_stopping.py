"""Ctrl-C stops a run and not the chat, and a run goes on."""

import signal

import pytest

from coding_agent_sdk.testing import Fault

from .conftest import CTRL_C, marker, quit_, ready, say, wait_for, write

# -- stopping --------------------------------------------------------------------------------------


def test_ctrl_c_stops_the_run_and_the_session_stays_usable(chat, scripted):
    fake = scripted(
        ["one two three " * 20, "second answer"],
        faults=[Fault(kind="slow_stream", seconds=0.3)],
    )
    talk = chat()
    say(talk, "go")
    talk.expect("one two")
    talk.type(CTRL_C)
    talk.expect("stopped here")
    ready(talk)
    say(talk, "and now")
    talk.expect("second answer")
    talk.expect("completed")
    quit_(talk)
    sent = [m["content"] for m in fake.log[-1].body["messages"] if m["role"] == "user"]
    assert sent == ["go", "and now"]


def test_ctrl_c_ends_a_command_that_runs_and_resume_asks_about_it(chat, workspace):
    text, begun = marker(workspace)
    talk = chat("-s", "s1")
    say(talk, f"run: {text}")
    talk.expect("[y]es")
    talk.type("y\n")
    talk.expect("y")
    wait_for(talk, begun)
    talk.type(CTRL_C)
    talk.expect("✗ run_cmd")
    talk.expect("stopped here")
    begun.unlink()
    ready(talk)
    say(talk, "/resume")
    talk.expect("? run_cmd")
    talk.expect("[y]es")
    talk.type("x\n")
    talk.expect("it was begun before the program ended")
    talk.expect("[y]es")
    talk.type("n\n")
    talk.expect("completed")
    assert not begun.exists()
    quit_(talk)


def test_ctrl_c_at_a_question_stops_the_run(chat, scripted, workspace):
    scripted([write(), "ok", "good"])
    talk = chat()
    say(talk, "go")
    talk.expect("[y]es")
    talk.type(CTRL_C)
    talk.expect("stopped here")
    ready(talk)
    say(talk, "more")
    talk.expect("completed")
    quit_(talk)
    assert not (workspace / "b.py").exists()


def test_ctrl_c_at_the_prompt_clears_the_line_and_says_how_to_quit(chat, scripted):
    fake = scripted(["ok"])
    talk = chat()
    talk.type("never mind" + CTRL_C)
    talk.expect("press Ctrl-D or write /quit to leave\n")
    talk.signal(signal.SIGINT)
    talk.expect("press Ctrl-D or write /quit to leave\n")
    say(talk, "hello")
    talk.expect("completed")
    quit_(talk)
    assert fake.log[0].body["messages"][-1]["content"] == "hello"


def test_ctrl_c_at_the_choice_of_a_session_goes_on_in_a_new_one(chat, scripted, program):
    scripted(["one"])
    assert program("run", "x", "-s", "s1").code == 0
    talk = chat("-r", waits_for="stay here:")
    talk.type(CTRL_C)
    ready(talk)
    quit_(talk)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("moment", ["prompt", "run", "question"])
def test_other_signals_end_it_in_order_at_any_moment(chat, scripted, program, moment, number, code):
    slow = [Fault(kind="slow_stream", seconds=0.3)] if moment == "run" else []
    scripted([write() if moment == "question" else "one two three " * 20], faults=slow)
    talk = chat("-s", "s1")
    if moment != "prompt":
        say(talk, "go")
        talk.expect({"run": "one two", "question": "[y]es"}[moment])
    talk.signal(number)
    assert talk.wait() == code
    assert "Traceback" not in talk.screen
    if moment != "prompt":
        assert program("sessions", "list", "--json").last["state"] == "cancelled"


def test_after_kill_9_continue_offers_to_go_on(chat, scripted, program):
    scripted(
        ["one two three " * 20, "whole answer"], faults=[Fault(kind="slow_stream", seconds=0.3)]
    )
    talk = chat()
    say(talk, "think about it")
    talk.expect("one two")
    talk.signal(signal.SIGKILL)
    assert talk.wait() == -signal.SIGKILL
    again = chat("--continue", waits_for="the last run did not end: think about it")
    again.expect("go on with it?")
    say(again, "what?")
    again.expect("go on with it?")
    say(again, "y")
    again.expect("whole answer")
    again.expect("completed")
    quit_(again)


def test_a_cut_off_run_may_be_left_as_it_is(chat, scripted):
    scripted(
        ["one two three " * 20, "other answer"], faults=[Fault(kind="slow_stream", seconds=0.3)]
    )
    talk = chat("-s", "s1")
    say(talk, "think")
    talk.expect("one two")
    talk.type(CTRL_C)
    talk.expect("stopped here")
    quit_(talk)
    again = chat("-s", "s1", waits_for="go on with it?")
    say(again, "n")
    ready(again)
    say(again, "else")
    again.expect("other answer")
    again.expect("completed")
    quit_(again)


def test_calls_that_wait_are_asked_about_at_the_start(chat, scripted, program, workspace):
    scripted([write(), "Written."])
    assert program("run", "go", "-s", "s1").code == 4
    talk = chat("--continue", waits_for="waits for your answer to 1 call")
    talk.expect("? write_file")
    talk.expect("[y]es")
    talk.type("y\n")
    talk.expect("Written.")
    quit_(talk)
    assert (workspace / "b.py").exists()
