"""What of a workspace's `[plugins.guardrails]` only tightens: rules and a policy that say no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SECTION", "split_guardrails"]

SECTION: Final = "guardrails"
_STRICT_RULES: Final = ("ask", "deny")


def split_guardrails(
    section: Any, below: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split a section in what is taken and what is left out.

    Rules that ask or deny are added to those of the trusted layers, for the strictest rule that
    fits counts; of a policy only `deny` is sure to be as strict as what it stands for.

    Args:
        section: What the workspace's file says.
        below: The section of the trusted layers, whose rules stay.

    Returns:
        The section to lay over *below*, and the keys and values that are left out.
    """
    if not isinstance(section, dict):
        return {}, {SECTION: section}
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
