"""What the guardrails find: secrets in a text, effects of a command, and the verdict on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Decision = Literal["allow", "ask", "deny"]

EffectKind = Literal[
    "read",
    "read-secret",
    "hidden-read-secret",
    "write",
    "delete",
    "permissions",
    "exec",
    "exec-unknown",
    "exec-hidden",
    "net-receive",
    "net-send",
    "net-send-files",
    "net-send-secret",
    "net-exec",
    "remote-shell",
    "privilege",
    "escalate",
    "persist",
    "exhaust",
    "tamper",
    "attack",
    "stop-machine",
    "stop-processes",
    "history",
    "publish",
    "destroy-remote",
    "install",
    "configure",
]
"""What a command can do; the policy table says what is thought of each."""

Where = Literal[
    "none",
    "inside",
    "scratch",
    "outside",
    "home",
    "system",
    "credential",
    "root",
    "disk",
    "remote",
    "unknown",
]
"""What it is done to; `inside` is the workspace, `scratch` a temporary folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A stretch of a text that must not be shown. It never carries the text itself.

    Attributes:
        start: index of the first character.
        end: index after the last character.
        type: what it is, such as `"github_pat"` or `"password"`.
        rule: the rule that found it.
        confidence: 0 to 1.
    """

    start: int
    end: int
    type: str
    rule: str
    confidence: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """One thing that a command does.

    Attributes:
        kind: what is done.
        where: what it is done to.
        part: the program or redirection that does it, with its target, shortened.
    """

    kind: EffectKind
    where: Where = "none"
    part: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a guard says of a command, and why.

    Attributes:
        decision: `"allow"`, `"ask"` or `"deny"`.
        reasons: one sentence for each effect that speaks against the command.
        effects: all that the command would do.
    """

    decision: Decision
    reasons: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()

    @property
    def read_only(self) -> bool:
        """Whether the command is known to do nothing but read inside the workspace."""
        return self.decision == "allow" and all(
            effect.kind == "read" and effect.where in {"none", "inside"} for effect in self.effects
        )
