"""analyze_code on very much code, and with a ruff that is odd itself."""

import asyncio
import contextlib
import os
import stat
import sys
import threading

import pytest

from coding_agent_sdk.tools import (
    analyze_code,
    analyze_report,
    ruff_check,
)

from .conftest import analyze, issue_lines, put, write

# -- much of it -----------------------------------------------------------------------------------


async def test_more_than_two_hundred_issues_are_told_in_a_private_report(repo, tmp_path):
    put(repo, a="".join(f"import m{n}\n" for n in range(250)), b="x = y\n")
    result = await analyze(repo)
    assert len(issue_lines(result)) == 200
    report = next((tmp_path / "home" / "reports").iterdir())
    assert f"… and 51 more; the whole list: {report}" in result.text
    assert result.truncated
    assert result.data["report"] == str(report)
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    lines = report.read_text().splitlines()
    assert lines[0] == "251 issues found in 2 Python files"
    assert lines[2] == "b.py:1:5 F821 Undefined name `y`"
    assert len(lines) == 253


async def test_a_report_that_cannot_be_written_is_said_and_the_result_stands(repo, tmp_path):
    (tmp_path / "home").write_text("a file, where a folder should be")
    put(repo, a="".join(f"import m{n}\n" for n in range(201)))
    result = await analyze(repo)
    assert result.status == "ok"
    assert "… and 1 more; the whole list could not be written" in result.text
    assert result.data["report"] is None


async def test_old_reports_are_removed(repo, tmp_path, monkeypatch):
    monkeypatch.setattr(analyze_report, "_REPORTS_KEPT", 2)
    put(repo, a="".join(f"import m{n}\n" for n in range(201)))
    reports = tmp_path / "home" / "reports"
    reports.mkdir(parents=True)
    for year in (2001, 2002, 2003):
        (reports / f"analysis-{year}0101-000000-aa.txt").write_text("")
    await analyze(repo)
    kept = sorted(p.name for p in reports.iterdir())
    assert len(kept) == 2
    assert kept[0].startswith("analysis-2003")


async def test_long_paths_and_messages_keep_the_text_bounded(repo):
    folder = "/".join(["d" * 200] * 5)
    for n in range(100):
        write(repo, f"{folder}/m{n}.py", f"import {'x' * 1000}\n")
    result = await analyze(repo)
    assert len(result.text) < 45_000
    assert result.data["total"] == 100
    assert " more; the whole list: " in result.text


@pytest.mark.slow
async def test_five_thousand_files_are_analysed(repo):
    for n in range(5000):
        write(repo, f"p{n % 50}/m{n}.py", "import os\nimport sys\nprint(sys)\n")
    result = await analyze(repo)
    assert result.text.startswith("5000 issues found in 5000 Python files")


@pytest.mark.slow
async def test_a_hundred_thousand_issues_do_not_stop_the_event_loop(repo, monkeypatch):
    for n in range(60):
        put(repo, **{f"m{n}": "".join(f"import m{k}\n" for k in range(2000))})
    since_beat, most, threads = 0, 0, []
    parse, as_result = ruff_check._parse, analyze_code._as_result

    def parse_counted(line):
        nonlocal since_beat, most
        since_beat += 1
        most = max(most, since_beat)
        return parse(line)

    def as_result_watched(analysis):
        threads.append(threading.current_thread())
        return as_result(analysis)

    async def beat():
        nonlocal since_beat
        while True:
            since_beat = 0
            await asyncio.sleep(0)

    monkeypatch.setattr(ruff_check, "_parse", parse_counted)
    monkeypatch.setattr(analyze_code, "_as_result", as_result_watched)
    beating = asyncio.create_task(beat())
    result = await analyze(repo)
    beating.cancel()
    assert result.data["total"] == 120_000
    assert len(result.data["issues"]) == 1000
    assert len(result.text) < 45_000
    assert 0 < most <= 2 * ruff_check._TURN
    assert threads
    assert threading.main_thread() not in threads


# -- ruff itself ----------------------------------------------------------------------------------


def fake_ruff(tmp_path, script):
    program = tmp_path / "ruff"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(0o755)
    return str(program)


async def test_without_ruff_the_result_says_what_to_install(repo, monkeypatch):
    monkeypatch.setattr(ruff_check, "find_ruff", lambda: None)
    result = await analyze(repo)
    assert result.status == "error"
    assert 'pip install "coding-agent-sdk[demo]"' in result.text


def test_ruff_is_found_beside_python_then_as_package_then_on_path(tmp_path, monkeypatch):
    assert ruff_check.find_ruff() == str(os.path.join(os.path.dirname(sys.executable), "ruff"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert ruff_check.find_ruff().endswith("/ruff")
    monkeypatch.setitem(sys.modules, "ruff", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ruff_check.find_ruff() is None
    fake_ruff(tmp_path, "")
    assert ruff_check.find_ruff() == str(tmp_path / "ruff")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import sys; sys.exit('no such rule')", "ruff ended with exit code 1: no such rule"),
        ("import sys; sys.exit(2)", "ruff ended with exit code 2: it said nothing"),
        ("print('not json')", "ruff said what is no JSON"),
    ],
)
async def test_a_ruff_that_fails_is_told(repo, tmp_path, monkeypatch, script, words):
    monkeypatch.setattr(ruff_check, "find_ruff", lambda: fake_ruff(tmp_path, script))
    put(repo, a="import os\n")
    result = await analyze(repo)
    assert result.status == "error"
    assert words in result.text


async def test_a_ruff_that_does_not_start_is_told(repo, tmp_path, monkeypatch):
    monkeypatch.setattr(ruff_check, "find_ruff", lambda: str(tmp_path / "missing"))
    put(repo, a="import os\n")
    result = await analyze(repo)
    assert result.status == "error"
    assert "does not start" in result.text


SLEEPER = """
import os, pathlib, sys, time
pathlib.Path({pid!r}).write_text(str(os.getpid()))
time.sleep(600)
"""


async def is_gone(pid):
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(pid, 0)
            await asyncio.sleep(0.02)
    return True


async def started(file):
    while not (file.exists() and file.read_text()):
        await asyncio.sleep(0.02)
    return int(file.read_text())


async def test_cancelling_kills_ruff(repo, tmp_path, monkeypatch):
    pid = tmp_path / "pid"
    monkeypatch.setattr(
        ruff_check, "find_ruff", lambda: fake_ruff(tmp_path, SLEEPER.format(pid=str(pid)))
    )
    put(repo, a="import os\n")
    task = asyncio.create_task(analyze(repo))
    process = await started(pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await is_gone(process)


async def test_a_timeout_kills_ruff_and_is_told(repo, tmp_path, monkeypatch):
    pid = tmp_path / "pid"
    monkeypatch.setattr(
        ruff_check, "find_ruff", lambda: fake_ruff(tmp_path, SLEEPER.format(pid=str(pid)))
    )
    put(repo, a="import os\n")
    for limit in (1.0, 10.0, 60.0):  # under load it may not have begun within the first
        monkeypatch.setattr(analyze_code, "_TIME_LIMIT", limit)
        result = await analyze(repo)
        assert result.status == "timeout"
        assert f"took longer than {limit:g} s" in result.text
        if pid.exists() and pid.read_text():
            break
    assert await is_gone(int(pid.read_text()))
