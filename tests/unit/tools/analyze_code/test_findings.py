"""analyze_code: what real ruff finds, in which order, and where it looks."""

import json
import subprocess

import pytest
from pydantic import ValidationError

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.tools import (
    ruff_check,
)
from coding_agent_sdk.tools.analyze_code import ANALYZE_CODE, AnalyzeCode
from coding_agent_sdk.tools.ruff_rules import IGNORED, SEVERITIES, is_noise, rank_of

from .conftest import analyze, codes, issue_lines, put, write

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
