"""What an executor with a sandbox must hold: subclass `ExecutorContract`, give `executor`.

Example:
    ```python
    class TestMyExecutor(ExecutorContract):
        gaps = frozenset({"see host processes"})  # attacks that it is known not to stop

        @pytest.fixture
        async def executor(self, attack_limits):
            executor = MyExecutor(attack_limits)
            yield executor
            await executor.aclose()
    ```

The tests are coroutines: run them with pytest-asyncio in auto mode, on Linux, with git. The
executor has to limit a process to 1 GiB of memory, 5 seconds of processor time, and a file to
100 MiB: `attack_limits` says so.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from coding_agent_sdk.protocols import Command, Executor
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.testing.attacks import ATTACKS, CONTROLS, Attack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["ExecutorContract"]

_SECONDS = 60.0
_SECRET = "marker-of-the-host-4711"  # noqa: S105  it has to be findable


class ExecutorContract:
    """The promises of a sandbox, each a test of the fixture `executor`.

    Attributes:
        gaps: Names of attacks that are known to succeed: asserted, so that what is said of an
            executor and what it does stay the same.
    """

    gaps: ClassVar[frozenset[str]] = frozenset()

    @pytest.fixture
    def attack_limits(self) -> Mapping[str, int]:
        """Return the limits that the attacks run into."""
        return {"memory_mb": 1024, "file_size_mb": 100, "cpu_seconds": 5}

    @pytest.fixture
    def place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
        """Lay out a workspace with repositories, and what is attacked outside of it."""
        outside, root = tmp_path / "outside", tmp_path / "ws"
        for folder in (outside, root / "lib" / "deep", root / ".vscode"):
            folder.mkdir(parents=True)
        (outside / "secret").write_text(_SECRET)
        (root / "a.txt").write_text("a\n")
        for repository in (root, root / "lib" / "deep"):
            # The caller's own git, and the system's own sleep below.
            made = ["git", "init", "-q", str(repository)]
            subprocess.run(made, check=True)  # noqa: S603  see above
        monkeypatch.setenv("SECRET_TOKEN", _SECRET)
        with contextlib.ExitStack() as stack:
            tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            udp.bind(("127.0.0.1", 0))
            udp.settimeout(0)
            path = str(outside / "socket")
            abstract = f"\0{tmp_path}"
            for name in (path, abstract):
                unix = stack.enter_context(socket.socket(socket.AF_UNIX))
                unix.bind(name)
                unix.listen()
            beside = stack.enter_context(
                subprocess.Popen(["sleep", "600"], env={**os.environ, "MARK": _SECRET})  # noqa: S607  see above
            )
            stack.callback(beside.kill)
            yield {
                "outside": outside, "secret": outside / "secret", "inside": root,
                "marker": _SECRET, "pid": beside.pid,
                "port": tcp.getsockname()[1], "udp_port": udp.getsockname()[1],
                "unix": path, "abstract": abstract, "root": root, "udp": udp,
            }  # fmt: skip

    @pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
    async def test_no_attack_succeeds_but_the_known_gaps(
        self, executor: Executor, place: dict[str, Any], attack: Attack
    ) -> None:
        """Each attack says itself whether it got what it wanted; files are looked at besides."""
        said = await _try(executor, place, attack)
        got_out = b"SUCCEEDED" in said
        if attack.name == "UDP to loopback":  # sending succeeds; what counts is what arrives
            got_out = _arrived(place["udp"])
        if attack.name not in self.gaps:
            secret = place["secret"]
            assert secret.read_text() == _SECRET
            assert sorted(p.name for p in place["outside"].iterdir()) == ["secret", "socket"]
            self._assert_nothing_planted(place["root"])
        assert got_out == (attack.name in self.gaps), said.decode(errors="replace")

    @pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
    async def test_ordinary_work_is_done(
        self, executor: Executor, place: dict[str, Any], control: Attack
    ) -> None:
        """A sandbox in which nothing works would be switched off."""
        assert b"SUCCEEDED" in await _try(executor, place, control)

    async def test_it_says_what_it_holds_by_having_tried(self, executor: Executor) -> None:
        """The probe runs something."""
        found = await executor.probe()
        assert found.available, found.reason
        assert found.name == executor.name
        assert {"files", "network"} <= set(found.enforces)

    @staticmethod
    def _assert_nothing_planted(root: Path) -> None:
        """Nothing that the host trusts is there that was not before."""
        assert not [p.name for p in (root / ".vscode").iterdir()]
        for name in (".envrc", ".idea", ".mcp.json", "coding_agent.toml", ".git2", "lib2"):
            assert not (root / name).exists(), name
        for repository in (root, root / "lib" / "deep"):
            git = repository / ".git"
            assert not (git / "commondir").exists()
            assert not (git / "info" / "attributes").exists()
            hooks = (git / "hooks").iterdir() if (git / "hooks").is_dir() else ()
            assert all(p.name.endswith(".sample") for p in hooks)
            assert (git / "config").read_text().startswith("[core]")


async def _try(executor: Executor, place: dict[str, Any], attack: Attack) -> bytes:
    names = {key: value for key, value in place.items() if key not in {"udp", "abstract", "unix"}}
    text = attack.command(names)
    # In Python code that the shell has quoted already, a name stands as Python writes it.
    for name in ("unix", "abstract"):
        text = text.replace("{" + name + "_text}", repr(place[name]).replace("'", '"'))
    workspace = LocalWorkspace(place["root"])
    result = await executor.run(Command(text=text), workspace=workspace, timeout=_SECONDS)
    return result.head


def _arrived(udp: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError):
        return bool(udp.recv(100))
    return False
