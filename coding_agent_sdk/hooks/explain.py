"""What an agent is made of, as a value: which plugin stands where, and why."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from collections.abc import Set as AbstractSet

    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.hooks.implementation import Implementation
    from coding_agent_sdk.hooks.loading import PluginSet
    from coding_agent_sdk.hooks.registry import BackendRegistry, Offer
    from coding_agent_sdk.text.page import Page

_OFF: Final = "off ("
"""How the remark begins on what the settings leave out."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One implementation in its place.

    Attributes:
        plugin: Name of the plugin.
        origin: Where the plugin comes from.
        phase: Its phase, `""` for none.
        reasons: What put it there: `before=x`, `after=y`, `requires=z`.
        remark: How the hook treats it: `fails closed`, `observer` …; `off (setting)` where the
            agent is built without it.
    """

    plugin: str
    origin: str
    phase: str = ""
    reasons: tuple[str, ...] = ()
    remark: str = ""

    @property
    def is_off(self) -> bool:
        """Whether the settings leave it out, so that it stands in no chain."""
        return self.remark.startswith(_OFF)


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The real chains of an agent.

    Attributes:
        title: The agent in one line: version, model, memory, sandbox, mode.
        hooks: For each hook that somebody implements, its layers, the outermost first.
        left_out: Plugins that are not loaded, with the reason.
        backends: What is offered, by kind; of each its name, plugin and extra.
        tools: The tools by name, each with its effect.
        weak: What holds less than it could: a command runner without a sandbox …
    """

    title: str
    hooks: dict[str, tuple[Layer, ...]]
    left_out: dict[str, str]
    backends: dict[str, tuple[Offer, ...]]
    tools: dict[str, str] = dataclasses.field(default_factory=dict)
    weak: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        """Return it as a page of text."""
        lines = [self.title]
        width = max((len(hook) for hook in self.hooks), default=0) + 2
        for hook, layers in self.hooks.items():
            head, number = hook, 0
            for layer in layers:
                number += not layer.is_off
                place = "-" if layer.is_off else number
                phase = f"phase {layer.phase}" if layer.phase else ""
                notes = "  ".join((*layer.reasons, layer.remark)).strip()
                row = f"{head:<{width}}{place:>2} {layer.plugin:<14} {layer.origin:<22}"
                lines.append(f"{row} {phase:<18} {notes}".rstrip())
                head = ""
        lines += [f"{'not loaded':<{width}}{name} ({why})" for name, why in self.left_out.items()]
        for kind, offers in self.backends.items():
            names = "  ".join(
                offer.name + (f" (extra {offer.extra})" if offer.extra else "") for offer in offers
            )
            lines.append(f"{'backends':<{width}}{kind}: {names}")
        tools = "  ".join(f"{name} ({effect})" for name, effect in self.tools.items())
        lines.append(f"{'tools':<{width}}{tools or 'none'}")
        lines += [f"{'weak':<{width}}{what}" for what in self.weak]
        return "\n".join(lines)

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
    ) -> dict[str, str]:
        """Return what Jupyter shows; plain text is the whole page of `str`."""
        from coding_agent_sdk.text.bundle import mime_bundle

        bundle = mime_bundle(self._page(), include, exclude)
        return {**bundle, "text/plain": str(self)} if "text/plain" in bundle else bundle

    def _page(self) -> Page:
        from coding_agent_sdk.text.page import Item, Page, Section

        def section(title: str, notes: Mapping[str, str], *, is_open: bool = False) -> Section:
            items = tuple(Item(title=name, note=note) for name, note in notes.items())
            return Section(title=title, items=items, is_open=is_open)

        chains = {
            hook: " → ".join(layer.plugin for layer in layers if not layer.is_off) or "off"
            for hook, layers in self.hooks.items()
        }
        offered = {
            kind: ", ".join(offer.name for offer in offers)
            for kind, offers in self.backends.items()
        }
        title, *facts = self.title.split(" · ")
        return Page(
            title=title,
            facts=tuple(facts),
            remark="; ".join(self.weak),
            sections=(
                section("Hooks, the outermost plugin first", chains, is_open=True),
                section("Tools", self.tools),
                section("Backends", offered),
                section("Not loaded", self.left_out),
            ),
        )


def explain(
    title: str,
    dispatcher: Dispatcher,
    plugins: PluginSet,
    registry: BackendRegistry,
    *,
    tools: dict[str, str],
    weak: tuple[str, ...] = (),
) -> Explanation:
    """Return what an agent is made of."""
    origins = {loaded.name: loaded.origin for loaded in plugins.loaded}
    hooks = {
        hook: tuple(
            _layer(i, origins, dispatcher.switched_off, on=i in dispatcher.implementations[hook])
            for i in implementations
        )
        for hook, implementations in dispatcher.registered.items()
        if implementations
    }
    backends: dict[str, tuple[Offer, ...]] = {}
    for offer in registry.offers():
        backends[offer.kind] = (*backends.get(offer.kind, ()), offer)
    return Explanation(
        title=title,
        hooks=hooks,
        left_out=dict(plugins.left_out),
        backends=backends,
        tools=tools,
        weak=weak,
    )


def _layer(
    implementation: Implementation,
    origins: dict[str, str],
    switched_off: AbstractSet[str],
    *,
    on: bool,
) -> Layer:
    options = implementation.options
    reasons = [f"before={name}" for name in options.before]
    reasons += [f"after={name}" for name in options.after]
    reasons += [f"requires={name}" for name in options.requires]
    if options.blocking:
        reasons.append("in a thread")
    hook = implementation.hook
    closed = hook.startswith("check_") or hook == "open_redactor"
    remark = "fails closed" if closed else "observer" if hook == "on_event" else ""
    if hook == "on_event" and implementation.plugin in switched_off:
        remark = "observer, switched off after failures"
    if not on:
        remark = f"{_OFF}plugins.{implementation.plugin}.{options.when})"
    return Layer(
        plugin=implementation.plugin,
        origin=origins.get(implementation.plugin, ""),
        phase=options.phase or "",
        reasons=tuple(reasons),
        remark=remark,
    )
