"""`coding-agent diff` and `coding-agent undo`: what a run changed, shown and taken back."""

from __future__ import annotations

import pytest

from coding_agent_sdk.testing import FakeToolCall, Turn

COMMAND = "echo more >> a.py; mkdir d; echo made > d/made; rm gone"
FLAGS = ("--mode", "yolo", "--sandbox", "none", "--json")


@pytest.fixture
def changed(program, scripted, workspace):
    """A run that changed files by a command and by a tool; gives its id."""
    (workspace / "gone").write_text("gone\n")
    write = FakeToolCall(name="write_file", arguments={"path": "b.py", "content": "b\n"}, id="w")
    command = FakeToolCall(name="run_cmd", arguments={"command": COMMAND}, id="c")
    scripted([Turn(tool_calls=[command]), Turn(tool_calls=[write]), "ok"])
    done = program("run", "go", *FLAGS)
    assert done.code == 0
    assert {"a.py", "b.py", "d/made", "gone"} == set(done.last["changed_files"])
    del program.env["OPENAI_API_KEY"]
    return done.last["run_id"]


def test_the_last_run_of_the_folder_is_shown_and_taken_back(program, changed, workspace):
    before = (workspace / "a.py").read_text().removesuffix("more\n")
    shown = program("diff")
    assert shown.code == 0
    for line in ("+more", "+++ b/d/made", "-gone", "+++ b/b.py"):
        assert f"\n{line}\n" in shown.out
    undone = program("undo", "--yes")
    assert undone.code == 0
    assert set(undone.out.splitlines()) == {
        "put back a.py", "put back b.py", "put back d/", "put back d/made", "put back gone",
    }  # fmt: skip
    assert (workspace / "a.py").read_text() == before
    assert (workspace / "gone").read_text() == "gone\n"
    assert not (workspace / "d").exists()
    assert "is as it was before" in program("diff", changed).err


def test_both_tell_programs_in_json(program, changed, workspace):
    (shown,) = program("diff", changed, "--json").lines
    assert shown["run_id"] == changed
    kinds = {each["path"]: each["change"] for each in shown["files"]}
    assert kinds == {
        "a.py": "changed", "b.py": "created", "d/": "created", "d/made": "created",
        "gone": "deleted",
    }  # fmt: skip
    assert "+more" in shown["diff"]
    (undone,) = program("undo", "--yes", "--json").lines
    assert (undone["run_id"], undone["left"], undone["not_covered"]) == (changed, [], [])
    assert set(undone["restored"]) == set(kinds)


def test_it_asks_first_and_nothing_is_changed_without_an_answer(program, changed, workspace):
    after = (workspace / "a.py").read_text()
    refused = program("undo")
    assert refused.code == 2
    assert "give --yes" in refused.err
    asked = program.on_terminal("undo")
    asked.expect("changed  a.py")
    asked.expect("deleted  gone")
    asked.expect("Put them back as they were before run")
    asked.type("n\r")
    assert asked.wait() == 1
    assert (workspace / "a.py").read_text() == after


def test_a_file_that_was_changed_since_is_left_or_lost_as_it_is_said(program, changed, workspace):
    (workspace / "a.py").write_text("mine\n")
    refused = program("undo", "--yes")
    assert refused.code == 1
    assert "nothing was put back: changed since run" in refused.err
    assert not (workspace / "gone").exists()
    skipped = program("undo", "--yes", "--conflicts", "skip")
    assert "left as it is a.py" in skipped.out
    assert (workspace / "gone").exists()
    assert (workspace / "a.py").read_text() == "mine\n"
    assert "put back a.py" in program("undo", "--yes", "--conflicts", "overwrite").out
    assert (workspace / "a.py").read_text() != "mine\n"


def test_what_is_not_known_is_said_with_what_to_do(program, workspace):
    for words in (("diff",), ("undo", "--yes")):
        nothing = program(*words)
        assert nothing.code == 2
        assert "no run is known that changed something in" in nothing.err
        unknown = program(*words, "r-none")
        assert unknown.code == 1
        assert "run 'r-none' changed no file of this workspace that is known here" in unknown.err
    wrong = program("undo", "--conflicts", "perhaps")
    assert wrong.code == 2
    assert "perhaps" in wrong.err


def test_another_user_s_run_is_not_the_last_one(program, changed):
    assert program("diff", "--user", "eve").code == 2
    assert program("diff", changed, "--user", "eve").code == 1


def test_a_secret_is_not_shown(program, scripted, workspace):
    secret = "ghp_" + "a1B2c3D4e5" * 4
    command = FakeToolCall(name="run_cmd", arguments={"command": "mv .env b"}, id="c")
    (workspace / ".env").write_text(f"TOKEN={secret[:40]}\n")
    scripted([Turn(tool_calls=[command]), "ok"])
    assert program("run", "go", *FLAGS).code == 0
    for words in (("diff",), ("diff", "--json")):
        shown = program(*words)
        assert "TOKEN=" in shown.out
        assert secret[:40] not in shown.out


@pytest.mark.parametrize("command", ["diff", "undo"])
def test_the_help_teaches(program, command):
    shown = program(command, "--help").out
    assert f"coding-agent {command}" in shown
    assert "Examples:" in shown
    assert "by default the newest one" in " ".join(shown.split())
