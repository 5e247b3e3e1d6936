"""Runs that a notebook shows while they last, in one output that changes in its place."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import AgentError
from coding_agent_sdk.notebook.outputs import Output, current_cell, new_output
from coding_agent_sdk.notebook.progress import Progress
from coding_agent_sdk.text.failure_page import page_of
from coding_agent_sdk.text.sheet import sheet_of
from coding_agent_sdk.types.requests import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from coding_agent_sdk.agent import Agent
    from coding_agent_sdk.core.stream import RunStream
    from coding_agent_sdk.text.page import Page

__all__ = ["ShownResult", "show", "show_sync", "watch"]

_SECONDS_BETWEEN: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class ShownResult(Result):
    """A result that its cell has shown already: as the value of that cell it is only named."""

    cell: int = field(default=-1, repr=False, compare=False)

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
    ) -> dict[str, str]:
        if self.cell != current_cell():
            return super()._repr_mimebundle_(include, exclude)
        page = self.page()
        return {
            "text/plain": sheet_of(dataclasses.replace(page, remark="", answer="", sections=()))
        }


async def show(
    agent: Agent,
    text: str,
    *,
    session: str | None = None,
    user: str = "",
    seconds: float | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Result:
    """Answer a request and show the run while it lasts; the arguments are those of `Agent.run`.

    Interrupting the kernel stops the run, and what there is of it stays.

    Raises:
        AgentError: The run failed; what there is of it stays, too.
        ConfigError: No notebook runs this.
    """
    output = new_output()
    stream = agent.stream(text, session=session, user=user, seconds=seconds, metadata=metadata)
    return await _watched(stream, output)


async def watch(stream: RunStream) -> Result:
    """Show a run of which somebody has the stream, as `show` does.

    Example:
        ```python
        result = await watch(agent.resume_stream("s1", {"call-1": Approve()}))
        ```
    """
    return await _watched(stream, new_output())


def show_sync(
    agent: Agent,
    text: str,
    *,
    session: str | None = None,
    user: str = "",
    seconds: float | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Result:
    """Do what `show` does where `await` is not possible, as `Agent.run_sync` does for `run`."""
    work = show(agent, text, session=session, user=user, seconds=seconds, metadata=metadata)
    try:
        return agent.wait_for(work)
    except KeyboardInterrupt as stopped:
        _say_briefly(stopped, "")
        raise


async def _watched(stream: RunStream, output: Output) -> Result:
    progress = Progress()
    painter = _Painter(output, progress.page)
    final: Callable[[], Page] = progress.page
    try:
        async with stream:
            await _read(stream, progress, painter)
            result = _result(stream)
        final = result.page
        return _as_shown(result)
    except AgentError as error:
        final = _page_of_failure(error, progress)
        raise
    except asyncio.CancelledError as stopped:
        progress.stop()
        _say_briefly(stopped, progress.session)
        raise
    finally:
        painter.end(final())


async def _read(stream: RunStream, progress: Progress, painter: _Painter) -> None:
    try:
        async for event in stream:
            progress.note(event)
            painter.changed()
    except asyncio.CancelledError:
        await stream.cancel()
        async for event in stream:  # what it says as it goes down
            progress.note(event)
        raise


def _result(stream: RunStream) -> Result:
    try:
        return stream.result
    except RuntimeError as error:  # somebody else cancelled it
        raise asyncio.CancelledError from error


def _as_shown(result: Result) -> ShownResult:
    values = {item.name: getattr(result, item.name) for item in dataclasses.fields(Result)}
    return ShownResult(**values, cell=current_cell())


def _page_of_failure(error: AgentError, progress: Progress) -> Callable[[], Page]:
    return lambda: page_of(error, error.result.page() if error.result else progress.page())


def _say_briefly(stopped: BaseException, session: str) -> None:
    """Have IPython show one line for an interrupt, not a wall of frames.

    The very exception has to travel on: `asyncio.timeout` takes no other kind of `CancelledError`.
    """
    again = f"; go on with session={session!r}" if session else ""
    vars(stopped)["_render_traceback_"] = lambda: [f"The run was stopped{again}"]


class _Painter:
    """Repaints an output when something has changed, and not more often than eyes can follow."""

    def __init__(self, output: Output, page: Callable[[], Page]) -> None:
        self._output = output
        self._page = page
        self._loop = asyncio.get_running_loop()
        self._next: asyncio.TimerHandle | None = None
        self._output.show(page())

    def changed(self) -> None:
        """Repaint soon."""
        if self._next is None:
            self._next = self._loop.call_later(_SECONDS_BETWEEN, self._paint)

    def end(self, page: Page) -> None:
        """Paint for the last time."""
        if self._next is not None:
            self._next.cancel()
        self._output.show(page, last=True)

    def _paint(self) -> None:
        self._next = None
        self._output.show(self._page())
