"""Which model is used where none is named: that of the provider whose key is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DEFAULT_MODELS", "default_model"]

DEFAULT_MODELS: Final = (
    ("ANTHROPIC_API_KEY", "anthropic:claude-sonnet-5-5"),
    ("OPENAI_API_KEY", "openai:gpt-4.1"),
    ("GOOGLE_API_KEY", "google:gemini-2.5-flash"),
    ("GEMINI_API_KEY", "google:gemini-2.5-flash"),
)
"""Variables of the providers' keys in the order in which they are tried, with the model."""


def default_model(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the model for the first provider whose key is set, and why it was chosen.

    Without any key it is `offline:rules`, which needs none. An empty variable counts as unset.

    Args:
        environment: Variables to look at, such as `LoadedSettings.environment`.
    """
    for variable, model in DEFAULT_MODELS:
        if environment.get(variable, "").strip():
            return model, f"{variable} is set"
    names = [variable for variable, _ in DEFAULT_MODELS]
    return "offline:rules", f"no key is set ({', '.join(names[:-1])} or {names[-1]})"
