"""The agent as a caller builds it: bare, with memory and guardrails, and with everything on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk import Agent, tool
from coding_agent_sdk.core.built_in import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from langchain_core.language_models import BaseChatModel

    from benchmarks.script import Counts

_NEEDED: Final = {"models", "tools"}
_GUARDED: Final = {"memory", "guardrails"}
_CHAIN: Final = {"budget", "cache", "fallback", "retry", "breaker", "rate_limit"}
_OTHERS: Final = tuple(name for name, _ in BUILT_IN if name not in _NEEDED | _GUARDED)


def bare(model: BaseChatModel, counts: Counts, folder: Path, **settings: Any) -> Agent:
    """Return an agent without any middleware."""
    builder = _builder(model, counts, folder).memory(None).without("guardrails", *_OTHERS)
    return builder.settings(**settings).build()


def guarded(model: BaseChatModel, counts: Counts, folder: Path, **settings: Any) -> Agent:
    """Return an agent with guardrails, and sessions in a SQLite file in *folder*."""
    builder = _builder(model, counts, folder).memory(_sessions(folder)).without(*_OTHERS)
    return builder.settings(**settings).build()


def traced(model: BaseChatModel, counts: Counts, folder: Path, exporter: str) -> Agent:
    """Return the guarded agent with spans for one exporter."""
    others = [name for name in _OTHERS if name != "tracing"]
    builder = _builder(model, counts, _made(folder)).memory(_sessions(folder)).without(*others)
    return builder.tracing(exporter).build()


def chained(model: BaseChatModel, counts: Counts, folder: Path, **settings: Any) -> Agent:
    """Return the bare agent with all six plugins around its model calls, and no limit in reach."""
    others = [name for name in _OTHERS if name not in _CHAIN]
    builder = _builder(model, counts, folder).memory(None).without("guardrails", *others)
    name = f"custom:{type(model).__name__}"
    for plugin in ("budget", "cache", "rate_limit"):
        builder = builder.plugin(plugin, **_ALL_ON[plugin](folder, name))
    return builder.breaker().settings(fallback=["offline:rules"], **settings).build()


def everything(model: BaseChatModel, counts: Counts, folder: Path, **settings: Any) -> Agent:
    """Return an agent with every built-in plugin, those on too that are off by default.

    Traces and logs go to files, metrics are counted, knowledge is that of the bundled documents,
    and no limit is in reach.
    """
    builder = _builder(model, counts, folder).memory(_sessions(folder / "everything"))
    name = f"custom:{type(model).__name__}"
    for plugin, values in _ALL_ON.items():
        builder = builder.plugin(plugin, **values(folder, name))
    return builder.settings(**settings).build()


KINDS: Final = {"bare": bare, "guarded": guarded, "everything": everything}
"""The agents that are measured, by the name in the table."""

_RATES: Final = ("requests", "tokens", "user_requests", "user_tokens")
_FAR: Final = 10**12
"""A limit that no measurement reaches."""

_ALL_ON: Final[dict[str, Callable[[Path, str], dict[str, Any]]]] = {
    "budget": lambda _, model: {
        "usd": _FAR,
        "tokens": _FAR,
        "prices": {model: {"input": 1, "output": 5}},
    },
    # looks for each answer, and has room for none: a hit would spare the work that is measured
    "cache": lambda *_: {"enabled": True, "max_bytes": 1},
    "rate_limit": lambda *_: dict.fromkeys(
        ("requests", "tokens", "user_requests", "user_tokens"), 10**9
    ),
    "rag": lambda *_: {"store": "memory://"},
    "monitoring": lambda folder, _: {"log": str(folder / "log.jsonl")},
    "tracing": lambda folder, _: {"exporters": ["file"], "folder": folder / "traces"},
}


def _sessions(folder: Path) -> str:
    return f"sqlite:///{_made(folder) / 'sessions.db'}"


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _builder(model: BaseChatModel, counts: Counts, folder: Path) -> Any:
    builder = (
        Agent.builder().model(model).workspace(folder).tools(tool(effect="read")(counts.look_up))
    )
    return builder.config(None, project=False).installed_plugins(load=False).budget(steps=1_000)
