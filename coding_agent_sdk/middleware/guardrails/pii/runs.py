"""Personal data in the runs of an agent: which text gets pseudonyms, and which calls cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from coding_agent_sdk.middleware.guardrails.pii.pseudonyms import Pseudonyms, names_in
from coding_agent_sdk.types.decisions import Deny

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.types.tools import ToolCall

__all__ = ["PersonalData"]

_SINKS: Final = {
    "off": frozenset[str](),
    "sinks": frozenset({"event"}),
    "response": frozenset({"event", "response"}),
    "model": frozenset({"event", "response", "model", "store"}),
}
"""What gets pseudonyms, by setting. Names of sessions and users (sink `name`) never do."""

_MOST_TOLD: Final = 3


class PersonalData:
    """Keeps the pseudonyms of the runs that go on, so that sub-agents use those of their parent."""

    def __init__(self) -> None:
        self._of_runs: WeakValueDictionary[str, Pseudonyms] = WeakValueDictionary()

    def named_sinks(self, context: RunContext) -> frozenset[str]:
        """Return the sinks for which the texts of a run get pseudonyms."""
        setting = context.settings.pii
        sinks = _SINKS[setting]
        # The answer of a sub-agent goes to the agent that asked it, not to a person.
        if setting == "response" and context.parent_run_id is not None:
            return sinks - {"response"}
        return sinks

    def check(self, context: RunContext, call: ToolCall) -> Deny | None:
        """Refuse a call whose arguments hold a pseudonym: it would be taken for the value."""
        if context.settings.pii == "off":
            return None
        masked = context.settings.pii == "model"
        told: list[str] = []
        for name, kind, number in names_in(call.arguments):
            # What the model was shown may be of a run that was cut off, so all are refused it.
            if name not in told and (masked or self.pseudonyms(context).issued(kind, number)):
                told.append(name)
        if not told:
            return None
        listed = ", ".join(told[:_MOST_TOLD]) + (" …" if len(told) > _MOST_TOLD else "")
        return Deny(
            f"the arguments hold {listed}, which stands for personal data that is hidden; the call "
            "would use those characters in place of the true value. Leave that text out: change "
            "only other lines, or have a program read the value from where it is",
            rule="pii",
        )

    def pseudonyms(self, context: RunContext) -> Pseudonyms:
        """Return the names of a run's values, which a sub-run has from its parent."""
        state = context.state
        if "pseudonyms" not in state:
            parent = context.parent_run_id
            shared = self._of_runs.get(parent) if parent is not None else None
            state["pseudonyms"] = shared or Pseudonyms(context)
            if context.run_id:
                self._of_runs[context.run_id] = state["pseudonyms"]
        pseudonyms: Pseudonyms = state["pseudonyms"]
        return pseudonyms
