"""Tests of the units of Python code, which are told without parsing it."""

from __future__ import annotations

import ast
import email
import logging
import unittest
import warnings
from pathlib import Path

import pytest

import coding_agent_sdk
from coding_agent_sdk.middleware.rag.chunking import chunk, lines_of
from coding_agent_sdk.middleware.rag.python_lines import INSIDE, NOTHING, columns_of
from coding_agent_sdk.middleware.rag.python_units import python_units

LIMIT = 300


def units(code: str) -> dict[str, tuple[int, int]]:
    found = python_units(lines_of(code), limit=LIMIT)
    assert found is not None
    return {unit.titles[-1]: (unit.start, unit.end) for unit in found if unit.titles}


def parsed(body: list[ast.stmt], lines: list[str], above: str = "") -> dict[str, int]:
    """Return the last line of each definition, as Python's own parser tells it."""
    found: dict[str, int] = {}
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name, last = f"{above}/{node.name}", node.end_lineno or 0
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            while lines[first - 2].lstrip().startswith("#") and first > 1:
                first -= 1
            large = sum(len(line) + 1 for line in lines[first - 1 : last]) > LIMIT
            inner = (
                parsed(node.body, lines, name) if large and isinstance(node, ast.ClassDef) else {}
            )
            found |= inner or {name: last}
    return found


@pytest.mark.parametrize("package", [coding_agent_sdk, email, logging, unittest])
def test_definitions_end_where_the_parser_says(package):
    for path in Path(package.__file__).parent.rglob("*.py"):
        code = path.read_text(encoding="utf-8")
        lines = lines_of(code)
        with warnings.catch_warnings(action="ignore"):
            wanted = parsed(ast.parse(code).body, lines)
        found = {f"/{'/'.join(u.titles)}": u.end for u in python_units(lines, limit=LIMIT) or []}
        assert {name: found.get(name) for name in wanted} == wanted, path


def test_what_looks_like_a_definition_inside_a_string_or_a_bracket_is_none():
    code = (
        'TEXT = """\ndef no():\n    it\'s "quoted\\""" ""\n""" + """\nclass No: # (\n"""\n'
        "CALL = f(\n# don't (\n\nlambda: 0,\nother['[\"'])\n"
        "LONG = 1 + \\\n2\n"
        "PLAIN = 'an escaped \\' quote, and a line that goes \\\ndef on('\n"
        "def yes():\n    return r'\\'', f'{x!r:>{n}}', ''\n\nx = 1\n"
    )
    compile(code, "", "exec")
    assert units(code) == {"yes": (16, 17)}


def test_a_definition_ends_with_its_last_statement_and_not_with_a_comment():
    code = (
        "def f():\n    x = [\n\n  1]\n\n    # later\n\n@deco(\n  1,\n)\n# so\nasync def g(): pass\n"
    )
    compile(code, "", "exec")
    assert units(code) == {"f": (1, 4), "g": (8, 12)}


def test_a_large_class_is_taken_apart_whatever_indents_it():
    methods = "".join(f"\tdef m{n}(self):\n\t\treturn '{'x' * 90}'\n\n" for n in range(4))
    code = f"if True:\n\tdef hidden(): pass\n\nclass A(\n  B,\n):\n\t'''Doc.'''\n\n{methods}y = 1\n"
    compile(code, "", "exec")
    assert list(units(code)) == ["A", "m0", "m1", "m2", "m3"]
    one_line = f"class A: x = [\n  {'1, ' * 200}\n]\n"
    assert units(one_line) == {"A": (1, 3)}


def test_classes_inside_each_other_are_taken_apart_to_a_depth():
    code = "".join(f"{' ' * n}class C{n}:\n" for n in range(800)) + " " * 800 + "pass\n"
    assert max(len(unit.titles) for unit in python_units(lines_of(code), limit=LIMIT)) == 20


def test_one_wrong_line_does_not_hide_the_functions_of_a_file():
    code = "print 'as it was'\n\ndef f():\n    return 1\n"
    assert units(code) == {"f": (3, 4)}
    with pytest.raises(SyntaxError):
        ast.parse(code)


@pytest.mark.parametrize(
    "code", ["x = (\n", "x = )\n", 'x = """\n', "x = 'a\n", "it's\n", '"""" \n']
)
def test_a_file_whose_strings_or_brackets_do_not_end_has_no_units(code):
    assert columns_of(lines_of(code)) is None
    assert python_units(lines_of(code), limit=LIMIT) is None


def test_each_line_tells_where_its_statement_begins():
    code = "a = 1\n\n    # note\n    b = (\n1)\n\x0cc = 2\r3\n"
    assert columns_of(lines_of(code)) == [0, NOTHING, NOTHING, 4, INSIDE, 0]


@pytest.mark.parametrize("piece", ['"""', "'", "(", "()", "\\\n", '"\\"', "'''\\", "[#\n", 'f"{"'])
def test_a_file_of_nothing_but_signs_takes_time_in_proportion_to_it(piece):
    assert isinstance(chunk("m.py", f"x = 1\n{piece * 100_000}"), list)
