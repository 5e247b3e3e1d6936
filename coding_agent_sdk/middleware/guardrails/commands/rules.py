"""Rules of the settings on simple commands, and what an answer "always" covers of a command."""

from __future__ import annotations

import fnmatch
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.values import UNKNOWN
from coding_agent_sdk.middleware.guardrails.findings import Verdict
from coding_agent_sdk.middleware.guardrails.policy import RANK, decide, decision_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coding_agent_sdk.middleware.guardrails.commands.shell import Shell
    from coding_agent_sdk.middleware.guardrails.commands.values import Value
    from coding_agent_sdk.middleware.guardrails.findings import Decision, Effect
    from coding_agent_sdk.middleware.guardrails.policy import Policy

_MAX_COVERED: Final = 100
_SHORT: Final = re.compile(r"-[A-Za-z]+")
_ENDING: Final = re.compile(r"(?i)\.(?:exe|cmd|bat|com)$")
_WITH_VALUE: Final = frozenset({
    "-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env", "--super-prefix",
    "--attr-source",
})  # fmt: skip
"""Options before git's verb that take the next word."""

_EXPORTS_ALL: Final = re.compile(r"-[A-Za-z]*a[A-Za-z]*|allexport")

_ENVIRONMENT: Final = re.compile(r"[a-z]+_proxy|npm_config_\w+")
"""Small names that programs read from the environment, where they mostly stand already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandRule:
    """A decision on the simple commands that fit a pattern.

    Attributes:
        pattern: such as `git push *`; it is compared with each simple command of a line after
            quotes, variables and wrappers are gone. ` *` at its end also fits nothing.
        decision: what is said of them: the strictest rule that fits counts. One that asks or
            denies holds however a command is written: with assignments before it, by its path,
            with git's own options before the verb, with short options apart or together.
    """

    pattern: str
    decision: Decision

    def fits(self, text: str) -> bool:
        """Whether a simple command is one of those meant."""
        bare = self.pattern.removesuffix(" *")
        return fnmatch.fnmatchcase(text, self.pattern) or text == bare

    def fits_any(self, texts: Iterable[str]) -> bool:
        """Whether one of the ways to write a simple command is meant."""
        split = CommandRule(pattern=_split(self.pattern), decision=self.decision)
        return any(self.fits(text) or split.fits(text) for text in texts)


@lru_cache(maxsize=256)
def _split(text: str) -> str:
    return " ".join(_apart(text.split(" ")))


def _apart(words: Sequence[str]) -> list[str]:
    """Return words with `-rf` as `-f -r`: short options apart, those side by side in order."""
    split: list[str] = []
    options: list[str] = []
    for word in words:
        if _SHORT.fullmatch(word):
            options += [f"-{letter}" for letter in word[1:]]
            continue
        split += [*sorted(options), word]
        options.clear()
    return split + sorted(options)


def ways_to_write(words: Sequence[Value], variables: dict[str, Value]) -> tuple[str, ...]:
    """Return a simple command in the ways that a rule may mean it, the exact text first."""
    exact = text_of_command(words, variables)
    name, *rest = (word.plain for word in words)
    base = _ENDING.sub("", name.replace("\\", "/").rsplit("/", 1)[-1])
    names = [name, base, *([base.lower()] if base != name else [])]
    calls: list[list[str]] = [[each, *rest] for each in names]
    if base.lower().startswith("git-"):
        calls.append(["git", base.lower()[4:], *rest])
    elif base.lower() == "git":
        calls.append(["git", *_from_the_verb(rest)])
    plain = text_of_command(words, {})
    texts = [exact, plain, *(" ".join(each) for call in calls for each in (call, _apart(call)))]
    assigned = exact.removesuffix(plain)
    return tuple(dict.fromkeys([*texts, *(assigned + text for text in texts[1:])]))


def _from_the_verb(words: Sequence[str]) -> Sequence[str]:
    """Return what git is given without its own options, those before the verb."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] in _WITH_VALUE else 1
    return words[at:]


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
    tightening = [rule for rule in rules if rule.decision != "allow"]
    written = (
        {ways[0]: ways for ways in (ways_to_write(*command) for command in shell.commands)}
        if tightening
        else {}
    )
    stricter: list[tuple[Decision, str]] = [
        (rule.decision, text)
        for text, ways in written.items()
        for rule in tightening
        if rule.fits_any(ways)
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
    if text is None or UNKNOWN in text or _sets_environment(shell):
        return False
    return any(rule.decision == "allow" and rule.fits(text) for rule in rules)


def _sets_environment(shell: Shell) -> bool:
    """Whether a command sets what programs are given: a variable that is exported, or may be."""
    if shell.exported:
        return True
    everything = any(
        words[0].plain == "set" and any(_EXPORTS_ALL.fullmatch(word.plain) for word in words[1:])
        for words, _ in shell.commands
    )
    return any(
        everything or name.isupper() or name in os.environ or _ENVIRONMENT.fullmatch(name)
        for name in shell.assignments
        if name != "(cd)"
    )


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
