"""The policy: which effect on what is allowed, asked about, or denied."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, get_args

from coding_agent_sdk.middleware.guardrails.findings import (
    Decision,
    Effect,
    EffectKind,
    Verdict,
    Where,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

RANK: Final[dict[Decision, int]] = {"allow": 0, "ask": 1, "deny": 2}
"""How strict decisions are."""

POLICY: Final[dict[EffectKind, dict[Where | None, Decision]]] = {
    # What is done     where to (None: anywhere else)
    "read": {None: "allow", "home": "ask", "outside": "ask", "root": "ask", "disk": "ask"},
    "read-secret": {None: "ask"},
    "hidden-read-secret": {None: "deny"},
    "write": {
        None: "ask", "none": "allow", "inside": "allow", "scratch": "allow",
        "system": "deny", "credential": "deny", "root": "deny", "disk": "deny",
    },
    "delete": {
        None: "ask", "none": "allow", "inside": "allow", "scratch": "allow",
        "system": "deny", "credential": "deny", "root": "deny", "disk": "deny",
    },
    "permissions": {
        None: "ask", "none": "allow", "inside": "allow", "scratch": "allow",
        "system": "deny", "credential": "deny", "root": "deny",
    },
    "exec": {None: "allow", "outside": "ask", "home": "ask"},
    "exec-unknown": {None: "ask"},
    "exec-hidden": {None: "deny"},
    "net-receive": {None: "allow"},
    "net-send": {None: "ask", "none": "allow"},
    "net-send-files": {None: "ask", "none": "allow", "outside": "deny", "home": "deny"},
    "net-send-secret": {None: "deny"},
    "net-exec": {None: "deny"},
    "remote-shell": {None: "deny"},
    "privilege": {None: "ask"},
    "escalate": {None: "deny"},
    "persist": {None: "ask"},
    "exhaust": {None: "deny", "inside": "ask"},
    "tamper": {None: "deny"},
    "attack": {None: "deny"},
    "stop-machine": {None: "deny"},
    "stop-processes": {None: "ask"},
    "history": {None: "ask"},
    "publish": {None: "ask"},
    "destroy-remote": {None: "ask"},
    "install": {None: "allow", "unknown": "ask", "system": "ask"},
    "configure": {None: "ask"},
}  # fmt: skip
"""Decisions by effect and place."""

Policy = Mapping[EffectKind, Mapping[Where | None, Decision]]

FLOOR: Final[frozenset[tuple[str, str | None]]] = frozenset({
    *((kind, where) for kind in ("write", "delete") for where in ("system", "root", "disk")),
    *((kind, None) for kind in (
        "net-send-secret", "net-exec", "remote-shell", "escalate", "exhaust", "tamper", "attack",
        "stop-machine",
    )),
})  # fmt: skip
"""What stays denied, whatever the settings, the rules or the mode say."""

ELSEWHERE: Final = "*"
"""How a table of the settings names all places that it does not name."""


def changed(changes: Mapping[str, Mapping[str, Decision]]) -> Policy:
    """Return the policy with other decisions for some effects and places.

    Args:
        changes: decisions by effect and place; `"*"` stands for all places that are not named.

    Raises:
        ValueError: an effect or a place is not known, or the change would lift the floor.
    """
    policy: dict[EffectKind, dict[Where | None, Decision]] = {k: dict(r) for k, r in POLICY.items()}
    places = [*get_args(Where), ELSEWHERE]
    for kind, row in changes.items():
        if kind not in policy:
            known = ", ".join(sorted(policy))
            raise ValueError(f"the policy has an effect {kind!r}; the known ones are {known}")
        for where, decision in row.items():
            if where not in places:
                raise ValueError(
                    f"the policy of {kind!r} has a place {where!r}; the known ones are "
                    f"{', '.join(places)}"
                )
            place: Any = None if where == ELSEWHERE else where
            known_kind: Any = kind
            if decision != "deny" and _is_floor(kind, place):
                raise ValueError(
                    f"the policy cannot {decision} {kind!r} on {where!r}: that is always denied; "
                    "leave it out"
                )
            policy[known_kind][place] = decision
    return policy


def _is_floor(kind: str, place: str | None) -> bool:
    if (kind, None) in FLOOR:
        # A place with a milder default, such as a disk filled in the workspace, is no floor.
        row: Any = POLICY
        return bool(row[kind].get(place, row[kind][None]) == "deny")
    return (kind, place) in FLOOR


_MEANING: Final[dict[EffectKind, str]] = {
    "read": "reads",
    "read-secret": "reads credentials",
    "hidden-read-secret": "reads credentials and hides it",
    "write": "writes",
    "delete": "deletes",
    "permissions": "changes permissions or owners",
    "exec": "runs a program",
    "exec-unknown": "runs something that cannot be known beforehand",
    "exec-hidden": "runs code that is encoded or hidden",
    "net-receive": "downloads",
    "net-send": "sends data to another machine",
    "net-send-files": "sends files to another machine",
    "net-send-secret": "sends credentials to another machine",
    "net-exec": "runs code that it downloads",
    "remote-shell": "opens a shell to another machine",
    "privilege": "uses another user's rights",
    "escalate": "gains rights beyond the user's",
    "persist": "changes what later sessions run",
    "exhaust": "exhausts the machine",
    "tamper": "hides traces or switches protection off",
    "attack": "attacks other systems",
    "stop-machine": "stops the machine, its network or all processes",
    "stop-processes": "stops processes that the command did not start",
    "history": "rewrites or deletes shared history",
    "publish": "publishes to others",
    "destroy-remote": "destroys data of a server or a cloud",
    "install": "installs software",
    "configure": "changes the configuration of the user or the machine",
}

_PLACE: Final[dict[Where, str]] = {
    "none": "",
    "inside": " in the workspace",
    "scratch": " in a temporary folder",
    "outside": " outside the workspace",
    "home": " in the home folder",
    "system": " in the system",
    "credential": " among credentials",
    "root": " at the root of a system, of a home or above the workspace",
    "disk": " on a whole disk or device",
    "remote": " on another machine",
    "unknown": " at a place that cannot be known beforehand",
}


_PLACED: Final[frozenset[EffectKind]] = frozenset({
    "read", "write", "delete", "permissions", "exec",
})  # fmt: skip
"""Effects of which the place is part of the sentence; the others say all by themselves."""


def decision_on(effect: Effect, policy: Policy = POLICY) -> Decision:
    """Return what the policy says of one effect."""
    row = policy[effect.kind]
    return row.get(effect.where, row[None])


def decide(
    effects: Iterable[Effect],
    policy: Policy = POLICY,
    ruled: Mapping[Effect, Decision] = MappingProxyType({}),
) -> Verdict:
    """Return the strictest decision, with a sentence for each effect that carries it.

    Args:
        effects: what is done.
        policy: decisions by effect and place.
        ruled: decisions of rules on single effects, which go before the policy.
    """
    unique = tuple(dict.fromkeys(effects))
    said: list[Decision] = [ruled.get(e) or decision_on(e, policy) for e in unique]
    decision: Decision = "allow"
    for own in said:
        decision = own if RANK[own] > RANK[decision] else decision
    carrying = [e for e, own in zip(unique, said, strict=True) if own == decision != "allow"]
    return Verdict(
        decision=decision,
        reasons=tuple(dict.fromkeys(_sentence(effect) for effect in carrying)),
        effects=unique,
    )


def _sentence(effect: Effect) -> str:
    """Say which part of a command does what, and to what where that is not said already."""
    if effect.kind == "exhaust" and effect.where == "inside":
        return f"`{effect.part}` may fill the disk"
    place = _PLACE[effect.where] if effect.kind in _PLACED else ""
    return f"`{effect.part}` {_MEANING[effect.kind]}{place}"
