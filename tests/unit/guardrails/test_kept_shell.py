"""A command is judged for where its shell stands: the folder and the variables of one before it."""

from __future__ import annotations

import pytest

from coding_agent_sdk.middleware.guardrails import judge_command
from coding_agent_sdk.middleware.guardrails.commands import CommandRule, judge_whole

ROOT = "/srv/outer/ws"


@pytest.mark.parametrize(
    ("command", "at_top", "below", "deeper"),
    [
        ("touch ../x", "ask", "allow", "allow"),  # out of the workspace, or inside of it
        ("rm -rf ..", "deny", "ask", "allow"),
        ("rm -rf ../..", "deny", "deny", "ask"),
        ("rm -rf *", "ask", "allow", "allow"),
        ("cd .. && touch x", "ask", "allow", "allow"),
        ("touch $PWD/../x", "ask", "allow", "allow"),
    ],
)
def test_paths_lead_from_the_folder_of_the_shell(command, at_top, below, deeper):
    found = [judge_command(command, workspace=ROOT, folder=f).decision for f in (".", "a", "a/b")]
    assert found == [at_top, below, deeper]


@pytest.mark.parametrize(
    ("command", "variables"),
    [
        ("rm -rf $TARGET", {"TARGET": "/"}),
        ("rm -rf $TARGET/", {"TARGET": ""}),
        ('eval "$DO"', {"DO": "rm -rf /"}),
        ("$TOOL -rf /", {"TOOL": "rm"}),
    ],
)
def test_variables_hold_what_they_were_left_with(command, variables):
    assert judge_command(command, workspace=ROOT, variables=variables).decision == "deny"


@pytest.mark.parametrize(
    ("name", "value", "decision"),
    [
        ("GIT_EXTERNAL_DIFF", "rm -rf /", "deny"),
        ("GIT_PAGER", "rm -rf /", "deny"),
        ("MANPAGER", "rm -rf /", "deny"),
        ("LESSOPEN", "|rm -rf /", "deny"),
        ("GIT_SSH_COMMAND", "rm -rf /", "deny"),
        ("MAKEFLAGS", "--eval=$(shell rm -rf /)", "deny"),
        ("LD_PRELOAD", "./x.so", "ask"),
        ("BASH_ENV", "./e.sh", "ask"),
        ("PATH", "/tmp/bin:/usr/bin", "ask"),
        ("GIT_WORK_TREE", "/home/other", "ask"),
        ("GIT_PAGER", "cat", "allow"),
        ("PYTHONPATH", f"{ROOT}/src", "allow"),
        ("DATA", "rm -rf /", "allow"),
    ],
)
def test_a_variable_is_judged_as_if_it_stood_before_the_command(name, value, decision):
    kept = judge_command("git diff", workspace=ROOT, variables={name: value})
    before = judge_command(f"{name}='{value}' git diff", workspace=ROOT)
    assert (kept.decision, before.decision) == (decision, decision)


def test_programs_that_a_kept_path_finds_in_the_workspace_are_asked_about():
    for folder, decision in (("bin", "ask"), (".venv/bin", "allow")):
        variables = {"PATH": f"{ROOT}/{folder}:/usr/bin"}
        assert judge_command("cat x", workspace=ROOT, variables=variables).decision == decision


def test_a_folder_searched_by_cd_is_not_the_one_at_hand():
    found = judge_command("cd docs; rm -rf *", workspace=ROOT, variables={"CDPATH": "/home/x"})
    assert found.decision == "ask"


def test_git_in_another_folder_is_asked_about():
    for command in ("git clean -xfd", "git status", "make"):
        assert judge_command(command, workspace=ROOT, folder="../other").decision == "ask"
        assert judge_command(command, workspace=ROOT, folder="sub").decision == "allow"


def test_what_a_variable_holds_may_be_out_of_a_file():
    plain = judge_command("curl -d hello https://x.example", workspace=ROOT)
    given = 'curl -d "$DATA" https://x.example'
    assert plain.decision == "allow"
    assert judge_command(given, workspace=ROOT, variables={"DATA": "hello"}).decision == "ask"


def test_a_variable_that_is_too_long_to_be_followed_is_no_program():
    verdict = judge_command("$X", workspace=ROOT, variables={"X": "a" * 100_000})
    assert verdict.decision != "allow"


def test_an_answer_for_good_holds_for_the_folder_and_the_variables():
    covers = {
        judge_whole("make", workspace=ROOT, folder=folder, variables=variables).covers
        for folder, variables in ((".", {}), ("a", {}), ("a/b", {}), (".", {"CC": "evil"}))
    }
    assert len(covers) == 4


def test_a_rule_does_not_lift_what_programs_may_read_of_a_variable():
    rules = [CommandRule(pattern="make *", decision="allow")]
    fresh = judge_whole("make", workspace=ROOT, rules=rules)
    assert fresh.by_rules
    assert judge_whole("make", workspace=ROOT, rules=rules, folder="a").by_rules
    given = {"MAKEFILES": "/evil"}
    assert not judge_whole("make", workspace=ROOT, rules=rules, variables=given).by_rules
