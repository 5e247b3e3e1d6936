"""analyze_code: real ruff on made-up repositories, the odd ones above all."""

import asyncio
import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.tools import (
    analyze_code,
    analyze_files,
    analyze_issues,
    analyze_report,
    ruff_check,
)
from coding_agent_sdk.tools.analyze_code import ANALYZE_CODE, AnalyzeCode
from coding_agent_sdk.tools.analyze_issues import Findings, Issue
from coding_agent_sdk.tools.ruff_rules import IGNORED, SEVERITIES, is_noise, rank_of


@pytest.fixture
def repo(tmp_path, monkeypatch):
    monkeypatch.setenv("CODING_AGENT_HOME", str(tmp_path / "home"))
    folder = tmp_path / "repo"
    folder.mkdir()
    return folder


def put(repo, **files):
    for name, text in files.items():
        write(repo, name.replace("__", "/") + ".py", text)


def write(repo, name, content):
    path = repo / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


async def analyze(repo, path="."):
    context = SimpleNamespace(workspace=LocalWorkspace(repo))
    return await ANALYZE_CODE.run(context, AnalyzeCode(path=path))


def issue_lines(result):
    known = {"by", "checked", "skipped", "left", "silenced", "…"}
    return [line for line in result.text.splitlines()[1:] if line.split()[0] not in known]


def codes(result):
    return [line.split()[1] for line in issue_lines(result)]


# -- what is found, and in which order ------------------------------------------------------


async def test_the_worst_comes_first_and_unused_imports_last(repo):
    put(
        repo,
        a="import os\n",
        b="def broken(:\n",
        c="print(missing)\n",
        d="import subprocess\nsubprocess.run('ls', shell=True)\n",
        e="def f(x=[]):\n    return x\n",
        f="try:\n    f = 1\nexcept Exception:\n    print(1)\n",
        g="def f(x):\n    return x == None\n",
    )
    result = await analyze(repo)
    first = result.text.splitlines()
    assert first[0] == "8 issues found in 7 Python files"
    assert first[1] == (
        "by severity: syntax error 2, undefined name 1, security 1, bug 1, hidden failure 1, "
        "fragile 1, unused 1"
    )
    order = [line[0] for line in issue_lines(result)]
    assert order == sorted(order, key="bcdefga".index)
    assert issue_lines(result)[-1] == "a.py:1:8 F401 `os` imported but unused"
    assert "c.py:1:7 F821 Undefined name `missing`" in result.text


async def test_one_issue_and_none_are_counted(repo):
    put(repo, a="import os\n")
    assert (await analyze(repo)).text.startswith("1 issue found in 1 Python file\n")
    put(repo, a="")
    result = await analyze(repo)
    assert result.text.startswith("0 issues found in 1 Python file\nchecked with ruff ")
    assert result.status == "ok"
    assert not result.truncated


async def test_within_a_severity_issues_are_sorted_by_path_and_line(repo):
    put(repo, b="import os\nimport sys\n", a="import os\n")
    assert [line.split()[0] for line in issue_lines(await analyze(repo))] == [
        "a.py:1:8",
        "b.py:1:8",
        "b.py:2:8",
    ]


async def test_asserts_and_made_up_passwords_of_tests_are_no_issues(repo):
    put(repo, tests__test_a='password = "hunter2"\nassert password\n')
    assert (await analyze(repo)).data["total"] == 0
    put(repo, app='password = "hunter2"\nassert password\n')
    assert codes(await analyze(repo)) == ["S105"]


async def test_a_program_reads_the_same_from_the_data(repo):
    put(repo, a="import os\nx = y\n")
    result = await analyze(repo)
    data = json.loads(json.dumps(result.data))
    assert data["files"] == 1
    assert data["total"] == 2
    assert data["by_severity"] == {"undefined name": 1, "unused": 1}
    assert data["issues"][0] == {
        "path": "a.py",
        "line": 2,
        "column": 5,
        "code": "F821",
        "message": "Undefined name `y`",
        "severity": "undefined name",
    }
    assert data["report"] is None
    assert data["skipped"] == []


async def test_a_single_file_or_folder_can_be_named(repo):
    put(repo, a="import os\n", sub__b="import sys\n")
    assert [line.split(":")[0] for line in issue_lines(await analyze(repo, "sub"))] == ["sub/b.py"]
    assert [line.split(":")[0] for line in issue_lines(await analyze(repo, "a.py"))] == ["a.py"]
    assert [line.split(":")[0] for line in issue_lines(await analyze(repo, str(repo / "sub")))] == [
        "sub/b.py"
    ]


async def test_a_script_without_a_suffix_can_be_named_and_other_files_are_refused(repo):
    write(repo, "tool", "#!/usr/bin/env python3\nimport os\n")
    write(repo, "notes.md", "import os\n")
    assert codes(await analyze(repo, "tool")) == ["F401"]
    result = await analyze(repo, "notes.md")
    assert result.status == "error"
    assert "'notes.md' is no Python file" in result.text


async def test_notebooks_are_analysed_cell_by_cell(repo):
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [cell | {"source": ["x = 1\n"]}, cell | {"source": ["import os\n"]}]
    write(
        repo,
        "n.ipynb",
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
    )
    write(repo, "broken.ipynb", "{")
    lines = issue_lines(await analyze(repo))
    assert lines[0].startswith("broken.ipynb:1:1 invalid-syntax Expected a Jupyter Notebook")
    assert lines[1] == "n.ipynb:1:8 F401 (cell 2) `os` imported but unused"


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("invalid-syntax", "syntax error"),
        ("F821", "undefined name"),
        ("S602", "security"),
        ("S110", "hidden failure"),
        ("S311", "fragile"),
        ("B006", "bug"),
        ("B012", "hidden failure"),
        ("BLE001", "hidden failure"),
        ("E711", "fragile"),
        ("F541", "unused"),
        ("F811", "bug"),
        ("X999", "fragile"),
    ],
)
def test_every_rule_has_its_severity(code, severity):
    assert SEVERITIES[rank_of(code)].name == severity


def test_every_rule_that_is_named_in_the_tables_is_known_to_ruff():
    ruff = ruff_check.find_ruff()
    out = subprocess.run(
        [ruff, "rule", "--all", "--output-format", "json"], capture_output=True, check=True
    ).stdout
    known = [rule["code"] for rule in json.loads(out) if rule["code"]] + ["invalid-syntax"]
    for start in [*IGNORED, *(code for level in SEVERITIES for code in level.codes)]:
        assert any(code.startswith(start) for code in known), start


@pytest.mark.parametrize("path", ["test_a.py", "a_test.py", "x/tests/a.py", "conftest.py"])
def test_tests_are_known_by_their_names(path):
    assert is_noise(path, "S105")
    assert not is_noise(path, "S602")
    assert not is_noise("src/contest.py", "S105")


# -- what is looked at ------------------------------------------------------------------------


async def test_what_git_ignores_is_left_out_in_a_repository_and_outside(repo):
    put(repo, a="import os\n", generated__b="import os\n")
    write(repo, ".gitignore", "generated/\n")
    assert (await analyze(repo)).data["files"] == 1
    subprocess.run(["git", "init", "-q", str(repo)], check=True)
    assert (await analyze(repo)).data["files"] == 1


async def test_an_ignored_folder_is_analysed_when_it_is_asked_for(repo):
    put(repo, generated__b="import os\n")
    write(repo, ".gitignore", "generated/\n")
    subprocess.run(["git", "init", "-q", str(repo)], check=True)
    assert codes(await analyze(repo, "generated")) == ["F401"]


@pytest.mark.parametrize("folder", [".venv/lib", "node_modules/x", "pkg/__pycache__", "dist"])
async def test_packages_of_others_are_left_out_unless_asked_for(repo, folder):
    write(repo, f"{folder}/a.py", "import os\n")
    assert (await analyze(repo)).text.startswith("0 issues found in 0 Python files")
    assert codes(await analyze(repo, folder)) == ["F401"]


async def test_a_virtual_environment_is_known_by_its_pyvenv_cfg(repo):
    write(repo, "env311/pyvenv.cfg", "home = /usr\n")
    write(repo, "env311/lib/a.py", "import os\n")
    assert (await analyze(repo)).data["files"] == 0


async def test_no_python_files_at_all_is_said(repo):
    write(repo, "README.md", "hello")
    result = await analyze(repo)
    assert result.text.startswith("0 issues found in 0 Python files")
    assert result.status == "ok"


async def test_a_path_outside_or_a_missing_one_is_refused(repo):
    for path in ("..", "/etc", "../repo2/a.py", "missing"):
        with pytest.raises(WorkspaceError):
            await analyze(repo, path)


def test_unknown_arguments_are_refused():
    with pytest.raises(ValidationError):
        AnalyzeCode(path=".", fix=True)
    assert ANALYZE_CODE.effect == "read"
    assert ANALYZE_CODE.schema["function"]["parameters"]["properties"]["path"]["default"] == "."


# -- odd files ----------------------------------------------------------------------------------


async def test_a_syntax_error_does_not_hide_the_other_files(repo):
    put(repo, a="def f(:\n  (((", b="import os\n")
    found = codes(await analyze(repo))
    assert found[0] == "invalid-syntax"
    assert found[-1] == "F401"


async def test_a_file_of_nothing_but_syntax_errors_tells_the_first_three(repo):
    put(repo, a="def (:\n" * 50)
    result = await analyze(repo)
    assert result.text.startswith("3 issues found in 1 Python file")
    assert "further syntax errors of files that are listed" in result.text


async def test_a_file_on_which_ruff_crashes_is_skipped_and_the_others_analysed(repo):
    put(repo, deep="x = " + "-" * 30_000 + "1\n", a="import os\n", z="import sys\n")
    result = await analyze(repo)
    assert codes(result) == ["F401", "F401"]
    assert result.text.startswith("2 issues found in 2 Python files")
    assert "skipped 1 file: ruff crashed on it (SIGABRT): deep.py" in result.text


async def test_a_binary_file_with_a_python_name_is_skipped_and_said(repo):
    write(repo, "blob.py", b"\x00\x01\x02" * 100)
    write(repo, "noise.py", b"\x01\x02\x03\x04abc")
    write(repo, "half.py", b"\xff\xfea\x00b")
    put(repo, a="import os\n")
    result = await analyze(repo)
    assert result.text.startswith("1 issue found in 1 Python file")
    assert "skipped 3 files: binary: blob.py, half.py, noise.py" in result.text
    assert {"path": "blob.py", "reason": "binary"} in result.data["skipped"]


async def test_declared_encodings_and_byte_order_marks_are_read_as_python_reads_them(repo):
    write(repo, "latin.py", "# -*- coding: latin-1 -*-\nimport os\ns = 'café'\n".encode("latin-1"))
    write(repo, "bom.py", b"\xef\xbb\xbfimport os\n")
    write(repo, "koi.py", "# coding: koi8-r\nimport os\ns = 'привет'\n".encode("koi8-r"))
    result = await analyze(repo)
    assert result.text.startswith("3 issues found in 3 Python files")
    assert codes(result) == ["F401"] * 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("import os\n".encode("utf-16"), "Python cannot load source in UTF-16; save it as UTF-8"),
        ("import os\n".encode("utf-32"), "Python cannot load source in UTF-32; save it as UTF-8"),
        (b"import os\ns = '\xe9'\n", "line 2 holds the byte 0xe9, which is not UTF-8"),
        (b"# coding: nonsense\nimport os\ns = '\xe9'\n", "line 3 holds the byte 0xe9"),
        (b"# coding: punycode\nimport os\ns = '\xe9'\n", "line 3 holds the byte 0xe9"),
        (b"# coding: ascii\nimport os\ns = '\xe9'\n", "line 3 holds the byte 0xe9"),
    ],
)
async def test_source_that_python_cannot_decode_is_an_issue_and_is_analysed(repo, content, words):
    write(repo, "a.py", content)
    result = await analyze(repo)
    assert issue_lines(result)[0].startswith(f"a.py:1:1 invalid-syntax {words}")
    assert "`os` imported but unused" in result.text


async def test_names_that_break_command_lines_and_lines_of_text_are_told_escaped(repo):
    for name in ("-rf.py", "@args.py", "new\nline.py", "two words.py", "é.py", "tab\t.py"):
        write(repo, name, "import os\n")
    with open(os.fsencode(repo) + b"/bad\xff.py", "wb") as file:
        file.write(b"import os\n")
    result = await analyze(repo)
    assert result.text.startswith("7 issues found in 7 Python files")
    assert sorted(line.split(":1:8 ")[0] for line in issue_lines(result)) == [
        "-rf.py",
        "@args.py",
        "bad\\xff.py",
        "new\\nline.py",
        "tab\\t.py",
        "two words.py",
        "é.py",
    ]
    result.text.encode()
    json.dumps(result.data).encode()


async def test_links_loops_pipes_and_folders_with_python_names_do_no_harm(repo):
    put(repo, a="import os\n")
    (repo / "again").symlink_to(".")
    (repo / "loop.py").symlink_to("loop.py")
    (repo / "gone.py").symlink_to("nowhere.py")
    (repo / "link.py").symlink_to("a.py")
    os.mkfifo(repo / "pipe.py")
    (repo / "folder.py").mkdir()
    result = await analyze(repo)
    assert result.text.startswith("1 issue found in 1 Python file")
    assert {"path": "link.py", "reason": "symbolic link"} in result.data["skipped"]


async def test_a_file_that_is_too_large_is_skipped(repo):
    put(repo, big="x = 1\n" * 400_000, a="import os\n")
    result = await analyze(repo)
    assert "skipped 1 file: larger than 2 MB: big.py" in result.text
    assert result.data["files"] == 1


async def test_a_workspace_whose_own_name_is_no_utf8_is_analysed(tmp_path):
    folder = tmp_path / os.fsdecode(b"bad\xff")
    folder.mkdir()
    put(folder, a="import os\n")
    write(folder, "sub/__init__.py", "import sys\n")
    result = await analyze(folder)
    assert [line.split(":")[0] for line in issue_lines(result)] == ["a.py", "sub/__init__.py"]


def test_what_lies_outside_or_is_no_file_is_skipped_whatever_a_listing_says(tmp_path):
    root, out = tmp_path / "repo", tmp_path / "out"
    for folder in (root, out, tmp_path / "copies"):
        folder.mkdir()
    (out / "secret.py").write_text("import os\n")
    (root / "way").symlink_to(out)
    (root / "folder.py").mkdir()
    os.mkfifo(root / "pipe.py")
    (root / os.fsdecode(b"\xff.py")).write_text("import os\n")
    mem = Path(f"/proc/{os.getpid()}")
    listing = ["way/secret.py", "folder.py", "pipe.py", "n" * 300 + ".py", os.fsdecode(b"\xff.py")]
    selection = analyze_files.select(root, listing, tmp_path / "copies", stop=threading.Event())
    assert [reason for _, reason in selection.skipped] == [
        "outside the workspace",
        "no regular file",
        "no regular file",
        "unreadable: File name too long",
    ]
    assert list(selection.paths) == [str(tmp_path / "copies" / "4" / "copy.py")]
    broken = analyze_files.select(mem, ["mem"], tmp_path / "copies", stop=threading.Event())
    assert broken.skipped[0].reason.startswith("unreadable: ")


def test_reading_ends_when_it_is_told_to(tmp_path):
    put(tmp_path, a="")
    stop = threading.Event()
    stop.set()
    assert analyze_files.select(tmp_path, ["a.py"], tmp_path, stop=stop).paths == {}


def test_of_too_many_issues_the_worst_are_kept_and_all_are_counted(monkeypatch, tmp_path):
    monkeypatch.setattr(analyze_issues, "KEPT", 3)
    monkeypatch.setattr(analyze_report, "KEPT", 3)
    found = Findings()
    for rank in (6, 5, 4, 6, 0, 6, 6, 6, 3, 6):
        found.add(Issue(rank, f"{rank}.py", 1, 1, "F401", "x"))
    other = Findings()
    for _ in range(6):
        other.add(Issue(2, "2.py", 1, 1, "S1", "x"))
    found.merge(other)
    assert [issue.rank for issue in found.worst()] == [0, 2, 2]
    assert found.total == 16
    analysis = analyze_report.Analysis(
        path=".", files=9, findings=found, silenced=0, checker="ruff"
    )
    report = analyze_report.write_report(analysis, tmp_path / "r").read_text()
    assert "… and 13 more, which were only counted" in report


class Vanishing(LocalWorkspace):
    """A workspace in which a listed file is gone a moment later."""

    async def list_files(self, path=".", *, ignored=False):
        return [*await super().list_files(path, ignored=ignored), "gone.py"]


async def test_a_file_that_vanishes_is_skipped_and_said(repo):
    put(repo, a="import os\n")
    context = SimpleNamespace(workspace=Vanishing(repo))
    result = await ANALYZE_CODE.run(context, AnalyzeCode())
    assert result.text.startswith("1 issue found in 1 Python file")
    assert "skipped 1 file: unreadable: 'gone.py' cannot be read" in result.text


async def test_a_file_that_vanishes_before_ruff_reads_it_is_skipped(repo):
    found = await ruff_check.check(
        ruff_check.find_ruff(), {str(repo / "gone.py"): "gone.py"}, cwd=repo, target="py313"
    )
    assert found.total == 0
    assert found.skipped[0].path == "gone.py"
    assert "No such file" in found.skipped[0].reason


# -- what the analysed repository may not do ---------------------------------------------------


async def test_configuration_of_the_repository_hides_nothing(repo):
    write(repo, "pyproject.toml", '[tool.ruff]\nexclude = ["*"]\n[tool.ruff.lint]\nselect = []\n')
    write(repo, "ruff.toml", 'extend = "/nonexistent.toml"\n')
    put(repo, a="import os\n")
    assert codes(await analyze(repo)) == ["F401"]


async def test_ruff_settings_of_the_environment_hide_nothing(repo, monkeypatch):
    monkeypatch.setenv("RUFF_OUTPUT_FORMAT", "full")
    monkeypatch.setenv("RUFF_OUTPUT_FILE", str(repo / "out"))
    put(repo, a="import os\n")
    assert codes(await analyze(repo)) == ["F401"]
    assert not (repo / "out").exists()


async def test_what_comments_silence_is_counted(repo):
    put(repo, a="# ruff: noqa\nimport os\nimport sys\n", b="import os  # noqa: F401\nimport re\n")
    result = await analyze(repo)
    assert result.text.startswith("1 issue found in 2 Python files")
    assert "silenced by comments in the code (noqa): 3 issues" in result.text
    assert result.data["silenced"] == 3


async def test_a_repository_is_not_changed(repo):
    put(repo, a="import os\n")
    write(repo, "latin.py", b"# coding: latin-1\ns = '\xe9'\n")
    before = sorted((p, p.stat().st_mtime_ns) for p in repo.rglob("*"))
    await analyze(repo)
    assert sorted((p, p.stat().st_mtime_ns) for p in repo.rglob("*")) == before


@pytest.mark.parametrize(
    ("declared", "target"),
    [
        ('requires-python = ">=3.9"', "Python 3.9"),
        ('requires-python = ">=2.7, !=3.0.*"', "Python 3.13"),
        ('requires-python = ">=3.6"', "Python 3.7"),
        ('requires-python = ">=3.99"', "Python 3.14"),
        ("requires-python = 3", "Python 3.13"),
        ("name = 'x'", "Python 3.13"),
        ("not toml at all [", "Python 3.13"),
    ],
)
async def test_the_lowest_python_that_the_project_declares_decides(repo, declared, target):
    put(repo, a="match 1:\n    case 1: pass\n")
    write(repo, "pyproject.toml", f"[project]\n{declared}\n")
    result = await analyze(repo)
    assert result.text.endswith(f"for {target}")
    assert (result.data["total"] == 1) == (target in {"Python 3.7", "Python 3.9"})


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
