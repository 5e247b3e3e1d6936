"""All attacks on one executor: what came of each, and how that compares to what it announces.

Run as a program it prints its column as JSON: `attacks_table` starts one for each executor and
user, so that neither spoils what the other sees.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.hooks.registry import BackendRegistry
from coding_agent_sdk.sandbox.plugin import SandboxPlugin
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.testing.attack_place import ATTACK_LIMITS, AttackPlace, Outcome, attempt
from coding_agent_sdk.testing.attacks import ATTACKS, CONTROLS, Attack

if TYPE_CHECKING:
    from coding_agent_sdk.protocols import Executor

__all__ = ["AttackColumn", "try_attacks"]


@dataclass(frozen=True, kw_only=True)
class AttackColumn:
    """What came of the attacks on one executor.

    Attributes:
        executor: Its name.
        skipped: Why nothing was tried; empty where it was.
        holds_nothing: Whether it says itself that it holds commands to nothing.
        gaps: Attacks that it says it does not stop.
        succeeded: Attacks that got what they wanted.
        harmed: Attacks that left something behind, with what it is.
        failed: Ordinary work that could not be done, with what it said.
        tried: Number of attacks.
    """

    executor: str
    skipped: str = ""
    holds_nothing: bool = False
    gaps: tuple[str, ...] = ()
    succeeded: tuple[str, ...] = ()
    harmed: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    tried: int = 0

    def surprises(self) -> tuple[str, ...]:
        """Return what is otherwise than announced, in words; nothing is the result to have."""
        if self.skipped or self.holds_nothing:
            return ()
        gaps, succeeded = set(self.gaps), set(self.succeeded)
        found = [f"{name!r} succeeded, and is not announced" for name in sorted(succeeded - gaps)]
        found += [
            f"{name!r} is announced, and did not succeed" for name in sorted(gaps - succeeded)
        ]
        harmed = {name: what for name, what in self.harmed.items() if name not in gaps}
        found += [f"{name!r} left something behind: {what}" for name, what in harmed.items()]
        found += [f"ordinary work {name!r} failed: {said}" for name, said in self.failed.items()]
        return tuple(found)

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote.

        Raises:
            ValueError: It is something else.
        """
        values = json.loads(text)
        for name in ("gaps", "succeeded"):
            values[name] = tuple(values[name])
        return cls(**values)


async def try_attacks(executor: Executor, folder: Path) -> AttackColumn:
    """Try all attacks and all ordinary work on an executor.

    Args:
        executor: It, with the limits of `attack_place.ATTACK_LIMITS`.
        folder: An empty folder.
    """
    found = await executor.probe()
    if not found.available:
        return AttackColumn(executor=executor.name, skipped=found.reason)
    attacks = {each.name: await _one(executor, folder, each) for each in ATTACKS}
    controls = {each.name: await _one(executor, folder, each) for each in CONTROLS}
    harmed = {name: ", ".join(out.damage) for name, out in attacks.items() if out.damage}
    failed = {name: out.said[:300] for name, out in controls.items() if not out.succeeded}
    return AttackColumn(
        executor=executor.name,
        holds_nothing=not found.enforces,
        gaps=found.gaps,
        succeeded=tuple(name for name, outcome in attacks.items() if outcome.succeeded),
        harmed=harmed,
        failed=failed,
        tried=len(attacks),
    )


async def _one(executor: Executor, folder: Path, attack: Attack) -> Outcome:
    with AttackPlace(folder / "place") as place:
        try:
            return await attempt(executor, place, attack)
        except SandboxUnavailableError as error:
            return Outcome(succeeded=False, said=str(error), damage=())


def make_executor(named: str) -> Executor:
    """Return the executor of a name that the package knows, or of a path `module:attribute`.

    It is made by `from_settings` where it has that, with the limits of the attacks; else by a call
    without arguments.

    Raises:
        UnknownNameError: There is none of the name.
        PluginConfigError: There is nothing at the path.
    """
    registry = BackendRegistry()
    registry.plugin = SandboxPlugin.name
    SandboxPlugin().register_backends(registry)
    if ":" in named:
        registry("executor", named, named)
    settings = SandboxSettings.model_validate(ATTACK_LIMITS)
    executor: Executor = registry.create_from_section("executor", named, lambda _: settings)
    return executor


async def _column(named: str, folder: Path) -> AttackColumn:
    executor = make_executor(named)
    try:
        return await try_attacks(executor, folder)
    finally:
        await executor.aclose()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        column = asyncio.run(_column(sys.argv[1], Path(place).resolve()))
    sys.stdout.write(column.to_json() + "\n")
