"""Passages follow the structure of a file, and their lines are the file's lines."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import coding_agent_sdk
from coding_agent_sdk.middleware.rag import chunking
from coding_agent_sdk.middleware.rag.chunking import MAX_CHARACTERS, chunk, lines_of
from coding_agent_sdk.sandbox.file_text import decode

PACKAGE = Path(coding_agent_sdk.__file__).parent

ODD = ["\x0c", "\x0b", "\x1c", "\x85", "\u2028", "\u2029", "\t", "é", "日", "\ufeff", "\r"]
LINE = st.one_of(
    st.text(st.sampled_from(["a", "b", " ", "#", "=", "-", "`", "~", *ODD]), max_size=12),
    st.sampled_from(
        [
            "", "", "# One", "## Two", "### Three", "Title", "=====", "-----", "```python", "```",
            "~~~", "def f():", "    return 1", "class A:", "    def g(self):", "        pass",
            "@decorator", "# a comment", "x = '''", "'''", "- item", "| a | b |", "word " * 60,
        ]
    ),
)  # fmt: skip
NAMES = st.sampled_from(["a.md", "a.rst", "a.txt", "a.py", "README", "a.js"])


def bytes_of(lines, newline, bom, final, encoding):
    text = newline.join(lines) + (newline if final else "")
    data = text.encode(encoding, "replace")
    return (b"\xef\xbb\xbf" if bom and encoding == "utf-8" else b"") + data


def assert_quotes_are_in_their_lines(name, text):
    """Each passage is exactly its lines; what says something is in one of them, once."""
    lines = text.split("\n")
    covered = set()
    last = 0
    for passage in chunk(name, text):
        assert 1 <= passage.start <= passage.end <= len(lines)
        assert passage.start >= last or passage.start == last
        quoted = "\n".join(lines[passage.start - 1 : passage.end])
        if passage.start == passage.end:
            assert passage.text in quoted
        else:
            assert passage.text == quoted
            assert passage.start > last
        last = passage.end
        covered.update(range(passage.start, passage.end + 1))
    said = {number for number, line in enumerate(lines, start=1) if line.strip()}
    assert said <= covered


@given(
    name=NAMES,
    lines=st.lists(LINE, max_size=60),
    newline=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
    final=st.booleans(),
    encoding=st.sampled_from(["utf-8", "latin-1"]),
)
def test_every_quotation_stands_in_its_lines(name, lines, newline, bom, final, encoding):
    text = decode(name, bytes_of(lines, newline, bom, final, encoding)).text
    assert_quotes_are_in_their_lines(name, text)


def test_every_quotation_of_our_own_code_and_documents_stands_in_its_lines():
    for path in [*PACKAGE.rglob("*.py"), *(PACKAGE / "data").rglob("*.*")]:
        assert_quotes_are_in_their_lines(path.name, decode(path.name, path.read_bytes()).text)


def test_only_a_newline_ends_a_line():
    text = "one\x0ctwo\x0b\x85\u2028three\x1cfour\nfive"
    assert lines_of(text) == ["one\x0ctwo\x0b\x85\u2028three\x1cfour", "five"]
    assert lines_of("a\n") == ["a"]
    assert lines_of("") == []
    assert lines_of("\n\n") == ["", ""]


def titles(name, text):
    return [passage.context for passage in chunk(name, text)]


BODY = "word " * 170 + "\n\n"


def test_headings_of_markdown_place_a_passage():
    text = f"# Top\n\n{BODY}## Sub ##\n\n{BODY}### Deep\n\n{BODY}## Other\n\n{BODY}"
    assert titles("g.md", text) == [
        "g.md > Top", "g.md > Top > Sub", "g.md > Top > Sub > Deep", "g.md > Top > Other",
    ]  # fmt: skip


def test_underlined_titles_place_a_passage():
    text = f"=====\nTitle\n=====\n\n{BODY}Part\n----\n\n{BODY}Small\n~~~~~\n\n{BODY}Next\n----\n\n{BODY}"
    for name in ("g.rst", "g.txt"):
        assert titles(name, text) == [
            f"{name} > Title", f"{name} > Title > Part", f"{name} > Title > Part > Small",
            f"{name} > Title > Next",
        ]  # fmt: skip


def test_underlined_headings_of_markdown_count_and_rules_and_tables_do_not():
    text = f"Top\n===\n\n{BODY}Sub\n---\n\n{BODY}text\nmore\n---\n\n{BODY}| a |\n---\n"
    assert titles("g.md", text)[:2] == ["g.md > Top", "g.md > Top > Sub"]
    assert {context.count(" > ") for context in titles("g.md", text)} == {1, 2}


def test_what_is_underlined_without_being_a_title_is_none():
    table = f"a  b\n==== ====\n{BODY}"
    assert titles("g.rst", table) == ["g.rst"]
    assert titles("g.rst", f"a line\nmore text\n---------\n\n{BODY}") == ["g.rst"]
    assert titles("g.rst", f"a long title of many words\n---\n\n{BODY}") == ["g.rst"]
    assert titles("g.rst", f"!!!\n---\n\n{BODY}") == ["g.rst"]


def test_a_hash_inside_a_fence_is_no_heading():
    text = (
        f"# Top\n\n```python\n# not a heading\n```\n\n{BODY}~~~\n# nor this\n```\n# nor this\n~~~\n"
    )
    assert {context.split(" > ")[1] for context in titles("g.md", text)} == {"Top"}


def test_small_sections_are_put_together_under_what_they_share():
    text = "# Top\n\n## One\n\na\n\n## Two\n\nb\n\n## Three\n\nc\n"
    (passage,) = chunk("g.md", text)
    assert passage.context == "g.md > Top > One, Two, Three"


def test_a_heading_stays_with_what_follows_it():
    first = "word " * 390
    (one, two) = chunk("g.md", f"# Top\n\n{first}\n\n{first}\n")
    assert one.text == f"# Top\n\n{first}"
    assert two.text == first


def test_a_fence_is_not_torn_at_its_blank_lines_where_it_fits():
    code = "```python\n" + "x = 1\n\n" * 60 + "```\n"
    text = "# Top\n\n" + "word " * 320 + "\n\n" + code
    assert any(passage.text == code.rstrip() for passage in chunk("g.md", text))


def test_a_block_that_does_not_fit_is_cut_at_lines():
    passages = chunk("g.md", "\n".join(["word " * 20] * 200))
    assert len(passages) > 5
    assert all(len(passage.text) <= MAX_CHARACTERS for passage in passages)


def test_a_very_long_line_is_quoted_in_parts_of_the_same_line():
    line = "".join(f"{number:07d} " for number in range(3_000))
    passages = chunk("g.txt", f"short\n{line}\n")
    long = [passage for passage in passages if passage.start == passage.end == 2]
    assert "".join(passage.text for passage in long) == line
    assert all(len(passage.text) <= 8_000 for passage in passages)


def test_functions_and_classes_place_a_passage_with_decorators_and_comments_above():
    body = "    x = 1\n" * 90
    code = (
        f"import os\n\n# why it is so\n@cache\n@other\ndef first():\n{body}\n\n"
        f"async def second():\n{body}\n\nclass Third:\n    y = 2\n\n    def method(self):\n"
        f"    {body.replace(chr(10), chr(10) + '    ')}\n    def tiny(self): pass\n"
    )
    compile(code, "", "exec")
    passages = chunk("m.py", code)
    assert passages[0].context == "m.py > first"
    assert "# why it is so\n@cache\n@other\ndef first():" in passages[0].text
    assert "m.py > second" in titles("m.py", code)


def test_a_large_class_is_taken_apart_into_its_methods():
    method = "    def m{0}(self):\n" + "        x = 1\n" * 70
    code = 'class Big:\n    """Doc."""\n\n' + "\n".join(method.format(n) for n in range(4))
    assert titles("m.py", code) == [
        "m.py > Big > m0", "m.py > Big > m1", "m.py > Big > m2", "m.py > Big > m3",
    ]  # fmt: skip
    assert chunk("m.py", code)[0].text.startswith("class Big:")


@pytest.mark.parametrize(
    "code",
    ["def f(:\n    pass\n", "x = '\ud800'\n", "\x00", "(" * 5_000, "if x:\nfoo\n"],
)
def test_code_with_errors_in_it_is_kept_all_the_same(code):
    assert [passage.start for passage in chunk("m.py", code)] == [1]


def test_two_definitions_on_one_line_belong_to_the_first():
    passages = chunk("m.py", "def f(): pass; x = 1\ndef g(): pass\n")
    assert [(p.start, p.end) for p in passages] == [(1, 2)]
    lines = ["class A: pass; y = 3", "if True:", "    def f(): pass"]
    assert chunk("m.py", "\n".join(lines))[0].text == "\n".join(lines)


def test_code_with_a_form_feed_keeps_its_line_numbers():
    code = "import os\n\x0c\ndef f():\n    return 1\n"
    assert ast.parse(code).body[1].lineno == 3
    (passage,) = chunk("m.py", code)
    assert (passage.start, passage.end) == (1, 4)


def test_an_empty_file_has_no_passages():
    for name in ("a.md", "a.py", "a.txt"):
        assert chunk(name, "") == chunk(name, "\n \n\t\n") == []


def test_the_context_line_is_bounded():
    text = f"# {'long ' * 200}\n\nbody\n"
    assert len(chunk("a.md", text)[0].context) <= chunking._CONTEXT


@pytest.mark.parametrize("name", ["a.md", "a.rst", "a.py", "a.txt"])
def test_cutting_takes_time_in_proportion_to_the_file(name):
    many = "# h\n\nx\n\n" * 40_000
    assert len(chunk(name, many)) > 100
    assert len(chunk(name, "\n" * 400_000)) == 0
    assert len(chunk(name, "x\n" * 100_000)) > 50
    assert len(chunk(name, "```\n" * 60_000)) > 50
