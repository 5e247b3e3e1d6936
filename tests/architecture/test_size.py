"""The house style as far as a program can read it: sizes, docstrings, annotations, imports."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import coding_agent_sdk

PACKAGE = Path(coding_agent_sdk.__file__).parent
ROOT = Path(__file__).parents[2]
FILES = sorted(PACKAGE.rglob("*.py"))

FILE_LINES, FILE_LIMIT = 400, 600
FUNCTION_LINES, FUNCTION_LIMIT = 50, 80

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path):
    return path.relative_to(PACKAGE.parent).as_posix()


def tree_of(path):
    return ast.parse(path.read_text(), filename=str(path))


def functions_of(tree):
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def sizes():
    """Yield the name and size of each file and each function, with what it should have."""
    for path in FILES:
        yield name_of(path), len(path.read_text().splitlines()), FILE_LINES, FILE_LIMIT
        for node in functions_of(tree_of(path)):
            lines = node.end_lineno - node.lineno + 1
            yield f"{name_of(path)}:{node.name}", lines, FUNCTION_LINES, FUNCTION_LIMIT


def test_no_file_and_no_function_grows_past_the_edge(capsys):
    measured = list(sizes())
    outliers = [(name, lines) for name, lines, wanted, _ in measured if lines > wanted]
    with capsys.disabled():
        for name, lines in sorted(outliers, key=lambda row: -row[1]):
            print(f"\n  long: {name} has {lines} lines", end="")
    assert [(name, lines) for name, lines, _, limit in measured if lines > limit] == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_everything_public_has_a_docstring_and_annotations(path):
    missing = []
    tree = tree_of(path)
    if not ast.get_docstring(tree):
        missing.append("the module has no docstring")
    for name, node in public_of(tree):
        if not ast.get_docstring(node):
            missing.append(f"{name} has no docstring")
    for node in functions_of(tree):
        missing.extend(f"{node.name}: {what} has no annotation" for what in bare_of(node))
    assert missing == []


def public_of(tree, prefix=""):
    """Yield public classes, functions and methods; what is inside a function is nobody's API."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        if any("overload" in ast.unparse(decorator) for decorator in node.decorator_list):
            continue
        yield f"{prefix}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from public_of(node, f"{prefix}{node.name}.")


def bare_of(node):
    """Yield the parameters of a function, and its result, that have no annotation."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [star for star in (arguments.vararg, arguments.kwarg) if star]
    for argument in every:
        if argument.annotation is None and argument.arg not in {"self", "cls"}:
            yield argument.arg
    if node.returns is None:
        yield "the result"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_prints_and_no_import_is_relative(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"line {node.lineno} prints"
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno} imports relatively"


def test_no_host_of_a_package_index_is_named_anywhere():
    hosts = re.compile(
        "|".join(re.escape(word) for word in ("pypi" + ".org", "python" + "hosted.org"))
    )
    texts = [
        path
        for folder in ("coding_agent_sdk", "tests", "docs", "examples", "benchmarks", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".md", ".toml", ".yml", ".sh", ""} and path.is_file()
    ]
    texts += [path for path in ROOT.glob("*") if path.suffix in {".py", ".md", ".toml", ".yml"}]
    assert texts
    named = [path for path in texts if hosts.search(path.read_text(errors="replace"))]
    assert named == []


def test_comments_that_silence_a_tool_say_why():
    silent = re.compile(r"#\s*(?:noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[\w, -]+\])?)\s*$")
    bare = [
        f"{name_of(path)}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if silent.search(line)
    ]
    assert bare == []
