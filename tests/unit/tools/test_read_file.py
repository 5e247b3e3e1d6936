"""What the model sees of a file, and what it is told where there is none."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from coding_agent_sdk.tools import read_file as module
from coding_agent_sdk.tools.read_file import READ_FILE


async def test_a_short_file_is_given_as_it_is(call, root):
    (root / "a.py").write_text("x = 1\n\ny = 2\n")
    result = await call(READ_FILE, path="a.py")
    assert (result.text, result.status, result.truncated) == ("x = 1\n\ny = 2\n", "ok", False)


async def test_a_missing_last_newline_stays_missing(call, root):
    (root / "a").write_text("x\ny")
    assert (await call(READ_FILE, path="a")).text == "x\ny"


async def test_an_empty_file_is_called_empty(call, root):
    (root / "a").touch()
    assert (await call(READ_FILE, path="a")).text == "[a is empty]"


async def test_a_window_says_where_it_is(call, root):
    (root / "a").write_text("".join(f"line {n}\n" for n in range(1, 11)))
    result = await call(READ_FILE, path="a", start_line=3, end_line=4)
    assert result.text == "[lines 3-4 of 10]\nline 3\nline 4"
    assert not result.truncated
    result = await call(READ_FILE, path="a", start_line=9, end_line=99)
    assert result.text == "[lines 9-10 of 10]\nline 9\nline 10\n"


async def test_a_long_file_comes_in_parts_that_make_the_whole(call, root):
    text = "".join(f"line {n}\n" for n in range(1, 4501))
    (root / "a").write_text(text)
    first = await call(READ_FILE, path="a")
    assert first.truncated
    assert first.text.startswith("[lines 1-2000 of 4500; read on with start_line=2001]\nline 1\n")
    second = await call(READ_FILE, path="a", start_line=2001)
    third = await call(READ_FILE, path="a", start_line=4001)
    assert not third.truncated
    bodies = [part.text.partition("\n")[2] for part in (first, second, third)]
    assert "\n".join(bodies) == text


async def test_wide_lines_are_bounded_by_characters(call, root):
    (root / "a").write_text(("x" * 999 + "\n") * 300)
    result = await call(READ_FILE, path="a")
    assert "[lines 1-100 of 300; read on with start_line=101]" in result.text
    assert len(result.text) < module.MAX_CHARACTERS + 200


async def test_one_endless_line_is_cut_and_says_how_to_go_on(call, root):
    (root / "a").write_text("first\n" + "x" * 250_000 + "\nlast\n")
    result = await call(READ_FILE, path="a", start_line=2)
    assert result.truncated
    assert result.text.startswith("[line 2 of 3, its first 100000 of 250000 characters; read on wi")
    assert "start_line=3" in result.text
    assert len(result.text) < 100_300


async def test_lines_that_do_not_exist_are_an_error_with_the_count(call, root):
    (root / "a").write_text("x\ny\n")
    result = await call(READ_FILE, path="a", start_line=3)
    assert (result.status, result.text) == ("error", "'a' has 2 lines; start_line=3 is beyond them")
    result = await call(READ_FILE, path="a", start_line=2, end_line=1)
    assert (result.status, result.text) == ("error", "end_line=1 is before start_line=2; swap them")


async def test_crlf_and_foreign_bytes_become_sendable_text(call, root):
    (root / "a").write_bytes("grün grün\r\n".encode() + b"\xff\r\n")
    text = (await call(READ_FILE, path="a")).text
    assert text == "grün grün\n\ufffd\n"
    text.encode()


async def test_a_missing_file_names_those_nearly_called_so(call, root):
    for name in ("src/config.py", "tests/config.py", "src/conflict.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).touch()
    result = await call(READ_FILE, path="config.py")
    assert result.status == "error"
    assert "did you mean 'src/config.py' or 'tests/config.py'?" in result.text
    result = await call(READ_FILE, path="src/confg.py")
    assert "there is no file 'src/confg.py'; did you mean 'src/config.py'" in result.text
    result = await call(READ_FILE, path="zzzzzzzz")
    assert result.text == "there is no file 'zzzzzzzz'; list_files shows them"


@pytest.mark.parametrize(
    ("path", "told"),
    [("../x", "leads outside"), ("a\0b", "NUL"), (".", "is a folder"), ("b.bin", "binary file")],
)
async def test_what_cannot_be_read_is_an_error_result(call, root, path, told):
    (root / "b.bin").write_bytes(b"\0\1")
    result = await call(READ_FILE, path=path)
    assert result.status == "error"
    assert told in result.text


@pytest.mark.parametrize(
    "arguments", [{}, {"path": "a", "start_line": 0}, {"path": "a", "lines": 3}, {"path": 1}]
)
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(ValidationError):
        READ_FILE.arguments.model_validate(arguments)


def test_the_schema_describes_each_argument():
    properties = READ_FILE.schema["function"]["parameters"]["properties"]
    assert all(value["description"] for value in properties.values())
    assert READ_FILE.effect == "read"


async def test_a_large_file_tells_its_size_in_place_of_its_lines(call, root):
    (root / "a").write_text("".join(f"line {number}\n" for number in range(1, 100_001)))
    result = await call(READ_FILE, path="a", start_line=99_999)
    assert result.text == (
        "[lines 99999-100000 of a file of 1,088,895 bytes]\nline 99999\nline 100000\n"
    )
    result = await call(READ_FILE, path="a", start_line=7, end_line=8)
    assert result.text.splitlines()[1:] == ["line 7", "line 8"]
    result = await call(READ_FILE, path="a", start_line=100_001)
    assert "has 100000 lines; start_line=100001 is beyond them" in result.text


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("first", range(1, 7))
@pytest.mark.parametrize("last", [None, *range(1, 8)])
async def test_any_window_of_lines_is_given_as_it_stands(call, root, first, last, ends):
    lines = ["a\n", "\n", "c\n", "d\n", "e\n" if ends else "e"]
    (root / "a").write_text("".join(lines))
    wanted = {"start_line": first} | ({} if last is None else {"end_line": last})
    result = await call(READ_FILE, path="a", **wanted)
    if first > 5 or (last or 9) < first:
        assert result.status == "error"
        return
    shown = lines[first - 1 : last]
    text = "".join(shown)
    if len(shown) < 5:
        end = min(last or 5, 5)
        text = f"[lines {first}-{end} of 5]\n" + (text if end == 5 else text.removesuffix("\n"))
    assert result.text == text
    assert not result.truncated
