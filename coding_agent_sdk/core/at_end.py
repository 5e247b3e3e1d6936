"""What plugins and tools have asked for to be done when a run is over."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from coding_agent_sdk.errors import AgentError, PluginError
from coding_agent_sdk.text.failures import said

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def with_one_more(
    endings: contextlib.AsyncExitStack | None,
    function: Callable[[], Awaitable[object]],
    plugin: str,
) -> contextlib.AsyncExitStack:
    """Return what is to be done at a run's end with one thing more, which comes first.

    Most runs have nothing to do: the stack is made for the first thing.
    """
    stack = contextlib.AsyncExitStack() if endings is None else endings
    stack.push_async_callback(_call, function, plugin)
    return stack


async def _call(function: Callable[[], Awaitable[object]], plugin: str) -> None:
    try:
        await function()
    except AgentError:
        raise
    except Exception as error:
        raise PluginError(plugin, "at_end", said(error)) from error
