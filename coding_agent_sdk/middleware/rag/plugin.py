"""Knowledge as a plugin: passages with each request, a tool to look for more, an index command."""

from __future__ import annotations

import contextlib
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import MissingExtraError, UnknownNameError
from coding_agent_sdk.events import PluginEvent
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.rag.asking import Asked, asked_in, asks_little
from coding_agent_sdk.middleware.rag.knowledge import Knowledge, store_of
from coding_agent_sdk.middleware.rag.relevance import within, worth_giving
from coding_agent_sdk.middleware.rag.search_tool import citation_of, search_tool
from coding_agent_sdk.middleware.rag.settings import RagSettings
from coding_agent_sdk.types.context import ContextItem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Iterable, Mapping, Sequence

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import BackendRegistry, CommandRegistry
    from coding_agent_sdk.middleware.rag.passage_index import Hit
    from coding_agent_sdk.middleware.rag.problems import Problem
    from coding_agent_sdk.protocols import KnowledgeChunk
    from coding_agent_sdk.types.requests import Request
    from coding_agent_sdk.types.tools import Tool

__all__ = ["RagPlugin"]

logger = logging.getLogger(__name__)

_FOLDER: Final = "coding_agent_sdk.middleware.rag"
_QUERY: Final = 2_000
"""Characters of a request that are looked for: what comes later is pasted text."""

_SESSIONS: Final = 1_000


class RagPlugin:
    """Finds passages of documents for requests, and cites them by file and lines.

    The store is opened, and changed documents are indexed, in the background; a request waits for
    that a short time, where it asks for something that documents may know. Without a store the
    run goes on without knowledge, and says so once in a session: the event
    `knowledge_unavailable`, and a warning in the log, have the reason, and what to do.
    """

    name: Final = "rag"

    def __init__(self) -> None:
        self._knowledge: Knowledge | None = None
        self._told: OrderedDict[str, str] = OrderedDict()

    # -- building the agent ----------------------------------------------------------------

    @hookimpl
    def register_settings(self) -> type[RagSettings]:
        """Give the section `[plugins.rag]`."""
        return RagSettings

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:
        """Offer the stores under the schemes of their URLs."""
        for scheme in ("milvus-lite", "http", "https"):
            register("knowledge", scheme, f"{_FOLDER}.milvus:MilvusKnowledge", extra="milvus")
        register("knowledge", "memory", f"{_FOLDER}.volatile:MemoryOnlyKnowledge")

    @hookimpl
    def register_commands(self, register: CommandRegistry) -> None:
        """Offer `coding-agent index`."""
        register("index", f"{_FOLDER}.command:index")

    @hookimpl
    def validate_settings(self, agent: AgentContext) -> None:
        """Refuse a store that nobody offers, or whose URL cannot be used; it is not opened here.

        Raises:
            ConfigError: The message says what is wrong; of an unknown scheme, which are known.
        """
        # What is not installed is said in the runs: they go on without it.
        with contextlib.suppress(MissingExtraError):
            _make_store(agent, store_of(agent).url)

    # -- the life of the agent -------------------------------------------------------------

    @hookimpl
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:
        """Open the store in the background, and close it."""
        knowledge = self._knowledge = Knowledge(agent)
        if agent.settings.index == "background":
            knowledge.start()
        try:
            yield
        finally:
            self._knowledge = None
            await knowledge.aclose()

    @hookimpl
    def register_tools(self, agent: AgentContext) -> Iterable[Tool]:  # noqa: ARG002  the hook's
        """Give `search_knowledge`."""
        assert self._knowledge is not None
        return (search_tool(self._knowledge),)

    # -- one run ---------------------------------------------------------------------------

    @hookimpl
    def retrieve_context(
        self, context: RunContext, request: Request
    ) -> Awaitable[Sequence[ContextItem]] | None:
        """Give the passages that say something about the request, within their budget.

        None where it asks nothing that knowledge answers.
        """
        if asks_little(request.text):
            return None
        asked = asked_in(request.text[:_QUERY])
        knowledge = self._knowledge
        if not asked.something or knowledge is None:
            return None
        settings: RagSettings = context.settings
        if not settings.k or not settings.budget:
            return None
        return self._passages(context, asked, knowledge)

    async def _passages(
        self, context: RunContext, asked: Asked, knowledge: Knowledge
    ) -> Sequence[ContextItem]:
        settings: RagSettings = context.settings
        hits = await knowledge.search(
            asked.query, k=settings.k, user=context.user, wait=settings.wait
        )
        self._tell(context, knowledge.missing)
        return [_item(hit) for hit in within(worth_giving(asked, hits or ()), settings.budget)]

    def _tell(self, context: RunContext, problem: Problem | None) -> None:
        """Say once in a session why there is no knowledge, and again where that changes."""
        session = context.session
        if problem is None:
            self._told.pop(session, None)
            return
        if self._told.get(session) == problem.reason:
            return
        self._told[session] = problem.reason
        if len(self._told) > _SESSIONS:
            self._told.popitem(last=False)
        settings: RagSettings = context.settings
        wanted = settings.model_fields_set & {"store", "paths"}
        quiet = problem.not_installed and not wanted
        level = logging.INFO if quiet else logging.WARNING
        logger.log(level, "knowledge: %s; %s", problem.reason, problem.fix)
        data = {"reason": problem.reason, "fix": problem.fix, "quiet": quiet}
        name = "knowledge_incomplete" if problem.partial else "knowledge_unavailable"
        context.emit(PluginEvent(plugin=self.name, name=name, data=data))

    # -- privacy ---------------------------------------------------------------------------

    @hookimpl
    async def manage_user_data(self, user: str, action: str) -> Mapping[str, Any] | None:
        """Export or forget the passages that belong to a user alone; `""` is everybody."""
        knowledge = self._knowledge
        if knowledge is None or not user or not await knowledge.is_there():
            return None
        chunks = knowledge.of_user(user)
        if action == "export":
            return {"passages": [_exported(chunk) for chunk in chunks]}
        if action == "forget":
            await knowledge.forget(sorted({chunk.file for chunk in chunks}))
            return {"passages": len(chunks)}
        return None


def _make_store(agent: AgentContext, url: str) -> None:
    try:
        agent.backend("knowledge", url)
    except UnknownNameError as error:
        if error.kind != "knowledge backend":
            raise
        hint = "write ./kb.db for Milvus Lite, or http://host:19530 for a server"
        raise UnknownNameError("knowledge store", error.name, error.known, hint=hint) from error


def _exported(chunk: KnowledgeChunk) -> dict[str, Any]:
    return {"file": chunk.file, "start": chunk.start, "end": chunk.end, "text": chunk.text}


def _item(hit: Hit) -> ContextItem:
    # The text is the quotation and nothing else: redactors look at equal texts once.
    return ContextItem(text=hit.text, citation=citation_of(hit), score=hit.score)
