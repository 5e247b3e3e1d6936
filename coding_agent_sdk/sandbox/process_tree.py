"""Finding and killing all processes of a command, those that hid from its group, too.

A process that called `setsid` or was forked twice is in no group of ours and nobody's child, but
it carries the environment that it was started with, and in it the command's token. One that
dropped its environment, too, still has its limit of file locks: see `process_mark`.

Run by path, without the package, it is the guard of `process_guard`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TOKEN_VARIABLE: Final = "CODING_AGENT_COMMAND"  # noqa: S105  the name of a variable
LIMIT_DIGITS: Final = 15
"""So many hexadecimal digits of a token are the limit of file locks of the command's processes."""

_PROC: Final = Path("/proc")
_ROUNDS: Final = 100
_PAUSE: Final = 0.005
_KTHREADD: Final = 2


class Member(NamedTuple):
    """A process by its id and when it started: ids are used again."""

    pid: int
    started: int


@dataclass(frozen=True, kw_only=True)
class _Process:
    """One line of the process table."""

    member: Member
    parent: int
    session: int


def members(token: str, session: int) -> set[Member]:
    """Return the processes of a command; none where there is no `/proc`.

    Args:
        token: Value of `TOKEN_VARIABLE` in the command's environment, hexadecimal.
        session: Id of the session (and group) that the command was started in; 0 for none.
    """
    processes = list(_processes())
    limit = str(int(token[:LIMIT_DIGITS], 16)).encode()
    mine: set[int] = set()
    unsure: list[int] = []
    for process in processes:
        pid = process.member.pid
        if session and process.session == session:
            mine.add(pid)
            continue
        environment = _environment(pid)
        if _holds(environment, token) or _is_marked(pid, limit):
            mine.add(pid)
        elif environment == b"":
            unsure.append(pid)
    if unsure:
        # In the midst of an exec a process has no environment for a moment.
        time.sleep(_PAUSE)
        mine |= {pid for pid in unsure if _holds(_environment(pid), token)}
    mine = _with_children(mine, processes)
    return {process.member for process in processes if process.member.pid in mine}


def inner_members(token: str, session: int) -> set[Member]:
    """Return the processes of a command, less the two of the program that holds it.

    That is the leader of the session, and its child, the first process of the namespace.
    """
    found = members(token, session)
    outer = {session}
    outer |= {p.member.pid for p in _processes() if p.parent == session}
    return {member for member in found if member.pid not in outer}


def signal_members(found: Iterable[Member], number: signal.Signals) -> None:
    """Send a signal to processes; those that are gone, or another user's, are passed over."""
    for member in found:
        if _is_alive(member):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(member.pid, number)


def kill_tree(token: str, session: int, known: Iterable[Member] = ()) -> set[Member]:
    """Kill every process of a command until none is left, and return which there were.

    Blocks for some milliseconds.

    Args:
        token: As for `members`.
        session: As for `members`.
        known: Members seen before: without a mark, one that dropped its environment is found by
            its parent only, which may be dead by now.
    """
    killed: set[Member] = set()
    immune: set[Member] = set()
    for _ in range(_ROUNDS):
        found = members(token, session) | set(filter(_is_alive, known))
        found -= immune
        if not found:
            break
        for member in found:
            try:
                os.kill(member.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            except PermissionError:  # it has become another user
                immune.add(member)
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
        children.setdefault(process.parent, []).append(process.member.pid)
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
        process = _process(int(name)) if name.isdigit() else None
        if process is not None and process.member.pid != own:
            yield process


def _process(pid: int) -> _Process | None:
    """Return a process; None where it is gone, dead or a kernel thread."""
    try:
        line = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    # The name before the bracket can hold anything, so the fields are counted from behind it.
    fields = line[line.rindex(b")") + 2 :].split()
    parent = int(fields[1])
    if fields[0] in {b"Z", b"X"} or _KTHREADD in {pid, parent}:
        return None
    member = Member(pid=pid, started=int(fields[19]))
    return _Process(member=member, parent=parent, session=int(fields[3]))


def _is_alive(member: Member) -> bool:
    process = _process(member.pid)
    return process is not None and process.member == member


def _environment(pid: int) -> bytes | None:
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return None  # gone, or another user's


def _holds(environment: bytes | None, token: str) -> bool:
    return environment is not None and f"{TOKEN_VARIABLE}={token}".encode() in environment


def _is_marked(pid: int, limit: bytes) -> bool:
    try:
        limits = (_PROC / str(pid) / "limits").read_bytes()
    except OSError:
        return False
    _, _, line = limits.partition(b"\nMax file locks ")
    return limit in line.partition(b"\n")[0].split()[:2]


def guard(source: IO[bytes]) -> None:
    """Kill what is left of the commands that *source* tells of, when it ends.

    Args:
        source: Lines of `+` or `-` and a token: the command begins, or is over.
    """
    running: set[str] = set()
    for line in source:
        sign, token = line[:1], line[1:].decode().strip()
        if sign == b"+":
            running.add(token)
        else:
            running.discard(token)
    for token in running:
        kill_tree(token, 0)


if __name__ == "__main__":
    guard(sys.stdin.buffer)
