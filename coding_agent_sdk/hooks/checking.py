"""Checks: decisions are collected one after another, and only tighten."""

from __future__ import annotations

import dataclasses
import inspect
import logging
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar, get_args

from coding_agent_sdk.events import CheckDecided, PluginFailed
from coding_agent_sdk.hooks.bounded import (
    EscapedError,
    OutOfTimeError,
    call_contained,
    within,
)
from coding_agent_sdk.hooks.replacing import why_not
from coding_agent_sdk.text.failures import describe
from coding_agent_sdk.types.decisions import (
    Allow,
    Ask,
    Checked,
    Decision,
    Deny,
    Replace,
    Vouching,
)

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

UNSETTLED: Final = "unsettled"
"""The rule of a `Deny` of what the checks would not stop to replace."""

MAX_ROUNDS: Final = 4
"""How often a value that was replaced is checked again before it is denied."""

_VOUCHINGS: Final = frozenset(get_args(Vouching))


class Checks(Generic[V]):
    """Collects the decisions of the implementations of one hook, one after another.

    Args:
        implementations: The checks, in their order.
        name: The argument that the value is given as.
        seconds: How long one check may take; over it, it denies.
        fail_open: Plugins whose checks abstain where they fail.
        control_flow: Exceptions that always pass through.
        settles: Whether all checks have to have seen the value that comes out: what one of them
            puts in its place is then checked again by the others.
    """

    __slots__ = ("_control_flow", "_fail_open", "_implementations", "_name", "_seconds", "_settles")

    def __init__(
        self,
        implementations: Sequence[Implementation],
        *,
        name: str,
        seconds: float,
        fail_open: AbstractSet[str] = frozenset(),
        control_flow: tuple[type[Exception], ...] = (),
        settles: bool = False,
    ) -> None:
        self._implementations = implementations
        self._name = name
        self._seconds = seconds
        self._fail_open = fail_open
        self._control_flow = control_flow
        self._settles = settles

    async def decide(
        self,
        context: RunViews,
        value: V,
        *,
        call_id: str | None = None,
        author: Implementation | None = None,
        rounds: int = MAX_ROUNDS,
        **others: Any,
    ) -> Checked[V]:
        """Return the tightest decision on *value*, and the value as replaced on the way.

        Args:
            context: The run.
            value: What is decided on. The next check sees what the one before it put in its place.
            call_id: The tool call that it is about, for the event.
            author: The check that made the value; it is not asked about its own.
            rounds: How often what was replaced may be checked again.
            others: Further arguments of the hook.
        """
        verdict: Allow | Ask | Deny = _NO_OBJECTION
        plugin, given = "", value
        for check in self._implementations:
            if check is author:
                continue
            arguments = {"context": context[check.plugin], self._name: value, **others}
            decision = await self._decision(check, arguments, value, context)
            if check.plugin in self._fail_open and getattr(decision, "rule", "") == PLUGIN_FAILED:
                continue  # it was told as an event
            if type(decision) is not Allow:
                _report(context, check, decision, call_id)
            if isinstance(decision, Replace):
                author = author if _is_same(value, decision.value) else check
                value = decision.value
            elif decision is not _NO_OBJECTION:
                verdict, plugin = _tighter(verdict, plugin, decision, check.plugin)
            if isinstance(verdict, Deny):
                break
        checked = Checked(decision=verdict, value=value, plugin=plugin)
        if value is given or not self._settles or _has_settled(given, checked):
            return checked
        if rounds <= 0:
            assert author is not None
            return dataclasses.replace(checked, decision=_unsettled(author), plugin=author.plugin)
        again = await self.decide(
            context, value, call_id=call_id, author=author, rounds=rounds - 1, **others
        )
        return _newest(checked, again)

    async def _decision(
        self, check: Implementation, arguments: dict[str, Any], value: V, context: RunViews
    ) -> Decision:
        """Return what one check says; failing, hanging or answering nonsense means `Deny`."""
        seconds = self._seconds
        try:
            decision = call_contained(check.start, arguments)
            if check.held_seconds > seconds:
                _refuse_late(check, decision)
            if inspect.isawaitable(decision):  # a plain function needs neither task nor timer
                name = f"{check.hook} of plugin {check.plugin!r}"
                decision = await within(decision, seconds, name=name)
        except self._control_flow:
            raise
        except Exception as error:
            raised = error.error if isinstance(error, EscapedError) else error
            logger.error("plugin %r failed in %s: %s", check.plugin, check.hook, describe(raised))
            hung = isinstance(error, OutOfTimeError)
            detail = f"took longer than {seconds:g} s" if hung else type(raised).__name__
            return _failed(check, context, f"failed: {detail}")
        if decision is None:
            return _NO_OBJECTION
        wrong = _wrong(decision, value)
        return _failed(check, context, wrong) if wrong else decision


def _tighter(
    verdict: Allow | Ask | Deny, plugin: str, decision: Allow | Ask | Deny, asked: str
) -> tuple[Allow | Ask | Deny, str]:
    """Return the tighter of a verdict and a further decision, and whose it is."""
    if isinstance(decision, Ask) and isinstance(verdict, Ask):
        return _both(verdict, decision), plugin
    vouches = isinstance(decision, Allow) and decision.vouches and isinstance(verdict, Allow)
    if vouches or STRICTNESS[type(decision)] > STRICTNESS[type(verdict)]:
        return decision, asked
    return verdict, plugin


def _has_settled(given: object, checked: Checked[Any]) -> bool:
    return isinstance(checked.decision, Deny) or _is_same(given, checked.value)


def _newest(before: Checked[V], again: Checked[V]) -> Checked[V]:
    """Return what was said of the newest value; a question about an older one is still asked.

    What that older one would have covered is not: it is no part of what runs.
    """
    if isinstance(before.decision, Ask) and isinstance(again.decision, Allow):
        asked = dataclasses.replace(before.decision, covers=())
        return Checked(decision=asked, value=again.value, plugin=before.plugin)
    return again


def _both(first: Ask, second: Ask) -> Ask:
    """Return both questions as one: an answer for good holds for all that either names."""
    reason = first.reason
    if second.reason not in reason:
        reason = f"{reason}; {second.reason}"
    covers = (*first.covers, *second.covers) if first.covers and second.covers else ()
    return dataclasses.replace(first, reason=reason, covers=tuple(dict.fromkeys(covers)))


def _is_same(old: object, new: object) -> bool:
    """Whether one value may stand for the other; what cannot be compared may not."""
    if old is new:
        return True
    try:
        return bool(old == new)
    except Exception:  # a value of a plugin may refuse to be compared
        return False


def _unsettled(author: Implementation) -> Deny:
    return Deny(
        f"the checks did not stop replacing it, the last one that of plugin {author.plugin!r}; "
        "a check must let be what is as it would make it",
        rule=UNSETTLED,
    )


def _refuse_late(check: Implementation, decision: object) -> NoReturn:
    """Refuse what a plain function says: it cannot be cut short, but it does not count."""
    check.held_seconds = 0.0
    if inspect.iscoroutine(decision):
        decision.close()
    raise OutOfTimeError


def _wrong(decision: Any, value: object) -> str:
    """Return what is wrong with what a check gave as its decision on *value*; `""` for nothing."""
    if type(decision) not in STRICTNESS:  # `return True` is the commonest slip
        return f"returned {type(decision).__name__}, not a decision"
    wrong = _wrong_field(decision)
    if wrong:
        return f"returned {type(decision).__name__} with {wrong}"
    wrong = why_not(value, decision.value) if isinstance(decision, Replace) else ""
    return f"put {wrong}" if wrong else ""


def _wrong_field(decision: Any) -> str:
    """Return which field of a decision is of another type than it has to be; `""` for none."""
    if isinstance(decision, Allow):
        if decision is _NO_OBJECTION or not (decision.vouches or decision.covers):
            return ""
        vouches: object = decision.vouches
        if not isinstance(vouches, str) or vouches not in _VOUCHINGS:
            return f"vouches={_kind(vouches)}, not one of {sorted(_VOUCHINGS)}"
    else:
        for name in ("reason", "rule"):
            if not isinstance(getattr(decision, name), str):
                return f"a {name} that is {_kind(getattr(decision, name))}, not a str"
    covers = getattr(decision, "covers", ())
    if not isinstance(covers, tuple) or not all(isinstance(part, str) for part in covers):
        return f"covers that are {_kind(covers)}, not a tuple of str"
    return ""


def _kind(value: object) -> str:
    return repr(value) if isinstance(value, str) else f"of type {type(value).__name__}"


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
