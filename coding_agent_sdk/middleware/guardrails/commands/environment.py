"""What the expansion of words asks of the shell that is being followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tree_sitter import Node

    from coding_agent_sdk.middleware.guardrails.commands.patience import Patience
    from coding_agent_sdk.middleware.guardrails.commands.values import Value


class Environment(Protocol):
    """What expansion asks of the shell that is being followed."""

    home: str
    folder: str | None
    receivers: dict[str, str]
    patience: Patience

    def variable(self, name: str) -> Value:
        """Return the value of a variable, a gap where it is not known."""
        ...

    def elements(self, name: str) -> list[Value] | None:
        """Return the elements of an array, None where the name is none."""
        ...

    def assign(self, name: str, value: Value) -> None:
        """Set a variable."""
        ...

    def substitute(self, node: Node) -> Value:
        """Follow the commands of a substitution and return what they print."""
        ...

    def substitute_text(self, text: str) -> Value:
        """Follow the commands of a substitution that is only text to the grammar."""
        ...

    def evaluate(self, text: Value, part: str) -> None:
        """Follow the substitutions in a text that the shell evaluates as arithmetic or a name."""
        ...

    def descriptor(self, value: Value) -> str:
        """Keep what a process substitution prints and return the path under which it is read."""
        ...
