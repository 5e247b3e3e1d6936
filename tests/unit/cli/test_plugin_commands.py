"""Commands of plugins."""

import importlib
import inspect

from coding_agent_sdk.core.built_in import BUILT_IN, WITH_COMMANDS


def test_the_built_in_plugins_with_commands_are_those_that_help_loads():
    def brings_commands(target: str) -> bool:
        module, _, attribute = target.partition(":")
        plugin = getattr(importlib.import_module(module), attribute)
        return inspect.isfunction(getattr(plugin, "register_commands", None))

    assert {name for name, target in BUILT_IN if brings_commands(target)} == WITH_COMMANDS
