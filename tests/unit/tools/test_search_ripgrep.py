"""ripgrep makes a search faster, and never another one."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding_agent_sdk.tools import search_ripgrep as module
from coding_agent_sdk.tools import search_worker
from coding_agent_sdk.tools.search_files import SEARCH_FILES

needs_ripgrep = pytest.mark.skipif(
    shutil.which("rg") is None, reason="ripgrep (rg) is not installed: the Python search is all"
)
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def write(root, path, data=b"needle\n"):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(data)


@pytest.fixture
def asked(monkeypatch):
    """The command lines by which ripgrep was asked, with what it kept of them."""
    calls = []
    ask = module._kept

    async def remember(program, names, pattern, root):
        kept = await ask(program, names, pattern, root)
        calls.append((names, kept))
        return kept

    monkeypatch.setattr(module, "_kept", remember)
    return calls


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Puts a program called `rg` first on the PATH."""

    def make(text, folder=tmp_path / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "rg").write_text(f"#!{sys.executable} -IS\n{text}\n")
        (folder / "rg").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder / "rg"

    return make


@pytest.fixture
def both(call, monkeypatch):
    """Searches with ripgrep and without it; both answers must be the same."""

    async def both(**arguments):
        with_it = await call(SEARCH_FILES, **arguments)
        with monkeypatch.context() as patch:
            patch.setattr(module, "find_ripgrep", lambda root, search_path: None)
            without = await call(SEARCH_FILES, **arguments)
        assert with_it == without
        return with_it

    return both


async def kept(root, files, pattern):
    regex, why_plain = search_worker.understood(pattern)
    known = asyncio.get_running_loop().create_future()
    known.set_result(
        module.Understood(
            pattern=regex.pattern,
            why_plain=why_plain,
            matches_empty=regex.search("") is not None,
        )
    )
    batches = module.could_match(files, pattern, root=root, understood=known)
    return [path async for batch in batches for path in batch]


# -- the same answer ------------------------------------------------------------------------------


TREE = {
    ".gitignore": b"*.log\nbuild/\n!keep.log\n",
    ".hidden/needle.txt": b"needle\n",
    "a.log": b"needle\n",
    "keep.log": b"needle\n",
    "build/x": b"needle\n",
    "sub/.gitignore": b"/only_here\n!a.log\n",
    "sub/a.log": b"x\nneedle\n",
    "sub/only_here": b"needle\n",
    "sub/deep/only_here": b"a needle",
    "-": b"needle\n",
    "--files": b"needle\n",
    "with space\nand line": b"needle\n",
    "ünï.txt": b"needle\n",
    "nothing.txt": b"hay\n",
    "empty": b"",
    "crlf": b"a\r\nneedle\r\n",
    "cr": b"a\rneedle\rb",
    "latin": b"needle caf\xe9\n",
    "bom": b"\xef\xbb\xbfneedle\n",
    "utf16": "needle\n".encode("utf-16"),
    "binary": b"\0needle\n",
    "late_nul": b"x" * 9000 + b"\0\nneedle\n",
    "separators": b"a\x1fneedle\x0bb\n",
    "\\x41": b"needle\n",
}


@needs_ripgrep
@pytest.mark.parametrize("repository", [False, pytest.param(True, marks=needs_git)])
@pytest.mark.parametrize(
    "pattern",
    [
        "needle", "^needle$", r"\bneedle", "(?i)NEEDLE", r"a\sneedle", "need.e", "x*", "^$", "a$",
        r"caf\W", "caf.", "é", r"\Aneedle", "[[n]eedle", "need(?=le)", "needle(", r"(\w)\1", "-e",
        "hay|needle", "needle\n", r"needle\n", "absent",
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
async def test_both_searches_answer_the_same(both, root, tmp_path, repository, pattern):
    for path, data in TREE.items():
        write(root, path, data)
    write(root, os.fsdecode(b"caf\xe9.txt"))
    write(tmp_path, "secret")
    (root / "link_inside").symlink_to("crlf")
    (root / "link_outside").symlink_to(tmp_path / "secret")
    (root / "link_folder").symlink_to("sub")
    os.mkfifo(root / "pipe")
    if repository:
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        subprocess.run(["git", "add", "-f", "a.log"], cwd=root, check=True)
    result = await both(pattern=pattern)
    assert "link_outside" not in result.text
    if pattern == "needle":
        assert "caf\\xe9.txt:1: needle" in result.text
        assert "sub/a.log:2: needle" in result.text
        assert ("\na.log:1" in result.text) == repository


FRAGMENTS = st.sampled_from(
    [
        *r"abA_0.\[](){}|^$*+?-&~,12<>:!=#xism", " ", "\t", "\n", "é", "ß", "K", "İ",
        r"\w", r"\s", r"\d", r"\W", r"\S", r"\b", r"\B", r"\A", r"\Z", r"\z", r"\<", r"\>",
        "(?i)", "(?x)", "(?m)", "(?s)", "(?:", "(?i:", "(?-m:", "(?=", "(?P<a>", "(?P=a)", r"\1",
        "[^", "[a-z]", "[[", "&&", "--", "~~", "{1,2}", "{,2}", "{ 1 }", "a++",
        r"\x41", r"\u0041", r"\x1f", r"\n", r"\r", r"\/", r"\"", r"\ ", r"\-",
    ]
)  # fmt: skip
LINES = st.sampled_from(
    ["a", "b", "A", "ab", "a b", "_", "0", "a1", "--", "&&", "[a]", "{1}", "a{ 1 }", "a-b", "xa",
     "aa", "A a", "i", "k", "s", "<a>", "#a", "é", "K", "a\rb", "a\x1fb", "", " ", "\t", "\\", "12"]
)  # fmt: skip


@needs_ripgrep
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(
    pattern=st.lists(FRAGMENTS, min_size=1, max_size=6).map("".join),
    lines=st.lists(LINES, min_size=1, max_size=12, unique=True),
    ending=st.sampled_from(["", "\n", "\r\n"]),
)
def test_no_file_with_a_match_is_sorted_out(tmp_path, pattern, lines, ending):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        regex, _ = search_worker.understood(pattern)
        pattern = regex.pattern
    for number, line in enumerate(lines):
        write(tmp_path, f"{number}", f"{line}{ending}".encode())
    files = [str(number) for number in range(len(lines))]
    watch = search_worker.Watch()
    matching = [
        name
        for name in files
        if search_worker.matches(
            regex, (tmp_path / name).read_bytes().decode(), keep=0, width=9, watch=watch
        )["count"]
    ]
    assert set(matching) <= set(asyncio.run(kept(tmp_path, files, pattern)))


# -- what it spares -------------------------------------------------------------------------------


@needs_ripgrep
async def test_plain_files_without_a_match_are_not_read(call, root, asked, workspace, monkeypatch):
    for number in range(50):
        write(root, f"{number}.txt", b"needle\n" if number == 7 else b"hay\n")
    read = []
    read_entries = workspace.read_entries

    async def remember(paths, *, limit, take):
        read.extend(paths)
        await read_entries(paths, limit=limit, take=take)

    monkeypatch.setattr(workspace, "read_entries", remember)
    result = await call(SEARCH_FILES, pattern=r"nee\w+")
    assert result.text == "[1 line matches in 1 of 50 files]\n7.txt:1: needle"
    assert read == ["7.txt"]
    assert [answer for _, answer in asked] == [{"7.txt"}]


@needs_ripgrep
async def test_folders_with_many_files_are_searched_as_their_files_are(both, root, tmp_path):
    """Beside them stand files that git ignores, links each way, and one that is broken."""
    (tmp_path / "outside").write_bytes(b"needle\n")
    for folder in ("", "many/", "many/deep/", "two  blanks/", "-dash/"):
        for number in range(12):
            write(root, f"{folder}{number}.txt", b"needle\n" if number % 3 == 0 else b"hay\n")
        write(root, f"{folder}ignored.log")
    write(root, ".gitignore", b"*.log\n")
    (root / "many" / "inside").symlink_to("../0.txt")
    (root / "many" / "outside").symlink_to(tmp_path / "outside")
    (root / "many" / "folder").symlink_to("deep")
    os.mkfifo(root / "many" / "pipe")
    found = await both(pattern="needle")
    assert found.text.startswith("[21 lines match in 21 of ")
    assert "many/inside:1: needle" in found.text
    (root / "many" / "broken").symlink_to("nowhere")  # ripgrep fails for the folder
    assert (await both(pattern="needle")).text.startswith("[21 lines match in 21 of ")


@needs_ripgrep
async def test_a_folder_that_takes_too_long_is_asked_about_by_the_names_of_its_files(
    both, root, monkeypatch
):
    monkeypatch.setattr(module, "FOLDER_SECONDS", 0.0)
    for number in range(20):
        write(root, f"{number}.txt", b"needle\n" if number == 7 else b"hay\n")
    assert "7.txt:1: needle" in (await both(pattern="needle")).text


async def test_a_workspace_that_reads_file_by_file_is_searched_alike(call, host, root, workspace):
    class Plain:
        root = workspace.root
        list_files, read_bytes = workspace.list_files, workspace.read_bytes

    for path, data in TREE.items():
        write(root, path, data)
    (root / "link").symlink_to("nothing.txt")
    together = await call(SEARCH_FILES, pattern="needle|hay")
    host.workspace = Plain()
    assert await call(SEARCH_FILES, pattern="needle|hay") == together
    assert "link:1: hay" in together.text


@needs_ripgrep
async def test_an_expression_that_only_python_takes_for_ever_is_fast_where_it_has_no_match(
    call, root
):
    write(root, "b", b"a" * 60 + b"!\n")
    result = await call(SEARCH_FILES, pattern=r"^(a+)+b?$")
    assert (result.status, result.text) == ("ok", "[0 lines match in 1 file]")


@needs_ripgrep
async def test_plain_text_with_spaces_and_brackets_is_sorted_out_too(call, root, asked):
    write(root, "a", b"def f(x, y):\n")
    write(root, "b", b"def g\n")
    result = await call(SEARCH_FILES, pattern="def f(x, ")
    assert "a:1: def f(x, y):" in result.text
    assert asked[-1] == (["a", "b"], {"a"})  # at first as the expression that it is not


@needs_ripgrep
async def test_many_files_are_asked_about_in_batches(root, asked, monkeypatch):
    monkeypatch.setattr(module, "_ARGUMENT_BYTES", 2 * (len("0.txt") + module._BYTES_BESIDE_A_NAME))
    files = [f"{number}.txt" for number in range(10)]
    for path in files:
        write(root, path)
    assert await kept(root, files, "needle") == files
    assert [len(names) for names, _ in asked] == [2, 2, 2, 2, 2]


# -- when Python does it alone --------------------------------------------------------------------


@needs_ripgrep
@pytest.mark.parametrize("pattern", ["need(?=le)", r"(n)eedle(?!\1)", "n{1,9999999}eedle"])
async def test_an_expression_that_ripgrep_does_not_take_is_searched_for(call, root, asked, pattern):
    write(root, "a")
    write(root, "b", b"hay\n")
    assert "1 line matches" in (await call(SEARCH_FILES, pattern=pattern)).text
    assert [answer for _, answer in asked] == [None]


@pytest.mark.parametrize(
    "pattern",
    [
        r"\Aa", r"a\z", r"\<a", r"a\>", r"\b{start}a", "a\0", "a\nb", "(?x)a", "(?ix:a)", "(?-m:a)",
        "a{ 1 }", "a{1, 2}", "[[a]", "[]a[b]]", r"[\]a&&b]", "[a-z--b]", "[^a~~b]", "(?i)\u0130",
        "a\udc80",
    ],
)  # fmt: skip
async def test_an_expression_that_could_mean_two_things_is_python_s(root, pattern):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not module.means_the_same(pattern)
        assert await kept(root, ["not there"], pattern) == ["not there"]


@pytest.mark.parametrize("pattern", ["x*", "^$", "a|"])
async def test_an_expression_that_matches_an_empty_line_is_python_s(root, pattern):
    assert await kept(root, ["not there"], pattern) == ["not there"]


@pytest.mark.parametrize("pattern", ["--flag", "a&&b", r"\[a\] \[b\]", "[a][b]", "é", "(?i)a{2,3}"])
def test_what_only_looks_like_two_meanings_is_shared(pattern):
    assert module.means_the_same(pattern)


async def test_without_ripgrep_all_is_searched(call, root, monkeypatch):
    monkeypatch.setenv("PATH", str(root.parent / "empty"))
    write(root, "a")
    assert "a:1: needle" in (await call(SEARCH_FILES, pattern="needle")).text


@pytest.mark.parametrize(
    "program",
    [
        "import sys; sys.exit(2)",
        "import sys; sys.exit(101)",
        "import os; os.kill(os.getpid(), 11)",
        "print('not/asked', end='\\0')",
        "print('\\udcff', end='\\0')",
    ],
    ids=["error", "panic", "crash", "another file", "no text"],
)
async def test_a_ripgrep_that_fails_does_not_fail_the_search(call, root, fake, program):
    fake(program)
    write(root, "a")
    assert "a:1: needle" in (await call(SEARCH_FILES, pattern="needle")).text


async def test_a_ripgrep_that_is_no_program_does_not_fail_the_search(call, root, fake):
    fake("").write_bytes(b"\x7fELF")
    write(root, "a")
    assert "a:1: needle" in (await call(SEARCH_FILES, pattern="needle")).text


async def test_a_ripgrep_that_hangs_is_killed(call, root, fake, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_SECONDS", 0.5)
    note = tmp_path / "pid"
    fake(f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(300)")
    write(root, "a")
    assert "a:1: needle" in (await call(SEARCH_FILES, pattern="needle")).text
    if note.exists():
        assert not Path(f"/proc/{note.read_text()}").exists()


async def test_a_cancelled_search_kills_ripgrep(call, root, fake, tmp_path):
    note = tmp_path / "pid"
    fake(f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(300)")
    write(root, "a")
    task = asyncio.create_task(call(SEARCH_FILES, pattern="needle"))
    for _ in range(300):
        await asyncio.sleep(0.01)
        if note.exists() and note.read_text():
            break
    pid = int(note.read_text())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@needs_ripgrep
async def test_a_file_that_ripgrep_cannot_read_is_counted(root, workspace, asked):
    write(root, "a")
    files = ["a", "gone"]
    assert await kept(root, files, "needle") == files
    assert [answer for _, answer in asked] == [None]


# -- which program, and what it is told -----------------------------------------------------------


async def test_it_is_told_nothing_of_this_process(call, root, fake, tmp_path, monkeypatch):
    monkeypatch.setenv("RIPGREP_CONFIG_PATH", "/etc/passwd")
    monkeypatch.setenv("MY_API_KEY", "sk-123")
    note = tmp_path / "told"
    fake(f"import os, sys; open({str(note)!r}, 'w').write(repr((sys.argv, dict(os.environ))))")
    write(root, "-")
    await call(SEARCH_FILES, pattern="-needle")
    told = note.read_text()
    assert "sk-123" not in told
    assert "RIPGREP_CONFIG_PATH" not in told
    assert "--no-config" in told
    assert "'-e', '-needle', '--', './-']" in told


def program(folder):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rg"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_a_ripgrep_of_the_workspace_is_never_run(root, tmp_path):
    inside = program(root / "bin")
    link = tmp_path / "link"
    link.mkdir()
    (link / "rg").symlink_to(inside)
    (tmp_path / "bin").symlink_to(root / "bin")
    search = os.pathsep.join(map(str, [root / "bin", link, tmp_path / "bin"]))
    assert module.find_ripgrep(root, search) is None
    outside = program(tmp_path / "good")
    assert module.find_ripgrep(root, f"{search}{os.pathsep}{tmp_path / 'good'}") == outside


def test_a_folder_relative_to_where_we_are_is_not_looked_in(root, tmp_path, monkeypatch):
    program(tmp_path / "bin")
    monkeypatch.chdir(tmp_path / "bin")
    assert module.find_ripgrep(root, f".{os.pathsep}{os.pathsep}../bin") is None
    assert module.find_ripgrep(root, "") is None


def test_a_file_that_is_no_program_is_passed_over(root, tmp_path):
    Path(program(tmp_path / "bin")).chmod(stat.S_IRUSR)
    assert module.find_ripgrep(root, str(tmp_path / "bin")) is None


@needs_ripgrep
def test_the_one_of_this_machine_is_found(root):
    found = module.find_ripgrep(root, os.environ["PATH"])
    assert found is not None
    assert Path(found).is_absolute()
