"""Outlines of files: what they show of good Python, of broken Python and of other files."""

import pytest

from coding_agent_sdk.models.offline_outline import outline


def test_nested_definitions_are_indented_and_those_under_conditions_found():
    text = (
        "try:\n    import x\nexcept ImportError:\n    def x(): pass\n"
        "class A:\n    class B:\n        def c(self, *, d: int) -> str: ...\n"
        "with y:\n    async def e(): ...\n"
    )
    assert outline("a.py", text)[1:] == [
        "5: class A",
        "6:   class B",
        "7:     def c(self, *, d: int) -> str",
        "9: async def e()",
    ]


def test_a_file_that_python_cannot_parse_shows_its_definitions_anyway():
    lines = outline("a.py", "def good():\n    pass\nclass Bad(:\n")
    assert lines == [
        "a.py: 3 lines; Python cannot parse it (invalid syntax, line 3); it defines:",
        "1: def good():",
        "3: class Bad(:",
    ]


@pytest.mark.parametrize("text", ["x = " + "-" * 500_000 + "1\n", "x = '\0'\n", "(" * 10_000])
def test_a_file_that_breaks_the_parser_breaks_nothing_else(text):
    assert "Python cannot parse it" in outline("a.py", text)[0]


def test_python_without_definitions_and_other_files_show_how_they_begin():
    assert outline("a.py", '"""Says."""\nx = 1\n') == [
        "a.py: 2 lines; Says.; it defines no class and no function; it begins:",
        '1: """Says."""',
        "2: x = 1",
    ]
    lines = outline("notes.md", "\tline\n" * 30)
    assert lines[:2] == ["notes.md: 30 lines; it begins:", "1:  line"]
    assert len(lines) == 22
    assert lines[-1] == "…"
    assert outline("empty.txt", "") == ["empty.txt: 0 lines; it begins:"]


def test_odd_escapes_in_the_code_raise_no_warning():
    assert outline("a.py", "x = '\\d'\ndef f(): pass\n")[1] == "2: def f()"


def test_long_lines_and_long_lists_are_cut():
    lines = outline("a.py", "".join(f"def f{n}({'x' * 300}): pass\n" for n in range(300)))
    assert max(map(len, lines)) <= 160
    assert lines[-1] == "… and 100 more"
