"""Asking in a cell whether a tool call may run."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import ctypes
import dataclasses
import json
import threading
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.notebook.outputs import new_output, require_notebook
from coding_agent_sdk.text.page import Page, Section
from coding_agent_sdk.types.decisions import Approve, Edit, Reject
from coding_agent_sdk.types.pages import question_item
from coding_agent_sdk.types.replies import (
    always_covers,
    parsed_arguments,
    read_reply,
    same_question,
)

if TYPE_CHECKING:
    from coding_agent_sdk.notebook.outputs import Output
    from coding_agent_sdk.types.decisions import Approval, ApprovalRequest
    from coding_agent_sdk.types.replies import Reply

__all__ = ["NotebookApprover"]

_QUESTION: Final = "run it? y / n / n why / always / edit / d (all details) > "
_EXPLAINED: Final = "answer y, n, n with a reason, always, edit, or d for all details"
_CANNOT_ASK: Final = (
    "this notebook takes no input while it runs, so nobody could be asked; give the agent an "
    "approver function, or none, and answer with agent.resume"
)


class NotebookApprover:
    """Shows a pending call with its diff and takes `y`, `n why`, `always`, `edit` or `d`.

    Of what is long both ends are shown, and all of it for `d`.

    `always` holds until `forget`: for the same tool where it is asked for the same reason, of
    `run_cmd` for the very same command. The kernel goes on while it waits; interrupting it stops
    the run. Where the kernel takes no input (a notebook run by a program), it rejects.

    Raises:
        ConfigError: No notebook runs this.
    """

    def __init__(self) -> None:
        require_notebook()
        self._always: set[str] = set()

    def forget(self) -> None:
        """Ask again about what was answered with `always`."""
        self._always.clear()

    async def __call__(self, request: ApprovalRequest) -> Approval:
        """Return what the person says."""
        if same_question(request) in self._always and not request.outcome_unknown:
            return Approve()
        output = new_output()
        page = _page(request)
        answer: Approval = Reject("the question was broken off")
        try:
            answer = await self._ask(request, page, output)
        finally:
            output.show(_answered(page, answer), last=True)
        return answer

    async def _ask(self, request: ApprovalRequest, page: Page, output: Output) -> Approval:
        remark = ""
        while True:
            told = f"{remark}. {_covered(request)}" if remark else page.remark
            output.show(dataclasses.replace(page, remark=told))
            try:
                reply, rest = read_reply(await _typed(_QUESTION))
                if reply == "details" and not rest:
                    page, remark = _page(request, whole=True), ""
                    continue
                answer, remark = await self._answer(reply, rest, request)
            except EOFError:
                return Reject("nobody answered: the input ended")
            except NotImplementedError:  # IPython's StdinNotImplementedError
                return Reject(_CANNOT_ASK)
            if answer is not None:
                return answer

    async def _answer(
        self, reply: Reply | None, rest: str, request: ApprovalRequest
    ) -> tuple[Approval | None, str]:
        """Return the answer, or None and what to say before asking again."""
        if reply == "no":
            return (Reject(rest) if rest else Reject()), ""
        if rest or reply not in {"yes", "always", "edit"}:
            return None, _EXPLAINED
        if reply == "edit":
            return await _edited(request)
        if reply == "always":
            self._always.add(same_question(request))
        return Approve(), ""


def _page(request: ApprovalRequest, *, whole: bool = False) -> Page:
    item = question_item(request, whole=whole)
    return Page(
        title="May this run?",
        tone="waiting",
        sections=(Section(title="Call", items=(item,), is_open=True),),
        remark=_covered(request),
    )


def _covered(request: ApprovalRequest) -> str:
    return f"always: {always_covers(request)}, until asked to forget it"


async def _edited(request: ApprovalRequest) -> tuple[Approval | None, str]:
    given = dict(request.call.arguments)
    shown = json.dumps(given, ensure_ascii=False, default=str)
    text = await _typed(f"the arguments as JSON, now {shown} > ")
    if not text.strip():
        return None, "nothing was changed"
    arguments, problem = parsed_arguments(text)
    if arguments is None:
        return None, problem
    return (None, "nothing was changed") if arguments == given else (Edit(arguments), "")


def _answered(page: Page, answer: Approval) -> Page:
    """Return what stays of a question: what was asked, folded, and what was said."""
    said = ""
    if not isinstance(answer, Reject):
        said = "approved with other arguments" if isinstance(answer, Edit) else "approved"
    sections = tuple(dataclasses.replace(section, is_open=False) for section in page.sections)
    remark = answer.reason if isinstance(answer, Reject) else ""
    return Page(
        title=said or "rejected", tone="good" if said else "bad", remark=remark, sections=sections
    )


# -- reading a line --------------------------------------------------------------------------------

_STDIN: Final = threading.Lock()
_POLL: Final = 0.05


async def _typed(question: str) -> str:
    """Return a line that is typed, while the loop goes on: a run that is stopped stops asking.

    Raises:
        EOFError: The input ended.
        NotImplementedError: There is none.
    """
    answer: concurrent.futures.Future[str] = concurrent.futures.Future()
    context = contextvars.copy_context()  # which cell it is
    thread = threading.Thread(target=context.run, args=(_read, question, answer), daemon=True)
    thread.start()
    try:
        return await asyncio.wrap_future(answer)
    except asyncio.CancelledError:
        _stop_reading(thread)
        raise


def _read(question: str, answer: concurrent.futures.Future[str]) -> None:
    try:
        while not _STDIN.acquire(timeout=_POLL):
            pass  # another run asks; a stop comes in between
        try:
            line = input(question)
        finally:
            _STDIN.release()
    except BaseException as error:  # noqa: BLE001  it belongs to whoever waits for the line
        _settle(answer, error=error)
    else:
        _settle(answer, line=line)


def _settle(
    answer: concurrent.futures.Future[str], *, line: str = "", error: BaseException | None = None
) -> None:
    with contextlib.suppress(concurrent.futures.InvalidStateError):  # nobody waits any more
        if error is None:
            answer.set_result(line)
        else:
            answer.set_exception(error)


def _stop_reading(thread: threading.Thread) -> None:
    """End a kernel's `input`: it looks for replies and for a KeyboardInterrupt 100 times a second.

    Left alone, its thread would take the answer to the next question.
    """
    assert thread.ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt)
    )
