"""The plugin `context`: requests fit into the model's window, long results of tools into files."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.context.compacting import Compaction, learned_from, room_of
from coding_agent_sdk.middleware.context.ends import both_ends
from coding_agent_sdk.middleware.context.settings import ContextSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from coding_agent_sdk.errors import ContextTooLongError
    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import BackendRegistry
    from coding_agent_sdk.middleware.context.compacting import Room
    from coding_agent_sdk.protocols import OutputStore
    from coding_agent_sdk.types.model import ModelRequest
    from coding_agent_sdk.types.tools import ToolCall

__all__ = ["ContextPlugin"]

logger = logging.getLogger(__name__)

_SWEPT_EACH: Final = 50
"""After so many files those that are too old, or too many, are removed."""

_SHARE: Final = 0.25
"""The part of the window that one result of a tool may fill."""

_LEAST: Final = 4_000
"""Characters of a result that the model is shown in any case."""

_CHARACTERS_PER_TOKEN: Final = 4


class ContextPlugin:
    """Keeps requests within what the model takes.

    Before each model call it compares the request with the window, which costs the same however
    long the conversation is. Near the window older results of tools are left out; where that is
    not enough, a model writes a summary of all but the newest messages. A request that the model
    refuses as too long is shortened in the same way. Results of tools over a length are kept in
    files, which `read_file` reads as `output:ID`.
    """

    name: Final = "context"

    def __init__(self) -> None:
        self._written = 0

    # -- building the agent ----------------------------------------------------------------

    @hookimpl
    def register_settings(self) -> type[ContextSettings]:
        """Give the section `[plugins.context]`."""
        return ContextSettings

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:
        """Offer the files of long results."""
        register("outputs", "files", "coding_agent_sdk.middleware.context.outputs:create")

    @hookimpl
    def validate_settings(self, agent: AgentContext) -> None:
        """Refuse a model for summaries that nobody offers.

        Raises:
            ConfigError: Its name, or a package that it needs, is not there.
        """
        if agent.settings.model is not None:
            agent.backend("model", agent.settings.model)

    # -- one model call --------------------------------------------------------------------

    @hookimpl
    def prepare_model_request(
        self, context: RunContext, request: ModelRequest
    ) -> Awaitable[ModelRequest | None] | None:
        """Make a request shorter that comes near the window.

        Raises:
            ContextTooLongError: It is longer than the model takes, and cannot be made shorter.
        """
        state = context.state
        model = request.model
        known = context.context_window(model)  # once its list of models is read, it may know more
        room: Room | None = state.get("room")
        if room is None or state["of"] != (model, known):
            room = _room(context, model, known)
        if context.prompt_tokens(request) <= room.soft:
            return None
        return Compaction(context, room, state).fit(request)

    @hookimpl
    async def shorten_model_request(
        self, context: RunContext, request: ModelRequest, error: ContextTooLongError
    ) -> ModelRequest | None:
        """Make a request shorter that the model has refused, and remember what it takes.

        Raises:
            ContextTooLongError: It cannot be made shorter.
        """
        state = context.state
        tokens = context.prompt_tokens(request)
        state["learned"] = min(learned_from(tokens), state.get("learned", tokens))
        room = _room(context, request.model, context.context_window(request.model))
        compaction = Compaction(context, room, state)
        shorter = await compaction.fit(request, refused=True)
        if shorter is None:
            raise compaction.too_long(request, tokens) from error
        return shorter

    # -- one tool call ---------------------------------------------------------------------

    @hookimpl
    def shorten_tool_result(
        self, context: RunContext, call: ToolCall, text: str
    ) -> Awaitable[str] | None:
        """Keep a long result in a file, and show its two ends."""
        room: Room | None = context.state.get("room")
        most: int = context.settings.max_output
        if room is not None:
            share = int(room.window * _SHARE * _CHARACTERS_PER_TOKEN)
            most = max(_LEAST, min(most, share))
        if len(text) <= most or _reads_an_output(call):
            return None
        return self._shown(context, text, most)

    async def _shown(self, context: RunContext, text: str, most: int) -> str:
        files: OutputStore = context.backend("outputs", "files")
        try:
            output_id = await files.write(text, user=context.user, session=context.session)
        except StoreError as error:
            logger.warning("%s", error)
            return both_ends(text, most, how="they could not be kept; run less at once")
        if self._written % _SWEPT_EACH == 0:
            settings: ContextSettings = context.settings
            await files.remove_surplus(
                megabytes=settings.outputs_megabytes, days=settings.outputs_days
            )
        self._written += 1
        how = f'read_file(path="output:{output_id}", start_line={{first}}) shows them'
        return both_ends(text, most, how=how)

    # -- privacy ---------------------------------------------------------------------------

    @hookimpl
    async def manage_user_data(
        self, agent: AgentContext, user: str, action: str
    ) -> Mapping[str, Any] | None:
        """Export or forget the long results kept for a user, or drop those that are too old."""
        files: OutputStore = agent.backend("outputs", "files")
        if action == "export":
            return {"outputs": await files.of(user)}
        if action == "forget":
            return {"outputs": await files.forget(user)}
        settings: ContextSettings = agent.settings
        removed = await files.remove_surplus(
            megabytes=settings.outputs_megabytes, days=settings.outputs_days
        )
        return {"outputs": removed}


def _room(context: RunContext, model: str, known: int | None) -> Room:
    """Return how long requests to a model may be, and keep it for the run."""
    state = context.state
    room = room_of(context.settings, known, state.get("learned"))
    state["room"], state["of"] = room, (model, known)
    return room


def _reads_an_output(call: ToolCall) -> bool:
    return call.name == "read_file" and str(call.arguments.get("path", "")).startswith("output:")
