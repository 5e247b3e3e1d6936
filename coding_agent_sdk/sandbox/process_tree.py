"""Finding and killing all processes of a command, those that hid from its group, too.

A process that called `setsid` or was forked twice is in no group of ours and nobody's child, but
it carries the environment that it was started with, and in it the command's token.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN_VARIABLE: Final = "CODING_AGENT_COMMAND"  # noqa: S105  the name of a variable
_PROC: Final = Path("/proc")
_ROUNDS: Final = 100
_PAUSE: Final = 0.005
_KTHREADD: Final = 2


@dataclass(frozen=True, kw_only=True)
class _Process:
    """One line of the process table."""

    pid: int
    state: str
    parent: int
    session: int


def members(token: str, session: int) -> set[int]:
    """Return the process ids of a command; none where there is no `/proc`.

    Args:
        token: Value of `TOKEN_VARIABLE` in the command's environment.
        session: Id of the session (and group) that the command was started in; 0 for none.
    """
    processes = list(_processes())
    mine: set[int] = set()
    unsure: list[int] = []
    for process in processes:
        if session and process.session == session:
            mine.add(process.pid)
            continue
        environment = _environment(process.pid)
        if _holds(environment, token):
            mine.add(process.pid)
        elif environment == b"":
            unsure.append(process.pid)
    if unsure:
        # In the midst of an exec a process has no environment for a moment.
        time.sleep(_PAUSE)
        mine |= {pid for pid in unsure if _holds(_environment(pid), token)}
    return _with_children(mine, processes)


def kill_tree(token: str, session: int) -> set[int]:
    """Kill every process of a command until none is left, and return which there were.

    Blocks for some milliseconds. The arguments are those of `members`.
    """
    killed: set[int] = set()
    immune: set[int] = set()
    for _ in range(_ROUNDS):
        found = members(token, session) - immune
        if not found:
            break
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            except PermissionError:  # it has become another user
                immune.add(pid)
        killed |= found
        time.sleep(_PAUSE)
    return killed - immune


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group; nothing happens where it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _with_children(mine: set[int], processes: list[_Process]) -> set[int]:
    """Return *mine* with all that descends from it: a child can have dropped its environment."""
    children: dict[int, list[int]] = {}
    for process in processes:
        children.setdefault(process.parent, []).append(process.pid)
    pending = list(mine)
    while pending:
        new = [pid for pid in children.get(pending.pop(), ()) if pid not in mine]
        mine.update(new)
        pending.extend(new)
    return mine


def _processes() -> Iterator[_Process]:
    """Yield all processes but kernel threads, the dead and this one."""
    try:
        names = [entry.name for entry in _PROC.iterdir()]
    except OSError:
        return
    own = os.getpid()
    for name in names:
        if not name.isdigit() or int(name) == own:
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            stat = (_PROC / name / "stat").read_bytes()
            state, parent, _group, session = stat[stat.rindex(b")") + 2 :].split()[:4]
            process = _Process(
                pid=int(name), state=state.decode(), parent=int(parent), session=int(session)
            )
            if process.state not in {"Z", "X"} and _KTHREADD not in {process.pid, process.parent}:
                yield process


def _environment(pid: int) -> bytes | None:
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return None  # gone, or another user's


def _holds(environment: bytes | None, token: str) -> bool:
    return environment is not None and f"{TOKEN_VARIABLE}={token}".encode() in environment
