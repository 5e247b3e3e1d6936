"""The commands that run in the background, by the ids that the model knows them by."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.tools.command_stream import CommandStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import Command, Job, JobExecutor

__all__ = ["JobEntry", "JobError", "Jobs"]

_MAX_RUNNING: Final = 64
"""Of all sessions of an agent."""

_MAX_KEPT: Final = 128
"""Entries in all: the oldest that have ended are forgotten with their output."""


class JobError(Exception):
    """There is no such job, or no room for one; the message is for the model."""


class _Ear:
    """Gives a job's output to the call that reads it just now, if there is one."""

    def __init__(self) -> None:
        self.stream: CommandStream | None = None

    def hear(self, data: bytes) -> None:
        if self.stream is not None:
            self.stream.feed(data)


@dataclass(kw_only=True)
class JobEntry:
    """A job with what was asked.

    Attributes:
        id: Its id.
        command: The command.
        limit: Seconds that it may take.
        began: When it began, by the event loop's clock.
        job: What runs it.
        ear: Where its output goes while somebody waits for it.
    """

    id: str
    command: str
    limit: float
    began: float
    job: Job
    ear: _Ear


class Jobs:
    """The jobs of one agent; each belongs to a run, or to a session.

    Args:
        limit: Jobs that one owner may have at once.
        of_sessions: Whether they belong to sessions, and not to runs.

    Attributes:
        of_sessions: As given.
    """

    def __init__(self, *, limit: int, of_sessions: bool = False) -> None:
        self._limit = limit
        self.of_sessions = of_sessions
        self._entries: dict[tuple[str, str], dict[str, JobEntry]] = {}
        self._counts: dict[tuple[str, str], int] = {}

    async def start(
        self, context: RunContext, executor: JobExecutor, command: Command, *, seconds: float
    ) -> JobEntry:
        """Start a command of a run.

        Raises:
            JobError: Too many run already.
            SandboxUnavailableError: It could not be run.
            WorkspaceError: Its folder is none of the workspace.
        """
        owner = self._owner(context)
        self._check_room(owner)
        if owner not in self._counts and not self.of_sessions:
            context.at_end(lambda: self._end(owner))
        number = self._counts[owner] = self._counts.get(owner, 0) + 1
        ear = _Ear()
        stream = ear.stream = CommandStream(context)
        began = asyncio.get_running_loop().time()
        try:
            job = await executor.start(
                command, workspace=context.workspace, timeout=seconds, on_output=ear.hear
            )
        finally:
            ear.stream = None
            stream.close()
        entry = JobEntry(
            id=f"job-{number}", command=command.text, limit=seconds, began=began, job=job, ear=ear
        )
        self._entries.setdefault(owner, {})[entry.id] = entry
        self._forget_oldest()
        return entry

    def find(self, context: RunContext, name: str) -> JobEntry:
        """Return a job of a run by its id.

        Raises:
            JobError: There is none with this id.
        """
        entries = self._entries.get(self._owner(context), {})
        entry = entries.get(name)
        if entry is None:
            known = f"there are {', '.join(entries)}" if entries else "there are no jobs"
            what = "its session" if self.of_sessions else "its run"
            raise JobError(
                f"there is no job {name!r}: {known}; a job ends with {what}, "
                "and run_cmd with background=true starts one"
            )
        return entry

    async def forget(self, user: str) -> int:
        """End and forget the jobs of a user's sessions; return how many there were."""
        owners = [owner for owner in self._entries if owner[0] == user]
        entries = [entry for owner in owners for entry in self._entries.pop(owner).values()]
        await _kill(entries)
        return len(entries)

    async def aclose(self) -> None:
        """End and forget all jobs."""
        entries = [entry for of_one in self._entries.values() for entry in of_one.values()]
        self._entries.clear()
        self._counts.clear()
        await _kill(entries)

    async def _end(self, owner: tuple[str, str]) -> None:
        """End and forget the jobs of a run that is over."""
        self._counts.pop(owner, None)
        await _kill(self._entries.pop(owner, {}).values())

    def _owner(self, context: RunContext) -> tuple[str, str]:
        return (context.user, context.session) if self.of_sessions else ("", context.run_id)

    def _check_room(self, owner: tuple[str, str]) -> None:
        mine = _running(self._entries.get(owner, {}).values())
        if len(mine) >= self._limit:
            raise JobError(
                f"{len(mine)} jobs run already ({', '.join(mine)}); wait for one with "
                "read_output, or end one with kill_job"
            )
        if sum(len(_running(e.values())) for e in self._entries.values()) >= _MAX_RUNNING:
            raise JobError(
                f"{_MAX_RUNNING} jobs of this agent run already, in other sessions; run the "
                "command without background"
            )

    def _forget_oldest(self) -> None:
        surplus = sum(map(len, self._entries.values())) - _MAX_KEPT
        ended = [
            (owner, entry.id)
            for owner, entries in self._entries.items()
            for entry in entries.values()
            if entry.job.ended
        ]
        for owner, name in ended[: max(surplus, 0)]:
            del self._entries[owner][name]


def _running(entries: Iterable[JobEntry]) -> list[str]:
    return [entry.id for entry in entries if not entry.job.ended]


async def _kill(entries: Iterable[JobEntry]) -> None:
    kills = [entry.job.kill() for entry in entries if not entry.job.ended]
    await asyncio.gather(*kills)
