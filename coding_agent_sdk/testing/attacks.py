"""What a command may try against a sandbox, each attack with the shell text that tries it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["ATTACKS", "CONTROLS", "Attack"]


@dataclass(frozen=True, kw_only=True)
class Attack:
    """An attempt to get out, or to leave something behind that the host will trust.

    Attributes:
        name: What it is, in a few words.
        text: The command, in which `{outside}`, `{port}` and other names of the contract stand
            for what is attacked. It says `SUCCEEDED` where it got what it wanted.
    """

    name: str
    text: str

    def command(self, names: Mapping[str, str | int | Path]) -> str:
        """Return the command with the names filled in, quoted for the shell."""
        quoted = {key: shlex.quote(str(value)) for key, value in names.items()}
        text = self.text
        for key, value in quoted.items():
            text = text.replace("{" + key + "}", value)
        return text


def _python(code: str) -> str:
    return f"python3 -c {shlex.quote(code)} && echo SUCCEEDED"


def _by_shell(text: str) -> str:
    return f"({text}) 2>/dev/null && echo SUCCEEDED"


ATTACKS: Final = (
    Attack(name="write outside", text=_by_shell("echo x > {outside}/new")),
    Attack(name="change a file outside", text=_by_shell("echo x >> {secret}")),
    Attack(name="truncate outside", text=_by_shell(": > {secret}")),
    Attack(name="rename outside", text=_by_shell("mv {secret} {secret}2")),
    Attack(name="unlink outside", text=_by_shell("unlink {secret}")),
    Attack(name="chmod outside", text=_by_shell("chmod 777 {secret}")),
    Attack(name="make a file outside unreadable", text=_by_shell("chmod 0 {secret}")),
    Attack(name="utime outside", text=_by_shell("touch -d 2001-01-01 {secret}")),
    Attack(name="stat outside", text=_by_shell("stat {secret}")),
    Attack(name="read outside", text=_by_shell("cat {secret}")),
    Attack(name="read the system's passwords", text=_by_shell("grep -q : /etc/shadow")),
    Attack(
        name="set an attribute outside",
        text=_python("import os\nos.setxattr({secret_text}, 'user.x', b'x')"),
    ),
    Attack(
        name="write through a symlink",
        text=_by_shell("ln -s {outside} way && echo x > way/new"),
    ),
    Attack(name="hard link to a file outside", text=_by_shell("ln {secret} hard")),
    Attack(name="secret in the environment", text=_by_shell('test -n "${SECRET_TOKEN}"')),
    Attack(
        name="environment of other processes",
        text=_by_shell("cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -q {marker}"),
    ),
    Attack(name="see host processes", text=_by_shell("test -r /proc/{pid}/cmdline")),
    Attack(name="files by another's root", text=_by_shell("cat /proc/{pid}/root{secret}")),
    Attack(name="signal a host process", text=_by_shell("kill -0 {pid}")),
    Attack(name="limit another process", text=_by_shell("prlimit --pid {pid} --core=0:0")),
    Attack(name="slow another process down", text=_by_shell("renice -n 19 -p {pid}")),
    Attack(
        name="read shared memory of the host",
        text=_python(
            "import ctypes\nat = ctypes.CDLL(None).shmat\nat.restype = ctypes.c_ssize_t\n"
            "address = at({shm}, None, 0)\n"
            'assert address != -1 and ctypes.string_at(address) == b"{marker}"'
        ),
    ),
    # The same value goes back, and nothing is said to the trigger: both change nothing.
    Attack(
        name="write a global sysctl",
        text=_by_shell(
            "cd /proc/sys/kernel && value=$(cat printk_ratelimit_burst) && "
            "echo $value > printk_ratelimit_burst"
        ),
    ),
    Attack(name="write /proc/sysrq-trigger", text=_by_shell("exec 3>/proc/sysrq-trigger")),
    Attack(name="TCP to loopback", text=_by_shell("exec 3<>/dev/tcp/127.0.0.1/{port}")),
    Attack(
        name="UDP to loopback",
        text=_by_shell("echo {marker} > /dev/udp/127.0.0.1/{udp_port}") + "; true",
    ),
    Attack(
        name="unix socket by its path",
        text=_python(
            "import os, socket\ns = socket.socket(socket.AF_UNIX)\ns.connect({unix_text})"
        ),
    ),
    Attack(
        name="abstract unix socket",
        text=_python(
            "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect({abstract_text})"
        ),
    ),
    Attack(name="vsock", text=_python("import socket\nsocket.socket(socket.AF_VSOCK)")),
    Attack(name="write .git/hooks", text=_by_shell("echo x > .git/hooks/pre-commit")),
    Attack(
        name="move .git away",
        text=_by_shell("mv .git .git2 && mkdir -p .git/hooks && echo x > .git/hooks/pre-commit"),
    ),
    Attack(name="write .git/config", text=_by_shell("echo x >> .git/config")),
    Attack(
        name="replace .git/config", text=_by_shell("echo x > .git/c && mv -f .git/c .git/config")
    ),
    Attack(name="write .git/info/attributes", text=_by_shell("echo x > .git/info/attributes")),
    Attack(
        name="make .git/commondir",
        text=_by_shell("rm -f .git/commondir; echo evil > .git/commondir"),
    ),
    Attack(
        name="write a nested repository's hooks", text=_by_shell("echo x > lib/deep/.git/hooks/x")
    ),
    Attack(
        name="move a nested repository away",
        text=_by_shell("mv lib lib2 && mkdir -p lib/deep/.git/hooks"),
    ),
    Attack(name="change .vscode", text=_by_shell("echo x > .vscode/tasks.json")),
    Attack(name="make .envrc", text=_by_shell("echo x > .envrc")),
    Attack(name="make .idea", text=_by_shell("mkdir -p .idea && echo x > .idea/x")),
    Attack(name="make .mcp.json", text=_by_shell("rm -f .mcp.json; echo x > .mcp.json")),
    Attack(name="make coding_agent.toml", text=_by_shell("echo x > coding_agent.toml")),
    Attack(name="nested user namespace", text=_by_shell("unshare -U true")),
    # It is harmless where it succeeds: an executor under test may hold nothing at all.
    Attack(name="mount", text=_by_shell("mkdir m && mount -t tmpfs none m && umount m")),
    Attack(name="mknod", text=_by_shell("mknod disk b 8 0")),
    Attack(name="the terminal", text=_by_shell(": > /dev/tty")),
    Attack(
        name="allocate 4 GiB",
        text=_python("x = bytearray(4 * 1024**3)"),
    ),
    Attack(name="write a file of 200 MB", text=_by_shell("head -c 200M /dev/zero > {inside}/big")),
    Attack(
        name="use the processor for longer than allowed",
        text=_python("import time\nwhile time.process_time() < 8: pass"),
    ),
)
"""Attacks that no sandbox of ours lets succeed."""

CONTROLS: Final = (
    Attack(name="shell", text="echo SUCCEEDED"),
    Attack(name="write inside", text=_by_shell("echo x > own && cat own")),
    Attack(name="python", text=_python("print(42)")),
    Attack(
        name="git commit",
        text="git add a.txt && git -c user.name=a -c user.email=a@b commit -qm x && echo SUCCEEDED",
    ),
    Attack(name="temporary files", text=_by_shell("mktemp")),
    Attack(
        name="make a script executable",
        text=_by_shell("printf '#!/bin/sh\\necho 42\\n' > s && chmod +x s && ./s"),
    ),
)
"""What has to work in a sandbox all the same."""
