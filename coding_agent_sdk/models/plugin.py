"""The plugin `models`: the providers whose models an agent can be given by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.hooks.markers import hookimpl

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.registry import BackendRegistry

__all__ = ["ModelsPlugin"]

_FOLDER: Final = "coding_agent_sdk.models"


class ModelsPlugin:
    """Offers the providers, compatible servers, the model that needs none, and what they cost."""

    name: Final = "models"

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:
        """Offer each provider under the name that stands before the colon of a model."""
        register("model", "openai", f"{_FOLDER}.openai:create", extra="openai")
        register("model", "anthropic", f"{_FOLDER}.anthropic:create", extra="anthropic")
        register("model", "google", f"{_FOLDER}.google:create", extra="google")
        register("model", "compatible", f"{_FOLDER}.compatible:create", extra="openai")
        register("model", "offline", f"{_FOLDER}.offline:create")
        register("embedder", "openai", f"{_FOLDER}.embedding:create_openai", extra="openai")
        register("embedder", "compatible", f"{_FOLDER}.embedding:create_compatible", extra="openai")
        register("moderator", "openai", f"{_FOLDER}.moderation:create_openai", extra="openai")
        register(
            "moderator", "compatible", f"{_FOLDER}.moderation:create_compatible", extra="openai"
        )
        register("prices", "list", f"{_FOLDER}.prices:create", extra="openai")
