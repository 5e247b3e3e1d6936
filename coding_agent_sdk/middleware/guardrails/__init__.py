"""Guardrails: pure functions that find secrets and judge commands, and the plugin that asks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands import judge_command
    from coding_agent_sdk.middleware.guardrails.commands.statements import judge_sql
    from coding_agent_sdk.middleware.guardrails.findings import Finding, Verdict
    from coding_agent_sdk.middleware.guardrails.secrets import find_secrets, redact

__all__ = ["Finding", "Verdict", "find_secrets", "judge_command", "judge_sql", "redact"]

_HOMES: Final = {
    "Finding": "findings",
    "Verdict": "findings",
    "find_secrets": "secrets",
    "judge_command": "commands",
    "judge_sql": "commands.statements",
    "redact": "secrets",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for; only `judge_command` needs a parser."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {__all__}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(__all__)
