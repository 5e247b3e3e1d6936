"""Rules of the settings on simple commands, and what an answer "always" covers of a command."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.values import UNKNOWN
from coding_agent_sdk.middleware.guardrails.findings import Verdict
from coding_agent_sdk.middleware.guardrails.policy import RANK, decide, decision_on

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.middleware.guardrails.commands.shell import Shell
    from coding_agent_sdk.middleware.guardrails.commands.values import Value
    from coding_agent_sdk.middleware.guardrails.findings import Decision, Effect
    from coding_agent_sdk.middleware.guardrails.policy import Policy

_MAX_COVERED: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandRule:
    """A decision on the simple commands that fit a pattern.

    Attributes:
        pattern: such as `git push *`; it is compared with each simple command of a line after
            quotes, variables and wrappers are gone. ` *` at its end also fits nothing.
        decision: what is said of them: the strictest rule that fits counts.
    """

    pattern: str
    decision: Decision

    def fits(self, text: str) -> bool:
        """Whether a simple command is one of those meant."""
        bare = self.pattern.removesuffix(" *")
        return fnmatch.fnmatchcase(text, self.pattern) or text == bare


def text_of_command(words: Sequence[Value], variables: dict[str, Value]) -> str:
    """Return a simple command as one text, gaps as they are: assignments first, no folder."""
    name = words[0].plain
    name = name.rsplit("/", 1)[-1] if name.startswith(("/bin/", "/usr/bin/")) else name
    assigned = [f"{key}={value.plain}" for key, value in variables.items()]
    return " ".join([*assigned, name, *(word.plain for word in words[1:])])


def decide_by_rules(shell: Shell, policy: Policy, rules: Sequence[CommandRule]) -> Verdict:
    """Return the decision of policy and rules: deny before ask before allow.

    A rule that allows lifts only what would be asked, only what the simple command itself does
    (no redirection, no other part), and only where nothing of that command is a gap. What the
    policy denies stays denied.
    """
    verdict = decide(shell.effects, policy)
    texts = {id(words): text_of_command(words, given) for words, given in shell.commands}
    stricter: list[tuple[Decision, str]] = [
        (rule.decision, text)
        for text in dict.fromkeys(texts.values())
        for rule in rules
        if rule.decision != "allow" and rule.fits(text)
    ]
    if any(decision == "deny" for decision, _ in stricter):
        return _ruled(verdict, "deny", stricter)
    if verdict.decision == "ask" and not stricter:
        lifted: dict[Effect, Decision] = {
            effect: "allow"
            for effect, owners in shell.effects.items()
            if decision_on(effect, policy) == "ask"
            and all(_is_allowed(shell, texts.get(id(owner)), rules) for owner in owners)
        }
        return decide(shell.effects, policy, lifted)
    if stricter and RANK[verdict.decision] < RANK["ask"]:
        return _ruled(verdict, "ask", stricter)
    return verdict


def is_allowed_by_rules(shell: Shell, rules: Sequence[CommandRule]) -> bool:
    """Whether rules allow each simple command, and nothing happens beside them."""
    texts = [text_of_command(words, given) for words, given in shell.commands]
    beside = any(not owner for owners in shell.effects.values() for owner in owners)
    return bool(texts) and not beside and all(_is_allowed(shell, text, rules) for text in texts)


def _is_allowed(shell: Shell, text: str | None, rules: Sequence[CommandRule]) -> bool:
    if text is None or UNKNOWN in text or any(name.isupper() for name in shell.assignments):
        return False
    return any(rule.decision == "allow" and rule.fits(text) for rule in rules)


def _ruled(verdict: Verdict, decision: Decision, fitting: list[tuple[Decision, str]]) -> Verdict:
    shown = [text[:120].replace(UNKNOWN, "…") for own, text in fitting if own == decision]
    said = "denies" if decision == "deny" else "asks about"
    reasons = tuple(f"`{text}`: a rule of the settings {said} it" for text in shown)
    kept = verdict.reasons if verdict.decision == decision else ()
    return Verdict(decision=decision, reasons=reasons + kept, effects=verdict.effects)


def covered(shell: Shell, command: str) -> tuple[str, ...]:
    """Return what "always" covers of a command: each of its parts, exactly, and each effect.

    A command that holds a gap, or very many parts, is covered as a whole, to the letter.
    """
    parts = {text_of_command(words, given) for words, given in shell.commands}
    parts |= {f"{name}={value.plain}" for name, value in shell.assignments.items()}
    parts |= {f"{effect.kind} {effect.where}: {effect.part}" for effect in shell.effects}
    unclear = any(UNKNOWN in part or "\ufffd" in part or "…" in part for part in parts)
    unclear = unclear or any(effect.kind == "exec-unknown" for effect in shell.effects)
    return (command,) if unclear or len(parts) > _MAX_COVERED else tuple(sorted(parts))
