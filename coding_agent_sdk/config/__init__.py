"""Settings of an agent, from code, the environment and files, in layers.

The names are loaded when they are first used, so `data_home` costs no pydantic.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coding_agent_sdk.config.loaded import LoadedSettings
    from coding_agent_sdk.config.loading import load_settings
    from coding_agent_sdk.config.masking import MASK, masked, masked_text
    from coding_agent_sdk.config.paths import config_home, data_home
    from coding_agent_sdk.config.providers import default_model
    from coding_agent_sdk.config.sections import section_name, validate_section
    from coding_agent_sdk.config.settings import Settings

__all__ = [
    "MASK",
    "LoadedSettings",
    "Settings",
    "config_home",
    "data_home",
    "default_model",
    "load_settings",
    "masked",
    "masked_text",
    "section_name",
    "validate_section",
]

_HOMES = {
    "MASK": "masking",
    "LoadedSettings": "loaded",
    "Settings": "settings",
    "config_home": "paths",
    "data_home": "paths",
    "default_model": "providers",
    "load_settings": "loading",
    "masked": "masking",
    "masked_text": "masking",
    "section_name": "sections",
    "validate_section": "sections",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{home}"), name)
    globals()[name] = value  # the next look-up does not come here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
