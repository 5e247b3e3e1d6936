"""The hook `open_redactor`: which redactors a text goes through on its way to a sink."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from coding_agent_sdk.hooks.bounded import EscapedError, call_contained
from coding_agent_sdk.hooks.redactor_chain import ChainedRedactor
from coding_agent_sdk.protocols import Redactor
from coding_agent_sdk.text.failures import describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.hooks.implementation import Implementation, RunViews

logger = logging.getLogger(__name__)


class Redaction:
    """Opens the redactors of all plugins for a text, and lets a run use them again.

    Args:
        implementations: Those of the hook `open_redactor`, in their order.
    """

    def __init__(self, implementations: Sequence[Implementation]) -> None:
        self._implementations = implementations
        self._kinds: dict[type, bool] = {}

    def open(self, context: RunViews, sink: str) -> ChainedRedactor | None:
        """Return what redacts one text on its way to *sink*; None where nothing does."""
        links: list[tuple[str, Redactor | None]] = []
        for i in self._implementations:
            try:
                link = call_contained(i.call_now, {"context": context[i.plugin], "sink": sink})
            except Exception as error:
                raised = error.error if isinstance(error, EscapedError) else error
                logger.error("plugin %r failed in open_redactor: %s", i.plugin, describe(raised))
                return ChainedRedactor([(i.plugin, None)])
            if link is None:
                continue
            if not self._redacts(type(link)):
                logger.error("plugin %r gave %s as a redactor", i.plugin, type(link).__name__)
                return ChainedRedactor([(i.plugin, None)])
            links.append((i.plugin, link))
        return ChainedRedactor(links) if links else None

    def redact(self, context: RunViews, sink: str, text: str, *, field: str = "") -> str:
        """Return a whole text, the value of *field* where that is given, as *sink* may have it."""
        if not text:
            return text
        redactor = context.redactors.get(sink) or self.open(context, sink)
        if redactor is None:
            return text
        redacted = redactor.redact(text, field=field)
        if redactor.lasts:
            context.redactors[sink] = redactor
        else:  # it was for this text alone, or it failed
            context.redactors.pop(sink, None)
        return redacted

    def _redacts(self, kind: type) -> bool:
        """Return whether a type is a redactor's; asking the protocol costs more than redacting."""
        if kind not in self._kinds:
            self._kinds[kind] = issubclass(kind, Redactor)
        return self._kinds[kind]
