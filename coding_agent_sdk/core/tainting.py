"""What tried to instruct the model in a run: from there on, calls with an effect are asked for.

The sources are kept in the session's state with the run's id, committed with the results that
they stand in, so a run that resumes this one knows of them. A sub-run shares them with its parent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from coding_agent_sdk.events import RunTainted
from coding_agent_sdk.types.entries import PluginStateEntry

if TYPE_CHECKING:
    from coding_agent_sdk.events import Event
    from coding_agent_sdk.types.entries import Entry

__all__ = ["recover_taints", "taint", "why_asked"]

_PLUGIN: Final = "core"
_KEY: Final = "tainted"
_MOST_SOURCES: Final = 100
"""Sources that are remembered; one is enough to have everything asked for."""


class _Run(Protocol):
    """What it needs of a run."""

    run_id: str
    resumes: str | None
    session_read: bool
    taints: dict[str, str]

    @property
    def parent(self) -> _Run | None: ...

    def emit(self, event: Event) -> None: ...

    def keep(self, *entries: Entry) -> None: ...

    def for_store(self, text: str) -> str: ...

    def session_state_of(self, plugin: str) -> dict[str, Any]: ...


def taint(run: _Run, source: str, *, rule: str) -> None:
    """Have calls with an effect asked for from here on; each source is told of once."""
    if source in run.taints or len(run.taints) >= _MOST_SOURCES:
        return
    run.taints[source] = rule
    run.emit(RunTainted(source=source, rule=rule))
    at: _Run | None = run
    while at is not None:
        _remember(at)
        at = at.parent


def recover_taints(run: _Run) -> None:
    """Take over what is known of the run that this one goes on with."""
    saved = run.session_state_of(_PLUGIN).get(_KEY)
    if isinstance(saved, dict) and saved.get("run_id") == run.resumes:
        run.taints.update(saved.get("sources", {}))
        _remember(run)


def why_asked(run: _Run, name: str) -> str:
    """Return why a call with an effect is asked for; `""` where nothing has tainted the run."""
    if not run.taints:
        return ""
    source = next(iter(run.taints))
    return f"{name} may change something, and {source} tried to instruct the model"


def _remember(run: _Run) -> None:
    if not run.session_read:
        return  # nothing of the session is known yet, so nothing of it may be replaced
    state = run.session_state_of(_PLUGIN)
    sources = {run.for_store(source): rule for source, rule in run.taints.items()}
    kept: dict[str, Any] = {"run_id": run.run_id, "sources": sources}
    if state.get(_KEY) != kept:
        state[_KEY] = kept
        run.keep(PluginStateEntry(run_id=run.run_id, plugin=_PLUGIN, state=dict(state)))
