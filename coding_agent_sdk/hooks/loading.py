"""Finds plugins and registers them: built-ins by dotted name, the caller's own, entry points.

A third-party package offers plugins by the entry-point group `coding_agent_sdk`. The variable
`CODING_AGENT_LOAD_PLUGINS` limits which of them are imported: `none`, or names with commas.
"""

from __future__ import annotations

import importlib
import inspect
import re
from dataclasses import dataclass, field
from importlib import metadata
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import pluggy

from coding_agent_sdk.errors import PluginConfigError, UnknownNameError
from coding_agent_sdk.hooks import specs
from coding_agent_sdk.hooks.markers import PROJECT
from coding_agent_sdk.text.failures import said, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

GROUP: Final = "coding_agent_sdk"


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A plugin that is registered.

    Attributes:
        name: Its name, unique in the agent.
        plugin: The object.
        origin: `built-in`, `builder`, or the distribution that brought it, with its version.
    """

    name: str
    plugin: object
    origin: str


@dataclass(kw_only=True)
class PluginSet:
    """The plugins of one agent.

    Attributes:
        manager: pluggy's list of them; it is asked, never called.
        loaded: What is registered, in order.
        left_out: What is not, with the reason, by name.
    """

    manager: pluggy.PluginManager
    loaded: list[Loaded] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    def add(self, plugin: object, *, name: str, origin: str) -> None:
        """Register a plugin.

        Raises:
            PluginConfigError: It is a class, it or its name is registered already, it implements
                no hook or one wrongly.
        """
        if inspect.isclass(plugin):
            raise PluginConfigError(
                f"plugin {name!r} is the class {plugin.__name__}; give an instance: "
                f"{plugin.__name__}()",
            )
        taken = next((loaded for loaded in self.loaded if loaded.name == name), None)
        if taken is not None:
            raise PluginConfigError(
                f"two plugins are called {name!r} (from {taken.origin} and {origin}); give the "
                f"second another name, or leave the first out with .without({name!r})",
            )
        same = next((loaded for loaded in self.loaded if loaded.plugin == plugin), None)
        if same is not None:
            raise PluginConfigError(
                f"plugin {name!r} (from {origin}) is the same as {same.name!r} (from "
                f"{same.origin}); leave one of them out",
            )
        self._refuse_unmarked(plugin, name)
        try:
            self.manager.register(plugin, name=name)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginConfigError(
                f"plugin {name!r} cannot be registered: {_why_refused(str(error))}"
            ) from error
        self.loaded.append(Loaded(name=name, plugin=plugin, origin=origin))

    def _refuse_unmarked(self, plugin: object, name: str) -> None:
        """Refuse what looks like a hook and would never be called: a check would be open."""
        marked = [a for a in dir(plugin) if self.manager.parse_hookimpl_opts(plugin, a) is not None]
        for hook in specs.HOOKS:
            if hook not in marked and inspect.isroutine(inspect.getattr_static(plugin, hook, None)):
                raise PluginConfigError(
                    f"plugin {name!r} has a method {hook} that is not marked as a hook; mark it "
                    "with @hookimpl, or rename it",
                )
        if not marked:
            raise PluginConfigError(
                f"plugin {name!r} ({type(plugin).__name__}) implements no hook; mark its methods "
                f"with @hookimpl (hooks: {', '.join(specs.HOOKS)})",
            )

    def leaves_out(self, name: str, leaving: set[str]) -> bool:
        """Return whether the next plugin called *name* is left out.

        Of several with one name the first is: so another can take the place of a built-in.
        """
        if name not in leaving:
            return False
        leaving.remove(name)
        self.left_out[name] = "left out by .without() or the setting `without`"
        return True

    def finish(self) -> None:
        """Refuse hooks that do not exist, which are most often misspelt.

        Raises:
            PluginConfigError: A plugin implements an unknown hook.
        """
        try:
            self.manager.check_pending()
        except pluggy.PluginValidationError as error:
            named = re.search(r"unknown hook '(\w+)'", str(error))
            owner = self.manager.get_name(error.plugin) or "?"
            unknown = named.group(1) if named else "?"
            raise UnknownNameError(f"hook (plugin {owner!r})", unknown, specs.HOOKS) from error


def _why_refused(said: str) -> str:
    """Return what pluggy says of a plugin, with the arguments that a hook has where it is them."""
    hook = re.search(r"for hook '(\w+)'", said)
    unknown = re.search(r"Argument\(s\) \{(.+?)\} are declared in the hookimpl", said)
    if hook is None or unknown is None:
        return said
    offered = inspect.signature(getattr(specs, hook[1])).parameters
    return (
        f"{hook[1]} takes {unknown[1]}, which the hook does not have; it has "
        f"{', '.join(offered) or 'no arguments'}, and a method takes those that it needs"
    )


def load_plugins(
    *,
    built_in: Sequence[tuple[str, str]] = (),
    own: Iterable[object] = (),
    without: Sequence[str] = (),
    allowed: Sequence[str] | None = None,
    entry_points: bool = True,
) -> PluginSet:
    """Return the registered plugins of an agent.

    Args:
        built_in: Name and `"module:attribute"` of each built-in plugin, in order.
        own: Plugins given by the caller.
        without: Names that are left out; of several plugins with one name, the first is.
        allowed: Names of the entry points that may be loaded; None for all.
        entry_points: Whether to look for installed plugins at all.

    Raises:
        PluginConfigError: A plugin cannot be imported or registered.
        UnknownNameError: *without* or *allowed* names what is not there, or a hook is unknown.
    """
    plugins = PluginSet(manager=pluggy.PluginManager(PROJECT))
    plugins.manager.add_hookspecs(specs)
    given = [(name_of(plugin), plugin) for plugin in own]
    found = list(metadata.entry_points(group=GROUP)) if entry_points else []
    names = [name for name, _ in built_in] + [n for n, _ in given] + [e.name for e in found]
    for name in without:
        if name not in names:
            raise UnknownNameError("plugin", name, names)
    leaving = set(without)
    for name, target in built_in:
        if not plugins.leaves_out(name, leaving):
            plugins.add(_imported(target)(), name=name, origin="built-in")
    for name, plugin in given:
        if not plugins.leaves_out(name, leaving):
            plugins.add(plugin, name=name, origin="builder")
    _add_entry_points(plugins, found, allowed, leaving)
    plugins.finish()
    return plugins


def name_of(plugin: object) -> str:
    """Return what a plugin is called: its `name`, a module's own, or its class's in snake case."""
    named = getattr(plugin, "name", None)
    if isinstance(named, str) and named:
        return named
    if isinstance(plugin, ModuleType):
        return plugin.__name__.rpartition(".")[2]
    kind = plugin if isinstance(plugin, type) else type(plugin)
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", kind.__name__).lower()
    return words.removesuffix("_plugin") or words


def _imported(target: str) -> Callable[[], object]:
    module, _, attribute = target.partition(":")
    factory: Callable[[], object] = getattr(importlib.import_module(module), attribute)
    return factory


def _add_entry_points(
    plugins: PluginSet,
    found: Sequence[metadata.EntryPoint],
    allowed: Sequence[str] | None,
    leaving: set[str],
) -> None:
    if allowed is not None:
        for name in allowed:
            if name not in {entry.name for entry in found}:
                raise UnknownNameError("installed plugin", name, [entry.name for entry in found])
    for entry in sorted(found, key=lambda entry: entry.name):
        dist = entry.dist
        origin = f"{dist.name} {dist.version}" if dist is not None else entry.value
        if plugins.leaves_out(entry.name, leaving):
            continue
        if allowed is not None and entry.name not in allowed:
            plugins.left_out[entry.name] = f"{origin}: not among CODING_AGENT_LOAD_PLUGINS"
            continue
        plugin = _loaded(entry, origin)
        try:
            plugins.add(plugin, name=entry.name, origin=origin)
        except PluginConfigError as error:
            raise PluginConfigError(_broken(entry, origin, words_of(error))) from error


def _loaded(entry: metadata.EntryPoint, origin: str) -> object:
    try:
        plugin: Any = entry.load()
        return plugin() if inspect.isclass(plugin) else plugin
    except Exception as error:
        raise PluginConfigError(_broken(entry, origin, said(error))) from error


def _broken(entry: metadata.EntryPoint, origin: str, why: str) -> str:
    """Say what is wrong with an installed plugin, and both ways out."""
    package = entry.dist.name if entry.dist is not None else entry.value.partition(".")[0]
    return (
        f"the installed plugin {entry.name!r} of {origin} cannot be loaded: {why}; run the agent "
        "without installed plugins (CODING_AGENT_LOAD_PLUGINS=none, or the names of those to "
        f"load), or uninstall it: pip uninstall {package}"
    )
