"""analyze_code on odd files, and on repositories that want more than to be read."""

import json
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.tools import (
    analyze_files,
    analyze_issues,
    analyze_report,
    ruff_check,
)
from coding_agent_sdk.tools.analyze_code import ANALYZE_CODE, AnalyzeCode
from coding_agent_sdk.tools.analyze_issues import Findings, Issue

from .conftest import analyze, codes, issue_lines, put, write

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
