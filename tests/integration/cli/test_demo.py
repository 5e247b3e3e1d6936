"""The tour, as a person who has just installed the package sees it."""

import re

import pytest

from coding_agent_sdk.cli.demo.sample import PLANTED_KEY, lay_out

HEADING = re.compile(r"^(\d)/(\d)  (.+)$", re.MULTILINE)


def station(out: str, title: str) -> str:
    """Return what one station showed."""
    begin = out.index(f"  {title}\n")
    following = HEADING.search(out, begin + len(title) + 3)
    return out[begin : following.start() if following else len(out)]


@pytest.fixture(scope="module")
def toured(tmp_path_factory):
    import os
    import subprocess
    import sys

    home = tmp_path_factory.mktemp("home")
    env = {
        name: value
        for name, value in os.environ.items()
        if "API_KEY" not in name and not name.startswith("CODING_AGENT_")
    }
    env |= {"HOME": str(home), "CODING_AGENT_HOME": str(home / "agent"), "TMPDIR": str(home)}
    begun = subprocess.Popen(
        [sys.executable, "-m", "coding_agent_sdk"],
        cwd=home, env=env, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = begun.communicate(timeout=110)
    assert begun.returncode == 0, err
    return out, err, home, begun.pid


def test_each_station_is_shown_once_and_in_order(toured):
    out, *_ = toured
    numbers = [(int(number), int(count)) for number, count, _ in HEADING.findall(out)]
    assert numbers == [(number, 9) for number in range(1, 10)]


def test_code_is_analyzed(toured):
    shown = station(toured[0], "It looks for faults")
    assert "Analysis complete: 7 issues found" in shown
    assert "shop/orders.py:12:30 F821" in shown


def test_a_command_that_does_harm_is_denied(toured):
    shown = station(toured[0], "It does no harm")
    assert "Blocked: the request was not sent to the model" in shown
    assert "deny: `rm -rf" in shown


def test_a_key_is_masked_and_found_nowhere(toured):
    out, err, *_ = toured
    shown = station(out, "It shows no secret")
    assert re.search(r'GITHUB_TOKEN = "<secret:GITHUB_TOKEN:[0-9a-f]{8}>"', shown)
    assert re.search(r"found again: +0 times in the [1-9]\d* files", shown)
    assert PLANTED_KEY not in out + err


def test_an_answer_names_its_lines(toured):
    shown = station(toured[0], "It says where it knows that from")
    assert re.search(r"\[1\] docs/handbook\.md:\d+-\d+", shown)
    assert "within 17 days" in shown


@pytest.mark.bubblewrap
def test_a_run_that_waits_is_gone_on_with_by_another_process(toured):
    asked = station(toured[0], "It asks, and loses nothing")
    assert "waits for approval" in asked
    assert "bread" not in asked
    shown = station(toured[0], "Another process goes on")
    assert "bread      7" in shown
    number = re.search(r"process (\d+) goes on with session 'report of the day'", shown)
    assert int(number[1]) != toured[3]


def test_a_budget_ends_a_run(toured):
    assert "budget_exceeded: " in station(toured[0], "It costs what you allow")


def test_spans_and_metrics_are_those_of_the_tour(toured):
    spans = station(toured[0], "You see what it did")
    assert spans.count("invoke_agent") == 2
    assert "execute_tool run_cmd" in spans
    metrics = station(toured[0], "So does Prometheus")
    assert 'agent_requests_total{status="awaiting_approval",user="ada"} 1.0' in metrics
    assert 'agent_requests_total{status="blocked",user="ada"} 1.0' in metrics


def test_nothing_is_left_behind(toured):
    home = toured[2]
    assert [path.name for path in home.glob("coding-agent-demo-*")] == []
    assert not list((home / "agent").rglob("*.db"))


def test_the_model_says_once_that_it_is_none(toured):
    assert toured[0].count("I am the offline model") == 1


def test_ctrl_c_ends_it_and_leaves_nothing(program, tmp_path):
    terminal = program.on_terminal("demo", TMPDIR=str(tmp_path))
    terminal.expect("1/9")
    terminal.type("\x03")
    assert terminal.wait() == 130
    assert "Traceback" not in terminal.screen
    assert [path.name for path in tmp_path.glob("coding-agent-demo-*")] == []


def test_the_sample_is_laid_out_with_its_key(tmp_path):
    root = lay_out(tmp_path)
    assert PLANTED_KEY in (root / "shop" / "settings.py").read_text()
    assert sorted(path.name for path in (root / "shop").iterdir()) == [
        "__init__.py", "orders.py", "payments.py", "report.py", "settings.py",
    ]  # fmt: skip
