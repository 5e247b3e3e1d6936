"""Finding files and lines."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from coding_agent_sdk.tools import search_files as module
from coding_agent_sdk.tools import search_ripgrep as ripgrep
from coding_agent_sdk.tools import search_worker
from coding_agent_sdk.tools.list_files import LIST_FILES
from coding_agent_sdk.tools.search_files import SEARCH_FILES


def write(root, path, text="x\n"):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


async def test_files_are_listed_with_their_number(call, root):
    write(root, "a/b.py")
    write(root, "c.py")
    assert (await call(LIST_FILES)).text == "[2 files]\na/b.py\nc.py"
    assert (await call(LIST_FILES, path="a")).text == "[1 file]\na/b.py"


async def test_no_files_is_told(call, root):
    assert "no files in ." in (await call(LIST_FILES)).text


async def test_many_files_are_cut_and_the_folders_counted(call, root):
    for number in range(1200):
        write(root, f"m{number % 60}/deep/{number}.py")
    result = await call(LIST_FILES)
    assert result.truncated
    lines = result.text.split("\n")
    assert lines[0].startswith("[1200 files; the first 1000 follow. List a folder to see the oth")
    assert "m0/ (20)" in lines[0]
    assert lines[0].endswith("…]")
    assert len(lines) == 1001
    for number in range(1200):
        write(root, f"m1/deep/more{number}.py")
    result = await call(LIST_FILES, path="m1")
    assert "m1/deep/ (1220)]" in result.text


async def test_a_newline_in_a_name_does_not_make_two_files(call, root):
    write(root, "a\nb")
    assert (await call(LIST_FILES)).text == "[1 file]\n'a\\nb'"


async def test_a_folder_outside_is_an_error_result(call):
    for tool in (LIST_FILES, SEARCH_FILES):
        arguments = {"path": ".."} | ({"pattern": "x"} if tool is SEARCH_FILES else {})
        result = await call(tool, **arguments)
        assert result.status == "error"
        assert "leads outside" in result.text


# -- search_files ---------------------------------------------------------------------------------


async def test_lines_that_match_are_given_with_their_place(call, root):
    write(root, "a.py", "import os\nx = 1\nimport re\n")
    write(root, "b/c.py", "# import nothing\n")
    result = await call(SEARCH_FILES, pattern=r"^import \w+")
    assert result.text == ("[2 lines match in 1 of 2 files]\na.py:1: import os\na.py:3: import re")
    result = await call(SEARCH_FILES, pattern="(?i)IMPORT", path="b")
    assert result.text == "[1 line matches in 1 of 1 file]\nb/c.py:1: # import nothing"
    result = await call(SEARCH_FILES, pattern="x", path="a.py")
    assert "a.py:2: x = 1" in result.text


async def test_no_match_is_no_error(call, root):
    write(root, "a")
    result = await call(SEARCH_FILES, pattern="nothing")
    assert (result.status, result.text) == ("ok", "[0 lines match in 1 file]")


async def test_ignored_files_are_not_searched(call, root):
    write(root, ".gitignore", "*.log\n")
    write(root, "a.log", "needle\n")
    write(root, "a.txt", "needle\n")
    assert "[1 line matches" in (await call(SEARCH_FILES, pattern="needle")).text


async def test_what_is_no_expression_is_searched_for_as_text(call, root):
    write(root, "a", "f(x\n")
    result = await call(SEARCH_FILES, pattern="f(")
    assert "no regular expression" in result.text
    assert "searched for as plain text" in result.text
    assert "a:1: f(x" in result.text


async def test_many_matches_are_counted_and_the_first_given(call, root):
    for name in ("a", "b"):
        write(root, name, "needle\n" * 150)
    result = await call(SEARCH_FILES, pattern="needle")
    assert result.truncated
    assert "[300 lines match in 2 of 2 files; the first 200 follow; narrow" in result.text
    assert len(result.text.split("\n")) == 201


async def test_a_long_line_is_cut_around_its_match(call, root):
    write(root, "a", "x" * 5000 + "needle" + "y" * 5000)
    result = await call(SEARCH_FILES, pattern="needle")
    line = result.text.split("\n")[1]
    assert "needle" in line
    assert len(line) < 400
    assert line.startswith("a:1: …")
    assert line.endswith("…")


async def test_binary_and_odd_files_do_not_disturb(call, root):
    (root / "bin").write_bytes(b"\0needle\n")
    (root / "latin").write_bytes(b"caf\xe9 needle\n")
    with open(os.fsencode(root) + b"/\xff.txt", "w") as file:
        file.write("needle\n")
    result = await call(SEARCH_FILES, pattern="needle")
    assert (
        "[2 lines match in 2 of 2 files; 1 file was left out: binary, very large or" in result.text
    )
    assert "latin:1: caf\ufffd needle" in result.text
    assert "\\xff.txt:1: needle" in result.text
    result.text.encode()


async def test_a_very_large_file_is_left_out_and_counted(call, root, monkeypatch):
    monkeypatch.setattr(module, "_FILE_BYTES", 10)
    write(root, "a", "needle\n" * 2)
    write(root, "b", "needle\n")
    result = await call(SEARCH_FILES, pattern="needle")
    assert (
        "[1 line matches in 1 of 1 file; 1 file was left out: binary, very large or" in result.text
    )


async def test_files_that_were_left_out_do_not_count_as_searched(call, root, monkeypatch):
    monkeypatch.setattr(module, "_FILE_BYTES", 10)
    for name in ("a", "b", "c"):
        write(root, name, "needle\n" * 2)
    result = await call(SEARCH_FILES, pattern="(?=hay)")  # ripgrep does not take it
    assert result.text.startswith("[0 lines match in 0 files; 3 files were left out: binary, very")


CATASTROPHES = [r"(a+)+$", r"(a|a)*b", r"(.*)*x", r"^(\w+\s?)+$(?!x)", r"(a*)*\1b"]


@pytest.mark.parametrize("pattern", CATASTROPHES)
async def test_a_line_that_an_expression_would_take_for_ever_is_given_up(
    call, root, monkeypatch, pattern
):
    monkeypatch.setattr(module, "MAX_SECONDS", 100.0)
    monkeypatch.setattr(ripgrep, "find_ripgrep", lambda root, search_path: None)
    write(root, "a", "a" * 60 + "!\n")
    result = await call(SEARCH_FILES, pattern=pattern)
    assert (result.status, result.truncated) == ("timeout", True)
    assert "[0 lines match in 1 file; 1 line took too long and was not searched to" in result.text
    assert "(a:1); take a pattern that says" in result.text


async def test_the_other_lines_are_searched(call, root, monkeypatch):
    monkeypatch.setattr(module, "MAX_SECONDS", 100.0)
    write(root, "a", "aa\n" + "a" * 60 + "!\naaa\n")
    write(root, "b", "aaaa\n")
    result = await call(SEARCH_FILES, pattern=r"^(a+)+$(?!x)")
    assert (result.status, result.truncated) == ("ok", True)
    assert result.text.startswith("[3 lines match in 2 of 2 files; 1 line took too long and was")
    assert result.text.endswith("]\na:1: aa\na:3: aaa\nb:1: aaaa")


async def test_after_a_few_such_lines_the_search_ends(call, root, monkeypatch):
    monkeypatch.setattr(module, "MAX_SECONDS", 100.0)
    write(root, "a", ("a" * 60 + "!\n") * 3)
    write(root, "b", ("a" * 60 + "!\n") * 50)
    write(root, "c", "aa\n" * 100_000)
    result = await call(SEARCH_FILES, pattern=r"^(a+)+$(?!x)")
    assert result.status == "timeout"
    assert "so the search ended there, and not all files were searched" in result.text


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        (r"(?:\w+\s*)+\(", True), (r"(\w+\.)+\w+ =", True), (r"^(\s*)\S.*\1x$", False), (r"(a+)+b", True),
        (r"^(?:[^,]*,){3}needle", True), (r".*foo.*bar.*baz", False), (r"(?s)(.*)*", True),
    ],
)  # fmt: skip
async def test_what_only_looks_dangerous_is_searched_for(call, root, pattern, matching):
    write(root, "a", "import os.path\nos.path.x = 1\ndef f(a, b):\na,b,c,needle\n" + "aaab\n" * 50)
    result = await call(SEARCH_FILES, pattern=pattern)
    assert (result.status, result.truncated) == ("ok", False)
    assert ("[0 lines" in result.text) != matching
    assert "took too long" not in result.text


async def test_a_very_long_line_is_searched_to_its_end(call, root):
    write(root, "a", "hay " * 900_000 + "needle\n")
    result = await call(SEARCH_FILES, pattern=r"(?:needle|nail)s?$")
    assert result.text.startswith("[1 line matches in 1 of 1 file]")


async def test_an_expression_that_takes_for_ever_on_nothing_does_not_hold_the_loop(call, root):
    write(root, "a", "x\n")
    longest = last = 0.0
    loop = asyncio.get_running_loop()

    async def tick():
        nonlocal longest, last
        last = loop.time()
        while True:
            await asyncio.sleep(0.01)
            longest, last = max(longest, loop.time() - last), loop.time()

    ticking = asyncio.create_task(tick())
    result = await call(SEARCH_FILES, pattern=r"(((((a?){99}){99}){99}){99}){99}")
    ticking.cancel()
    assert result.status == "timeout"
    assert longest < 30  # it would take days


async def test_a_very_long_expression_is_refused(call, root):
    write(root, "a", "x\n")
    with pytest.raises(ValidationError):
        await call(SEARCH_FILES, pattern="x" * 2001)


async def test_an_overall_time_is_kept_and_the_loop_lives(call, root, monkeypatch):
    monkeypatch.setattr(module, "MAX_SECONDS", 0.3)
    write(root, "a", "x\n")
    write(root, "b", "a" * 60 + "!\n")
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    result = await call(SEARCH_FILES, pattern=r"^(a+)+b?$(?!x)")
    ticking.cancel()
    assert result.status == "timeout"
    assert "stopped after 0.3 s, not all files were searched; take a simpler" in result.text
    assert ticks > 2


async def test_a_search_that_breaks_off_says_so(call, root, monkeypatch, tmp_path):
    broken = tmp_path / "worker.py"
    broken.write_text("import sys\nsys.stdin.readline()\nsys.exit(3)\n")
    monkeypatch.setattr(module, "_WORKER", str(broken))
    for number in range(40):
        write(root, f"{number}", "needle\n" * 50_000)
    result = await call(SEARCH_FILES, pattern="needle")
    assert result.status == "error"
    assert "the search broke off" in result.text


async def test_a_cancelled_search_leaves_no_process(call, root, monkeypatch):
    write(root, "b", "a" * 60 + "!\n")
    started = []
    create = asyncio.create_subprocess_exec

    async def remember(*args, **options):
        worker = await create(*args, **options)
        started.append(worker)
        return worker

    monkeypatch.setattr(asyncio, "create_subprocess_exec", remember)
    task = asyncio.create_task(call(SEARCH_FILES, pattern=r"^(a+)+$(?!x)"))
    while not started:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert started[0].returncode == -9


async def test_two_thousand_files_are_searched(call, root, monkeypatch):
    monkeypatch.setattr(module, "MAX_SECONDS", 100.0)  # on a machine under load, too
    for number in range(2000):
        write(root, f"m{number % 50}/{number}.py", "import os\nhello world\n" * 20)
    result = await call(SEARCH_FILES, pattern=r"hello\s\w+")
    assert "40000 lines match in 2000 of 2000 files" in result.text


# -- the worker, in this process ------------------------------------------------------------------


def ask(pattern, files, keep=10):
    source = io.BytesIO()
    source.write(json.dumps({"pattern": pattern, "keep": keep, "width": 20}).encode() + b"\n")
    for path, data in files.items():
        source.write(json.dumps({"path": path, "size": len(data)}).encode() + b"\n" + data)
    source.seek(0)
    target = io.BytesIO()
    search_worker.serve(source, target)
    known, *answers, last = [json.loads(line) for line in target.getvalue().splitlines()]
    assert known == {"pattern": pattern, "why_plain": "", "matches_empty": False}
    assert last == {"ended": True}
    return answers


FINE = {"given_up": [], "stopped": False}


def test_the_worker_answers_for_files_with_matches_only():
    assert ask("b", {"1": b"a\nb\r\n", "2": b"a", "3": b"", "4": b"b\rc\rb"}) == [
        {"path": "1", "count": 1, "lines": [[2, "b"]], **FINE},
        {"path": "4", "count": 2, "lines": [[1, "b"], [3, "b"]], **FINE},
    ]


def test_the_worker_keeps_so_many_lines_in_all():
    found = ask("x", {"1": b"x\nx\n", "2": b"x\nx\n"}, keep=3)
    assert [(f["count"], len(f["lines"])) for f in found] == [(2, 2), (2, 1)]


@given(st.integers(0, 60), st.integers(0, 60))
def test_a_cut_line_shows_its_match(before, after):
    line = "x" * before + "N" + "y" * after
    watch = search_worker.Watch()
    regex = search_worker.re.compile("N")
    shown = search_worker.matches(regex, line, keep=1, width=20, watch=watch)
    assert "N" in shown["lines"][0][1]
    assert len(shown["lines"][0][1]) <= 22


def test_the_worker_leaves_the_signals_as_they_were():
    before = signal.getsignal(signal.SIGPROF)
    assert [answer["given_up"] for answer in ask("^(a+)+$", {"1": b"a" * 60 + b"!\n"})] == [[1]]
    assert signal.getsignal(signal.SIGPROF) is before
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_the_worker_counts_lines_as_reading_does():
    assert search_worker.lines_of("a\x0cb\u2028c\nd\r\ne") == ["a\x0cb\u2028c", "d", "e"]
