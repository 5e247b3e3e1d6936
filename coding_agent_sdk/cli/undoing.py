"""Showing and taking back what a run changed, for the commands `diff` and `undo`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.cli.ndjson import write_json
from coding_agent_sdk.cli.prompts import well_formed
from coding_agent_sdk.cli.questions import diff_line
from coding_agent_sdk.errors import RequestError, UndoError
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from coding_agent_sdk.agent import Agent
    from coding_agent_sdk.cli.options import AgentOptions
    from coding_agent_sdk.cli.terminal import Terminal
    from coding_agent_sdk.middleware.undo.plugin import Conflicts
    from coding_agent_sdk.types.undo import FileChange, Undone

__all__ = ["retold", "say_undone", "show_diff", "undo_run"]

_WIDTH: Final = 200
_LISTED: Final = 30


async def show_diff(
    options: AgentOptions, terminal: Terminal, *, run: str | None, user: str, as_json: bool
) -> None:
    """Show what a run changed.

    Raises:
        RequestError: No run is known that changed something here.
        UndoError: Nothing is known of *run*.
    """
    async with options.build() as agent:
        run_id = await _run(agent, run, user)
        text = await agent.diff(run_id, user=user)
        if as_json:
            files = [_file(agent, each) for each in await _changes(agent, run_id, user)]
            write_json({"run_id": run_id, "files": files, "diff": text}, terminal.out)
            return
        terminal.note(f"run {one_line(run_id, width=_WIDTH)}", style="dim")
        for line in text.splitlines():
            terminal.line(diff_line(line))
        if not text:
            terminal.say("everything that it changed is as it was before")


async def undo_run(
    options: AgentOptions,
    terminal: Terminal,
    *,
    run: str | None,
    user: str,
    conflicts: Conflicts,
    as_json: bool,
    confirm: Callable[[str], None] | None,
) -> None:
    """Take back what a run changed, after *confirm* has let it through.

    Raises:
        RequestError: No run is known that changed something here.
        UndoError: Nothing is known of *run*, or files were changed since.
    """
    async with options.build() as agent:
        run_id = await _run(agent, run, user)
        changes = await _changes(agent, run_id, user)
        if confirm is not None and changes:
            _say_planned(changes, terminal)
            confirm(f"Put them back as they were before run {one_line(run_id, width=_WIDTH)}?")
        try:
            undone = await agent.undo(run_id, user=user, conflicts=conflicts)
        except UndoError as error:
            raise retold(
                error, skip="--conflicts skip", overwrite="--conflicts overwrite"
            ) from error
        if as_json:
            hide = agent.context("undo").redact
            write_json({
                "run_id": undone.run_id,
                "restored": [hide(path) for path in undone.restored],
                "left": [hide(path) for path in undone.left],
                "not_covered": [hide(path) for path in undone.not_covered],
            }, terminal.out)  # fmt: skip
        else:
            say_undone(undone, terminal, root=agent.settings.settings.workspace)


def retold(error: UndoError, *, skip: str, overwrite: str) -> UndoError:
    """Return an error whose advice is what can be typed here, not Python."""
    return UndoError(
        error.reason, files=error.files, advice=error.advice, skip=skip, overwrite=overwrite
    )


def say_undone(undone: Undone, terminal: Terminal, *, root: Path) -> None:
    """Say what was put back, and what was not.

    Args:
        undone: What was done.
        terminal: Where it is said.
        root: The workspace: what is not there any more was made by the run.
    """
    for path in undone.restored:
        done = "put back" if os.path.lexists(root / path) else "removed"
        terminal.line(f"{done} {one_line(path, width=_WIDTH)}")
    for path in undone.left:
        terminal.line(f"left as it is {one_line(path, width=_WIDTH)}")
    for path in undone.not_covered:
        terminal.line(f"not covered {one_line(path, width=_WIDTH)}")
    if not undone.restored:
        terminal.say("nothing was put back")


async def _run(agent: Agent, run: str | None, user: str) -> str:
    if run is not None:
        return well_formed(run)
    newest = await agent.last_changed_run(user=user)
    if newest is None:
        of_user = f" of user {user!r}" if user else ""
        raise RequestError(
            f"no run{of_user} is known that changed something in "
            f"{str(agent.settings.settings.workspace)!r}; name the folder with --workspace"
        )
    return newest


async def _changes(agent: Agent, run_id: str, user: str) -> tuple[FileChange, ...]:
    found: tuple[FileChange, ...] = await agent.plugin("undo").changes(
        agent.context("undo"), run_id, user=user
    )
    return found


def _file(agent: Agent, change: FileChange) -> dict[str, Any]:
    return {
        "path": agent.context("undo").redact(change.path, sink="response"),
        "change": _kind(change),
        "moved_on": change.moved_on,
        "not_covered": change.missing,
    }


def _kind(change: FileChange) -> str:
    if change.missing:
        return "unknown"
    if change.before is None:
        return "created"
    return "deleted" if change.now is None and change.mode_now is None else "changed"


def _say_planned(changes: Sequence[FileChange], terminal: Terminal) -> None:
    for change in changes[:_LISTED]:
        since = ", and changed since" if change.moved_on else ""
        terminal.say(f"  {_kind(change)}{since}  {one_line(change.path, width=_WIDTH)}")
    if len(changes) > _LISTED:
        terminal.say(f"  and {counted(len(changes) - _LISTED, 'other file')}")
