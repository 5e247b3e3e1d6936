"""The order of a hook's implementations: by phase, then as registered, then as they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coding_agent_sdk.errors import PluginConfigError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.hooks.markers import HookOptions


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An implementation's plugin and what it asks for, in registration order."""

    plugin: str
    options: HookOptions


def order(
    hook: str,
    placed: Sequence[Placed],
    *,
    phases: Sequence[str] = (),
    outermost: str | None = None,
    plugins: Sequence[str] = (),
) -> list[int]:
    """Return the indices of *placed* in the order in which they run, the outermost first.

    Implementations without a phase come first, but for those of *outermost*, then the phases in
    their order. Inside a phase
    they stand as registered, moved no further than `before` and `after` ask: of those that may
    come next, the earliest registered does.

    Args:
        hook: Name of the hook, for errors.
        placed: The implementations as registered.
        phases: The hook's phases, outermost first.
        outermost: The phase that stands outside of implementations without one, too.
        plugins: Names of all plugins of the agent, for `requires`.

    Raises:
        PluginConfigError: A required plugin is missing, or what they ask for is a cycle.
    """
    ranks = [_rank(hook, item, phases, outermost) for item in placed]
    for item in placed:
        missing = [name for name in item.options.requires if name not in plugins]
        if missing:
            raise PluginConfigError(
                f"plugin {item.plugin!r} requires {missing[0]!r} for {hook}, which is not loaded "
                f"(loaded: {', '.join(sorted(plugins))}); add it, or leave {item.plugin!r} out",
            )
    ahead = _ahead(hook, placed, ranks)
    done: list[int] = []
    waiting = sorted(range(len(placed)), key=lambda index: (ranks[index], index))
    while waiting:
        ready = next((i for i in waiting if not ahead[i].intersection(waiting)), None)
        if ready is None:
            raise PluginConfigError(_cycle_message(hook, placed, ahead, waiting))
        waiting.remove(ready)
        done.append(ready)
    return done


def _rank(hook: str, item: Placed, phases: Sequence[str], outermost: str | None) -> int:
    phase = item.options.phase
    if phase is None:
        return -1
    if phase == outermost:
        return -2
    if phase not in phases:
        raise UnknownNameError(f"phase of {hook} (plugin {item.plugin!r})", phase, phases)
    return list(phases).index(phase)


def _ahead(hook: str, placed: Sequence[Placed], ranks: Sequence[int]) -> list[set[int]]:
    """For each implementation, those that have to come before it."""
    by_name = {item.plugin: index for index, item in enumerate(placed)}
    ahead: list[set[int]] = [set() for _ in placed]
    for index, item in enumerate(placed):
        pairs: list[tuple[int | None, int | None]]
        pairs = [(by_name.get(name), index) for name in item.options.after]
        pairs += [(index, by_name.get(name)) for name in item.options.before]
        for first, second in pairs:
            if first is None or second is None:
                continue
            if ranks[first] > ranks[second]:
                raise PluginConfigError(
                    f"plugin {item.plugin!r} wants {placed[first].plugin!r} before "
                    f"{placed[second].plugin!r} in {hook}, but the phases say otherwise; "
                    "drop the wish or change the phase",
                )
            ahead[second].add(first)
    return ahead


def _cycle_message(
    hook: str, placed: Sequence[Placed], ahead: Sequence[set[int]], waiting: Sequence[int]
) -> str:
    path = [waiting[0]]
    while True:
        nearest = min(ahead[path[-1]].intersection(waiting))
        if nearest in path:
            cycle = [*path[path.index(nearest) :], nearest]
            break
        path.append(nearest)
    names = " → ".join(placed[index].plugin for index in reversed(cycle))
    return f"the order of {hook} is a cycle: {names}; drop one of these before= or after="
