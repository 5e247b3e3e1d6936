"""What a file that lies in the workspace may set: nothing that loosens or sends data elsewhere.

A workspace may be a repository of somebody else, and so may the settings in it. What it says is
taken where it can only make the agent do less: a stricter mode, lower limits and budgets, more
tools denied, guardrails that ask or deny more.
Where the workspace is the current folder, its file may choose the model, too.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final, get_args

from coding_agent_sdk.config.tightening import SPLIT
from coding_agent_sdk.config.variables import PREFIX
from coding_agent_sdk.text.plain import one_line
from coding_agent_sdk.types.status import Mode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from coding_agent_sdk.config.layers import Layer
    from coding_agent_sdk.config.settings import Settings

__all__ = ["PROVIDER_KEYS", "inside", "provider_keys", "repository_of", "tightened"]

LIMITS: Final = frozenset(
    {
        "approval_timeout", "check_timeout", "max_steps", "max_tokens", "model_timeout",
        "output_retries", "timeout", "tool_timeout",
    },
)  # fmt: skip

CHOICES: Final = frozenset({"fallback", "model", "temperature"})
"""What a project may choose for whoever works in its folder."""

PROVIDER_KEYS: Final = frozenset(
    {
        "ANTHROPIC_API_KEY", "AZURE_OPENAI_API_KEY", "CEREBRAS_API_KEY", "COHERE_API_KEY",
        "DEEPSEEK_API_KEY", "FIREWORKS_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY",
        "GROQ_API_KEY", "HF_TOKEN", "MISTRAL_API_KEY", "MOONSHOT_API_KEY", "NVIDIA_API_KEY",
        "OPENAI_API_KEY", "OPENROUTER_API_KEY", "PERPLEXITY_API_KEY", "TOGETHER_API_KEY",
        "XAI_API_KEY",
    },
)  # fmt: skip
"""Variables of model providers that are taken from a `.env` in the workspace."""

_REMARKABLE = re.compile(
    r"_API_KEY$|_(BASE_URL|API_BASE|ENDPOINT|HOST)$|_PROXY$|^(OTEL|LANGFUSE|LANGSMITH|LANGCHAIN)_",
)
_LONGEST_REASON: Final = 200
_STRICTNESS: Final = get_args(Mode)  # from the strictest to the loosest


def inside(path: Path, folder: Path) -> bool:
    """Tell whether *path* is *folder* or lies in it, with links followed."""
    return path.resolve().is_relative_to(folder.resolve())


def repository_of(workspace: Path) -> Path:
    """Return the folder around *workspace* that has a `.git`, otherwise the workspace itself.

    A hostile repository is hostile, too, where the agent works in one of its folders only.
    """
    for folder in (workspace, *workspace.parents):
        if os.path.lexists(folder / ".git"):
            return folder
    return workspace


def tightened(
    layer: Layer,
    below: Settings,
    notes: list[str],
    *,
    also: frozenset[str] = frozenset(),
    workspace: Path | None = None,
    advice: str,
) -> Layer:
    """Return what may be taken of *layer*; what may not goes into *notes*.

    Args:
        layer: What a file in the workspace says.
        below: What the layers below it say, which it may only tighten.
        notes: Gets a line for each key that is left out.
        also: Keys that are taken as they are.
        workspace: The folder that a `workspace` of the layer has to lie in; without it
            the key is left out.
        advice: What the user can do if he trusts the file.
    """
    kept = frozenset(
        key
        for key in layer.given
        if key in also or key == "deny_tools" or _tightens(key, layer.settings, below, workspace)
    )
    plugins, left = _plugins(layer, below)
    for key in sorted(layer.given - kept):
        value = left if key == "plugins" else getattr(layer.settings, key)
        if key == "plugins" and plugins and not left:
            continue
        if value != getattr(below, key):
            reason = one_line(_reason(key, value, getattr(below, key)), width=_LONGEST_REASON)
            notes.append(
                f"{layer.name}: {reason} was ignored, "
                f"for a file in the workspace may only tighten; {advice}",
            )
    return layer.only(kept | {"plugins"}, plugins=plugins) if plugins else layer.only(kept)


def _plugins(layer: Layer, below: Settings) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the sections of plugins that may be taken, and what is left of the others."""
    taken: dict[str, Any] = {}
    left = dict(layer.settings.plugins)
    for name, split in SPLIT.items():
        section = left.get(name)
        if not isinstance(section, dict):
            continue
        strict, rest = split(section, below.plugins.get(name, {}))
        if strict:
            taken[name] = strict
        del left[name]
        if rest:
            left[name] = rest
    return taken, left


def provider_keys(variables: Mapping[str, str], notes: list[str], *, name: str) -> dict[str, str]:
    """Return the keys of model providers among *variables* of a `.env` in the workspace.

    Addresses, proxies and keys of services that watch would let the workspace choose who reads
    along; they go into *notes*. Variables that the SDK has no use for are passed over.
    """
    notes.extend(
        f"{name}: {key} was ignored; set it in the environment to have it so"
        for key in sorted(variables)
        if key not in PROVIDER_KEYS and not key.startswith(PREFIX) and _REMARKABLE.search(key)
    )
    return {key: value for key, value in variables.items() if key in PROVIDER_KEYS}


def _tightens(key: str, settings: Settings, below: Settings, workspace: Path | None) -> bool:
    value: Any = getattr(settings, key)
    limit: Any = getattr(below, key)
    if key == "mode":
        return _STRICTNESS.index(value) <= _STRICTNESS.index(limit)
    if key in LIMITS:
        return value is not None and (limit is None or value <= limit)
    return key == "workspace" and workspace is not None and inside(value, workspace)


def _reason(key: str, value: object, limit: object) -> str:
    if key == "mode" or key in LIMITS:
        return f"{key} = {value} (looser than {limit})"
    if key == "plugins" and isinstance(value, dict):
        named = (_section(name, value[name]) for name in sorted(value))
        return ", ".join(named) or "[plugins]"
    return key


def _section(name: str, value: Any) -> str:
    """Return a section as it is named in a note, with the keys where others may be taken."""
    keys = f" ({', '.join(sorted(value))})" if name in SPLIT and isinstance(value, dict) else ""
    return f"[plugins.{name}]{keys}"
