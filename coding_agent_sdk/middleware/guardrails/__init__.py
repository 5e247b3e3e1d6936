"""Guardrails: pure functions that find secrets and personal data and judge commands; the plugin."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands import judge_command
    from coding_agent_sdk.middleware.guardrails.commands.statements import judge_sql
    from coding_agent_sdk.middleware.guardrails.findings import Finding, Verdict
    from coding_agent_sdk.middleware.guardrails.pii import find_pii
    from coding_agent_sdk.middleware.guardrails.prompts import judge_text
    from coding_agent_sdk.middleware.guardrails.secrets import find_secrets, redact

__all__ = [
    "Finding",
    "Verdict",
    "find_pii",
    "find_secrets",
    "judge_command",
    "judge_sql",
    "judge_text",
    "redact",
]

_HOMES: Final = {
    "Finding": "findings",
    "Verdict": "findings",
    "find_pii": "pii",
    "find_secrets": "secrets",
    "judge_command": "commands",
    "judge_sql": "commands.statements",
    "judge_text": "prompts",
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
