"""Puts an answer of the offline model into the form that was asked for.

Rules cannot fill in a form: the answer's words go into its first text, all else gets the emptiest
value that its schema allows. So what is built around the agent can be tried without a model.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["form_in", "in_form", "is_about_form"]

_FORM: Final = re.compile(r"^<answer_format>\n(.*?)\n</answer_format>", re.DOTALL | re.MULTILINE)
_DEEPEST: Final = 20
_CHOICES: Final = ("anyOf", "oneOf", "allOf")


def is_about_form(text: str) -> bool:
    """Whether a user's message is the agent's own word on the form of the answer, and no more."""
    return text.lstrip().startswith("<answer_format>")


def form_in(text: str) -> dict[str, Any] | None:
    """Return the JSON schema that a request asks for; None where it asks for none."""
    found = _FORM.findall(text)
    if not found:
        return None
    try:
        schema = json.loads(found[-1].rpartition("\n")[2])
    except ValueError:
        return None
    return schema if isinstance(schema, dict) else None


def in_form(words: str, schema: Mapping[str, Any]) -> str:
    """Return an answer as JSON of a schema, with its words in the first text that has room."""
    return json.dumps(_Filling(words, schema).value(schema), ensure_ascii=False)


class _Filling:
    """One answer while it is filled in.

    Args:
        words: What is to be said; it is said once.
        root: The schema that references point into.
    """

    def __init__(self, words: str, root: Mapping[str, Any]) -> None:
        self._words = words
        self._root = root

    def value(self, schema: Any, depth: int = 0) -> Any:
        """Return a value for a schema."""
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return None
        if "$ref" in schema:
            return self.value(self._target(schema["$ref"]), depth + 1)
        for choice in _CHOICES:
            if schema.get(choice):
                return self.value(schema[choice][0], depth + 1)
        fixed = [schema["const"]] if "const" in schema else schema.get("enum")
        return fixed[0] if fixed else self._of_type(schema, depth)

    def _of_type(self, schema: Mapping[str, Any], depth: int) -> Any:
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "string":
                return self._text(schema)
            case "array":
                least = schema.get("minItems", 0)
                return [self.value(schema.get("items", {}), depth + 1) for _ in range(least)]
            case "integer" | "number":
                return schema.get("minimum", 0)
            case "boolean":
                return False
            case _:
                return None

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        properties: Mapping[str, Any] = schema.get("properties", {})
        return {
            name: self.value(part, depth + 1)
            for name, part in properties.items()
            if name in required or (self._words and _is_text(part))
        }

    def _text(self, schema: Mapping[str, Any]) -> str:
        words, self._words = self._words, ""
        return words[: schema.get("maxLength", len(words))]

    def _target(self, reference: str) -> Any:
        found: Any = self._root
        for part in reference.removeprefix("#/").split("/"):
            found = found.get(part) if isinstance(found, dict) else None
        return found


def _is_text(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "string" and "format" not in schema
