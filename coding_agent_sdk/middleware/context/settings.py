"""The settings section of the plugin `context`."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["ContextSettings"]


class ContextSettings(BaseModel):
    """How long a conversation may grow, `[plugins.context]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    window: int | None = Field(default=None, ge=1_000)
    """Tokens that a request to the model may have; None takes what is known of the model."""

    max_tokens: int = Field(default=200_000, ge=1_000)
    """Tokens that a request is kept below, also where the model takes more, or is not known."""

    compact_at: float = Field(default=0.8, gt=0, le=1)
    """The part of the window that a request may fill before older messages give way."""

    keep: float = Field(default=0.2, ge=0, lt=1)
    """The part of the window that the newest messages may fill which stay as they are."""

    max_compactions: int = Field(default=5, ge=0)
    """How often one run may be compacted; 0 for never."""

    model: str | None = Field(default=None, min_length=1)
    """`provider:name` of the model that writes summaries, a cheaper one; None for the agent's."""

    pinned_tools: tuple[str, ...] = (
        "todo", "todo_write", "write_todos", "update_todos", "update_plan",
    )  # fmt: skip
    """Tools whose newest call is kept word for word beside a summary: lists of what is to do."""

    max_output: int = Field(default=50_000, ge=4_000)
    """Characters of a tool's result that the model is shown; a longer one goes to a file."""

    outputs_megabytes: int = Field(default=256, ge=1)
    """Megabytes that such files may have in all; the oldest go first."""

    outputs_days: float = Field(default=7.0, gt=0)
    """Days after which such a file is removed."""

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        if self.keep >= self.compact_at:
            raise ValueError(
                f"keep={self.keep:g} is not below compact_at={self.compact_at:g}: nothing would "
                "give way; keep a smaller part, or compact later"
            )
        return self
