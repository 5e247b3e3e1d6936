"""`coding-agent chat`: typed on a terminal of its own, and piped."""

import json
import os
import re
import signal
import stat
import sys
import time

import pytest

from coding_agent_sdk.testing import FakeToolCall, Fault, Turn

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
    code = "import time; open('begun', 'w').close(); time.sleep(600)"
    return f'{sys.executable} -c "{code}"', workspace / "begun"


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


# -- commands ------------------------------------------------------------------------------------


def test_commands_of_the_chat(chat, workspace):
    talk = chat()
    say(talk, "/help")
    for name in ("help", "clear", "cost", "model", "mode", "tools", "sessions", "resume", "diff"):
        talk.expect(f"/{name}")
    talk.expect("/plugins")
    talk.expect("/quit")
    talk.expect("/exit")
    talk.expect("Ctrl-D quits")
    talk.expect("Alt-Enter begins another line")
    talk.expect("Tab completes a command; Up, Down and Ctrl-R find what was typed")
    say(talk, "/cost")
    talk.expect("0 tokens sent, 0 received - $0.0000")
    say(talk, "/tools")
    talk.expect("read_file")
    talk.expect("read      only reads")
    talk.expect("external  can change anything")
    say(talk, "/plugins")
    talk.expect("guardrails")
    say(talk, "/modle")
    talk.expect("there is no command /modle, did you mean /model?")
    say(talk, "/model")
    talk.expect("offline:rules")
    say(talk, "/resume")
    talk.expect("the last run of this session has ended")
    say(talk, "/resume no-such")
    talk.expect("no session 'no-such'")
    say(talk, "/diff")
    talk.expect("changed no file")
    say(talk, "/QUIT")
    assert talk.wait() == 0


def test_ctrl_d_at_the_empty_prompt_quits(chat):
    talk = chat()
    talk.type(CTRL_D)
    assert talk.wait() == 0
    assert "go on:" not in talk.screen


def test_a_slash_is_sent_with_two_and_paths_as_they_are(chat, scripted):
    fake = scripted(["ok", "ok"])
    talk = chat()
    say(talk, "//help me")
    talk.expect("completed")
    say(talk, "/usr/bin/env is what?")
    talk.expect("completed")
    quit_(talk)
    sent = [body.body["messages"][-1]["content"] for body in fake.log]
    assert sent == ["/help me", "/usr/bin/env is what?"]


def test_commands_are_completed(chat):
    talk = chat()
    talk.type("/mod")
    talk.expect("/model")
    talk.expect("/mode")
    talk.type("\x15/mode re\t" + ENTER)
    talk.expect("read-only: refuses")
    talk.type("/cos\t" + ENTER)
    talk.expect("tokens sent")
    quit_(talk)


def test_tab_takes_the_next_way_to_go_on(chat):
    talk = chat()
    talk.type("/mo")
    talk.expect("/mode ")
    talk.type("\t")
    talk.type(ENTER)
    talk.expect("offline:rules  (")
    quit_(talk)


def test_an_address_does_not_go_along_to_another_provider(chat, scripted):
    fake = scripted([])
    talk = chat("--base-url", fake.openai_url)
    say(talk, "/model offline:rules")
    talk.expect("--base-url is that of another provider; it is left out")
    talk.expect("from here on offline:rules answers")
    quit_(talk)


def test_a_limit_is_said_with_the_way_on(chat, scripted):
    scripted([Turn(tool_calls=[FakeToolCall(name="list_files", arguments={}, id="l")]), "done"])
    talk = chat("--max-steps", "1")
    say(talk, "go")
    talk.expect("budget exceeded: ")
    talk.expect("/resume lets it go on")
    ready(talk)
    say(talk, "/resume")
    talk.expect("done")
    talk.expect("completed")
    quit_(talk)


def test_another_mode_and_model_go_on_in_the_same_session(chat, scripted, program, workspace):
    fake = scripted([write(), "denied", write(call_id="w2"), "written", "third"])
    talk = chat("-s", "s1", "--mode", "read-only")
    say(talk, "go")
    talk.expect("denied")
    talk.expect("completed")
    say(talk, "/mode wild")
    talk.expect("unknown mode 'wild'")
    say(talk, "/mode auto")
    talk.expect("auto: writes files")
    say(talk, "now")
    talk.expect("written")
    talk.expect("changed b.py")
    say(talk, "/model no-such:model")
    talk.expect("error: ")
    say(talk, "/model openai:other")
    talk.expect("openai:other answers")
    say(talk, "and now")
    talk.expect("third")
    talk.expect("completed")
    quit_(talk)
    last = fake.log[-1].body
    assert last["model"] == "other"
    assert [m["content"] for m in last["messages"] if m["role"] == "user"] == [
        "go",
        "now",
        "and now",
    ]
    assert (workspace / "b.py").exists()
    assert len(program("sessions", "list", "--json").lines) == 1


def test_a_session_kept_in_memory_goes_along_to_another_agent(chat, scripted):
    fake = scripted(["one", "two"])
    talk = chat(CODING_AGENT_MEMORY="memory://")
    say(talk, "first")
    talk.expect("completed")
    say(talk, "/mode auto")
    talk.expect("auto: ")
    say(talk, "second")
    talk.expect("completed")
    quit_(talk)
    assert [m["content"] for m in fake.log[-1].body["messages"] if m["role"] == "user"] == [
        "first",
        "second",
    ]


def test_without_a_memory_each_message_is_answered_by_itself(chat, scripted):
    scripted(["one"])
    talk = chat(CODING_AGENT_MEMORY="none", waits_for="each message is answered by itself")
    say(talk, "first")
    talk.expect("completed")
    say(talk, "/cost")
    talk.expect("tokens sent")
    say(talk, "/sessions")
    talk.expect("no sessions are kept yet")
    quit_(talk)


def test_clear_begins_a_new_session(chat, scripted, program):
    fake = scripted(["one", "two"])
    talk = chat()
    say(talk, "first")
    talk.expect("completed")
    say(talk, "/clear")
    talk.expect("goes back to the last one")
    say(talk, "second")
    talk.expect("completed")
    quit_(talk)
    assert [m["content"] for m in fake.log[-1].body["messages"] if m["role"] == "user"] == [
        "second"
    ]
    assert len(program("sessions", "list", "--json").lines) == 2


def test_the_cost_is_that_of_the_session_and_a_price_is_not_invented(chat, scripted, program):
    scripted(["one", "two"])
    assert program("run", "before", "-s", "s1").code == 0
    talk = chat("-s", "s1", waits_for="2 messages")
    say(talk, "more")
    talk.expect("completed")
    say(talk, "/cost")
    talk.expect("price unknown")
    quit_(talk)


def test_a_session_is_chosen_from_the_list(chat, scripted, program):
    fake = scripted(["one", "two", "three"])
    assert program("run", "first thing", "-s", "s1").code == 0
    assert program("run", "second thing", "-s", "s2").code == 0
    talk = chat("--resume", waits_for="Enter to stay here:")
    say(talk, "2")
    talk.expect("session s1, 2 messages")
    talk.expect("you: first thing")
    talk.expect("agent: one")
    say(talk, "go on")
    talk.expect("three")
    talk.expect("completed")
    say(talk, "/sessions")
    talk.expect("1* s1")
    talk.expect("stay here:")
    say(talk, "")
    ready(talk)
    say(talk, "/sessions")
    talk.expect("stay here:")
    say(talk, "s2")
    talk.expect("session s2, 2 messages")
    quit_(talk)
    assert [m["content"] for m in fake.log[-1].body["messages"] if m["role"] == "user"] == [
        "first thing",
        "go on",
    ]


def test_the_difference_to_the_last_commit_is_shown(chat, scripted, program, workspace):
    import subprocess

    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], cwd=workspace, check=True, env=program.env)
    edit = FakeToolCall(
        name="edit_file", arguments={"path": "a.py", "old": "return 1", "new": "return 2"}, id="e"
    )
    scripted([Turn(tool_calls=[edit, *write().tool_calls]), command("true"), "ok"])
    talk = chat("--mode", "yolo")
    say(talk, "go")
    talk.expect("changed a.py, b.py")
    say(talk, "/diff")
    talk.expect("-    return 1\n+    return 2")
    talk.expect("+++ b/b.py")
    talk.expect("+x = 1")
    talk.expect("ran 1 command")
    quit_(talk)


def test_what_was_changed_and_changed_back_is_no_difference(chat, scripted, program, workspace):
    import subprocess

    (workspace / "b.py").write_text("x = 1\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], cwd=workspace, check=True, env=program.env)
    scripted([write(content="x = 2\n"), write(call_id="w2"), "ok"])
    talk = chat("--mode", "yolo")
    say(talk, "go")
    talk.expect("completed")
    say(talk, "/diff")
    talk.expect("are as they are in the last commit")
    quit_(talk)


def test_without_a_repository_the_changed_files_are_named(chat, scripted):
    scripted([write("some.py"), "ok"])
    talk = chat("--mode", "auto")
    say(talk, "go")
    talk.expect("completed")
    say(talk, "/diff")
    talk.expect("only the names are known: the workspace is in no git repository")
    talk.expect("some.py")
    quit_(talk)


PLUGIN = """
from coding_agent_sdk.hooks.markers import hookimpl

class Mine:
    name = "mine"

    @hookimpl
    def register_commands(self, register):
        register("note", note, slash=True)
        register("later", later, slash=True)
        register("broken", broken, slash=True)
        register("wait", wait, slash=True)
        register("help", broken, slash=True)

def note(text):
    '''Keep a note.'''
    return f"kept: {text} [bold]"

async def later(text):
    return None

async def wait(text):
    import asyncio
    open("waiting", "w").close()
    await asyncio.Event().wait()

def broken(text):
    raise ValueError("on purpose")
"""


def test_plugins_bring_slash_commands(chat, program, tmp_path, workspace):
    site = tmp_path / "site"
    info = site / "mine-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "mine_plugin.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[coding_agent_sdk]\nmine = mine_plugin:Mine\n")
    before = program.env.get("PYTHONPATH")
    program.env["PYTHONPATH"] = os.pathsep.join([str(site), *([before] if before else [])])
    talk = chat()
    say(talk, "/help")
    talk.expect("/later")
    talk.expect("/note")
    talk.expect("Keep a note.  (plugin)")
    talk.expect("Ctrl-D quits")
    say(talk, "/note  buy milk ")
    talk.expect("kept: buy milk [bold]")
    say(talk, "/later")
    ready(talk)
    say(talk, "/broken")
    talk.expect("the command failed: ValueError: on purpose")
    ready(talk)
    say(talk, "/wait")
    wait_for(talk, workspace / "waiting")
    talk.type(CTRL_C)
    talk.expect("stopped")
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
    talk.expect("nobody knows whether it took effect")
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


# -- the history of the lines ------------------------------------------------------------------------


def test_lines_are_kept_for_the_next_chat_without_secrets(chat, scripted, tmp_path):
    fake = scripted(["ok", "ok", "ok"])
    talk = chat()
    say(talk, "first line")
    talk.expect("completed")
    say(talk, "my key is AKIA" + "Q7XWZ3LDMNB5TRE2"[:16])
    talk.expect("completed")
    quit_(talk)
    file = tmp_path / "home" / "chat_history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [json.loads(line) for line in file.read_text().splitlines()] == ["first line", "/quit"]
    again = chat()
    again.type("\x1b[A\x1b[A" + ENTER)
    again.expect("completed")
    quit_(again)
    assert fake.log[-1].body["messages"][-1]["content"] == "first line"


# -- without a terminal --------------------------------------------------------------------------------


def test_piped_lines_are_messages(program, scripted):
    fake = scripted(["**one**", "two"])
    ended = program("chat", piped="first \\\nmore\n\n/cost\nsecond")
    assert ended.code == 0
    answers = ended.out.splitlines()
    assert (answers[0], answers[2]) == ("**one**", "two")
    assert "tokens sent" in answers[1]
    assert "\x1b" not in ended.out + ended.err
    assert "> " not in ended.err
    sent = [m["content"] for m in fake.log[-1].body["messages"] if m["role"] == "user"]
    assert sent == ["first \nmore", "second"]


def test_piped_calls_wait_and_the_exit_code_is_that_of_the_last_run(program, scripted, workspace):
    scripted([write(), write(call_id="w2"), "given up"])
    ended = program("chat", "-s", "s1", piped="go\n")
    assert ended.code == 4
    assert "/resume asks again" in ended.err
    ended = program("chat", "-s", "s1", piped="/resume\n/sessions\n")
    assert ended.code == 4
    assert "/resume goes on with it; any other message gives it up" in ended.err
    assert "1* s1" in ended.out
    assert not (workspace / "b.py").exists()


def test_a_reader_that_goes_away_ends_the_chat(program):
    import subprocess

    started = program.start("chat", stdin=subprocess.PIPE)
    started.stdout.close()
    started.stdin.write(b"explain a.py\nexplain a.py\n")
    started.stdin.close()
    assert started.wait(60) == 141
    assert b"Traceback" not in started.stderr.read()
    started.stderr.close()


def test_nothing_said_is_no_session(program):
    ended = program("chat", piped="")
    assert ended.code == 0
    assert "go on:" not in ended.err
    assert program("sessions", "list", "--json").lines == []


def test_a_dumb_terminal_is_asked_line_by_line(chat):
    talk = chat(TERM="dumb", waits_for="> ")
    talk.type("explain \\\na.py\n")
    talk.expect(". ")
    talk.expect("def f()")
    talk.expect("> ")
    talk.type(CTRL_C)
    talk.expect("press Ctrl-D")
    talk.expect("> ")
    talk.type(CTRL_D)
    assert talk.wait() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-c", "-s", "x"], "give one of them"),
        (["-c"], "no session to continue"),
        (["-m", "no-such:model"], "no-such"),
        (["-w", "nowhere"], "nowhere"),
        (["--mode", "wild"], "wild"),
    ],
)
def test_what_cannot_begin_is_a_usage_error(here, words, said):
    ended = here("chat", *words)
    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


def test_a_session_of_another_folder_is_not_gone_on_with_by_accident(program, tmp_path):
    assert program("run", "explain a.py", "-s", "s1").code == 0
    (tmp_path / "other").mkdir()
    program.folder = tmp_path / "other"
    ended = program("chat", "-s", "s1")
    assert ended.code == 2
    assert "works in" in ended.err
    assert "works in" in program("chat", piped="/resume s1\n").err
    chosen = program("chat", "-w", ".", "-s", "s1", piped="/cost\n")
    assert chosen.code == 0
    assert "session s1, 4 messages" in chosen.err


def test_a_session_of_another_user_is_not_gone_on_with(program):
    assert program("run", "explain a.py", "-s", "s1", "--user", "ada").code == 0
    ended = program("chat", "-s", "s1", "--user", "bob", piped="hello\n")
    assert ended.code == 2
    assert "s1" in ended.err
    assert (
        "go on: coding-agent chat --session s1 --user ada"
        in program("chat", "-c", "--user", "ada", piped="/cost\n").err
    )


def test_help_teaches(here):
    ended = here("chat", "--help")
    assert ended.code == 0
    assert "coding-agent chat --resume" in ended.out
    assert "Ctrl-C stops a run and not the chat" in " ".join(ended.out.split())


def test_help_loads_no_editor(program):
    ended = program("chat", "--help", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
    assert not imported & {"prompt_toolkit", "langgraph", "coding_agent_sdk.agent", "rich.syntax"}
