"""What pydantic found wrong, in words: where, which key, what was expected and what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from coding_agent_sdk.config.masking import MASK, is_secret_name, masked, masked_text, secrets_in
from coding_agent_sdk.errors import nearest as _nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["describe", "fields_of", "nearest"]

_SHORTEST_SECRET = 4  # masking every "a" of a message would only make it unreadable


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the known name most like *name*, first of all one of the same letters.

    So `modle` means `model` rather than `mode`.
    """
    names = list(known)
    swapped = [other for other in names if sorted(other) == sorted(name)]
    return _nearest(name, swapped or names)


def describe(
    error: ValidationError,
    *,
    data: Mapping[str, Any],
    model_type: type[BaseModel],
    origin: Callable[[str], str],
    section: str = "",
) -> str:
    """Return one line for each problem, with no secret of *data* in it.

    Args:
        error: What pydantic found.
        data: What was validated.
        model_type: The model that it was validated by.
        origin: Tells where a key comes from; `""` where that is not known.
        section: Where *data* stands, such as `plugins.rag`.
    """
    lines = [
        _line(item, model_type=model_type, origin=origin, section=section)
        for item in error.errors(include_url=False, include_context=False)
    ]
    text = "\n".join(dict.fromkeys(lines))
    for secret in sorted(secrets_in("", data), key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, MASK)
    return text


def fields_of(model_type: type[BaseModel], path: Sequence[int | str] = ()) -> tuple[str, ...]:
    """Return the keys that *model_type* takes at *path* below it."""
    found = model_type
    for part in path:
        names = {_key(found, name): field for name, field in found.model_fields.items()}
        inner = _models_in(names[part].annotation) if part in names else ()
        # Other parts are positions in a list and the names that pydantic gives to choices.
        found = next(iter(inner), found)
    return tuple(_key(found, name) for name in found.model_fields)


def _line(
    item: ErrorDetails,
    *,
    model_type: type[BaseModel],
    origin: Callable[[str], str],
    section: str,
) -> str:
    path = item["loc"]
    key = ".".join(str(part) for part in (section, *path) if part != "")
    place = origin(key)
    prefix = f"{place}: " if place not in {"", "default"} else ""
    if item["type"] == "extra_forbidden":
        return prefix + _unknown(path, key, item["input"], fields_of(model_type, path[:-1]))
    if item["type"] == "missing":
        return f"{prefix}{key} is missing; give it a value"
    expected = masked_text(item["msg"].replace("Input should be", "expected"))
    own = expected.startswith("Value error, ")
    expected = expected.removeprefix("Value error, ")
    named = place if place.startswith("--") else f"{prefix}{key}"  # an option says its key itself
    if own and isinstance(item["input"], (dict, list, tuple, set)):
        return f"{named}: {expected}"  # it says itself what was found, and in which part
    return f"{named}: {expected}, found {_found(path, item['input'])}"


def _unknown(path: Sequence[int | str], key: str, value: Any, known: Iterable[str]) -> str:
    last = str(path[-1])
    hint = ""
    if len(path) == 1 and "plugins" in known:
        if last == "tool":
            hint = "; in coding_agent.toml the keys stand at the top, without [tool.coding_agent]"
        elif isinstance(value, dict):
            hint = f"; the section of a plugin is written [plugins.{last}]"
    listed = ", ".join(known) or "none"
    return f"unknown key {key!r}{nearest(last, known)} (known: {listed}){hint}"


def _found(path: Sequence[int | str], value: Any) -> str:
    kind = type(value).__name__
    if isinstance(value, (dict, list, tuple, set)):
        return f"a {kind}"
    *above, last = (str(part) for part in path)
    name = "key" if any(map(is_secret_name, above)) else last  # a count of tokens is no secret
    if is_secret_name(name) and masked(name, value) == MASK:
        return f"a {kind} that is not shown"
    return repr(masked("", value))[:200]


def _key(model_type: type[BaseModel], name: str) -> str:
    alias = model_type.model_fields[name].alias
    return alias if alias is not None else name


def _models_in(annotation: Any) -> tuple[type[BaseModel], ...]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(model for part in get_args(annotation) for model in _models_in(part))
