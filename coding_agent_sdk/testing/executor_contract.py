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
executor has to limit a process to 1 GiB of memory, 2 seconds of processor time, and a file to
100 MiB: `attack_limits` says so. The known gaps are those that its probe tells, too:
`Capabilities.gaps`. Where it has `start` (`protocols.JobExecutor`), its jobs are tried besides;
where it has not, those tests are skipped and say so. Its `aclose` may be called twice.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Final

import pytest

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.protocols import Command, JobExecutor
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.testing.attack_place import ATTACK_LIMITS, AttackPlace, attempt
from coding_agent_sdk.testing.attacks import ATTACKS, CONTROLS, Attack

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from coding_agent_sdk.protocols import Executor, Job

    Start = Callable[..., Awaitable[Job]]

__all__ = ["ExecutorContract"]

_SECONDS: Final = 60.0
_LOOKS_EVERY: Final = 0.02
_STILL_SECONDS: Final = 0.5
_IN_BACKGROUND: Final = (
    "write outside",
    "read outside",
    "TCP to loopback",
    "unix socket by its path",
)
"""Attacks that a job tries, one of each kind: what is held, is held in `run` and `start` alike."""

_BEATS: Final = """
beat() { while :; do echo x >> "$1"; sleep 0.02; done; }
trap '' TERM HUP INT
beat child &
setsid sh -c 'while :; do echo x >> apart; sleep 0.02; done' &
beat main
"""
_LIMITS: Final = (2.0, 10.0, _SECONDS)  # a busy machine may not have started all in the first
_BEATING: Final = ("main", "child", "apart")
"""Files that grow as long as a process of `_BEATS` lives, wherever the executor has put it."""


class ExecutorContract:
    """The promises of a sandbox, each a test of the fixture `executor`.

    Attributes:
        gaps: Names of attacks that are known to succeed: asserted, so that what is said of an
            executor and what it does stay the same.
        enforces: What its probe has to say that it holds, at least.
    """

    gaps: ClassVar[frozenset[str]] = frozenset()
    enforces: ClassVar[frozenset[str]] = frozenset({"files", "network"})

    @pytest.fixture
    def attack_limits(self) -> Mapping[str, int]:
        """Return the limits that the attacks run into."""
        return dict(ATTACK_LIMITS)

    @pytest.fixture
    def place(self, tmp_path: Path) -> Iterator[AttackPlace]:
        """Lay out a workspace with repositories, and what is attacked outside of it."""
        with AttackPlace(tmp_path / "place") as place:
            yield place

    @pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
    async def test_no_attack_succeeds_but_the_known_gaps(
        self, executor: Executor, place: AttackPlace, attack: Attack
    ) -> None:
        """Each attack says itself whether it got what it wanted; files are looked at besides."""
        outcome = await attempt(executor, place, attack)
        if attack.name not in self.gaps:
            assert outcome.damage == (), outcome.said
        assert outcome.succeeded == (attack.name in self.gaps), outcome.said

    @pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
    async def test_ordinary_work_is_done(
        self, executor: Executor, place: AttackPlace, control: Attack
    ) -> None:
        """A sandbox in which nothing works would be switched off."""
        outcome = await attempt(executor, place, control)
        assert outcome.succeeded, outcome.said

    async def test_it_says_what_it_holds_by_having_tried(self, executor: Executor) -> None:
        """The probe runs something, and tells the gaps that the attacks find."""
        found = await executor.probe()
        assert found.available, found.reason
        assert found.name == executor.name
        assert self.enforces <= set(found.enforces)
        assert set(found.gaps) == self.gaps

    # -- jobs --------------------------------------------------------------------------------------

    @pytest.fixture
    def start(self, executor: Executor, place: AttackPlace) -> Start:
        """Return what starts a job in the workspace; skips where the executor has none."""
        if not isinstance(executor, JobExecutor):
            pytest.skip(f"the executor {executor.name!r} has no `start`")
        jobs: JobExecutor = executor

        def start(text: str, *, timeout: float = _SECONDS, cwd: str = ".") -> Awaitable[Job]:
            command = Command(text=text, cwd=cwd)
            return jobs.start(command, workspace=LocalWorkspace(place.root), timeout=timeout)

        return start

    async def test_a_job_is_read_while_it_runs_and_tells_how_it_ended(
        self, executor: Executor, start: Start, place: AttackPlace
    ) -> None:
        """What was read once is not read again; the result has it all."""
        job = await start("echo one; until [ -e go ]; do sleep 0.02; done; echo two; exit 3")
        said = b""
        while said != b"one\n":
            said += job.read().head
            await asyncio.sleep(_LOOKS_EVERY)
        assert not job.ended
        assert not await job.wait(0)
        with pytest.raises(RuntimeError):
            job.result()
        (place.root / "go").touch()
        assert await job.wait(_SECONDS)
        assert (job.read().head, job.read().head) == (b"two\n", b"")
        result = job.result()
        assert (result.exit_code, result.head) == (3, b"one\ntwo\n")
        assert (result.sandbox, result.cancelled) == (executor.name, False)
        await job.kill()  # it has ended: nothing happens

    @pytest.mark.parametrize("way", ["kill", "time limit", "close"])
    async def test_a_job_ends_with_all_that_it_started(
        self, executor: Executor, start: Start, place: AttackPlace, way: str
    ) -> None:
        """It is killed, its time is up, or its executor is closed: what ignores signals, too."""
        files = [place.root / name for name in _BEATING]
        job = await _beating(start, files, _LIMITS if way == "time limit" else (_SECONDS,))
        if way == "kill":
            await job.kill()
        elif way == "close":
            await executor.aclose()
        assert await job.wait(_SECONDS)
        sizes = [file.stat().st_size for file in files]
        await asyncio.sleep(_STILL_SECONDS)
        assert [file.stat().st_size for file in files] == sizes
        result = job.result()
        assert result.exit_code is None
        assert (result.timed_out, result.cancelled) == (way == "time limit", way != "time limit")

    @pytest.mark.parametrize("attack", _IN_BACKGROUND)
    async def test_a_job_is_held_as_a_command_is(
        self, start: Start, place: AttackPlace, attack: str
    ) -> None:
        """In the background no attack succeeds either but the known gaps."""
        tried = next(each for each in ATTACKS if each.name == attack)
        job = await start(place.text(tried))
        assert await job.wait(_SECONDS)
        said = job.result().head
        assert (b"SUCCEEDED" in said) == (attack in self.gaps), said
        assert attack in self.gaps or place.damage() == ()

    async def test_a_job_in_a_folder_that_is_none_is_not_started(self, start: Start) -> None:
        """It is told by the start, and not by an end."""
        with pytest.raises(WorkspaceError):
            await start("true", cwd="nowhere")


async def _beating(start: Start, files: Sequence[Path], limits: Sequence[float]) -> Job:
    """Return a job whose processes all live; it is given longer where they do not in time."""
    for limit in limits:
        job = await start(_BEATS, timeout=limit)
        while not await job.wait(_LOOKS_EVERY):
            if all(file.exists() for file in files):
                return job
    pytest.fail("the processes of a job were not started before its time was up")
