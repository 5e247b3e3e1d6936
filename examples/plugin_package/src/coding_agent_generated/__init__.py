"""A plugin for coding_agent_sdk that knows which files are generated."""

from coding_agent_generated.plugin import GeneratedPlugin as GeneratedPlugin
from coding_agent_generated.settings import GeneratedSettings as GeneratedSettings

__all__ = ["GeneratedPlugin", "GeneratedSettings"]
