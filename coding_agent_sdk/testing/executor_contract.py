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
`Capabilities.gaps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pytest

from coding_agent_sdk.testing.attack_place import ATTACK_LIMITS, AttackPlace, attempt
from coding_agent_sdk.testing.attacks import ATTACKS, CONTROLS, Attack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from coding_agent_sdk.protocols import Executor

__all__ = ["ExecutorContract"]


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
