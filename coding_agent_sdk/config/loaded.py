"""Settings as they were loaded: the values, where each comes from, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from coding_agent_sdk.config.known import known_secrets
from coding_agent_sdk.config.layers import Layer, leaves, origin_in
from coding_agent_sdk.config.masking import is_secret_name, masked
from coding_agent_sdk.config.problems import fields_of, nearest
from coding_agent_sdk.config.providers import default_model
from coding_agent_sdk.config.sections import section_name, validate_section
from coding_agent_sdk.config.settings import Settings
from coding_agent_sdk.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["LoadedSettings"]

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class LoadedSettings:
    """Settings, and where each of them comes from.

    Attributes:
        settings: The values of all layers; `workspace` is absolute.
        notes: What was left out or looks odd, in words for the user.
        ignored: Those of the notes that tell of a setting of the agent which was left out, of a
            file that may only tighten or is not read.
        unknown: Those of the notes that tell of a variable `CODING_AGENT_…` that is no setting.
        environment: Variables of the process over those that may be taken from `.env`; what
            needs a provider's variable reads it here, and `os.environ` stays as it is.
        layers: What each place said, the strongest first.
        sections: The sections of an agent's plugins, checked; none where no agent was built.
    """

    settings: Settings
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    layers: tuple[Layer, ...] = field(default=(), repr=False)
    sections: Mapping[str, BaseModel] = field(default_factory=dict, repr=False)

    def origin(self, key: str) -> str:
        """Return where *key* comes from: `builder`, `environment CODING_AGENT_MODE`, `default`.

        Args:
            key: A setting, such as `mode`, or one of a plugin, such as `plugins.rag.store`.
                A list that is united and a section may have several origins, joined by `+`.

        Raises:
            UnknownNameError: There is no such setting.
        """
        if key.partition(".")[0] not in Settings.model_fields:
            raise UnknownNameError("setting", key, Settings.model_fields)
        return origin_in(self.layers, key)

    def rows(
        self,
        sections: Mapping[str, BaseModel] | None = None,
        *,
        models: Mapping[str, type[BaseModel]] = MappingProxyType({}),
    ) -> list[tuple[str, str, str]]:
        """Return each setting as its key, its value with secrets masked, and its origin.

        The keys of plugins' sections follow. A value under a key that nobody knows is masked,
        whatever the key is called: it may be a misspelt one of a secret.

        Args:
            sections: Sections as `section` gives them, by plugin, instead of `sections`: of these
                the defaults are shown, too; of others what was given.
            models: What plugins gave for sections that are not among these, as they cannot be
                used: their keys are known, too.
        """
        rows = [
            (key, _text(masked(key, getattr(self.settings, key))), self.origin(key))
            for key in Settings.model_fields
            if key != "plugins"
        ]
        checked = self.sections if sections is None else sections
        known = {
            section_name(name): each.model_dump(mode="json", fallback=_named)
            for name, each in checked.items()
        }
        types = {**models, **{name: type(each) for name, each in checked.items()}}
        fields = {section_name(name): model for name, model in types.items()}
        for section, values in sorted({**self.settings.plugins, **known}.items()):
            for key, value in leaves(values, f"plugins.{section}."):
                is_known = _knows(fields.get(section), key.split(".")[2:])
                shown = _masked_leaf(key, value) if is_known else masked("key", value)
                rows.append((key, _text(shown), self.origin(key)))
        return rows

    def model(self) -> tuple[str, str]:
        """Return the name of the model to use, and why: its origin, or the key that is set."""
        if self.settings.model is not None:
            return self.settings.model, self.origin("model")
        model, why = default_model(self.environment)
        if model.startswith("offline:") and self.settings.api_key is not None:
            why = f"api_key is set by {self.origin('api_key')}, but no model is named for it"
        return model, why

    def secrets(self) -> tuple[str, ...]:
        """Return values that must never be shown: of the settings and of the environment."""
        return known_secrets(self.settings, self.environment)

    def section(self, plugin: str, model_type: type[S]) -> S:
        """Return the section of *plugin*, checked by its own model.

        Raises:
            ConfigError: A key of it is unknown or missing, or a value is wrong.
        """
        data = self.settings.plugins.get(section_name(plugin), {})
        return validate_section(plugin, data, model_type, origin=self.origin)

    def check_sections(self, plugins: Iterable[str]) -> None:
        """Make sure that every section belongs to one of *plugins*.

        Raises:
            ConfigError: A section is nobody's, by a slip or since its plugin is not installed.
        """
        known = sorted(section_name(plugin) for plugin in plugins)
        for name in sorted(self.settings.plugins.keys() - set(known)):
            raise ConfigError(
                f"{self.origin(f'plugins.{name}')}: no plugin has the section [plugins.{name}]"
                f"{nearest(name, known)} (known: {', '.join(known) or 'none'})",
            )


def _knows(model: type[BaseModel] | None, path: Sequence[str]) -> bool:
    """Return whether a section's model has a key, or takes any."""
    if model is None:
        return False
    names = fields_of(model)
    return not path or path[0] in names or model.model_config.get("extra") == "allow"


def _masked_leaf(key: str, value: Any) -> Any:
    """Mask by the whole path below the section: `headers.x` is as secret as `headers`."""
    _, _, *path = key.split(".")
    named = next((part for part in path if is_secret_name(part)), path[-1] if path else "")
    return masked(named, value)


def _named(value: object) -> str:
    return f"<{type(value).__name__}>"


def _text(value: Any) -> str:
    if value is None:
        return "(unset)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value) or "[]"
    return str(value) or '""'
