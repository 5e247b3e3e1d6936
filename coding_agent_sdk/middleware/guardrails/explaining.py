"""The command `coding-agent explain-command`: what the guardrails think of a command, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Verdict

__all__ = ["explain_command"]


def explain_command(
    command: Annotated[
        str,
        typer.Argument(metavar="COMMAND", help="The command, quoted as one word."),
    ],
    *,
    workspace: Annotated[
        str | None,
        typer.Option(
            "--workspace",
            "-w",
            metavar="DIR",
            help="Folder that it would run in; by default that of the settings.",
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Configuration file to read instead of the current folder's; it is trusted.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Say what a command would do, and whether it may; nothing is run.

    The policy and the rules of the settings count; of a file in the workspace those that ask or
    deny. What of such a file was ignored is said on standard error.
    """
    from pathlib import Path

    from coding_agent_sdk.config import load_settings
    from coding_agent_sdk.middleware.guardrails.commands import judge_command
    from coding_agent_sdk.middleware.guardrails.plugin import GuardrailsSettings
    from coding_agent_sdk.middleware.guardrails.policy import changed
    from coding_agent_sdk.middleware.guardrails.tool_calls import command_rules

    explicit = {} if workspace is None else {"workspace": workspace}
    loaded = load_settings(explicit=explicit, config_file=Path(config) if config else None)
    settings = loaded.section("guardrails", GuardrailsSettings)
    verdict = judge_command(
        command,
        workspace=loaded.settings.workspace,
        policy=changed(settings.policy),
        rules=command_rules(settings.rules),
    )
    for note in loaded.notes:
        if "[plugins.guardrails]" in note:
            typer.echo(f"note: {_plain(note)}", err=True)
    if as_json:
        typer.echo(json.dumps(told(verdict), ensure_ascii=False))
    else:
        typer.echo("\n".join(_lines(verdict)))


def told(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as JSON takes it."""
    return {
        "decision": verdict.decision,
        "reasons": list(verdict.reasons),
        "effects": [
            {"kind": effect.kind, "where": effect.where, "part": effect.part}
            for effect in verdict.effects
        ],
    }


def _lines(verdict: Verdict) -> list[str]:
    kinds = max((len(effect.kind) for effect in verdict.effects), default=0)
    places = max((len(effect.where) for effect in verdict.effects), default=0)
    return [
        verdict.decision,
        *(f"  because {_plain(reason)}" for reason in verdict.reasons),
        *(
            f"  {effect.kind:<{kinds}}  {effect.where:<{places}}  {_plain(effect.part)}"
            for effect in verdict.effects
        ),
    ]


def _plain(text: str) -> str:
    """Return a text on one line, without signs that a terminal obeys."""
    return "".join(c if c.isprintable() else " " for c in text)
