"""The settings section of the plugin."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class GeneratedSettings(BaseModel):
    """Which files are generated, `[plugins.generated]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    markers: list[str] = ["@generated", "DO NOT EDIT"]
    """Words at the head of a file that say so."""

    head: int = Field(default=10, ge=1)
    """Number of lines that are looked at for them."""

    files: list[str] = []
    """Patterns of generated files that have no such words: `*.lock`, `api/*_pb2.py`."""

    instead: str = ""
    """What to do rather than to edit them: `run make generate`."""
