"""A tool call as a scripted model or the fake provider makes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FakeToolCall:
    """One tool call of a scripted answer.

    Attributes:
        name: The tool's name; it need not exist.
        arguments: A mapping, sent as JSON; or a text, sent as it is, also where
            it is no JSON.
        id: The call's id; None lets the player number it.
    """

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict[str, Any])
    id: str | None = None

    @property
    def raw_arguments(self) -> str:
        """The text of the arguments that goes over the wire."""
        if isinstance(self.arguments, str):
            return self.arguments
        return json.dumps(self.arguments, ensure_ascii=False)
