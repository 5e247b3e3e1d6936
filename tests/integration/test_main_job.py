"""The main job, from the command line to the list of issues, on repositories as they are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest


@pytest.fixture
def messy(tmp_path):
    """Make a repository with everything that a tool may stumble over."""
    repo = tmp_path / "messy repo"
    (repo / "pkg" / "deep").mkdir(parents=True)
    (repo / "pkg" / "broken.py").write_text("def f(:\n    pass\n")
    (repo / "pkg" / "empty.py").write_text("")
    (repo / "pkg" / "unused.py").write_text("import os\n\nprint(undefined_name)\n")
    (repo / "pkg" / "except.py").write_text("try:\n    x = 1\nexcept:\n    pass\n")
    (repo / "pkg" / "compare.py").write_text("def g(x):\n    return x == None\n")
    (repo / "pkg" / "shell.py").write_text(
        "import subprocess\n\n\ndef h(x):\n    subprocess.run(x, shell=True)\n"
    )
    (repo / "pkg" / "latin.py").write_bytes(
        "# -*- coding: latin-1 -*-\nname = 'é'\n".encode("latin-1")
    )
    (repo / "pkg" / "bom.py").write_bytes(b"\xef\xbb\xbfvalue = 1\n")
    (repo / "pkg" / "wide.py").write_bytes("value = 1\n".encode("utf-16"))
    (repo / "pkg" / "binary.py").write_bytes(bytes(range(256)) * 20)
    (repo / "pkg" / "deep" / "déjà vu.py").write_text("import sys\n")
    (repo / "pkg" / "-dash.py").write_text("import sys\n")
    (repo / "loop").symlink_to(repo)
    (repo / "gone.py").symlink_to(repo / "nowhere.py")
    (repo / "notes.md").write_text("# notes\n")
    (repo / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    return repo


def run_cli(*arguments, home, cwd, timeout=120):
    env = {k: v for k, v in os.environ.items() if not k.endswith("_API_KEY")}
    env |= {"CODING_AGENT_HOME": str(home), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "coding_agent_sdk", *arguments],
        capture_output=True, text=True, timeout=timeout, env=env, cwd=cwd, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_first_command_of_the_readme_lists_the_issues_worst_first(messy, tmp_path):
    done = run_cli(
        "run", "Analyze the code", "--workspace", str(messy), home=tmp_path / "h", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Analysis complete: ")
    count = int(lines[0].split()[2])
    listed = [line for line in lines[1:] if re.match(r".+\.py:\d+:\d+ \S+ .+", line)]
    assert len(listed) == count >= 7
    text = done.stdout
    assert text.index("pkg/broken.py:1:") < text.index("F821") < text.index("F401")
    for code in ("E722", "E711", "S602"):
        assert code in text
    assert "Looked at:" in text
    assert "not a language model" in text


def test_the_same_as_events_for_scripts(messy, tmp_path):
    done = run_cli(
        "run", "Analyze the code", "-w", str(messy), "--json", home=tmp_path / "h", cwd=tmp_path
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[0]["type"] == "run_started"
    assert events[-1]["type"] == "run_finished"
    assert events[-1]["status"] == "completed"
    assert events[-1]["text"].startswith("Analysis complete: ")
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert all(event["schema_version"] == 1 for event in events)


def test_five_thousand_files_are_analyzed(tmp_path):
    repo = tmp_path / "big"
    for folder in range(50):
        (repo / f"p{folder}").mkdir(parents=True)
        for number in range(100):
            body = "import os\n" if number == 0 else f"value_{number} = {number}\n"
            (repo / f"p{folder}" / f"m{number}.py").write_text(body)
    done = run_cli("run", "Analyze the code", "-w", str(repo), home=tmp_path / "h", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Analysis complete: 50 issues found\n")
    assert "5000 Python files" in done.stdout.replace(",", "")


def test_two_hundred_are_listed_and_the_rest_is_told(tmp_path):
    repo = tmp_path / "many"
    repo.mkdir()
    (repo / "a.py").write_text("".join(f"import missing_{n}\n" for n in range(450)))
    done = run_cli("run", "Analyze the code", "-w", str(repo), home=tmp_path / "h", cwd=tmp_path)
    assert done.stdout.startswith("Analysis complete: 450 issues found\n")
    assert sum(line.startswith("a.py:") for line in done.stdout.splitlines()) == 200
    rest = next(line for line in done.stdout.splitlines() if "250 more" in line)
    report = rest.rpartition(": ")[2].strip()
    with open(report) as file:
        assert sum(line.startswith("a.py:") for line in file) == 450


def test_a_repository_without_python_says_so(tmp_path):
    repo = tmp_path / "docs"
    repo.mkdir()
    (repo / "a.md").write_text("# a\n")
    done = run_cli("run", "Analyze the code", "-w", str(repo), home=tmp_path / "h", cwd=tmp_path)
    assert done.returncode == 0
    first, *_ = done.stdout.splitlines()
    assert first == "Analysis complete: 0 issues found (no Python files here)"


def test_what_the_offline_model_cannot_do_it_declines_in_one_sentence(messy, tmp_path):
    done = run_cli("run", "Write me a poem", "-w", str(messy), home=tmp_path / "h", cwd=tmp_path)
    assert done.returncode == 0
    for word in ("analyze", "find", "outline", "run"):
        assert word in done.stdout.lower()


def test_a_session_goes_on_in_another_process_and_is_shown(messy, tmp_path):
    home = tmp_path / "h"
    run_cli(
        "run", "find undefined_name", "-w", str(messy), "--session", "s", home=home, cwd=tmp_path
    )
    run_cli("run", "explain pkg/shell.py", "-w", str(messy), "-s", "s", home=home, cwd=tmp_path)
    listed = run_cli("sessions", "list", "--json", home=home, cwd=tmp_path)
    (info,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert info["session"] == "s"
    shown = run_cli("sessions", "show", "s", "--json", home=home, cwd=tmp_path)
    messages = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [m["text"] for m in messages if m["role"] == "user"] == [
        "find undefined_name", "explain pkg/shell.py",
    ]  # fmt: skip
    calls = [call for m in messages for call in m.get("tool_calls") or []]
    assert {call["name"] for call in calls} == {"search_files", "read_file"}
    assert all(set(call) == {"id", "name", "arguments"} for call in calls)
