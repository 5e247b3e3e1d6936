"""Checks: decisions are collected one after another, and only tighten."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar

from coding_agent_sdk.events import CheckDecided, PluginFailed
from coding_agent_sdk.hooks.bounded import (
    EscapedError,
    OutOfTimeError,
    call_contained,
    within,
)
from coding_agent_sdk.hooks.replacing import why_not
from coding_agent_sdk.text.failures import describe
from coding_agent_sdk.types.decisions import Allow, Ask, Checked, Decision, Deny, Replace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from coding_agent_sdk.hooks.implementation import Implementation, RunViews

logger = logging.getLogger(__name__)

V = TypeVar("V")

STRICTNESS: Final[dict[type, int]] = {Allow: 0, Replace: 0, Ask: 1, Deny: 2}
_NO_OBJECTION: Final = Allow()
"""What most checks come to: one value for all of them."""

PLUGIN_FAILED: Final = "plugin_failed"
"""The rule of a `Deny` that stands for a check that failed."""


async def decide(
    implementations: Sequence[Implementation],
    *,
    context: RunViews,
    name: str,
    value: V,
    others: dict[str, Any],
    seconds: float,
    fail_open: AbstractSet[str] = frozenset(),
    control_flow: tuple[type[Exception], ...],
    call_id: str | None = None,
) -> Checked[V]:
    """Return the tightest decision on *value*, and the value as replaced on the way.

    Args:
        implementations: The checks, in their order.
        context: The run.
        name: The argument that *value* is given as.
        value: What is decided on. The next check sees what the one before it put in its place.
        others: Further arguments.
        seconds: How long one check may take; over it, it denies.
        fail_open: Plugins whose checks abstain where they fail.
        control_flow: Exceptions that always pass through.
        call_id: The tool call that it is about, for the event.
    """
    verdict: Allow | Ask | Deny = _NO_OBJECTION
    plugin = ""
    for check in implementations:
        arguments = {"context": context[check.plugin], name: value, **others}
        decision = await _decision(
            check, arguments, value=value, seconds=seconds, control_flow=control_flow,
            context=context,
        )  # fmt: skip
        if check.plugin in fail_open and getattr(decision, "rule", "") == PLUGIN_FAILED:
            continue  # it was told as an event
        if type(decision) is not Allow:
            _report(context, check, decision, call_id)
        if isinstance(decision, Replace):
            value = decision.value
        elif STRICTNESS[type(decision)] > STRICTNESS[type(verdict)] or (
            isinstance(decision, Allow) and decision.vouches and type(verdict) is Allow
        ):
            verdict, plugin = decision, check.plugin
        if isinstance(verdict, Deny):
            break
    return Checked(decision=verdict, value=value, plugin=plugin)


async def _decision(
    check: Implementation,
    arguments: dict[str, Any],
    *,
    value: object,
    seconds: float,
    control_flow: tuple[type[Exception], ...],
    context: RunViews,
) -> Decision:
    """Return what one check says; failing, hanging or answering nonsense means `Deny`."""
    try:
        decision = call_contained(check.start, arguments)
        if inspect.isawaitable(decision):  # a plain function needs neither task nor timer
            name = f"{check.hook} of plugin {check.plugin!r}"
            decision = await within(decision, seconds, name=name)
    except control_flow:
        raise
    except Exception as error:
        raised = error.error if isinstance(error, EscapedError) else error
        logger.error("plugin %r failed in %s: %s", check.plugin, check.hook, describe(raised))
        hung = isinstance(error, OutOfTimeError)
        detail = f"took longer than {seconds:g} s" if hung else type(raised).__name__
        return _failed(check, context, f"failed: {detail}")
    if decision is None:
        return _NO_OBJECTION
    if type(decision) not in STRICTNESS:  # `return True` is the commonest slip
        return _failed(check, context, f"returned {type(decision).__name__}, not a decision")
    wrong = why_not(value, decision.value) if isinstance(decision, Replace) else ""
    if wrong:
        return _failed(check, context, f"put {wrong}")
    checked: Decision = decision
    return checked


def _failed(check: Implementation, context: RunViews, what: str) -> Deny:
    context.host.emit(PluginFailed(plugin=check.plugin, hook=check.hook, error=what))
    return Deny(f"plugin {check.plugin!r} {what}", rule=PLUGIN_FAILED)


def _report(
    context: RunViews, check: Implementation, decision: Decision, call_id: str | None
) -> None:
    context.host.emit(
        CheckDecided(
            plugin=check.plugin,
            hook=check.hook,
            decision=type(decision).__name__.lower(),
            reason=getattr(decision, "reason", ""),
            rule=getattr(decision, "rule", ""),
            call_id=call_id,
        )
    )
