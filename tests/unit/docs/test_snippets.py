"""What README and docs show does run: their Python, their settings, their commands."""

from __future__ import annotations

import ast
import asyncio
import gc
import importlib.util
import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache

import pytest

from coding_agent_sdk.config import load_settings

from .pages import PAGES, ROOT, blocks_of, commands_of, name_of, pages_with

PRINTS = re.compile(r"^ *print\(.*\)  # -> (.+)$", re.MULTILINE)
RUN_COMMANDS = {"docs/tutorials/first-agent.md"}
MODULE = ("python", "-m", "coding_agent_sdk")


@pytest.fixture
def stranger(tmp_path, monkeypatch):
    """Stand in a folder with a little code, as somebody who reads the page."""
    (tmp_path / "app.py").write_text("import os\n\n\ndef add(a, b=[]):\n    return b  # TODO\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def no_network(monkeypatch):
    """Let nothing be reached but this machine."""
    import socket

    connect = socket.socket.connect

    def only_here(sock, address):
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a snippet connects to {address}")
        return connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", only_here)


def runs_commands(page):
    """Mark a page whose agent runs a command that has to succeed."""
    marks = [pytest.mark.bubblewrap] if name_of(page) in RUN_COMMANDS else []
    return pytest.param(page, id=name_of(page), marks=marks)


@pytest.mark.parametrize("page", [runs_commands(page) for page in pages_with("python")])
@pytest.mark.usefixtures("no_network")
def test_the_python_of_a_page_runs_and_prints_what_it_says(page, stranger, monkeypatch, capsys):
    monkeypatch.setattr("builtins.input", lambda prompt="": "y")
    if ".knowledge(" in page.read_text():
        monkeypatch.delenv("CODING_AGENT_WITHOUT")
    namespace = {"__name__": "__main__"}
    with asyncio.Runner() as runner:
        for block in blocks_of(page, "python"):
            if block.title.startswith("test_"):
                run_tests_in(stranger, block)
            elif block.title:
                save(stranger, block, monkeypatch)
            else:
                run(block, namespace, runner)
                printed = capsys.readouterr().out.splitlines()
                for expected in PRINTS.findall(block.code):
                    assert expected in printed, f"line {block.line} of {name_of(page)}"
    namespace.clear()
    gc.collect()


def run(block, namespace, runner):
    """Execute a block as a notebook does: `await` works at the top level."""
    padded = "\n" * block.line + block.code
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(padded, str(block.page), "exec", flags=flags, dont_inherit=True)
    if code.co_flags & inspect.CO_COROUTINE:
        result = eval(code, namespace)
        runner.run(result)
    else:
        exec(code, namespace)


def save(folder, block, monkeypatch):
    """Save a block that is a module, for the blocks below it to import."""
    name = block.title.removesuffix(".py")
    assert name.isidentifier(), f"nobody knows what to do with {block.title!r}"
    assert importlib.util.find_spec(name) is None, f"there is a module {name!r} already"
    (folder / block.title).write_text(block.code)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setitem(sys.modules, name, None)  # so that it is forgotten with this test
    del sys.modules[name]


def run_tests_in(folder, block):
    """Have pytest run a block that is a test file."""
    (folder / block.title).write_text(block.code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", block.title]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\b[1-9]\d* passed", done.stdout), done.stdout


def test_the_example_runs_without_a_key(stranger):
    command = [sys.executable, str(ROOT / "examples" / "embed.py"), str(stranger)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Analysis complete" in done.stdout
    assert "? run_cmd {'command': 'python -c" in done.stdout
    assert "completed in 2 steps" in done.stdout


@pytest.mark.parametrize("page", pages_with("toml"), ids=name_of)
def test_the_settings_of_a_page_are_settings(page, tmp_path):
    for block in blocks_of(page, "toml"):
        table = tomllib.loads(block.code)
        if "project" in table:
            continue  # it shows packaging, not settings
        path = tmp_path / "coding_agent.toml"
        path.write_text(block.code)
        assert load_settings(config_file=path, cwd=tmp_path).notes == ()


# -- the command line --------------------------------------------------------------------------


@cache
def help_of(*words):
    """Return what `--help` of a command says."""
    command = [sys.executable, "-m", "coding_agent_sdk", *words, "--help"]
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    environment.pop("CODING_AGENT_WITHOUT", None)  # the commands of all built-in plugins
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def names_in(text):
    """Return the commands that a help lists."""
    _, _, listed = text.partition("\nCommands:\n")
    listed, _, _ = listed.partition("\nExamples:\n")
    return set(re.findall(r"^  (\w[\w-]*) {2,}", listed, re.MULTILINE))


def ours(command):
    """Return a command's words behind `coding-agent`, None where it is another program."""
    words = [word for word in command if not re.fullmatch(r"[A-Z_]+=\S*", word)]
    if words[:1] == ["coding-agent"]:
        return words[1:]
    return words[3:] if tuple(words[:3]) == MODULE else None


CONSOLE = [
    pytest.param(words, id=f"{name_of(page)}: {' '.join(words)}")
    for page in PAGES
    for block in blocks_of(page, "console")
    for command in commands_of(block)
    if (words := ours(command)) is not None
]


@pytest.mark.parametrize("words", CONSOLE)
def test_each_command_and_option_that_is_shown_exists(words):
    path = []
    while words and words[0] in names_in(help_of(*path)):
        path.append(words[0])
        words = words[1:]
    known = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", help_of(*path)))
    options = {word for word in words if re.fullmatch(r"--?[a-z][a-z-]*", word)}
    assert path, f"no command is called {words[:1]}"
    assert options <= known


def test_the_commands_of_the_readme_are_there_to_the_letter():
    shown = [block.code for block in blocks_of(ROOT / "README.md", "console")]
    assert shown[:2] == [
        'pip install ".[demo]" && python -m coding_agent_sdk run "Analyze the code" --workspace .\n',
        "pip install nox && nox -s tests\n",
    ]


def test_the_first_command_of_the_readme_says_what_the_readme_shows(stranger):
    command = [sys.executable, *MODULE[1:], "run", "Analyze the code", "--workspace", "."]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Analysis complete: ")
    *_, ended, go_on = done.stderr.splitlines()
    assert re.match(r"completed - 2 steps - \d+ tokens - \$0\.0000 - .* - session s-\w+$", ended)
    assert re.match(r'go on: coding-agent run --session s-\w+ --workspace \S+ "\.\.\."$', go_on)


def test_nox_sessions_that_are_named_exist():
    declared = set(re.findall(r"@nox\.session.*\ndef (\w+)", (ROOT / "noxfile.py").read_text()))
    texts = [page.read_text() for page in PAGES] + [(ROOT / ".ci" / "run").read_text()]
    named = {
        word
        for text in texts
        for match in re.finditer(r"\bnox\S* -s ((?:[a-z]+ ?)+)", text)
        for word in match[1].split()
    }
    assert named
    assert named <= declared


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_script_for_fresh_clones_is_bash():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", str(script)], check=True)
