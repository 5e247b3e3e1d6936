"""Judging never raises, never hangs and never allows what it could not read."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails import judge_command
from coding_agent_sdk.middleware.guardrails.commands import parse, patience

COMMANDS = [
    line.replace("⏎", "\n")
    for name in ("daily.txt", "asked.txt", "harmful.txt")
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
]
BROKEN = ['"', "'", "`", "$(", ")", "{", "}", "|", "&", "<<E\n", "\n", "\\", "${x", "*", "[", ";"]
ODD = [
    "((",
    "))",
    "<(",
    "\0",
    "\ue000",
    "\ud800",
    "é",
    "#",
    "!",
    "~",
    "$IFS",
    "{a,b}",
    "&>",
    "2>&1",
]


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_gets_a_verdict(text: str) -> None:
    assert judge_command(text, workspace="/srv/repo").decision in {"allow", "ask", "deny"}


@given(
    st.sampled_from(COMMANDS), st.sampled_from(BROKEN + ODD), st.sampled_from(COMMANDS),
    st.integers(0, 200), st.integers(0, 200),
)  # fmt: skip
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_broken_commands_get_a_verdict_that_was_thought_through(
    first: str, piece: str, second: str, cut: int, at: int
) -> None:
    command = first[:at] + piece + first[at + cut % 7 :] + second[:cut]
    verdict = judge_command(command, workspace="/srv/repo")
    assert not any("could not be followed" in reason for reason in verdict.reasons)


HUGE = {
    "parentheses": "(" * 5000,
    "substitutions": "$(" * 3000,
    "blank lines": "ls" + "\n" * 60_000 + "ls",
    "quotes": '"$(' * 2000,
    "one word": "a" * 1_000_000,
    "statements": "ls;" * 20_000,
    "pipes": "ls|" * 10_000,
    "tests": "[[ a && " * 3000,
    "shells": 'sh -c "' * 60,
    "evals": "eval " * 3000 + "ls",
    "wrappers": "sudo " * 3000 + "ls",
    "array": "a=(" + "x " * 30_000 + "); ${a[@]}",
    "loops": "for i in 1 2 3 4 5 6 7 8 9; do " * 8 + "ls;" + " done;" * 8,
    "deep loops": "for i in a b c; do " * 400 + ":;" + " done;" * 400,
    "functions": "f(){ g;g;};g(){ h;h;};h(){ k;k;};k(){ f;f;};f",
    "cases": "case x in " + "a) ls;; " * 5000 + "esac",
    "braces": "echo " + "{a,{b," * 300,
    "pattern": "rm " + "*" * 30_000,
    "ups": "rm -rf " + "../" * 2000,
    "python": "python3 -c '" + "(" * 5000 + "'",
    "python names": "python3 -c '" + "a." * 20_000 + "b()'",
    "finds": "find . " + "-exec ls \\; " * 3000,
    "bodies": "curl " + "-d @x " * 5000,
    "looking ahead": "a?" * 30_000,
    "secrets of a cluster": "kubectl get '" + "get secret " * 5000 + "'",
    "deletions in a container": "docker exec x sh -c '" + "rm " * 20_000 + "'",
    "options of a pager": "LESS='" + "+" * 60_000 + "' less a",
    "statements of PowerShell": "powershell -c '" + "ls;" * 20_000 + "'",
    "emoji": "\U0001f600" * 60_000,
    "folders of a pattern": "rm " + "*/" * 2000,
}


@pytest.mark.parametrize("command", [pytest.param(c, id=name) for name, c in HUGE.items()])
def test_a_huge_command_takes_no_more_time_than_is_allowed(command: str) -> None:
    began = time.thread_time()
    assert judge_command(command, workspace="/srv/repo").decision in {"allow", "ask", "deny"}
    assert time.thread_time() - began < 1  # 20 times what it takes, and less than its square


DOUBLED = {
    "sums": "x=x+x\n" * 60,
    "additions": "x+=x\n" * 300,
    "a chain": "x0=x+x\n" + "\n".join(f"x{n + 1}=x{n}+x{n}" for n in range(300)),
    "products": "x=x*x\n" * 2000,
    "formatted": "x=f'{x}{x}'\n" * 500,
    "filled": "x='{0}{0}'.format(x)\n" * 60,
    "percent": "x='%s' % x + x\n" * 300,
    "paths": "x=x/x\n" * 100,
    "tuples": "x=(x,x)\n" * 60,
    "turned round": "x=x[::-1]+x\n" * 60,
    "long places": "x=x+x\n" * 13 + "y='" + "{0}" * 2500 + "'.format(x)",
    "long lists": "x=x+x\n" * 13 + "y=[" + "x," * 4000 + "]",
    "joined in joined": "x=" + "''.join(" * 80 + "x" + ")" * 80,
    "bytes in bytes": "x=" + "bytes([" * 80 + "1" + "])" * 80,
    "handed on": "import os\nf(" + "os.system," * 60 + ")",
}
"""Python whose values, or whose ways to be read, double with each line."""


@pytest.mark.parametrize("code", [pytest.param(c, id=name) for name, c in DOUBLED.items()])
def test_code_whose_values_double_is_asked_about_in_time(code: str) -> None:
    began = time.thread_time()
    command = "python3 - <<'EOF'\nx='abc'\n" + code + "\nEOF"
    assert judge_command(command, workspace="/srv/repo").decision == "ask"
    assert time.thread_time() - began < 1  # 15 times what it takes; doubling takes minutes


def test_harm_beside_values_that_double_is_denied() -> None:
    code = "x='a'\n" + "x=x+x\n" * 60 + "import os\nos.system('rm -rf /')"
    command = "python3 - <<'EOF'\n" + code + "\nEOF"
    assert judge_command(command, workspace="/srv/repo").decision == "deny"


def test_what_is_too_long_to_be_read_is_asked_about() -> None:
    verdict = judge_command("echo " + "a" * parse.MAX_CHARACTERS, workspace="/srv/repo")
    assert verdict.decision == "ask"
    assert "65541 characters" in verdict.reasons[0]


def test_too_many_parts_are_asked_about() -> None:
    verdict = judge_command("a;" * 3_200, workspace="/srv/repo")
    assert verdict.decision == "ask"
    assert "parts" in verdict.reasons[0]


def test_too_many_steps_are_asked_about_and_harm_found_before_is_denied() -> None:
    loops = "for i in 1 2 3 4 5 6 7 8 9 0; do " * 5 + "ls;" + " done;" * 5
    assert judge_command(loops, workspace="/srv/repo").decision == "ask"
    assert judge_command("rm -rf /; " + loops, workspace="/srv/repo").decision == "deny"


TANGLES = ["a?", "a@", "a)", ")$@", "function`", "a|", "))1 ", "select<<"]
"""What the grammar cannot read, and takes the square of its length to find that out."""


def test_tangles_are_given_up() -> None:
    # Each of them would take half a minute to be parsed, and all of them the test's time.
    for tangle in TANGLES:
        command = tangle * (60_000 // len(tangle))
        began = time.thread_time()
        assert judge_command(command, workspace="/srv/repo").decision == "ask", tangle
        assert time.thread_time() - began < 1, tangle  # 20 times what it takes
    hidden = "echo " + "A" * 60_000 + " | base64 -d | sh"  # a shell drops the NUL bytes of it
    assert judge_command(hidden, workspace="/srv/repo").decision == "ask"


def test_what_takes_too_long_is_asked_about_and_harm_found_before_is_denied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "SECONDS", -1.0)
    verdict = judge_command("ls; " * 20, workspace="/srv/repo")
    assert verdict.decision == "ask"
    assert "takes longer" in verdict.reasons[0]
    left = iter([False] * 3)
    monkeypatch.setattr(patience.Patience, "is_over", property(lambda _: next(left, True)))
    verdict = judge_command("rm -rf /; " + "ls; " * 40, workspace="/srv/repo")
    assert verdict.decision == "deny"


def test_loading_a_library_takes_nothing_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 8.0, 8.01, 8.5, 8.51, 9.0])
    monkeypatch.setattr("time.thread_time", lambda: next(clock))
    waited = patience.Patience()
    with waited.uncounted():
        pass
    waited.check()
    waited.check(40)  # over for the first time
    waited.check(40)
    with pytest.raises(patience.UnreadableCommandError, match="takes longer"):
        waited.check(40)


def test_what_takes_too_many_steps_is_asked_about_on_every_machine() -> None:
    waited = patience.Patience()
    waited.check(patience.STEPS)
    with pytest.raises(patience.UnreadableCommandError, match="steps"):
        waited.check()
    verdict = judge_command("ls; " * 900, workspace="/srv/repo")
    assert verdict.decision == "ask"
    assert "steps" in verdict.reasons[0]


@pytest.mark.parametrize("filler", ["ls; ", "ls | ", "ls && ", "echo 'a b'\n", "x=1; "])
@pytest.mark.parametrize("times", [1_500, 30_000])
def test_the_end_of_a_chain_that_is_too_long_to_be_followed_is_followed(
    filler: str, times: int
) -> None:
    assert judge_command(filler * times + "rm -rf /", workspace="/srv/repo").decision == "deny"
    assert judge_command(filler * times + "ls", workspace="/srv/repo").decision == "ask"


def test_a_document_too_long_to_be_followed_is_no_row_of_commands() -> None:
    document = "cat > notes.md <<'EOF'\n" + "a line\n" * 12_000 + "rm -rf /\nEOF"
    assert judge_command(document, workspace="/srv/repo").decision == "ask"


@pytest.mark.parametrize("line", ["cmd /c dir", "powershell -c ls", 'pwsh -c "ls"'])
def test_what_is_too_long_for_windows_is_asked_about_too(line: str) -> None:
    assert judge_command(line + "&dir" * 9_000, workspace="/srv/repo").decision == "ask"


def test_nul_bytes_are_asked_about() -> None:
    verdict = judge_command("ls\0rm -rf /", workspace="/srv/repo")
    assert verdict.decision == "ask"
    assert "NUL" in verdict.reasons[0]


@pytest.mark.parametrize(
    "command", ["ls )", "if x; then", "echo 'a", "a=(", "}", "cat <<", "&& ls"]
)
def test_what_is_no_shell_text_is_asked_about(command: str) -> None:
    assert judge_command(command, workspace="/srv/repo").decision != "allow"


def test_an_error_of_our_own_stops_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from coding_agent_sdk.middleware.guardrails.commands import shell

    def fail(*_: object) -> None:
        raise ZeroDivisionError("planned")

    monkeypatch.setattr(shell, "run_program", fail)
    verdict = judge_command("ls", workspace="/srv/repo")
    assert verdict.decision == "ask"
    assert "ZeroDivisionError: planned" in verdict.reasons[0]


def test_recursion_stops_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from coding_agent_sdk.middleware.guardrails.commands import shell

    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(shell, "run_program", fail)
    assert judge_command("ls", workspace="/srv/repo").reasons[0].endswith("nested too deeply")


@pytest.mark.parametrize(
    "command", ["git status", "pytest -q tests", "ls -la | head", "cat a.py", "npm run build"]
)
def test_a_typical_command_is_judged_in_few_steps(command: str) -> None:
    judge_command(command, workspace="/srv/repo")
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    profiler = sys.getprofile()
    sys.setprofile(count)
    try:
        judge_command(command, workspace="/srv/repo")
    finally:
        sys.setprofile(profiler)
    assert 0 < calls < 2_000
