"""A JSON schema as the form of an answer: what is a schema, and what of an answer does not fit it.

The package `jsonschema` is imported here, so this module is imported on use. References are
looked up in the schema itself, and never fetched from elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import specification_with

from coding_agent_sdk.text.failures import shown
from coding_agent_sdk.text.plain import one_line

if TYPE_CHECKING:
    from referencing import Resource

__all__ = ["JsonSchema", "NoSchemaError"]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
"""The dialect of a schema that names none."""

_LONGEST_PROBLEM: Final = 200


class NoSchemaError(Exception):
    """What stands where a JSON schema should is none; the message says why."""


class JsonSchema:
    """Tells what of a value does not fit a JSON schema.

    Args:
        schema: The schema, in the dialect that its `$schema` names.

    Raises:
        NoSchemaError: It is no schema of that dialect, or refers to what is not in it.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        dialect = schema.get("$schema", DIALECT)
        known = _validator_of(dialect) if isinstance(dialect, str) else None
        if known is None:
            raise NoSchemaError(f"its $schema is {shown(dialect)}, which is no dialect known here")
        registry: Registry[Any] = Registry()  # an own one: the default one would fetch
        try:
            known.check_schema(schema)
            root = specification_with(dialect).create_resource(schema)
            _look_up_references(root, registry.resolver_with_root(root))
        except SchemaError as error:
            raise NoSchemaError(_told(error)) from error
        except RecursionError as error:
            raise NoSchemaError("it is nested too deeply") from error
        self._validator = known(schema, registry=registry, format_checker=known.FORMAT_CHECKER)

    def problems(self, value: Any) -> list[str]:
        """Return what of *value* does not fit; nothing where it does."""
        try:
            return [_told(error) for error in self._validator.iter_errors(value)]
        except RecursionError:
            return ["it is nested too deeply"]


def _validator_of(dialect: str) -> Any:
    """Return the validator of a dialect, None for one that is not known."""
    none: Any = None
    return validator_for({"$schema": dialect}, default=none)


def _told(error: Any) -> str:
    """Return what is wrong; a message begins with the value that is, which may be long."""
    place = ".".join(map(str, error.absolute_path)) or "the value"
    words: str = error.message
    if len(words) > _LONGEST_PROBLEM:
        words = f"it does not fit {error.validator}: {shown(error.validator_value)}"
    return f"{place}: {one_line(words, width=_LONGEST_PROBLEM)}"


def _look_up_references(resource: Resource[Any], resolver: Any) -> None:
    """Have each reference found; else only an answer that reaches it would miss it."""
    contents = resource.contents
    reference = contents.get("$ref") if isinstance(contents, dict) else None
    if isinstance(reference, str):
        try:
            resolver.lookup(reference)
        except Unresolvable as error:
            raise NoSchemaError(
                f"it refers to {reference!r}, which is not in it; put it under $defs"
            ) from error
    for part in resource.subresources():
        _look_up_references(part, resolver.in_subresource(part))
