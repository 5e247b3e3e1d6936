"""Names to factories: backends by kind and name, commands by name; nothing imported before use."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import MissingExtraError, PluginConfigError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS: Final = (
    "model", "memory", "knowledge", "embedder", "cache", "counter", "executor", "workspace",
    "exporter", "moderator", "prices", "undo", "outputs",
)  # fmt: skip


_HINTS: Final = {
    "memory": "write a URL: sqlite:///sessions.db, or memory:// to keep nothing",
    "knowledge": "write ./knowledge.db for a file, or http://host:19530 for a Milvus server",
}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a plugin offers under a name.

    Attributes:
        kind: The kind of backend.
        name: Its name; of a URL, the scheme.
        target: `"module:attribute"` of the factory.
        extra: The extra of this package that it needs, or None.
        plugin: Who offers it.
    """

    kind: str
    name: str
    target: str
    extra: str | None
    plugin: str


class BackendRegistry:
    """Backends by kind and name; nothing is imported before `create`."""

    def __init__(self) -> None:
        self._offers: dict[tuple[str, str], Offer] = {}
        self.plugin = ""
        """The plugin that registers just now; the loader sets it."""

    def __call__(
        self, kind: str, name: str, target: str, *, extra: str | None = None, replace: bool = False
    ) -> None:
        """Offer *target*, a `"module:attribute"` path, as the *kind* called *name*.

        Args:
            kind: One of `KINDS`.
            name: A name, or the scheme of a URL.
            target: The factory; it takes what stands behind the name or in the URL.
            extra: The extra of this package that brings what it imports.
            replace: Take the place of what another plugin offers.

        Raises:
            PluginConfigError: The kind is unknown, the target is no path, or the name is taken.
        """
        if kind not in KINDS:
            raise UnknownNameError(f"kind of backend (plugin {self.plugin!r})", kind, KINDS)
        if not all(str(target).partition(":")):  # given a class, say, it is no path either
            raise PluginConfigError(
                f"plugin {self.plugin!r} offers {kind} {name!r} as {target!r}; "
                'give it as "module:attribute"',
            )
        taken = self._offers.get((kind, name))
        if taken is not None and not replace:
            raise PluginConfigError(
                f"plugins {taken.plugin!r} and {self.plugin!r} both offer {kind} {name!r}; "
                "register the second with replace=True where it is meant to take over",
            )
        self._offers[kind, name] = Offer(
            kind=kind, name=name, target=target, extra=extra, plugin=self.plugin
        )

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names offered for a kind, sorted."""
        return tuple(sorted(name for k, name in self._offers if k == kind))

    def offers(self) -> tuple[Offer, ...]:
        """Return all offers, by kind and name."""
        return tuple(self._offers[key] for key in sorted(self._offers))

    def create_from_section(self, kind: str, name: str, section: Callable[[str], Any]) -> Any:
        """Build the *kind* called *name*, by the settings of the plugin that offers it.

        A factory with a method `from_settings` is made by it, where its plugin has a section.

        Args:
            kind: One of `KINDS`.
            name: Its name.
            section: Gives the section of a plugin by the plugin's name; None where it has none.

        Raises:
            UnknownNameError: Nobody offers it; the message lists what is known.
            MissingExtraError: A package of its extra is not installed.
        """
        offer = self._offer(kind, name)
        factory = self.load(offer)
        settings = section(offer.plugin)
        made = getattr(factory, "from_settings", None)
        return factory() if made is None or settings is None else made(settings)

    def create(self, kind: str, name: str, /, **options: Any) -> Any:
        """Build the *kind* called *name*.

        Raises:
            UnknownNameError: Nobody offers it; the message lists what is known.
            MissingExtraError: A package of its extra is not installed.
        """
        return self.load(self._offer(kind, name))(**options)

    def check(self, kind: str, name: str) -> None:
        """Refuse a name that nobody offers.

        Raises:
            UnknownNameError: Nobody offers it; the message lists what is known.
        """
        if (kind, name) not in self._offers:
            hint = _HINTS.get(kind, "")
            raise UnknownNameError(f"{kind} backend", name, self.names(kind), hint=hint)

    def _offer(self, kind: str, name: str) -> Offer:
        self.check(kind, name)
        return self._offers[kind, name]

    def load(self, offer: Offer) -> Callable[..., Any]:
        """Import what an offer points to."""
        return _load(offer, feature=f"{offer.kind} backend {offer.name!r}")


def _load(offer: Offer, *, feature: str) -> Callable[..., Any]:
    module, _, attribute = offer.target.partition(":")
    try:
        loaded: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        missing = error.name or "?"
        if offer.extra is None or _is_within(missing, "coding_agent_sdk"):
            raise  # a slip in the plugin, not a missing package
        if _is_within(module, missing):
            raise
        raise MissingExtraError(feature=feature, module=missing, extra=offer.extra) from error
    except AttributeError as error:
        raise PluginConfigError(
            f"the {feature} of plugin {offer.plugin!r} cannot be loaded from {offer.target!r}: "
            f"{error}",
        ) from error
    return loaded


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


class CommandRegistry:
    """Sub-commands of the command line and slash commands of the chat, by name."""

    def __init__(self) -> None:
        self._commands: dict[tuple[str, str], tuple[str, Any]] = {}
        self.plugin = ""
        """The plugin that registers just now; the loader sets it."""

    def __call__(
        self, name: str, function: Callable[..., Any] | str, *, slash: bool = False
    ) -> None:
        """Offer a function as the sub-command, or the slash command, called *name*.

        A sub-command's parameters are read as typer does; `obj` of a `typer.Context` among them
        is a `CommandHost`. A slash command is called with the rest of the line. A function that
        is given as `"module:attribute"` is imported when commands are asked for: not by an agent.
        """
        key = ("slash" if slash else "command", name)
        if key in self._commands:
            raise PluginConfigError(
                f"plugins {self._commands[key][0]!r} and {self.plugin!r} both offer "
                f"the {key[0]} {name!r}",
            )
        self._commands[key] = (self.plugin, function)

    def commands(self, *, slash: bool = False) -> dict[str, Callable[..., Any]]:
        """Return what is offered, by name."""
        wanted = "slash" if slash else "command"
        return {
            name: _imported(function) if isinstance(function, str) else function
            for (kind, name), (_, function) in sorted(self._commands.items())
            if kind == wanted
        }


def _imported(target: str) -> Callable[..., Any]:
    module, _, attribute = target.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return function
