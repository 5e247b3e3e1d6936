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
        place: Its place among the message's calls, from 0.
    """

    index: int | str | None
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list[str])
    flaw: str = ""
    late: bool = False
    place: int = 0

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
    """The tool calls of one message, collected from their fragments; each costs the same."""

    def __init__(self) -> None:
        self._calls: list[RawCall] = []
        self._newest: dict[object, RawCall] = {}
        """By index, and by index with id."""
        self._nameless: dict[object, list[RawCall]] = {}
        """By index, those whose id was not known when they began; the newest last."""

    def add(self, fragment: Mapping[str, Any], *, late: bool = False) -> None:
        """Take in one `tool_call_chunk`.

        Args:
            fragment: `index`, `id`, `name` and `args`, each may be missing or None.
            late: The message had said before that it is finished.
        """
        given = fragment.get("index")
        if given is None:  # then it is a whole call
            self._begin(given, late=late).add(fragment)
            return
        index = given if isinstance(given, int | str) else repr(given)
        identity = fragment.get("id") or ""
        call = self._find(index, identity)
        if call is None:
            call = self._newest[index] = self._begin(given, late=late)
            if not identity:
                self._nameless.setdefault(index, []).append(call)
        call.add(fragment)
        self._newest[index, call.id] = call

    def finish(self) -> list[RawCall]:
        """Return the calls in the order in which they began, each with an id.

        A final event that came twice repeats its calls: such a repetition is left out. It has the
        id of an earlier one, or came after the end, and is the same call.
        """
        kept: list[RawCall] = []
        seen: set[tuple[str, ...]] = set()
        for call in self._calls:
            same = (call.name, call.raw)
            if (call.late and same in seen) or (call.id and (call.id, *same) in seen):
                continue
            call.id = call.id or new_call_id()
            seen |= {same, (call.id, *same)}
            kept.append(call)
        return kept

    def __len__(self) -> int:
        return len(self._calls)

    def _begin(self, index: int | str | None, *, late: bool) -> RawCall:
        call = RawCall(index=index, late=late, place=len(self._calls))
        self._calls.append(call)
        return call

    def _find(self, index: int | str, identity: str) -> RawCall | None:
        """Find the newest call that a fragment continues.

        The newest, since some servers give all calls of a message the index 0.
        """
        if not identity:
            return self._newest.get(index)
        nameless = self._nameless.get(index, [])
        while nameless and nameless[-1].id:
            nameless.pop()  # it has got one meanwhile
        found = self._newest.get((index, identity))
        if nameless and (found is None or nameless[-1].place > found.place):
            return nameless[-1]
        return found
