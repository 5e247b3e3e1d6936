"""A plugin's section of the settings, checked by the plugin's own model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from coding_agent_sdk.config.problems import describe
from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["section_name", "validate_section"]

S = TypeVar("S", bound=BaseModel)

_LISTS = frozenset({"list_type", "tuple_type", "set_type", "frozen_set_type"})
_TABLES = frozenset({"dict_type", "model_type", "model_attributes_type", "dataclass_type"})


def section_name(plugin: str) -> str:
    """Return the name of a plugin's section: lower case, with `_` for `-`.

    So a plugin `my-rag` can be set by `CODING_AGENT_PLUGINS__MY_RAG__…`, too.
    """
    return plugin.replace("-", "_").lower()


def validate_section(
    name: str,
    data: Mapping[str, Any],
    model_type: type[S],
    *,
    origin: Callable[[str], str] | None = None,
) -> S:
    """Return the section of the plugin *name* as its own model.

    A key that the model does not have is an error, also deep inside, unless the model itself
    allows extra keys. A text stands for a list as `a,b` and for a list or a table as JSON, since
    a variable holds nothing but text.

    Args:
        name: Name of the plugin.
        data: The section as it was given, `Settings.plugins[name]`.
        model_type: What the plugin's `register_settings` gave.
        origin: Tells where a key such as `plugins.rag.store` comes from.

    Raises:
        ConfigError: A key is unknown or missing, or a value is wrong; every such key is named
            with its origin, never with a secret.
    """
    try:
        return _validated(dict(data), model_type)
    except ValidationError as error:
        problem = describe(
            error,
            data=data,
            model_type=model_type,
            origin=origin or (lambda _: ""),
            section=f"plugins.{section_name(name)}",
        )
    # Raised outside of the handler: the plugin's own error would show the values.
    raise ConfigError(problem)


def _validated(data: dict[str, Any], model_type: type[S]) -> S:
    allows = model_type.model_config.get("extra") == "allow"
    extra: Literal["forbid"] | None = None if allows else "forbid"
    try:
        return model_type.model_validate(data, extra=extra)
    except ValidationError as error:
        data = _with_lists(data, error)
    return model_type.model_validate(data, extra=extra)


def _with_lists(data: dict[str, Any], error: ValidationError) -> dict[str, Any]:
    """Return *data* with the texts that *error* complains of read as lists and tables."""
    copied = _copied(data)
    for item in error.errors(include_url=False, include_context=False):
        value = item["input"]
        if isinstance(value, str) and item["type"] in _LISTS | _TABLES:
            _put(copied, item["loc"], _read(value, as_list=item["type"] in _LISTS))
    return copied


def _copied(data: dict[str, Any]) -> dict[str, Any]:
    return {key: _copied(item) if isinstance(item, dict) else item for key, item in data.items()}


def _put(data: dict[str, Any], path: tuple[int | str, ...], value: Any) -> None:
    *branch, leaf = path
    place: Any = data
    for part in branch:
        place = place.get(part) if isinstance(place, dict) else None
    if isinstance(place, dict) and leaf in place:
        place[leaf] = value


def _read(text: str, *, as_list: bool) -> Any:
    if text.lstrip().startswith("[" if as_list else "{"):
        try:
            return json.loads(text)
        except ValueError:
            return text  # pydantic then says what it expects
    return [part.strip() for part in text.split(",") if part.strip()] if as_list else text
