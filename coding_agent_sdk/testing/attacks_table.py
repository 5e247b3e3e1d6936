"""The table of attacks: `python -m coding_agent_sdk.testing.attacks_table [EXECUTOR ...]`.

An executor is a name, or `module:attribute` of your own. Each is tried as the user that runs it
and, where that is root, as an ordinary user, too. It prints what came of each attack, and ends
with 1 where an executor does otherwise than its probe announces (`Capabilities.gaps`), or where
nothing could be tried.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.testing.attack_column import AttackColumn
from coding_agent_sdk.testing.attacks import ATTACKS
from coding_agent_sdk.testing.ordinary_user import OrdinaryUser, OrdinaryUserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["TriedColumn", "draw", "main", "try_as_ordinary_user"]

_KNOWN: Final = ("bubblewrap", "landlock", "docker")
_PROGRAM: Final = ("-m", "coding_agent_sdk.testing.attack_column")
_HOST: Final = "host"
_SECONDS: Final = 600.0
_AT_ONCE: Final = 2
_LEGEND: Final = (
    "-    held",
    "YES  succeeded, as the executor announces",
    "!!!  otherwise than announced",
    ".    not tried",
)


@dataclass(frozen=True, kw_only=True)
class TriedColumn:
    """A column of the table.

    Attributes:
        user: Who ran the commands: `root` or `user`.
        column: What came of the attacks.
    """

    user: str
    column: AttackColumn

    @property
    def title(self) -> str:
        """What stands above it."""
        return f"{self.column.executor}/{self.user}"

    def mark(self, attack: str) -> str:
        """Return what stands in the line of an attack."""
        column = self.column
        if column.skipped:
            return "."
        succeeded = attack in column.succeeded
        if column.holds_nothing:
            return "YES" if succeeded else "-"
        if succeeded != (attack in column.gaps) or (attack in column.harmed and not succeeded):
            return "!!!"
        return "YES" if succeeded else "-"


def draw(columns: Sequence[TriedColumn]) -> str:
    """Return the table, and below it what was skipped and what is otherwise than announced."""
    width = max(len(attack.name) for attack in ATTACKS)
    heads = [each.title for each in columns]
    lines = ["  ".join(["attack".ljust(width), *heads])]
    for attack in ATTACKS:
        marks = [each.mark(attack.name).ljust(len(each.title)) for each in columns]
        lines.append("  ".join([attack.name.ljust(width), *marks]).rstrip())
    lines += ["", *_LEGEND, ""]
    for each in columns:
        column = each.column
        if column.skipped:
            lines.append(f"{each.title}: skipped: {column.skipped}")
            continue
        lines.append(f"{each.title}: {column.tried - len(column.succeeded)} of {column.tried} held")
        lines += [f"{each.title}: {surprise}" for surprise in column.surprises()]
    return "\n".join(lines) + "\n"


def try_as_ordinary_user(executor: str) -> AttackColumn:
    """Try an executor as a user without rights, where this process is root's.

    Args:
        executor: A name, or `module:attribute`.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            user = OrdinaryUser(Path(folder).resolve())
        except OrdinaryUserError as error:
            return AttackColumn(executor=executor, skipped=str(error))
        return _read(executor, user.run((*_PROGRAM, executor), timeout=_SECONDS))


def _try_as_we_are(executor: str) -> AttackColumn:
    done = subprocess.run(  # noqa: S603  our own interpreter, no shell
        (sys.executable, *_PROGRAM, executor),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    return _read(executor, done)


def _read(executor: str, done: subprocess.CompletedProcess[str]) -> AttackColumn:
    """Return the column that a program wrote."""
    try:
        return AttackColumn.from_json(done.stdout)
    except (ValueError, TypeError):
        said = done.stderr.strip()[-1000:]
        return AttackColumn(executor=executor, failed={"trying it": f"{done.returncode}: {said}"})


def _work(
    executors: Sequence[str], *, only_this_user: bool
) -> list[tuple[str, str, Callable[[str], AttackColumn]]]:
    work: list[tuple[str, str, Callable[[str], AttackColumn]]] = []
    is_root = os.name == "posix" and os.geteuid() == 0
    for name in executors:
        work.append((name, "root" if is_root else "user", _try_as_we_are))
        if is_root and not only_this_user:
            work.append((name, "user", try_as_ordinary_user))
    return work


def main(words: Sequence[str] | None = None) -> int:
    """Try the executors, write the table to standard output, and return the exit code.

    Args:
        words: Arguments of the command line; those of the process where None.
    """
    parser = argparse.ArgumentParser(
        prog="python -m coding_agent_sdk.testing.attacks_table",
        description="Try all attacks on executors, as root and as an ordinary user.",
    )
    parser.add_argument(
        "executor", nargs="*", default=list(_KNOWN),
        help=f"a name, or module:attribute (default: {' '.join(_KNOWN)})",
    )  # fmt: skip
    parser.add_argument(
        "--throw-away-machine", action="store_true",
        help=f"allow {_HOST!r}, which holds nothing: the attacks do what they want",
    )  # fmt: skip
    parser.add_argument(
        "--only-this-user", action="store_true", help="as root, do not try an ordinary user, too"
    )
    chosen = parser.parse_args(words)
    if _HOST in chosen.executor and not chosen.throw_away_machine:
        parser.error(f"{_HOST!r} lets the attacks succeed; on a machine that is thrown away after, "
                     "give --throw-away-machine")  # fmt: skip
    work = _work(chosen.executor, only_this_user=chosen.only_this_user)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found = list(threads.map(lambda one: one[2](one[0]), work))
    columns = [
        TriedColumn(user=user, column=column)
        for (_, user, _), column in zip(work, found, strict=True)
    ]
    sys.stdout.write(draw(columns))
    if all(each.column.skipped for each in columns):
        sys.stdout.write("nothing was tried\n")
        return 1
    return 1 if any(each.column.surprises() for each in columns) else 0


if __name__ == "__main__":
    sys.exit(main())
