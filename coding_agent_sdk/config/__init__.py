"""Settings of an agent, from code, the environment and files, in layers."""

from coding_agent_sdk.config.loading import LoadedSettings, load_settings
from coding_agent_sdk.config.paths import config_home, data_home
from coding_agent_sdk.config.settings import Settings

__all__ = ["LoadedSettings", "Settings", "config_home", "data_home", "load_settings"]
