"""The history of the lines, and chats without a terminal."""

import json
import stat

import pytest

from .conftest import CTRL_C, CTRL_D, ENTER, quit_, say, write

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
