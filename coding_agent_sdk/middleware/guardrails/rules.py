"""Rules of the settings: a tool, a pattern on what it is given, and a decision."""

from __future__ import annotations

import fnmatch
import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from coding_agent_sdk.errors import nearest
from coding_agent_sdk.text.gitignore import gitignore
from coding_agent_sdk.types.decisions import Allow, Ask, Deny

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Self

    import pathspec

    from coding_agent_sdk.types.tools import Tool, ToolCall

__all__ = ["Rule", "decide_on_tool", "fitting_no_tool"]

_PATHS = ("path", "file", "folder")


class Rule(BaseModel):
    """One rule of `plugins.guardrails.rules`.

    Attributes:
        tool: the tool that it is for; `*` and `?` are patterns.
        command: for `run_cmd`: a pattern for each simple command, such as `git push *`.
        path: for tools on files: a pattern as in a `.gitignore`, seen from the workspace.
        decision: `allow`, `ask` or `deny`; the strictest rule that fits counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool: str = Field(default="run_cmd", min_length=1)
    command: str | None = Field(default=None, min_length=1)
    path: str | None = Field(default=None, min_length=1)
    decision: Literal["allow", "ask", "deny"]

    @model_validator(mode="after")
    def _one_pattern(self) -> Self:
        if self.command is not None and (self.path is not None or self.tool != "run_cmd"):
            raise ValueError("a rule with `command` is for the tool 'run_cmd', and has no `path`")
        if self.path is not None and self.tool == "run_cmd":
            raise ValueError(
                f"a rule on the path {self.path!r} is for tools on files, and would never fit a "
                'command; name one, as in tool = "write_file", or all by tool = "*"'
            )
        return self

    @field_validator("path")
    @classmethod
    def _fits_some_path(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            fits = any(pattern.include for pattern in _pattern(value).patterns)
            why = "" if fits else "no path fits it"
        except ValueError as error:
            why = str(error)
        except re.error as error:
            why = f"it is no pattern: {error}"
        if why:
            raise ValueError(
                f"a rule has the path {value!r}, and {why}; write a pattern such as "
                f'"secrets/**", {_meant(value)}'
            )
        return value


def _meant(path: str) -> str:
    """Return what may have been meant by a path that fits nothing."""
    if path.startswith("!"):
        return "without `!`: what is to be let be gets a rule of its own"
    if path.startswith("#"):
        return f'or "\\\\{path}" for a name that begins with `#`'
    return "or put a backslash before a sign that is meant as it is"


def decide_on_tool(
    rules: Iterable[Rule], call: ToolCall, *, workspace: Path, tools: Iterable[Tool] = ()
) -> Allow | Ask | Deny | None:
    """Return what the rules without a command say of a call: deny before ask before allow."""
    given = _given(call, tools)
    fitting = [
        rule for rule in rules if rule.command is None and _fits(rule, call.name, given, workspace)
    ]
    said = {rule.decision for rule in fitting}
    shown = f"a rule of the settings is about {call.name}"
    if "deny" in said:
        return Deny(f"{shown}: it is denied", rule="rules")
    if "ask" in said:
        return Ask(f"{shown}: it is asked about", rule="rules", covers=given)
    return Allow(vouches="ask") if "allow" in said else None


def fitting_no_tool(rules: Iterable[Rule], tools: Iterable[Tool]) -> list[str]:
    """Return what to say of each rule that is for a tool that there is not: it never holds."""
    names = sorted(tool.name for tool in tools)
    return [
        f"a rule of plugins.guardrails is for the tool {name!r}, which this agent does not have, so"
        f" it holds for nothing{nearest(name, names)} (it has {', '.join(names)})"
        for name in dict.fromkeys(rule.tool for rule in rules)
        if not any(fnmatch.fnmatchcase(known, name) for known in names)
    ]


def _given(call: ToolCall, tools: Iterable[Tool]) -> tuple[str, ...]:
    """Return the paths that a call is about: those that its tool tells, or that it is given."""
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is not None and tool.paths is not None:
        return tuple(map(os.path.normpath, tool.paths(call.arguments)))
    given: Any = next((call.arguments[name] for name in _PATHS if name in call.arguments), None)
    return (given,) if isinstance(given, str) else ()


def _fits(rule: Rule, name: str, given: tuple[str, ...], workspace: Path) -> bool:
    if not fnmatch.fnmatchcase(name, rule.tool):
        return False
    if rule.path is None:
        return True
    fitting = [_fits_path(rule, rule.path, path, workspace) for path in given]
    # What is allowed has to be so for all files of a patch, what is refused is so for one.
    return bool(given) and (all(fitting) if rule.decision == "allow" else any(fitting))


def _fits_path(rule: Rule, pattern: str, given: str, workspace: Path) -> bool:
    root = os.path.realpath(workspace)
    whole = os.path.realpath(os.path.join(root, given))  # noqa: PTH118  a text may be no path
    inside = whole.startswith(root + os.sep)
    if not inside and rule.decision == "allow":
        return False
    return _pattern(pattern).match_file(os.path.relpath(whole, root) if inside else whole)


@lru_cache(maxsize=256)
def _pattern(text: str) -> pathspec.GitIgnoreSpec:
    return gitignore([text])
