"""Onions: wrap hooks are built into one chain, once for each agent."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeAlias

from coding_agent_sdk.errors import AgentError, PluginError
from coding_agent_sdk.hooks.replacing import why_not
from coding_agent_sdk.text.failures import said

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from coding_agent_sdk.hooks.implementation import Implementation, RunViews

Inner: TypeAlias = "Callable[[Any], Awaitable[Any]]"
Chain: TypeAlias = "Callable[[RunViews, Any, Inner], Awaitable[Any]]"
MayRepeat: TypeAlias = "Callable[[RunViews, Any], bool]"


async def _bottom(_context: RunViews, value: Any, inner: Inner) -> Any:
    return await inner(value)


def build_chain(
    implementations: Sequence[Implementation],
    *,
    name: str,
    returns: type,
    control_flow: tuple[type[Exception], ...],
    may_repeat: MayRepeat | None = None,
) -> Chain:
    """Return one function that goes through all layers, the first of them outermost.

    Args:
        implementations: The layers, in their order.
        name: The argument that the value is given as.
        returns: What each layer has to return.
        control_flow: Exceptions that always pass through as they are.
        may_repeat: Says whether a layer may go inward again for a value; None for always.
    """
    chain: Chain = _bottom
    for layer in reversed(implementations):
        chain = _layer(
            layer, chain, name=name, returns=returns, control_flow=control_flow,
            may_repeat=may_repeat,
        )  # fmt: skip
    return chain


def _layer(
    layer: Implementation,
    inner_chain: Chain,
    *,
    name: str,
    returns: type,
    control_flow: tuple[type[Exception], ...],
    may_repeat: MayRepeat | None,
) -> Chain:
    plugin, is_async = layer.plugin, layer.is_async

    async def call_layer(context: RunViews, value: Any, innermost: Inner) -> Any:
        # What came from further in keeps its type; only the layer's own slip is a PluginError.
        passed: list[Exception] = []
        calls = 0

        async def call_next(inner_value: Any) -> Any:
            nonlocal calls
            calls += 1
            if inner_value is not value and (wrong := why_not(value, inner_value)):
                raise PluginError(layer.plugin, layer.hook, f"it passed on {wrong}")
            if calls > 1 and may_repeat is not None and not may_repeat(context, value):
                raise PluginError(
                    layer.plugin,
                    layer.hook,
                    "it called call_next again for a call that may change something; "
                    "only calls with effect `pure` or `read` may be repeated",
                )
            try:
                return await inner_chain(context, inner_value, innermost)
            except Exception as error:
                passed.append(error)
                raise

        try:
            result = layer.start({"context": context[plugin], name: value, "call_next": call_next})
            if is_async or inspect.isawaitable(result):
                result = await result
        except Exception as error:
            from_within = any(error is one for one in passed)
            if from_within or isinstance(error, (AgentError, *control_flow)):
                raise
            raise PluginError(layer.plugin, layer.hook, said(error)) from error
        if not isinstance(result, returns):
            got = type(result).__name__
            raise PluginError(
                layer.plugin, layer.hook, f"it returned {got}, not {returns.__name__}"
            )
        return result

    return call_layer
