"""Running one process so that it and all that it started are gone when it is over."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import tempfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import ExecResult
from coding_agent_sdk.sandbox.output import BoundedOutput
from coding_agent_sdk.sandbox.process_guard import GUARD
from coding_agent_sdk.sandbox.process_mark import marked, new_token
from coding_agent_sdk.sandbox.process_tree import (
    TOKEN_VARIABLE,
    Member,
    inner_members,
    kill_tree,
    members,
    signal_group,
    signal_members,
)
from coding_agent_sdk.sandbox.waiting import happens, in_own_thread, uncancelled

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
    from pathlib import Path

QUIET_SECONDS: Final = 0.25
"""How long the output of a process that has ended may be silent before it is complete."""

_DRAIN_SECONDS: Final = 2.0
_TERM_SECONDS: Final = 0.5
"""How long what is ended may clean up. What heeds the signal ends at once; on a machine under load
a quarter of a second was not enough for a shell to run its trap, or for git to remove its lock.
What does not is to be gone within a second, so half of that is for the kill on such a machine."""

_REAP_SECONDS: Final = 5.0
_OWN_INNER: Final = 2
"""Of the processes inside: the shell that counts them, and the command itself."""

_CHUNK: Final = 64 * 1024
_LAST_READS: Final = 32


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """A process to run.

    Attributes:
        argv: Program and arguments.
        cwd: The folder it starts in.
        env: Its whole environment; a token is added.
        stdin: What it reads; nothing where empty.
        timeout: Seconds that it may take.
        name: Name of the executor, for the result.
        pass_fds: Open files that it inherits besides.
        contained: Whether all that it starts ends with it, by the kernel: nothing is looked for.
    """

    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    stdin: bytes = b""
    timeout: float
    name: str = ""
    pass_fds: Sequence[int] = ()
    contained: bool = False


async def run_process(
    spec: ProcessSpec, *, on_output: Callable[[bytes], Any] | None = None
) -> ExecResult:
    """Run a process to its end, and kill whatever it leaves behind, on every way out.

    It is over when the process has ended and its output was silent for `QUIET_SECONDS`: a child in
    the background that holds the pipe does not hold us up.

    Args:
        spec: What to run.
        on_output: Called with each piece of output, on the event loop. What it raises ends the
            process, and is raised.

    Raises:
        SandboxUnavailableError: It cannot be started.
    """
    run = _Run(spec, on_output)
    try:
        try:
            await run.start()
        except OSError as error:
            raise _not_started(spec, error) from error
        timed_out = not await run.wait()
    except BaseException:
        await uncancelled(run.end())
        raise
    killed = await uncancelled(run.end())
    return run.result(timed_out=timed_out, killed=killed)


def _not_started(spec: ProcessSpec, error: OSError) -> SandboxUnavailableError:
    fix = "write a script and run that" if error.errno == errno.E2BIG else "look at the system"
    reason = f"{spec.argv[0]!r} cannot be started in {str(spec.cwd)!r}: {error.strerror or error}"
    return SandboxUnavailableError(reason, fix=fix)


class _Exit(asyncio.SubprocessProtocol):
    """Knows when the process has ended."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def process_exited(self) -> None:
        self.ended.set()


class _Run:
    """The process and the read end of its output."""

    def __init__(self, spec: ProcessSpec, on_output: Callable[[bytes], Any] | None) -> None:
        self._spec = spec
        self._on_output = on_output
        self._token = new_token()
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._ended = self._began
        self._output = BoundedOutput()
        self._failure: BaseException | None = None
        self._failed = asyncio.Event()
        self._stirred = asyncio.Event()
        """Set by output and its end."""
        self._at_end = False
        self._exit = _Exit()
        self._transport: asyncio.SubprocessTransport | None = None
        self._source = -1

    async def start(self) -> None:
        argv = self._spec.argv
        if not self._spec.contained:
            argv = await uncancelled(in_own_thread(self._prepare))
        self._source, target = os.pipe()
        try:
            os.set_blocking(self._source, False)
            async with _input(self._spec.stdin) as stdin:
                self._transport, _ = await self._loop.subprocess_exec(
                    lambda: self._exit,
                    *map(_encoded, argv),
                    stdin=stdin,
                    stdout=target,
                    stderr=target,
                    cwd=self._spec.cwd,
                    env={**self._spec.env, TOKEN_VARIABLE: self._token},
                    pass_fds=self._spec.pass_fds,
                    start_new_session=True,
                )
        finally:
            os.close(target)
        self._loop.add_reader(self._source, self._read)

    def _prepare(self) -> Sequence[str]:
        GUARD.begin(self._token)
        return marked(self._spec.argv, self._token)

    async def wait(self) -> bool:
        """Wait for the end and the last output; return whether it ended in time."""
        failed = self._loop.create_task(self._failed.wait())
        ended = self._loop.create_task(self._exit.ended.wait())
        try:
            await asyncio.wait(
                {ended, failed},
                timeout=self._spec.timeout,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            ended.cancel()
            failed.cancel()
        self._ended = self._loop.time()
        self._raise_failure()
        if not self._exit.ended.is_set():
            return False
        await self._drain()
        self._raise_failure()
        return True

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _drain(self) -> None:
        """Read until the pipe ends or is silent, but not for ever where something chatters on."""
        deadline = self._loop.time() + _DRAIN_SECONDS
        while not self._at_end and self._failure is None and self._loop.time() < deadline:
            self._stirred.clear()
            if not await happens(self._stirred, QUIET_SECONDS):
                return

    def _read(self) -> None:
        try:
            data = os.read(self._source, _CHUNK)
        except BlockingIOError:
            return
        self._stirred.set()
        if not data:
            self._at_end = True
            self._loop.remove_reader(self._source)
            return
        self._output.feed(data)
        if self._on_output is not None and self._failure is None:
            try:
                self._on_output(data)
            except Exception as error:  # noqa: BLE001  raised again by `wait`
                self._failure = error
                self._failed.set()

    async def end(self) -> int:
        """Kill what is left, close all that was opened, and return how many were killed."""
        group = self._transport.get_pid() if self._transport else 0
        if self._spec.contained:
            return await self._end_contained(group)
        killed: set[Member] = set()
        if self._transport is not None and not self._exit.ended.is_set():
            killed = await in_own_thread(lambda: members(self._token, group))
            await self._ask_to_end(group)
        killed |= await in_own_thread(lambda: self._kill(group, killed))
        if self._transport is not None:
            await happens(self._exit.ended, _REAP_SECONDS)  # a hanging disk can hold it longer
            self._transport.close()
        self._close_pipe()
        return sum(member.pid != group for member in killed)

    async def _end_contained(self, group: int) -> int:
        """End what the kernel ends as a whole: let the command clean up, then kill its first."""
        killed = 0
        if self._transport is not None:
            if not self._exit.ended.is_set():
                found = await in_own_thread(lambda: inner_members(self._token, group))
                killed = max(len(found) - _OWN_INNER, 0)
                signal_members(found, signal.SIGTERM)
                if not found or not await happens(self._exit.ended, _TERM_SECONDS):
                    signal_group(group, signal.SIGKILL)
                await happens(self._exit.ended, _REAP_SECONDS)
            self._transport.close()
        self._close_pipe()
        return killed

    def _kill(self, group: int, known: set[Member]) -> set[Member]:
        try:
            return kill_tree(self._token, group, known)
        finally:
            GUARD.end(self._token)

    async def _ask_to_end(self, group: int) -> None:
        """Let it clean up (git removes its lock on SIGTERM), then kill its group."""
        signal_group(group, signal.SIGTERM)
        if not await happens(self._exit.ended, _TERM_SECONDS):  # else its number may be another's
            signal_group(group, signal.SIGKILL)

    def _close_pipe(self) -> None:
        if self._source < 0:
            return
        self._loop.remove_reader(self._source)
        with contextlib.suppress(BlockingIOError):
            for _ in range(_LAST_READS):  # what the pipe holds; somebody may write for ever
                if not (data := os.read(self._source, _CHUNK)):
                    break
                self._output.feed(data)
        os.close(self._source)
        self._source = -1

    def result(self, *, timed_out: bool, killed: int) -> ExecResult:
        code = self._transport.get_returncode() if self._transport else None
        return ExecResult(
            exit_code=code if code is not None and code >= 0 and not timed_out else None,
            signal=-code if code is not None and code < 0 else None,
            head=self._output.head,
            tail=self._output.tail,
            total_bytes=self._output.total,
            truncated=self._output.truncated,
            timed_out=timed_out,
            seconds=self._ended - self._began,
            killed_processes=killed,
            sandbox=self._spec.name,
        )


def _encoded(word: str) -> bytes:
    """Return a word of a command line as the locale has it, or as UTF-8 where it cannot say it."""
    try:
        return os.fsencode(word)
    except UnicodeEncodeError:
        return word.encode("utf-8", "surrogateescape")


@contextlib.asynccontextmanager
async def _input(data: bytes) -> AsyncGenerator[IO[bytes] | int]:
    """Yield what a process reads from: a file, not a pipe that could fill up."""
    if not data:
        yield asyncio.subprocess.DEVNULL
        return
    file = await asyncio.to_thread(_file_of, data)
    try:
        yield file
    finally:
        file.close()


def _file_of(data: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed by `_input`
    file.write(data)
    file.seek(0)
    return file
