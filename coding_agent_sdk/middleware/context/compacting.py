"""Making a request fit: older results of tools go first, then older messages for a summary."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import ContextTooLongError, ModelError
from coding_agent_sdk.middleware.context.choosing import freed_by_clearing, newest, tokens_of
from coding_agent_sdk.middleware.context.summarising import (
    form_of,
    request_for_summary,
    summary_text,
    todo_of,
)
from coding_agent_sdk.text.failures import words_of

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.middleware.context.settings import ContextSettings
    from coding_agent_sdk.types.model import ModelRequest

__all__ = ["Compaction", "Room", "room_of"]

logger = logging.getLogger(__name__)

_ENOUGH: Final = 0.75
"""Leaving out results is enough where the request then has this part of what it may have."""

_WORTH: Final = 0.05
"""The part of the window that must be gained, or a compaction is not worth a new prefix."""

_SEEN: Final = 0.9
"""The part of a request that was refused as too long which is taken for the model's window."""

_CHARACTERS: Final = 1.5
"""Characters for each token of a model's window that a summary is written from: all fit."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """How long requests may be, in tokens.

    Attributes:
        window: What a request is kept below.
        soft: From where on older messages give way.
        hard: What the model takes for certain no more; None where that is not known.
    """

    window: int
    soft: float
    hard: int | None


def room_of(settings: ContextSettings, known: int | None, learned: int | None) -> Room:
    """Return how long requests may be.

    Args:
        settings: The plugin's.
        known: The model's window, where it is known.
        learned: What was learned of it when it refused a request.
    """
    hard = settings.window or known
    if learned is not None:
        hard = learned if hard is None else min(hard, learned)
    window = settings.max_tokens if hard is None else min(hard, settings.max_tokens)
    return Room(window=window, soft=window * settings.compact_at, hard=hard)


class Compaction:
    """Makes one request of a run shorter.

    Args:
        context: The run.
        room: How long its requests may be.
        state: What the plugin keeps of the run.
    """

    def __init__(self, context: RunContext, room: Room, state: dict[str, Any]) -> None:
        self._context = context
        self._settings: ContextSettings = context.settings
        self._room = room
        self._state = state

    async def fit(self, request: ModelRequest, *, refused: bool = False) -> ModelRequest | None:
        """Return a request that is short enough, or as short as it gets; None for the same one.

        Args:
            request: The request.
            refused: The model has refused it: any gain is worth a compaction.

        Raises:
            ContextTooLongError: It is longer than the model takes, and cannot be made shorter.
            BudgetExceededError: The budget does not cover the summary.
        """
        asked = request
        tokens = self._context.prompt_tokens(request)
        for part in (self._settings.keep, 0.0):
            if tokens <= self._room.soft and not (refused and request is asked):
                break
            if self._used() >= self._settings.max_compactions:
                break
            shorter = await self._shorter(request, tokens, part, refused=refused)
            if shorter is not None:
                request, tokens = shorter, self._context.prompt_tokens(shorter)
        hard = self._room.hard
        if hard is not None and tokens > hard:
            raise self.too_long(request, tokens)
        return None if request is asked else request

    def too_long(self, request: ModelRequest, tokens: int) -> ContextTooLongError:
        """Return the error of a request that cannot be made shorter, with what to do."""
        provider, _, name = request.model.partition(":")
        used, most = self._used(), self._settings.max_compactions
        why = (
            f"the run was compacted {used} times, the most that plugins.context.max_compactions "
            "allows"
            if used >= most
            else "what is left are the system prompt, the tools and what the model has not seen yet"
        )
        return ContextTooLongError(
            f"the request has about {tokens:,} tokens, and {request.model} takes about "
            f"{self._room.hard or self._room.window:,}; it cannot be made shorter: {why}. Ask for "
            "less at once, begin a new session, lower plugins.context.max_output, or take a model "
            "with a larger window (plugins.context.window where its true one is larger)",
            provider=provider,
            model=name,
        )

    async def _shorter(
        self, request: ModelRequest, tokens: int, part: float, *, refused: bool
    ) -> ModelRequest | None:
        """Return the request after one compaction; None where it would gain too little."""
        messages = (*request.history, *request.messages)
        scale = max(1.0, tokens / max(1, self._context.input_tokens(request)))
        kept = newest(messages, self._room.window * part / scale)
        older = messages[:-kept]
        over = self._room.hard is not None and tokens > self._room.hard
        worth = 1 if refused or over else math.ceil(self._room.window * _WORTH)
        freed = freed_by_clearing(older) * scale
        if freed >= worth and tokens - freed <= self._room.soft * _ENOUGH:
            self._count()
            return await self._context.compact(request, text="", kept=kept)
        gone = tokens_of(older) * scale
        if gone < worth or (self._room.hard is not None and tokens - gone > self._room.hard):
            return None  # not worth a summary, or too long even without all that is older
        self._count()
        text = await self._summary(request, messages, kept)
        if text is None and freed >= worth:
            return await self._context.compact(request, text="", kept=kept)
        if text is None or len(text) / 4 >= tokens_of(older):
            return None
        return await self._context.compact(request, text=text, kept=kept)

    async def _summary(
        self, request: ModelRequest, messages: tuple[Any, ...], kept: int
    ) -> str | None:
        """Return what stands for the older messages; None where no model could write it."""
        older, stay = messages[:-kept], messages[-kept:]
        model = self._settings.model or request.model
        window = self._context.context_window(model) or self._room.window
        asking = request_for_summary(
            request, older, model=model, characters=int(window * _CHARACTERS)
        )
        try:
            response = await self._context.call_model(asking, model=model)
        except ModelError as error:
            logger.warning("no summary could be written by %s: %s", model, words_of(error))
            return None
        if not response.text.strip():
            logger.warning("no summary could be written by %s: it said nothing", model)
            return None
        todo = todo_of(older, stay, self._settings.pinned_tools)
        goal = self._goal(stay)
        # The form stands with the request: where that stays, one of an earlier run is gone.
        form = form_of(older) if goal and self._context.request.output is not None else ""
        return summary_text(response.text, goal=goal, most=self._room.window, form=form, todo=todo)

    def _goal(self, stay: tuple[Any, ...]) -> str:
        """Return what was asked, where it does not stand among the messages that stay."""
        text = self._context.redact(self._context.request.text, sink="model")
        stands = any(message.type == "human" and text in message.text for message in stay)
        return "" if stands else text

    def _count(self) -> None:
        self._state["compactions"] = self._used() + 1

    def _used(self) -> int:
        used: int = self._state.get("compactions", 0)
        return used


def learned_from(tokens: int) -> int:
    """Return what a request of so many tokens that was refused tells of the model's window."""
    return max(1, int(tokens * _SEEN))
