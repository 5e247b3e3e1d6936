"""Shells that go on where the command before ended, each in its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.protocols import FRESH_SHELL

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import ShellState

__all__ = ["Shells"]


class Shells:
    """Knows for what state of its shell each run's calls were judged.

    All calls of a reply are judged before the first of them runs. One that was judged for another
    folder, or for other variables, than it would meet is not run.
    """

    def __init__(self) -> None:
        self._judged: dict[str, ShellState] = {}

    def note_judged(self, context: RunContext) -> None:
        """A call of the run is judged now, for its shell as it is."""
        run_id = context.run_id
        if run_id not in self._judged:
            context.at_end(lambda: self._forget(run_id))
        self._judged[run_id] = context.shell

    def refusal(self, context: RunContext) -> str | None:
        """Return why a command of the run may not begin now; None where it may."""
        state = context.shell
        if state == self._judged.get(context.run_id, state):
            return None
        return (
            "the command was not run: a command before it in the same reply changed the shell's "
            f"folder or variables, which are {_place(state)} now, and this one was judged for what "
            "they were. Make the call again"
        )

    def keep(self, context: RunContext, ended: ShellState | None) -> tuple[str, ...]:
        """Keep where a command's shell ended, and return what the model has to know of it."""
        before = context.shell
        if ended is not None:
            context.set_shell(ended)
        notes: list[str] = []
        if ended is not None and ended.outside:
            notes.append(
                f"the shell ended in {ended.outside!r}, outside of the workspace: the next command "
                "begins in the workspace's folder"
            )
        elif context.shell.folder != before.folder:
            notes.append(f"the next command begins in {context.shell.folder!r}")
        if ended is not None and ended.dropped:
            notes.append(f"too long to be kept: {', '.join(ended.dropped)}")
        return tuple(notes)

    def reset(self, context: RunContext) -> None:
        """Begin anew: the folder is gone."""
        context.set_shell(FRESH_SHELL)

    async def _forget(self, run_id: str) -> None:
        """A run is over."""
        self._judged.pop(run_id, None)


def _place(state: ShellState) -> str:
    return f"{state.folder!r} and {', '.join(state.variables) or 'no variables'}"
