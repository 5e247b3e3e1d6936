"""The settings of content safety."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ModerationSettings"]


class ModerationSettings(BaseModel):
    """The section `[plugins.moderation]`.

    Attributes:
        moderator: Who judges: `openai`, `openai:MODEL`, `compatible:MODEL@URL`, a backend of your
            own, or `judge:PROVIDER:MODEL`, a model that is asked as any other; `""` for nobody.
        requests: Judge what users ask.
        answers: Judge what the model says; its text is shown when the verdict is there.
        on_error: What becomes of a text that could not be judged: `deny` it, or `allow` it and
            tell so by a `PluginEvent`.
        timeout: Seconds that a verdict may take.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    moderator: str = ""
    requests: bool = True
    answers: bool = True
    on_error: Literal["deny", "allow"] = "deny"
    timeout: float = Field(default=8.0, gt=0)

    @property
    def judges_requests(self) -> bool:
        """Whether requests are judged."""
        return bool(self.moderator) and self.requests

    @property
    def judges_answers(self) -> bool:
        """Whether answers are judged."""
        return bool(self.moderator) and self.answers
