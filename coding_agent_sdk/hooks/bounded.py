"""Waiting for other people's code no longer than it may take, even if it swallows cancellation."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
import logging
import sys
import types
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

T = TypeVar("T")

logger = logging.getLogger(__name__)

GRACE_SECONDS: Final = 3.0
"""How long something that was cancelled may take to end before nobody waits for it any more.

It is more than a command that heeds no signal takes to be ended, on a machine under load, too.
"""

_NOBODYS: Final = contextvars.Context()
"""Where callbacks run that look at no variable: else each would get a copy of the caller's."""

_abandoned: Final[set[asyncio.Task[Any]]] = set()
"""An event loop holds its tasks weakly; these go on until they end or their loop does."""


class OutOfTimeError(Exception):
    """It took longer than it may.

    Attributes:
        ended: Whether it has ended since; else it was left to itself.
    """

    def __init__(self, *, ended: bool = True) -> None:
        super().__init__()
        self.ended = ended


class EscapedError(Exception):
    """Something was raised that `except Exception` misses, as `SystemExit`.

    Attributes:
        error: What was raised. A `CancelledError` here means that nobody had cancelled.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(type(error).__name__)
        self.error = error


def call_contained(function: Callable[..., T], *arguments: Any) -> T:
    """Call a plain function.

    Raises:
        EscapedError: It raised what is no `Exception`; `KeyboardInterrupt` passes.
    """
    try:
        return function(*arguments)
    except BaseException as error:
        _raise_contained(error)


async def within(work: Awaitable[T], seconds: float, *, name: str) -> T:
    """Await *work* in a task of its own and return what it gives.

    Over the time, or when the caller is cancelled, the task is cancelled, and has
    `GRACE_SECONDS` to end. After that it is left to itself, with a warning; a second
    cancellation, as by the end of its loop, ends it where it stands.

    Args:
        work: What to wait for.
        seconds: How long it may take.
        name: What it is, for the warning.

    Raises:
        OutOfTimeError: It took longer.
        EscapedError: It raised what is no `Exception`; `KeyboardInterrupt` passes.
    """
    attended = _Attended(work, name)
    task = attended.start()
    if not task.done():
        try:
            await _done_or_late(task, seconds)
        except asyncio.CancelledError:
            await attended.stop(task)
            raise
        if not task.done():
            await attended.stop(task)
            raise OutOfTimeError(ended=task.done())
    try:
        return task.result()
    except BaseException as error:
        _raise_contained(error)


async def _done_or_late(task: asyncio.Task[Any], seconds: float) -> None:
    """Wait until a task is done, or so many seconds: `asyncio.wait` for one, in few objects."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()
    wake = functools.partial(_wake, waiter)
    task.add_done_callback(wake, context=_NOBODYS)
    timer = loop.call_later(seconds, wake, context=_NOBODYS)
    try:
        await waiter
    finally:
        timer.cancel()
        task.remove_done_callback(wake)


def _wake(waiter: asyncio.Future[None], *_: object) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _raise_contained(error: BaseException) -> NoReturn:
    if isinstance(error, Exception | KeyboardInterrupt):
        raise error
    raise EscapedError(error) from error


class _Attended(Generic[T]):
    """Something awaited that can be given up."""

    __slots__ = ("_is_abandoned", "_name", "_work")

    def __init__(self, work: Awaitable[T], name: str) -> None:
        self._work = work
        self._name = name
        self._is_abandoned = False

    def start(self) -> asyncio.Task[T]:
        """Return its task, which has taken its first step already where Python can do that."""
        if sys.version_info >= (3, 12):
            loop = asyncio.get_running_loop()
            return asyncio.Task(self._run(), loop=loop, eager_start=True)
        return asyncio.ensure_future(self._run())

    async def stop(self, task: asyncio.Task[T]) -> None:
        """Cancel it and wait a little for its end."""
        task.cancel()
        task.add_done_callback(_note_end)
        try:
            await asyncio.wait({task}, timeout=GRACE_SECONDS)
        finally:
            if not task.done():
                self._is_abandoned = True
                _abandoned.add(task)
                logger.warning(
                    "%s did not end within %g s after it was cancelled; it is left to itself",
                    self._name, GRACE_SECONDS,
                )  # fmt: skip

    async def _run(self) -> T:
        try:
            work = self._work
            result: T = await self._attend(work if inspect.iscoroutine(work) else _awaiting(work))
        except SystemExit as error:  # out of a task it would end the event loop
            raise EscapedError(error) from error
        return result

    @types.coroutine
    def _attend(self, work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
        """Drive *work* as `await` does, until it is cancelled after it was abandoned."""
        thrown: BaseException | None = None
        while True:
            try:
                awaited = work.send(None) if thrown is None else work.throw(thrown)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                thrown = None
            try:
                yield awaited
            except asyncio.CancelledError as error:
                if self._is_abandoned:
                    with contextlib.suppress(BaseException):  # it had its time
                        work.close()
                    raise
                thrown = error
            except BaseException as error:
                thrown = error


async def _awaiting(work: Awaitable[T]) -> T:
    return await work


def _note_end(task: asyncio.Task[Any]) -> None:
    _abandoned.discard(task)
    if not task.cancelled():
        task.exception()  # or asyncio reports that nobody asked for it
