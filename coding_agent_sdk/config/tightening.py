"""What of a workspace's sections for plugins only tightens: rules that say no, lower budgets."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["BUDGETS", "SPLIT"]

BUDGETS: Final = frozenset(
    {
        "session_tokens", "session_usd", "tokens", "tokens_per_day", "usd", "usd_per_day",
        "user_tokens", "user_tokens_per_day", "user_usd", "user_usd_per_day",
    },
)  # fmt: skip
"""The limits of `[plugins.budget]`: each lets runs spend less, the lower it is."""

_TOKENS: Final = re.compile(r"[0-9]{1,18}")
_DOLLARS: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,18})?")
_STRICT_RULES: Final = ("ask", "deny")


_Split: TypeAlias = tuple[dict[str, Any], dict[str, Any]]


def _split_budget(section: Mapping[str, Any], below: Mapping[str, Any]) -> _Split:
    """Split a section in the limits that are lower than those of the trusted layers, and the rest.

    Args:
        section: What the workspace's file says.
        below: The section of the trusted layers.

    Returns:
        The section to lay over *below*, and the keys and values that are left out.
    """
    taken = {
        key: value
        for key, value in section.items()
        if key in BUDGETS and _is_lower(key, value, below.get(key))
    }
    return taken, {key: value for key, value in section.items() if key not in taken}


def _is_lower(key: str, value: Any, limit: Any) -> bool:
    """Return whether a value can be that limit, and lets no more pass than *limit* does."""
    form = _TOKENS if "tokens" in key else _DOLLARS
    if isinstance(value, bool) or not form.fullmatch(str(value)):
        return False  # the agent would be refused for it
    try:
        return limit is None or Decimal(str(value)) <= Decimal(str(limit))
    except InvalidOperation:  # what the trusted layers say is no number; that is told elsewhere
        return False


def _split_guardrails(section: Mapping[str, Any], below: Mapping[str, Any]) -> _Split:
    """Split a section in what is taken and what is left out.

    Rules that ask or deny are added to those of the trusted layers, for the strictest rule that
    fits counts; of a policy only `deny` is sure to be as strict as what it stands for.

    Args:
        section: What the workspace's file says.
        below: The section of the trusted layers, whose rules stay.

    Returns:
        The section to lay over *below*, and the keys and values that are left out.
    """
    left: dict[str, Any] = {k: v for k, v in section.items() if k not in {"rules", "policy"}}
    taken: dict[str, Any] = {}
    rules = section.get("rules", [])
    strict = [rule for rule in rules if _is_strict(rule)] if isinstance(rules, list) else []
    if strict:
        taken["rules"] = [*below.get("rules", []), *strict]
    if "rules" in section and rules != strict:
        count = len(rules) - len(strict) if isinstance(rules, list) else 1
        left[f"{count} of rules"] = rules
    policy = section.get("policy", {})
    for kind, row in policy.items() if isinstance(policy, dict) else ():
        for where, decision in row.items() if isinstance(row, dict) else ():
            if decision == "deny":
                taken.setdefault("policy", {}).setdefault(kind, {})[where] = decision
            else:
                left[f"policy.{kind}.{where}"] = decision
    return taken, left


def _is_strict(rule: Any) -> bool:
    return isinstance(rule, dict) and rule.get("decision") in _STRICT_RULES


SPLIT: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], _Split]]] = {
    "budget": _split_budget,
    "guardrails": _split_guardrails,
}
"""By plugin, what splits its section in what is taken and what is left out."""
