"""The agent as a caller builds it, with nothing on and with memory and guardrails on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coding_agent_sdk import Agent, tool

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

    from benchmarks.script import Counts


def bare(model: BaseChatModel, counts: Counts, folder: Path, **settings: Any) -> Agent:
    """Return an agent without memory and without guardrails."""
    builder = _builder(model, counts, folder).memory(None).without("guardrails")
    return builder.settings(**settings).build()


def guarded(model: BaseChatModel, counts: Counts, folder: Path, **settings: Any) -> Agent:
    """Return an agent with guardrails, and sessions in a SQLite file in *folder*."""
    builder = _builder(model, counts, folder).memory(f"sqlite:///{folder / 'sessions.db'}")
    return builder.settings(**settings).build()


def _builder(model: BaseChatModel, counts: Counts, folder: Path) -> Any:
    builder = (
        Agent.builder().model(model).workspace(folder).tools(tool(effect="read")(counts.look_up))
    )
    return builder.config(None, project=False).installed_plugins(load=False).budget(steps=1_000)
