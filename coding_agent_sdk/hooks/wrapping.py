"""Onions: wrap hooks are built into one chain, once for each agent."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from coding_agent_sdk.errors import AgentError, PluginError
from coding_agent_sdk.hooks.replacing import why_not
from coding_agent_sdk.text.failures import said
from coding_agent_sdk.types.tools import ToolCall

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from coding_agent_sdk.hooks.implementation import Implementation, RunViews

Inner: TypeAlias = "Callable[[Any], Awaitable[Any]]"
Chain: TypeAlias = "Callable[[RunViews, Any, Inner], Awaitable[Any]]"
MayRepeat: TypeAlias = "Callable[[RunViews, Any], bool]"


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
    outermost: _Layer | None = None
    for implementation in reversed(implementations):
        outermost = _Layer(
            implementation, outermost, name=name, returns=returns, control_flow=control_flow,
            may_repeat=may_repeat,
        )  # fmt: skip
    return _Onion(outermost)


class _Onion:
    """All layers, as they are seen from outside."""

    __slots__ = ("further_in",)

    def __init__(self, outermost: _Layer | None) -> None:
        self.further_in = outermost

    def __call__(self, context: RunViews, value: Any, innermost: Inner) -> Awaitable[Any]:
        """Go in."""
        return _Passage(self, context, value, innermost)(value)

    def check_again(self, *_: Any) -> None:
        """Nobody goes in a second time, or with another value."""


class _Layer:
    """A layer, and the next one further in: part of the chain of one agent."""

    __slots__ = (
        "_implementation",
        "_may_repeat",
        "_name",
        "_passes",
        "_takes_all",
        "further_in",
        "is_async",
        "returns",
    )

    def __init__(
        self,
        implementation: Implementation,
        further_in: _Layer | None,
        *,
        name: str,
        returns: type,
        control_flow: tuple[type[Exception], ...],
        may_repeat: MayRepeat | None,
    ) -> None:
        self._implementation = implementation
        self._name = name
        self.returns = returns
        self._passes: tuple[type[Exception], ...] = (AgentError, *control_flow)
        self._may_repeat = may_repeat
        self.further_in = further_in
        self.is_async = implementation.is_async
        # Most take all there is, in this order: then nothing has to be picked out.
        everything = "context", name, "call_next"
        self._takes_all = self.is_async and implementation.argument_names == everything

    def start(self, context: RunViews, value: Any, passage: _Passage) -> Any:
        """Call the implementation; what it gives may be awaitable."""
        implementation = self._implementation
        if self._takes_all:
            return implementation.function(context[implementation.plugin], value, passage)
        return implementation.start({
            "context": context[implementation.plugin],
            self._name: value,
            "call_next": passage,
        })  # fmt: skip

    def check_again(self, context: RunViews, given: Any, value: Any, calls: int) -> None:
        """Refuse a value that may not take the place of the one given, and a repeated change.

        Raises:
            PluginError: One of the two.
        """
        if value is not given and (
            wrong := why_not(given, value) or self._why_unjudged(given, value)
        ):
            raise self.slip(f"it passed on {wrong}")
        if calls > 1 and self._may_repeat is not None and not self._may_repeat(context, given):
            raise self.slip(
                "it called call_next again for a call that may change something; "
                "only calls with effect `pure` or `read` may be repeated"
            )

    def _why_unjudged(self, given: Any, value: Any) -> str:
        """Return why a changed tool call must not run: no check has seen it; `""` where it may."""
        if not isinstance(value, ToolCall) or self._implementation.options.phase == "vault":
            return ""  # true values stand in the place of what was judged
        if dict(value.arguments) == dict(given.arguments):
            return ""
        return (
            "a ToolCall with other arguments, which no check has seen; "
            "change a call in check_tool_call, by Replace"
        )

    def passes(self, error: Exception) -> bool:
        """Return whether an error keeps its type, whoever raised it."""
        return isinstance(error, self._passes)

    def refuse(self, result: object) -> NoReturn:
        """Refuse a result of another type than it has to be of.

        Raises:
            PluginError: Always.
        """
        raise self.slip(f"it returned {type(result).__name__}, not {self.returns.__name__}")

    def slip(self, what: str) -> PluginError:
        """Return the error for what the layer itself did wrong."""
        return PluginError(self._implementation.plugin, self._implementation.hook, what)


class _Passage:
    """The way from a layer to the next one further in: what the layer is given as `call_next`.

    Many runs wait in one at the same time, so it is few objects: itself and a coroutine, where a
    closure would be eight. What came from further in keeps its type; only the layer's own slip is
    a `PluginError`.
    """

    __slots__ = ("_calls", "_context", "_innermost", "_layer", "_passed", "_value")

    def __init__(
        self, layer: _Onion | _Layer, context: RunViews, value: Any, innermost: Inner
    ) -> None:
        self._layer = layer
        self._context = context
        self._value = value
        self._innermost = innermost
        self._calls = 0
        self._passed: tuple[Exception, ...] = ()

    async def __call__(self, value: Any) -> Any:
        """Go further in with a value."""
        self._calls += 1
        if value is not self._value or self._calls > 1:
            self._layer.check_again(self._context, self._value, value, self._calls)
        layer = self._layer.further_in
        try:
            if layer is None:
                return await self._innermost(value)
            passage = _Passage(layer, self._context, value, self._innermost)
            try:
                result = layer.start(self._context, value, passage)
                if layer.is_async or inspect.isawaitable(result):
                    result = await result
            except Exception as error:
                if passage.has_passed(error) or layer.passes(error):
                    raise
                raise layer.slip(said(error)) from error
            if not isinstance(result, layer.returns):
                layer.refuse(result)
        except Exception as error:
            self._passed = (*self._passed, error)
            raise
        return result

    def has_passed(self, error: Exception) -> bool:
        """Return whether an error came from further in."""
        return any(error is one for one in self._passed)
