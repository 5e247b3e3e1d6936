"""Takes secrets out of a text, and puts pseudonyms for personal data into what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.pii.memo import Examined
from coding_agent_sdk.middleware.guardrails.pii.streaming import PiiRedactor
from coding_agent_sdk.middleware.guardrails.secrets.known import SHORTEST
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor
from coding_agent_sdk.middleware.guardrails.vault.layer import known_to
from coding_agent_sdk.middleware.guardrails.vault.redactor import SessionRedactor

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.middleware.guardrails.pii.runs import PersonalData
    from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
    from coding_agent_sdk.middleware.guardrails.vault.sessions import Sessions
    from coding_agent_sdk.protocols import Redactor

__all__ = ["RunRedactors", "TextRedactor"]

_READ_AGAIN: Final = frozenset({"model", "store"})  # they get the same bytes


class RunRedactors:
    """Opens the redactors of one run; what these share is made once.

    Args:
        context: The run; an agent's own texts, outside of runs, have one without an id.
        own: The agent's own secrets.
        sessions: What its sessions have met.
        personal: Whose pseudonyms there are.
    """

    __slots__ = ("_examined", "_known", "_masks", "_named", "_own", "_personal")

    def __init__(
        self, context: RunContext, *, own: KnownValues, sessions: Sessions, personal: PersonalData
    ) -> None:
        self._masks = context.settings.secrets
        self._own = own
        # What an agent keeps outside of runs is of no session.
        self._known = known_to(context, own, sessions) if context.run_id else None
        self._personal = personal
        self._named = personal.named_sinks(context)
        self._examined = Examined()

    def open(self, context: RunContext, sink: str) -> Redactor | None:
        """Return what redacts one text on its way to *sink*; None where nothing does."""
        secrets = self._secrets(sink) if self._masks else None
        if sink not in self._named:
            return secrets
        pii = PiiRedactor(self._personal.pseudonyms(context).name, examined=self._examined)
        return pii if secrets is None else TextRedactor(secrets, pii)

    def _secrets(self, sink: str) -> SecretRedactor:
        if self._known is None:
            return SecretRedactor(self._own)
        known, looked_through = self._known
        placeholders = sink in _READ_AGAIN
        return SessionRedactor(known, looked_through=looked_through, placeholders=placeholders)


class TextRedactor:
    """A redactor of both: where a value is both, it is a secret.

    Args:
        secrets: Masks secrets.
        pii: Names personal data.
    """

    __slots__ = ("_pii", "_secrets")

    def __init__(self, secrets: SecretRedactor, pii: PiiRedactor) -> None:
        self._secrets = secrets
        self._pii = pii

    def redact(self, text: str) -> str:
        """Return a whole text without either."""
        if len(text) < SHORTEST and text.isalnum():
            return text  # a word of seven letters and digits is neither, wherever it stands
        return self._pii.redact(self._secrets.redact(text))

    def redact_field(self, field: str, text: str) -> str:
        """Return a whole text that is the value of *field* without either."""
        masked = self._secrets.redact_field(field, text)
        return self._pii.redact_field(field, masked)

    def feed(self, text: str) -> str:
        """Take more of the text and return what is safe to release now."""
        masked = self._secrets.feed(text)
        return self._pii.feed(masked) if masked else ""

    def close(self) -> str:
        """Return the rest."""
        masked = self._secrets.close()
        released = self._pii.feed(masked) if masked else ""
        return released + self._pii.close()

    def __repr__(self) -> str:
        """Show no text and no value."""
        return f"TextRedactor({self._secrets!r}, {self._pii!r})"
