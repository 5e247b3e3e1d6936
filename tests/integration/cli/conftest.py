"""The real program in a process of its own, piped or on a terminal of its own."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from coding_agent_sdk.cli.app import main
from coding_agent_sdk.testing import FakeProvider

PROGRAM = [sys.executable, "-m", "coding_agent_sdk"]
PATIENCE = 60.0
"""Those whose level the program sets, the root first."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TAKE_TERMINAL = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    # whoever runs the tests may have switched them off (nohup, &), and a program keeps to that
    "signal.signal(signal.SIGHUP, signal.SIG_DFL); signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[78=>]|\x1b\][^\x07]*\x07")


@dataclass
class Ended:
    """What a program left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict]:
        """Standard output as JSON, line by line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self) -> dict:
        return self.lines[-1]


@dataclass
class Program:
    """Starts the command line in a folder, with a home and an environment of its own."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: str | bytes, piped: str | bytes = "", **env: str) -> Ended:
        started = self.start(*words, stdin=subprocess.PIPE, **env)
        raw = piped.encode() if isinstance(piped, str) else piped
        out, err = started.communicate(raw, timeout=PATIENCE)
        return Ended(started.returncode, out.decode(), err.decode())

    def start(self, *words: str | bytes, **options) -> subprocess.Popen:
        streams = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        }
        given = {name: options.pop(name) for name in streams if name in options}
        return subprocess.Popen(
            [*PROGRAM, *words], cwd=self.folder, env={**self.env, **options}, **{**streams, **given}
        )

    def on_terminal(self, *words: str, **env: str) -> Terminal:
        return Terminal(
            [*PROGRAM, *words], cwd=self.folder, env={**self.env, "TERM": "xterm", **env}
        )


class Terminal:
    """A program with a terminal of its own, that is typed to and read."""

    def __init__(self, command: list[str], *, cwd: Path, env: dict[str, str]) -> None:
        self._fd, slave = os.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL, *command], cwd=cwd, env=env,
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.raw = ""
        self._from = 0
        self._typed = 0

    @property
    def screen(self) -> str:
        """What was written, without colours."""
        return _ESCAPES.sub("", self.raw).replace("\r\n", "\n")

    def expect(self, text: str, *, seconds: float = PATIENCE) -> None:
        """Wait until *text* appears after what was expected before."""
        until = time.monotonic() + seconds
        while (found := self.screen.find(text, self._from)) < 0:
            if not self._read(until):
                raise AssertionError(f"no {text!r} in:\n{self.screen}")
        self._from = found + len(text)

    def expect_raw(self, text: str, *, seconds: float = PATIENCE) -> None:
        """Wait until *text*, such as a sequence, is written after what was typed last."""
        until = time.monotonic() + seconds
        while (found := self.raw.find(text, self._typed)) < 0:
            if not self._read(until):
                raise AssertionError(f"no {text!r} in {self.raw[self._typed :]!r}")
        self._typed = found + len(text)

    def type(self, text: str) -> None:
        self._typed = len(self.raw)
        os.write(self._fd, text.encode())

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, *, seconds: float = PATIENCE) -> int:
        """Read to the end and return the exit code."""
        until = time.monotonic() + seconds
        while self._read(until):
            pass
        return self._process.wait(max(until - time.monotonic(), 1.0))

    def _read(self, until: float) -> bool:
        left = until - time.monotonic()
        if left <= 0 or not select.select([self._fd], [], [], left)[0]:
            return False
        try:
            piece = os.read(self._fd, 65_536)
        except OSError:
            return False  # the program closed its side
        self.raw += piece.decode(errors="replace")
        return bool(piece)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._fd)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "a.py").write_text("import os\n\n\ndef f():\n    return 1\n")
    return folder


@pytest.fixture
def program(tmp_path: Path, workspace: Path) -> Program:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "CODING_AGENT_HOME": str(tmp_path / "home"),
        "PYTHONWARNINGS": "error::ResourceWarning",
    }
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "PYTHONPATH"):
        if name in os.environ:
            env[name] = os.environ[name]
    return Program(workspace, env)


@pytest.fixture
def terminal(program: Program):
    """Starts the program on a terminal; it is gone after the test."""
    started: list[Terminal] = []

    def start(*words: str, **env: str) -> Terminal:
        started.append(program.on_terminal(*words, **env))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def scripted(program: Program):
    """Starts a fake provider with turns, and points the program at it."""
    fakes: list[FakeProvider] = []

    def start(turns, **options) -> FakeProvider:
        fake = FakeProvider(turns, **options).start()
        fakes.append(fake)
        program.env |= {
            "OPENAI_BASE_URL": fake.openai_url,
            "OPENAI_API_KEY": "k",
            "CODING_AGENT_MODEL": "openai:fake",
        }
        return fake

    yield start
    for fake in fakes:
        fake.close()


@pytest.fixture
def here(program: Program, monkeypatch, capsys):
    """Runs the command line in this process: quicker, where no process of its own is needed."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for name in [
        name for name in os.environ if name.startswith("CODING_AGENT_") or "API_KEY" in name
    ]:
        monkeypatch.delenv(name)
    for name in ("HOME", "CODING_AGENT_HOME"):
        monkeypatch.setenv(name, program.env[name])
    monkeypatch.chdir(program.folder)

    def run(*words: str, **env: str) -> Ended:
        with monkeypatch.context() as patch, open(os.devnull) as nothing:
            patch.setattr(sys, "stdin", nothing)
            for name, value in env.items():
                patch.setenv(name, value)
            code = main(list(words))
        written = capsys.readouterr()
        return Ended(code, written.out, written.err)

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)
