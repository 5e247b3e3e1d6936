"""Layers of settings: one place each, checked on their own, then laid over each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from coding_agent_sdk.config.problems import describe
from coding_agent_sdk.config.sections import section_name
from coding_agent_sdk.config.settings import Settings
from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Layer", "checked", "leaves", "merged", "origin_in"]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What one place says.

    Attributes:
        name: The place, such as `builder` or `coding_agent.toml`.
        settings: Its values, checked; `given` tells which of them it gave.
        origins: Where each key comes from, plugins' keys in full (`plugins.rag.store`).
    """

    name: str
    settings: Settings
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def given(self) -> frozenset[str]:
        """The keys that this place gave."""
        return frozenset(self.settings.model_fields_set)

    def only(self, keys: frozenset[str], **instead: Any) -> Layer:
        """Return this layer with no other keys than *keys*, of some of them other values."""
        kept = {key: getattr(self.settings, key) for key in self.given & keys} | instead
        return Layer(
            name=self.name,
            settings=Settings.model_validate(kept),
            origins={k: v for k, v in self.origins.items() if k.partition(".")[0] in kept},
        )


def checked(
    values: Mapping[str, Any],
    name: str,
    *,
    folder: Path | None = None,
    origins: Mapping[str, str] | None = None,
) -> Layer:
    """Return *values* as a layer, each value in its type.

    Args:
        values: Settings by key, plugins' sections below `plugins`.
        name: The place that they come from.
        folder: What a relative `workspace` starts from; without it, it stays relative.
        origins: Where single keys come from, where that is known better than by *name*.

    Raises:
        ConfigError: A key is unknown or a value is wrong; all such keys are named.
    """
    found = _with_section_names(values)
    named = {key: (origins or {}).get(key, name) for key, _ in leaves(found)}
    if folder is not None and isinstance(found.get("workspace"), (str, Path)):
        found["workspace"] = _absolute(found["workspace"], folder, named["workspace"])
    try:
        return Layer(name=name, settings=Settings.model_validate(found), origins=named)
    except ValidationError as error:
        problem = describe(
            error,
            data=found,
            model_type=Settings,
            origin=lambda key: named.get(key, name),
        )
        raise ConfigError(problem) from error


def merged(layers: Sequence[Layer]) -> Settings:
    """Lay *layers* over each other, the first on top; the lists of `deny_tools` are united."""
    values: dict[str, Any] = {}
    for layer in reversed(layers):
        for key in layer.given:
            value = getattr(layer.settings, key)
            if key == "deny_tools":
                value = list(dict.fromkeys([*values.get(key, []), *value]))
            elif key == "plugins":
                value = _over(value, values.get(key, {}))
            values[key] = value
    return Settings.model_validate(values)


def origin_in(layers: Sequence[Layer], key: str) -> str:
    """Return where *key* comes from, by the first layer that has it; `default` by none.

    A list that is united, and a section as a whole, come from several places, joined by `+`.
    What lies inside of a list comes from where the list does.
    """
    found = [layer.origins[key] for layer in layers if key in layer.origins]
    if found and key != "deny_tools":
        return found[0]
    below = {
        name: origin
        for layer in reversed(layers)
        for name, origin in layer.origins.items()
        if name.startswith(f"{key}.")
    }
    places = [*found, *below.values()] or _above(layers, key)
    return " + ".join(dict.fromkeys(places)) or "default"


def leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each key of *values* in full with its value; an empty table is a value."""
    for key, value in values.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{name}.")
        else:
            yield name, value


def _above(layers: Sequence[Layer], key: str) -> list[str]:
    while key := key.rpartition(".")[0]:
        for layer in layers:
            if key in layer.origins:
                return [layer.origins[key]]
    return []


def _absolute(path: str | Path, folder: Path, origin: str) -> Path:
    try:
        return (folder / Path(path).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # no such home, a loop of links, a NUL
        raise ConfigError(
            f"{origin}: workspace {str(path)!r} cannot be found: {error}; name a folder",
        ) from error


def _over(above: Mapping[str, Any], below: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        lower = result.get(key)
        if isinstance(value, Mapping):
            value = _over(value, lower if isinstance(lower, Mapping) else {})  # noqa: PLW2901 -- the value as merged
        result[key] = value
    return result


def _with_section_names(values: Mapping[str, Any]) -> dict[str, Any]:
    sections = values.get("plugins")
    if not isinstance(sections, Mapping):
        return dict(values)
    named: dict[str, Any] = {}
    for name, section in sections.items():
        if section_name(str(name)) in named:
            raise ConfigError(
                f"the section plugins.{section_name(str(name))} stands twice, also as {name!r}; "
                "unite the two",
            )
        named[section_name(str(name))] = section
    return {**values, "plugins": named}
