"""The commands `config show` and `plugins`: what the agent is made of, and why."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.cli.exits import ExitCode
from coding_agent_sdk.cli.ndjson import write_json
from coding_agent_sdk.errors import (
    AgentError,
    ConfigError,
    MissingExtraError,
    ModelError,
    PluginConfigError,
)
from coding_agent_sdk.text.plain import visible

if TYPE_CHECKING:
    from pydantic import BaseModel

    from coding_agent_sdk.agent import Agent
    from coding_agent_sdk.cli.options import AgentOptions
    from coding_agent_sdk.cli.terminal import Terminal
    from coding_agent_sdk.config import LoadedSettings
    from coding_agent_sdk.hooks.explain import Explanation

__all__ = ["list_plugins", "load", "show_plugins", "show_settings"]


def load(options: AgentOptions) -> LoadedSettings:
    """Return the settings that the command line gives with all the other layers.

    Raises:
        ConfigError: They cannot be used.
    """
    from coding_agent_sdk.cli.options import SAID_BY
    from coding_agent_sdk.config import load_settings

    return load_settings(
        explicit=options.settings(),
        said_by=SAID_BY,
        config_file=options.config,
        project=not options.no_project,
    )


def show_settings(options: AgentOptions, terminal: Terminal, *, as_json: bool) -> None:
    """Show each setting with its origin, those of plugins too; secrets are masked.

    Raises:
        ConfigError: They cannot be used.
    """
    loaded = load(options)
    sections, models = _sections(loaded, options, terminal)
    rows = loaded.rows(sections, models=models)
    width = max(len(key) for key, _, _ in rows)
    model, why = loaded.model()
    for key, value, origin in rows:
        if as_json:
            write_json({"key": key, "value": value, "origin": origin}, terminal.out)
        else:
            terminal.line(f"{key:<{width}}  {visible(value)}  ({visible(origin)})")
    if as_json:
        write_json({"key": "model in use", "value": model, "origin": why}, terminal.out)
    else:
        terminal.line(f"{'model in use':<{width}}  {model}  ({why})")
    for note in loaded.notes:
        terminal.error(note, label="note")


def _sections(
    loaded: LoadedSettings, options: AgentOptions, terminal: Terminal
) -> tuple[dict[str, BaseModel], dict[str, type[BaseModel]]]:
    """Return the plugins' sections and their models; what is wrong with one is said."""
    from coding_agent_sdk.core.built_in import BUILT_IN
    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.hooks.loading import load_plugins

    try:
        plugins = load_plugins(
            built_in=BUILT_IN,
            without=[*options.without, *loaded.settings.without],
            allowed=loaded.settings.load_plugins,
            entry_points=not options.no_plugins,
        )
        models = Dispatcher(plugins.manager).register_settings()
    except AgentError as error:
        terminal.error(f"the plugins' settings are not shown: {error}", label="note")
        return {}, {}
    sections: dict[str, BaseModel] = {}
    for plugin, model in models.items():
        try:
            sections[plugin] = loaded.section(plugin, model)
        except ConfigError as error:
            terminal.error(str(error), label="note")
    return sections, dict(models)


# -- plugins ---------------------------------------------------------------------------------


async def show_plugins(
    options: AgentOptions, terminal: Terminal, *, explain: bool, as_json: bool
) -> int:
    """Show the plugins, or the chains that their hooks make, and return the exit code.

    Where an installed plugin is broken it is named, and the others are shown without those that
    are installed.

    Raises:
        ConfigError: The agent cannot be built.
    """
    code = ExitCode.COMPLETED
    try:
        built = _build(options, terminal)
    except PluginConfigError as error:
        if options.no_plugins:
            raise
        built = _build(dataclasses.replace(options, no_plugins=True), terminal)
        terminal.error(f"{error}; shown without installed plugins")
        code = ExitCode.FAILED
    async with built as agent:
        explanation = agent.explain()
    if explain and as_json:
        write_json(explanation.to_dict(), terminal.out)
    elif explain:
        terminal.line(str(explanation))
    else:
        list_plugins(explanation, terminal, as_json=as_json)
    return code


def _build(options: AgentOptions, terminal: Terminal) -> Agent:
    """Build the agent, where its model cannot be made with another that needs nothing."""
    try:
        return options.build()
    except (ModelError, MissingExtraError) as error:
        terminal.error(f"shown with the offline model, for {error}", label="note")
        return dataclasses.replace(options, model="offline:rules").build()


def list_plugins(explanation: Explanation, terminal: Terminal, *, as_json: bool) -> None:
    """List the plugins, each with its hooks."""
    found: dict[str, dict[str, Any]] = {}
    for hook, layers in explanation.hooks.items():
        for layer in layers:
            row: dict[str, Any] = {
                "name": layer.plugin,
                "loaded": True,
                "origin": layer.origin,
                "hooks": [],
            }
            found.setdefault(layer.plugin, row)["hooks"].append(hook)
    for name, why in explanation.left_out.items():
        found[name] = {"name": name, "loaded": False, "origin": why, "hooks": []}
    width = max((len(name) for name in found), default=0)
    for row in found.values():
        if as_json:
            write_json(row, terminal.out)
        else:
            hooks = ", ".join(row["hooks"]) if row["loaded"] else "not loaded"
            terminal.line(f"{row['name']:<{width}}  {row['origin']}  {hooks}")
