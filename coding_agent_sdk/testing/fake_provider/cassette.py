"""A cassette: a real conversation kept in a file, to be played again.

It is JSON to be read, edited and kept beside the tests. It holds what the model said and what it
was told, redacted, and nothing of the wire: no headers, so no keys.
"""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.testing.fake_provider.script import FakeUsage, LoggedRequest, Turn
from coding_agent_sdk.testing.tool_call import FakeToolCall
from coding_agent_sdk.text.masks import PLACEHOLDER, PLACEHOLDER_START

_VERSION: Final = 1


@dataclass(frozen=True, kw_only=True)
class Cassette:
    """A conversation as it was recorded.

    Attributes:
        model: `provider:name` of the model that it was held with.
        conversation: What was said, oldest first; each part has one key: `user` and `context`
            (texts), `tool` (name, call_id, status, text) or `model` (text, tool_calls, usage).
    """

    model: str
    conversation: Sequence[Mapping[str, Any]]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a cassette.

        Raises:
            ConfigError: There is none at *path*, or it is of another version.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"the cassette {os.fspath(path)!r} cannot be read: {error}; record it with "
                f"`coding-agent run … --record {os.fspath(path)}`"
            ) from error
        if not isinstance(data, dict) or data.get("cassette") != _VERSION:
            raise ConfigError(
                f"{os.fspath(path)!r} is no cassette of version {_VERSION}; record it anew"
            )
        return cls(model=data["model"], conversation=tuple(data["conversation"]))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to *path*, in one go."""
        data = {
            "cassette": _VERSION,
            "model": self.model,
            "conversation": list(self.conversation),
        }
        target = Path(path)
        beside = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        text = json.dumps(data, ensure_ascii=False, indent=2)
        beside.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")
        beside.replace(target)

    @property
    def turns(self) -> list[Turn | Callable[[LoggedRequest], Turn]]:
        """The answers of the model, as `FakeProvider` plays them.

        An answer that speaks of secrets by their placeholders gets those of the conversation in
        which it is played.
        """
        return [_played(part["model"]) for part in self.conversation if "model" in part]


class NumberedPlaceholders:
    """Placeholders of secrets under the numbers in which a conversation has them.

    The vault gives other ones each time, so a cassette keeps their order instead.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def numbered(self, text: str) -> str:
        """Return a text of the conversation, the next one, with numbers in its placeholders."""
        if PLACEHOLDER_START not in text:
            return text
        return PLACEHOLDER.sub(self._as_number, text)

    def _as_number(self, found: re.Match[str]) -> str:
        number = self._numbers.setdefault(found.group(), len(self._numbers) + 1)
        return f"{PLACEHOLDER_START}{found['name']}:{number:08x}>"


def _played(said: Mapping[str, Any]) -> Turn | Callable[[LoggedRequest], Turn]:
    turn = _turn(said)
    kept = json.dumps(said, ensure_ascii=False)
    if PLACEHOLDER.search(kept) is None:
        return turn

    def with_placeholders_of(request: LoggedRequest) -> Turn:
        told = json.dumps(request.body, ensure_ascii=False)
        given = list(dict.fromkeys(found.group() for found in PLACEHOLDER.finditer(told)))

        def given_for(found: re.Match[str]) -> str:
            number = int(found["id"], 16)
            return given[number - 1] if 0 < number <= len(given) else found.group()

        return _turn(json.loads(PLACEHOLDER.sub(given_for, kept)))

    return with_placeholders_of


def _turn(said: Mapping[str, Any]) -> Turn:
    usage = said.get("usage")
    return Turn(
        text=said["text"],
        tool_calls=[FakeToolCall(**call) for call in said.get("tool_calls", ())],
        usage=None if usage is None else FakeUsage(**usage),
    )
