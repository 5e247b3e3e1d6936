"""Asking the person at the terminal whether a tool call may run."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.text import Text

from coding_agent_sdk.cli.questions import covered, question_rows
from coding_agent_sdk.cli.rows import wrapped
from coding_agent_sdk.cli.typed_lines import TypedLines
from coding_agent_sdk.text.plain import in_a_line, visible
from coding_agent_sdk.types.decisions import Approve, Edit, Reject
from coding_agent_sdk.types.replies import (
    parsed_arguments,
    read_reply,
    same_question,
)

if TYPE_CHECKING:
    from coding_agent_sdk.cli.interrupts import Interrupts
    from coding_agent_sdk.cli.terminal import Terminal
    from coding_agent_sdk.types.decisions import Approval, ApprovalRequest
    from coding_agent_sdk.types.replies import Reply

__all__ = ["TerminalApprover"]


class TerminalApprover:
    """Shows a pending call and takes `y`, `n why`, `always`, `edit` or `explain`.

    `always` holds in the session, also when it is resumed: for a command and all that have no
    other part, of other tools as the question says. A call whose outcome is
    unknown is always asked about. An empty line answers nothing, nor does what was typed before
    the question was shown.

    Args:
        terminal: Where questions are shown.
        pause: Called before a question, so that nothing else writes into it.
        interrupts: Told when an editor has the terminal.
        lines: What is typed.
    """

    def __init__(
        self,
        terminal: Terminal,
        *,
        pause: Callable[[], None],
        interrupts: Interrupts,
        lines: TypedLines | None = None,
    ) -> None:
        self._terminal = terminal
        self._pause = pause
        self._interrupts = interrupts
        self._lines = lines or TypedLines()
        self._always: set[str] = set()
        self.effects: Mapping[str, str] = {}
        """The effect of each tool, by its name, where it is known."""

    def forget(self) -> None:
        """Ask again about what was answered with `always`."""
        self._always.clear()

    async def __call__(self, request: ApprovalRequest) -> Approval:
        """Return what the person says."""
        same = same_question(request)
        if same in self._always and not request.outcome_unknown:
            return Approve()
        self._pause()
        self._lines.drop_typed_ahead()
        self._show(request)
        while True:
            line = await self._ask(_QUESTION)
            if line is None:
                self._terminal.say("")
                return Reject("nobody answered: the input ended")
            answer = await self._answer(*read_reply(line), request)
            if answer is not None:
                return answer

    async def _answer(
        self, meant: Reply | None, rest: str, request: ApprovalRequest
    ) -> Approval | None:
        """Return the answer; None where there is none yet."""
        if meant == "no":
            return Reject(rest) if rest else Reject()
        if rest or meant is None:
            self._terminal.say(
                "answer y, n, n with a reason, always, edit, explain, or d for all details"
            )
            return None
        if meant == "yes":
            return Approve()
        if meant == "always":
            self._always.add(same_question(request))
            return Approve(always=True)
        if meant == "details":
            self._show(request, whole=True)
            return None
        if meant == "explain":
            self._explain(request)
            return None
        return await self._edit(request)

    async def _ask(self, question: str) -> str | None:
        self._terminal.ask(question)
        return await self._lines.next()

    # -- showing ---------------------------------------------------------------------------------

    def _show(self, request: ApprovalRequest, *, whole: bool = False) -> None:
        size = self._terminal.size
        for row in question_rows(request, width=size.width, height=size.height, whole=whole):
            self._terminal.say(row)

    def _explain(self, request: ApprovalRequest) -> None:
        effect = _EFFECTS.get(self.effects.get(request.call.name, ""), "has an effect of its own")
        name = in_a_line(request.call.name)
        for text in (
            f"asked because: {in_a_line(request.reason)}",
            f"{name} {effect}",
            *([_UNKNOWN] if request.outcome_unknown else []),
            "yes runs it once; no tells the model, with your reason if you give one",
            f"always runs it, and from then on {covered(request)}",
            "edit lets you change the arguments; they are checked again",
            "nothing happens until you answer, and Ctrl-C stops the run",
        ):
            line, width = Text(f"    {text}"), self._terminal.size.width
            for row in wrapped(line, width=width, margin="      ", words=True):
                self._terminal.say(row)

    # -- editing ---------------------------------------------------------------------------------

    async def _edit(self, request: ApprovalRequest) -> Approval | None:
        """Return the edited call; None where nothing was changed."""
        given = dict(request.call.arguments)
        text = json.dumps(given, indent=2, ensure_ascii=False, default=str)
        while True:
            edited = await self._edited(text)
            if edited is None or not edited.strip():
                self._terminal.say("nothing was changed")
                return None
            arguments, problem = parsed_arguments(edited)
            if arguments is None:
                self._terminal.error(f"{problem}; mend it, or leave it empty to go back")
                text = edited
                if await self._ask("press Enter to edit again ") is None:
                    return None
            elif arguments == given:
                self._terminal.say("nothing was changed")
                return None
            else:
                return Edit(arguments)

    async def _edited(self, text: str) -> str | None:
        editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
        if not editor:
            for line in visible(text).split("\n"):
                for row in wrapped(Text(f"    {line}"), width=self._terminal.size.width):
                    self._terminal.say(row)
            return await self._ask("the arguments as JSON in one line: ")
        return await self._in_editor(editor, text)

    async def _in_editor(self, editor: str, text: str) -> str | None:
        with tempfile.TemporaryDirectory(prefix="coding-agent-") as folder:
            path = _written(folder, text)
            with self._interrupts.ignored():
                try:
                    process = await asyncio.create_subprocess_exec(*shlex.split(editor), str(path))
                    code = await process.wait()
                except (OSError, ValueError) as error:
                    self._terminal.error(f"the editor {editor!r} cannot be started: {error}")
                    return None
            if code != 0:
                self._terminal.error(f"the editor {editor!r} ended with code {code}")
                return None
            return _read(path)


def _written(folder: str, text: str) -> Path:
    path = Path(folder, "arguments.json")
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")
    return path


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


_QUESTION: Final = "  run it? [y]es  [n]o (n why)  [a]lways  [e]dit  e[x]plain  > "
_EFFECTS: Final = {
    "pure": "changes nothing",
    "read": "changes nothing",
    "write": "changes files of the workspace",
    "external": "can change anything that you can change: files, programs, other machines",
}
_UNKNOWN: Final = (
    "it was begun before the program ended, and nobody knows whether it took effect: look first, "
    "for yes runs it again"
)
