"""`coding-agent diff` and `coding-agent undo`: what a run changed, shown and taken back."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

COMMAND = "echo more >> a.py; mkdir d; echo made > d/made; rm gone"


def work(workspace, *calls):
    """Run an agent that makes the calls, as a program of the same user would; give its result."""
    turns = [
        ScriptedTurn(tool_calls=[{"id": f"c{n}", "name": name, "args": arguments}])
        for n, (name, arguments) in enumerate(calls)
    ]
    agent = (
        Agent.builder().config(None, project=False).model(ScriptedModel([*turns, "done"]))
        .workspace(workspace).mode("yolo").sandbox("none").memory("memory://").build()
    )  # fmt: skip
    result = agent.run_sync("go")
    agent.close()
    return result


@pytest.fixture
def changed(here, workspace):
    """A run that changed files by a command and by a tool; gives its id."""
    (workspace / "gone").write_text("gone\n")
    write = ("write_file", {"path": "b.py", "content": "b\n"})
    result = work(workspace, ("run_cmd", {"command": COMMAND}), write)
    assert {"a.py", "b.py", "d/made", "gone"} == set(result.changed_files)
    return result.run_id


def test_the_last_run_of_the_folder_is_shown_and_taken_back(here, changed, workspace):
    before = (workspace / "a.py").read_text().removesuffix("more\n")
    shown = here("diff")
    assert shown.code == 0
    for line in ("+more", "+++ b/d/made", "-gone", "+++ b/b.py"):
        assert f"\n{line}\n" in shown.out
    undone = here("undo", "--yes")
    assert undone.code == 0
    assert set(undone.out.splitlines()) == {
        "put back a.py", "removed b.py", "removed d/", "removed d/made", "put back gone",
    }  # fmt: skip
    assert (workspace / "a.py").read_text() == before
    assert (workspace / "gone").read_text() == "gone\n"
    assert not (workspace / "d").exists()
    assert "is as it was before" in here("diff", changed).err


def test_both_tell_programs_in_json(here, changed, workspace):
    (shown,) = here("diff", changed, "--json").lines
    assert shown["run_id"] == changed
    kinds = {each["path"]: each["change"] for each in shown["files"]}
    assert kinds == {
        "a.py": "changed", "b.py": "created", "d/": "created", "d/made": "created",
        "gone": "deleted",
    }  # fmt: skip
    assert "+more" in shown["diff"]
    (undone,) = here("undo", "--yes", "--json").lines
    assert (undone["run_id"], undone["left"], undone["not_covered"]) == (changed, [], [])
    assert set(undone["restored"]) == set(kinds)


def test_it_asks_first_and_nothing_is_changed_without_an_answer(here, program, changed, workspace):
    after = (workspace / "a.py").read_text()
    refused = here("undo")
    assert refused.code == 2
    assert "give --yes" in refused.err
    asked = program.on_terminal("undo")
    asked.expect("changed  a.py")
    asked.expect("deleted  gone")
    asked.expect("Put them back as they were before run")
    asked.type("n\r")
    assert asked.wait() == 1
    assert (workspace / "a.py").read_text() == after


def test_a_file_that_was_changed_since_is_left_or_lost_as_it_is_said(here, changed, workspace):
    (workspace / "a.py").write_text("mine\n")
    refused = here("undo", "--yes")
    assert refused.code == 1
    assert "nothing was put back: changed since run" in refused.err
    assert "undo with --conflicts skip to leave them, or with --conflicts overwrite" in refused.err
    assert not (workspace / "gone").exists()
    skipped = here("undo", "--yes", "--conflicts", "skip")
    assert "left as it is a.py" in skipped.out
    assert (workspace / "gone").exists()
    assert (workspace / "a.py").read_text() == "mine\n"
    assert "put back a.py" in here("undo", "--yes", "--conflicts", "overwrite").out
    assert (workspace / "a.py").read_text() != "mine\n"


def test_what_is_not_known_is_said_with_what_to_do(here, workspace):
    for words in (("diff",), ("undo", "--yes")):
        nothing = here(*words)
        assert nothing.code == 2
        assert "no run is known that changed something in" in nothing.err
        unknown = here(*words, "r-none")
        assert unknown.code == 1
        assert "run 'r-none' changed no file of this workspace that is known here" in unknown.err
    wrong = here("undo", "--conflicts", "perhaps")
    assert wrong.code == 2
    assert "perhaps" in wrong.err


def test_another_user_s_run_is_not_the_last_one(here, changed):
    assert here("diff", "--user", "eve").code == 2
    assert here("diff", changed, "--user", "eve").code == 1


def test_a_secret_is_not_shown(here, workspace):
    secret = "ghp_" + "a1B2c3D4e5" * 3 + "a1B2c3"
    (workspace / "conf").write_text(f"TOKEN={secret}\n")
    work(workspace, ("run_cmd", {"command": "mv conf b"}))
    for words in (("diff",), ("diff", "--json")):
        shown = here(*words)
        assert "TOKEN=" in shown.out
        assert secret not in shown.out


@pytest.mark.parametrize("command", ["diff", "undo"])
def test_the_help_teaches(here, command):
    shown = here(command, "--help").out
    assert f"coding-agent {command}" in shown
    assert "Examples:" in shown
    assert "by default the newest one" in " ".join(shown.split())
