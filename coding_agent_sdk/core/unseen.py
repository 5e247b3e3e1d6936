"""A coroutine whose async generators the event loop does not know, and so does not close.

At its end a loop closes all async generators that were begun on it, side by side. Whoever owns some
and closes them in order, as an agent does with the lifespans of its plugins, would find them being
closed already.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

__all__ = ["unseen"]

T = TypeVar("T")


@types.coroutine
def unseen(work: Coroutine[Any, Any, T]) -> Generator[Any, Any, T]:
    """Await *work*, with no hook for the async generators that begin in it.

    Args:
        work: What is done; generators that begin in tasks of its own are known as ever.
    """
    step: Callable[[Any], Any] = work.send
    value: Any = None
    while True:
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=None)
        try:
            waited_for = step(value)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            sys.set_asyncgen_hooks(*hooks)
        try:
            value = yield waited_for
            step = work.send
        except BaseException as error:  # noqa: BLE001  a cancellation, or what was waited for failed
            value, step = error, work.throw
