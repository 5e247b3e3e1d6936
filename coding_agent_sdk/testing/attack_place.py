"""A workspace to attack from, and what is attacked around it: files, sockets, a process.

`AttackPlace` lays it out, `attempt` lets an executor run one attack there. No test runner is
needed: `ExecutorContract` and `attacks_table` both stand on it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from coding_agent_sdk.protocols import Executor
    from coding_agent_sdk.testing.attacks import Attack

__all__ = ["ATTACK_LIMITS", "AttackPlace", "Outcome", "attempt"]

ATTACK_LIMITS: Final = {"memory_mb": 1024, "file_size_mb": 100, "cpu_seconds": 2}
"""The limits that the attacks run into, as `SandboxSettings` calls them."""

_SECONDS: Final = 60.0
_SECRET: Final = "marker-of-the-host-4711"  # noqa: S105  it has to be findable
_LIBC: Final = ctypes.CDLL(None)
_MAKE: Final = 0o1600
_REMOVE: Final = 0
_PLANTED: Final = (".envrc", ".idea", ".mcp.json", "coding_agent.toml", ".git2", "lib2")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an attack.

    Attributes:
        succeeded: Whether it got what it wanted.
        said: The command's output.
        damage: What is there now that must not be, whatever the command said of itself.
    """

    succeeded: bool
    said: str
    damage: tuple[str, ...]


class AttackPlace:
    """What is there while it is entered; a secret stands in this process's environment, too.

    Args:
        folder: A fresh folder to lay it out in.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = contextlib.ExitStack()
        self.root = folder / "ws"
        """The workspace: a repository, and a nested one in `lib/deep`."""
        self.outside = folder / "outside"
        """A folder with a file `secret` and a socket, neither for commands."""

    def __enter__(self) -> Self:
        for folder in (self.outside, self.root / "lib" / "deep", self.root / ".vscode"):
            folder.mkdir(parents=True)
        (self.outside / "secret").write_text(_SECRET)
        (self.root / "a.txt").write_text("a\n")
        for repository in (self.root, self.root / "lib" / "deep"):
            # The caller's own git, and the system's own sleep below.
            made = ["git", "init", "-q", str(repository)]
            subprocess.run(made, check=True)  # noqa: S603  see above
        with contextlib.ExitStack() as stack:
            self._open(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self, stack: contextlib.ExitStack) -> None:
        self._tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self._udp.bind(("127.0.0.1", 0))
        self._udp.settimeout(0)
        self._unix = str(self.outside / "socket")
        self._abstract = f"\0{self._folder}"
        for name in (self._unix, self._abstract):
            server = stack.enter_context(socket.socket(socket.AF_UNIX))
            server.bind(name)
            server.listen()
        beside = subprocess.Popen(
            ["sleep", "600"],  # noqa: S607  see above
            env={**os.environ, "MARK": _SECRET},
        )
        self._beside = stack.enter_context(beside)
        stack.callback(beside.kill)
        self._shared = _share(_SECRET.encode() + b"\0")
        stack.callback(_LIBC.shmctl, self._shared, _REMOVE, None)
        before = os.environ.get("SECRET_TOKEN")
        os.environ["SECRET_TOKEN"] = _SECRET
        stack.callback(_restore, "SECRET_TOKEN", before)

    def text(self, attack: Attack) -> str:
        """Return the command of an attack with this place's names in it."""
        text = attack.command(
            {
                "outside": self.outside, "secret": self.outside / "secret", "inside": self.root,
                "marker": _SECRET, "pid": self._beside.pid,
                "shm": self._shared,
                "port": self._tcp.getsockname()[1], "udp_port": self._udp.getsockname()[1],
            }
        )  # fmt: skip
        # In Python code that the shell has quoted already, a name stands as Python writes it.
        secret = str(self.outside / "secret")
        for name, path in (("unix", self._unix), ("abstract", self._abstract), ("secret", secret)):
            text = text.replace("{" + name + "_text}", repr(path).replace("'", '"'))
        return text

    def has_arrived(self) -> bool:
        """Return whether something came to the UDP socket."""
        with contextlib.suppress(BlockingIOError):
            return bool(self._udp.recv(100))
        return False

    def damage(self) -> tuple[str, ...]:
        """Return what is not as it was, in words."""
        found: list[str] = []
        secret = self.outside / "secret"
        if not _is_whole(secret):
            found.append("the secret file has changed")
        if sorted(path.name for path in self.outside.iterdir()) != ["secret", "socket"]:
            found.append("there are other files outside")
        vscode = self.root / ".vscode"
        if not vscode.is_dir() or any(vscode.iterdir()):
            found.append(".vscode has changed")
        found += [f"{name} was made" for name in _PLANTED if os.path.lexists(self.root / name)]
        for repository in (self.root, self.root / "lib" / "deep"):
            found += _planted_in(repository / ".git")
        return tuple(found)


def _share(text: bytes) -> int:
    """Put a text into shared memory of System V; -1, which nobody can attach, where none is."""
    shared = int(_LIBC.shmget(0, len(text), _MAKE))
    _LIBC.shmat.restype = ctypes.c_ssize_t
    address = int(_LIBC.shmat(shared, None, 0))
    if address != -1:
        ctypes.memmove(address, text, len(text))
        _LIBC.shmdt(ctypes.c_void_p(address))
    return shared


def _is_whole(secret: Path) -> bool:
    try:
        return secret.read_text() == _SECRET
    except OSError:
        return False


def _planted_in(git: Path) -> list[str]:
    made = [git / name for name in ("commondir", "info/attributes") if (git / name).exists()]
    found = [f"{path} was made" for path in made]
    hooks = list((git / "hooks").iterdir()) if (git / "hooks").is_dir() else []
    found += [f"{path} was made" for path in hooks if not path.name.endswith(".sample")]
    config = git / "config"
    if not config.is_file() or not config.read_text().startswith("[core]"):
        found.append(f"{config} was replaced")
    return found


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


async def attempt(executor: Executor, place: AttackPlace, attack: Attack) -> Outcome:
    """Run an attack, or a control, by an executor, and look at what came of it.

    Args:
        executor: What has to hold it.
        place: Where it is tried; a fresh one for each attack.
        attack: What is tried.
    """
    workspace = LocalWorkspace(place.root)
    command = Command(text=place.text(attack))
    result = await executor.run(command, workspace=workspace, timeout=_SECONDS)
    succeeded = b"SUCCEEDED" in result.head
    if attack.name == "UDP to loopback":  # sending succeeds; what counts is what arrives
        succeeded = place.has_arrived()
    said = result.head.decode(errors="replace")
    return Outcome(succeeded=succeeded, said=said, damage=place.damage())
