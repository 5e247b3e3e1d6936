"""Redactors in a chain: a text that one of them cannot judge is withheld."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.hooks.bounded import EscapedError, call_contained
from coding_agent_sdk.text.failures import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coding_agent_sdk.protocols import Redactor

logger = logging.getLogger(__name__)

WITHHELD: Final = "[withheld: the redactor of plugin {plugin!r} failed]"


class ChainedRedactor:
    """Feeds a text through several redactors, each with the name of its plugin."""

    __slots__ = ("_broken", "_links", "lasts")

    def __init__(self, links: Sequence[tuple[str, Redactor | None]]) -> None:
        self._links = links
        self._broken = ""
        self.lasts = True
        """Whether it may be given one whole text after another: none of its redactors keeps any."""
        for plugin, link in links:
            if link is None:
                self._broken = self._broken or plugin
            if not hasattr(link, "redact"):
                self.lasts = False

    def feed(self, text: str) -> str:
        """Take more of the text and return what is safe to release now."""
        if self._broken:
            return ""
        for plugin, link in self._links:
            assert link is not None
            text = self._guarded(plugin, link.feed, text)
        return self._unless_broken(text, "")

    def close(self) -> str:
        """Return the rest; where a redactor failed, a notice in its place."""
        rest = ""
        for plugin, link in self._links:
            rest = "" if link is None else self._closed(plugin, link, rest)
        return self._unless_broken(rest, WITHHELD.format(plugin=self._broken))

    def redact(self, text: str, *, field: str = "") -> str:
        """Return a whole text without what must not be shown: the same as `feed` and `close`.

        Args:
            text: The text.
            field: Name of what it is the value of; `""` for nothing.
        """
        if self._broken:
            return WITHHELD.format(plugin=self._broken)
        for plugin, link in self._links:
            assert link is not None
            try:
                result = call_contained(_redacted, link, text, field)
            except Exception as error:
                return self._withheld(plugin, describe(_raised(error)))
            if not isinstance(result, str):
                return self._withheld(plugin, _gave(result))
            text = result
        return text

    def _unless_broken(self, text: str, instead: str) -> str:
        return instead if self._broken else text

    def _closed(self, plugin: str, link: Redactor, rest: str) -> str:
        fed = self._guarded(plugin, link.feed, rest) if rest else ""
        return fed + self._guarded(plugin, lambda _: link.close(), "")

    def _guarded(self, plugin: str, step: Callable[[str], object], text: str) -> str:
        try:
            result = call_contained(step, text)
        except Exception as error:
            return self._fail(plugin, describe(_raised(error)))
        if not isinstance(result, str):
            return self._fail(plugin, _gave(result))
        return result

    def _withheld(self, plugin: str, why: str) -> str:
        self._fail(plugin, why)
        return WITHHELD.format(plugin=plugin)

    def _fail(self, plugin: str, why: str) -> str:
        logger.error("plugin %r failed in open_redactor: %s", plugin, why)
        self._broken, self.lasts = plugin, False
        return ""


def _raised(error: Exception) -> BaseException:
    return error.error if isinstance(error, EscapedError) else error


def _gave(result: object) -> str:
    """Say what was given in the place of a text; a coroutine, which nobody awaits, is closed."""
    if inspect.iscoroutine(result):
        result.close()
    return f"it gave {type(result).__name__}"


def _redacted(link: Redactor, text: str, field: str) -> object:
    """Return a whole text, the value of *field* where that is given, as one redactor gives it."""
    if field:
        of_field = getattr(link, "redact_field", None)
        if of_field is not None:
            return of_field(field, text)
    whole = getattr(link, "redact", None)
    return _fed_and_closed(link, text) if whole is None else whole(text)


def _fed_and_closed(link: Redactor, text: str) -> object:
    """Return a whole text as two steps give it, or the first thing that is no text."""
    fed: object = link.feed(text)
    if not isinstance(fed, str):
        return fed
    rest: object = link.close()
    return fed + rest if isinstance(rest, str) else rest
