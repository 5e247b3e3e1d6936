"""Tool calls from the raw text that came over the wire, never from repaired JSON."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

from coding_agent_sdk.text.nesting import DEEPEST, is_too_deep

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RawCall", "RawCalls", "new_call_id", "parse_arguments", "too_deep"]


def new_call_id() -> str:
    """Return an id for a call that its provider sent without one."""
    return f"call_{uuid.uuid4().hex}"


def parse_arguments(name: str, raw: str) -> tuple[dict[str, Any], str]:
    """Read the raw text of a call's arguments strictly.

    Args:
        name: The tool's name, for the message.
        raw: The text as it came; an empty one means no arguments, which is how
            Anthropic sends a call without any.

    Returns:
        The arguments and `""`; or no arguments and what is wrong, said to the model.
    """
    if not raw.strip():
        return {}, ""
    if is_too_deep(raw):
        return {}, too_deep(name)
    try:
        parsed = _STRICT_JSON.decode(raw)
    except json.JSONDecodeError as error:
        wrong = f"are not valid JSON: {error.msg} (character {error.pos} of {len(raw)})"
    except (ValueError, RecursionError) as error:
        wrong = f"are not valid JSON: {error}"
    else:
        if not isinstance(parsed, dict):
            wrong = f"are a JSON {type(parsed).__name__}, not an object"
        elif _has_lone_surrogate(raw, parsed):
            wrong = "hold half of a surrogate pair, which is no character"
        else:
            return parsed, ""
    return {}, (
        f"The arguments of {name!r} {wrong}. The call was not run; "
        "send it again with one complete JSON object as arguments."
    )


def too_deep(name: str) -> str:
    """Return what the model is told of arguments that are nested too deeply."""
    return (
        f"The arguments of {name!r} are nested too deeply: more than {DEEPEST} objects and lists "
        "inside each other. The call was not run; send it again with flatter arguments."
    )


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON value")


_STRICT_JSON: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _has_lone_surrogate(raw: str, parsed: dict[str, Any]) -> bool:
    """Whether a value could not be stored or sent: it has no UTF-8 form."""
    if "\\u" not in raw and raw.isascii():
        return False
    try:
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


@dataclass
class RawCall:
    """One tool call while its fragments arrive.

    Attributes:
        index: What ties the fragments together; None where a fragment is a whole call.
        id: The provider's id; `""` until it is known.
        name: The tool's name.
        pieces: The fragments of the arguments' text, as they came.
        flaw: What is wrong with the fragments themselves, `""` where nothing is.
        late: Whether it began after the message had said that it is finished.
    """

    index: int | str | None
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])
    flaw: str = ""
    late: bool = False

    @property
    def raw(self) -> str:
        """The text of the arguments so far."""
        return "".join(self.pieces)

    def add(self, fragment: Mapping[str, Any]) -> None:
        """Take in a fragment of this call."""
        self.id = self.id or fragment.get("id") or ""
        name = fragment.get("name") or ""
        if name != self.name:  # some servers repeat the name with each fragment
            self.name += name
        piece = fragment.get("args")
        if isinstance(piece, str):
            self.pieces.append(piece)
        elif piece is not None:
            self.flaw = f"came as a {type(piece).__name__}, not as text"

    def parse(self) -> tuple[dict[str, Any], str]:
        """Return the arguments and `""`, or no arguments and what the model did wrong."""
        if self.flaw:
            return {}, f"The arguments of {self.name!r} {self.flaw}. The call was not run."
        if not self.name:
            return {}, "The call names no tool, so it was not run; send it again with a name."
        return parse_arguments(self.name, self.raw)


class RawCalls:
    """The tool calls of one message, collected from their fragments."""

    def __init__(self) -> None:
        self._calls: list[RawCall] = []

    def add(self, fragment: Mapping[str, Any], *, late: bool = False) -> None:
        """Take in one `tool_call_chunk`.

        Args:
            fragment: `index`, `id`, `name` and `args`, each may be missing or None.
            late: The message had said before that it is finished.
        """
        call = self._find(fragment.get("index"), fragment.get("id"))
        if call is None:
            call = RawCall(index=fragment.get("index"), late=late)
            self._calls.append(call)
        call.add(fragment)

    def finish(self) -> list[RawCall]:
        """Return the calls in the order in which they began, each with an id.

        A final event that came twice repeats its calls: such a repetition is left out.
        """
        kept: list[RawCall] = []
        for call in self._calls:
            if any(_repeats(call, earlier) for earlier in kept):
                continue
            call.id = call.id or new_call_id()
            kept.append(call)
        return kept

    def __bool__(self) -> bool:
        return bool(self._calls)

    def _find(self, index: int | str | None, identity: str | None) -> RawCall | None:
        """Find the newest call that a fragment continues.

        The newest, since some servers give all calls of a message the index 0.
        """
        if index is None:
            return None
        for call in reversed(self._calls):
            if call.index == index and (not identity or not call.id or call.id == identity):
                return call
        return None


def _repeats(call: RawCall, earlier: RawCall) -> bool:
    """Whether a call is an earlier one again: the same id, or the same call after the end."""
    if not call.late and (not call.id or call.id != earlier.id):
        return False
    return call.name == earlier.name and call.raw == earlier.raw
