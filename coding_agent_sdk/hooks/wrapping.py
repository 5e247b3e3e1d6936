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
        chain = _Layer(
            layer, chain, name=name, returns=returns, control_flow=control_flow,
            may_repeat=may_repeat,
        )  # fmt: skip
    return chain


class _Layer:
    """A layer with all that is further in: part of the chain of one agent."""

    __slots__ = ("_implementation", "_name", "_passes", "_returns", "further_in", "may_repeat")

    def __init__(
        self,
        implementation: Implementation,
        further_in: Chain,
        *,
        name: str,
        returns: type,
        control_flow: tuple[type[Exception], ...],
        may_repeat: MayRepeat | None,
    ) -> None:
        self._implementation = implementation
        self._name = name
        self._returns = returns
        self._passes: tuple[type[Exception], ...] = (AgentError, *control_flow)
        self.further_in = further_in
        self.may_repeat = may_repeat

    async def __call__(self, context: RunViews, value: Any, innermost: Inner) -> Any:
        """Go through it, and as far in as it lets."""
        implementation = self._implementation
        passage = _Passage(self, context, value, innermost)
        try:
            result = implementation.start({
                "context": context[implementation.plugin],
                self._name: value,
                "call_next": passage.call_next,
            })  # fmt: skip
            if implementation.is_async or inspect.isawaitable(result):
                result = await result
        except Exception as error:
            if passage.has_passed(error) or isinstance(error, self._passes):
                raise
            raise self.slip(said(error)) from error
        if not isinstance(result, self._returns):
            got = type(result).__name__
            raise self.slip(f"it returned {got}, not {self._returns.__name__}")
        return result

    def slip(self, what: str) -> PluginError:
        """Return the error for what the layer itself did wrong."""
        return PluginError(self._implementation.plugin, self._implementation.hook, what)


class _Passage:
    """One way through a layer. A closure for it would be eight objects, and many runs wait in one.

    What came from further in keeps its type; only the layer's own slip is a `PluginError`.
    """

    __slots__ = ("_calls", "_context", "_innermost", "_layer", "_passed", "_value")

    def __init__(self, layer: _Layer, context: RunViews, value: Any, innermost: Inner) -> None:
        self._layer = layer
        self._context = context
        self._value = value
        self._innermost = innermost
        self._calls = 0
        self._passed: tuple[Exception, ...] = ()

    async def call_next(self, value: Any) -> Any:
        """Go further in with a value."""
        layer = self._layer
        self._calls += 1
        if value is not self._value and (wrong := why_not(self._value, value)):
            raise layer.slip(f"it passed on {wrong}")
        if self._calls > 1 and not self._may_repeat():
            raise layer.slip(
                "it called call_next again for a call that may change something; "
                "only calls with effect `pure` or `read` may be repeated"
            )
        try:
            return await layer.further_in(self._context, value, self._innermost)
        except Exception as error:
            self._passed = (*self._passed, error)
            raise

    def has_passed(self, error: Exception) -> bool:
        """Return whether an error came from further in."""
        return any(error is one for one in self._passed)

    def _may_repeat(self) -> bool:
        may_repeat = self._layer.may_repeat
        return may_repeat is None or may_repeat(self._context, self._value)
