"""Slash commands, those of plugins too."""

import os

import pytest

from coding_agent_sdk.testing import FakeToolCall, Turn

from .conftest import CTRL_C, CTRL_D, ENTER, command, quit_, ready, say, wait_for, write

# -- commands ------------------------------------------------------------------------------------


def test_commands_of_the_chat(chat, workspace):
    talk = chat()
    say(talk, "/help")
    for name in ("help", "clear", "cost", "model", "mode", "tools", "sessions", "resume", "diff"):
        talk.expect(f"/{name}")
    talk.expect("what its last run did.")
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
    talk.expect("read      changes no files")
    talk.expect("external  can change anything")
    say(talk, "/plugins")
    talk.expect("guardrails")
    talk.expect("no fallback model is set  not loaded")
    say(talk, "/modle")
    talk.expect("there is no command /modle, did you mean /model?")
    say(talk, "/model")
    talk.expect("offline:rules")
    say(talk, "/resume")
    talk.expect("this chat has just begun, there is nothing to go on with")
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


def test_only_sessions_of_this_workspace_are_offered(chat, scripted, program, tmp_path):
    scripted(["one", "two", "three", "four"])
    other = tmp_path / "other place"
    other.mkdir()
    assert program("run", "first thing", "-s", "here1").code == 0
    assert program("run", "second thing", "-s", "there1", "-w", str(other)).code == 0
    talk = chat("--resume", waits_for="Enter to stay here:")
    assert "1 session of another workspace: `coding-agent sessions list` says where" in talk.screen
    assert "here1" in talk.screen
    assert "there1" not in talk.screen
    say(talk, "there1")
    talk.expect("go on there with `coding-agent chat --workspace")
    talk.expect("--session there1`, or here with")
    assert talk.wait() == 2
    listed = program("sessions", "list").out.splitlines()
    assert [line.endswith(f"(in {other})") for line in listed] == [True, False]
    lines = program("sessions", "list", "--json").lines
    assert [line["workspace"] == str(other) for line in lines] == [True, False]


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
    quit_(talk)


@pytest.mark.parametrize("without", [(), ("--without", "undo")])
def test_what_commands_changed_is_told_where_it_is_known(chat, scripted, workspace, without):
    scripted([command("echo more >> a.py"), "ok"])
    talk = chat("--mode", "yolo", "--sandbox", "none", *without)
    say(talk, "go")
    talk.expect("completed")
    say(talk, "/diff")
    if without:
        talk.expect("it ran 1 command, and what was changed by that is not known here")
    else:
        talk.expect("a.py")
        say(talk, "/diff run")
        talk.expect("+more")
    quit_(talk)


def test_the_last_run_is_shown_and_taken_back_with_its_commands(chat, scripted, workspace):
    before = (workspace / "a.py").read_text()
    scripted([command("echo more >> a.py; echo > made"), write(), "ok"])
    talk = chat("--mode", "yolo", "--sandbox", "none")
    say(talk, "/diff run")
    talk.expect("has run nothing yet")
    say(talk, "/undo")
    talk.expect("has run nothing yet")
    say(talk, "go")
    talk.expect("completed")
    say(talk, "/diff nothing")
    talk.expect("unknown thing to compare 'nothing'")
    (workspace / "made").write_text("mine")
    say(talk, "/undo")
    talk.expect("nothing was put back: changed since run")
    talk.expect("undo with /undo skip to leave them, or with /undo overwrite to lose")
    assert (workspace / "b.py").exists()
    say(talk, "/undo skip")
    talk.expect("left as it is made")
    assert (workspace / "a.py").read_text() == before
    assert not (workspace / "b.py").exists()
    say(talk, "/undo overwrite")
    talk.expect("removed made")
    assert not (workspace / "made").exists()
    say(talk, "/diff run")
    talk.expect("is as it was before")
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
