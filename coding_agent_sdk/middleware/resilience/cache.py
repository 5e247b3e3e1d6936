"""The plugin `cache`: the same question of the same user is answered once, and similar ones too."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.resilience.answers import KeptAnswers
from coding_agent_sdk.middleware.resilience.outside_answers import OutsideAnswers, secret_of
from coding_agent_sdk.middleware.resilience.settings import CacheSettings
from coding_agent_sdk.middleware.resilience.similar import SimilarAnswers, marks_of, question_of
from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from array import array
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse
    from coding_agent_sdk.types.tools import Tool

__all__ = ["CachePlugin"]

_KEY_BYTES: Final = 32
_SAID: Final = ("tool_calls", "invalid_tool_calls", "tool_call_id", "status")


class CachePlugin:
    """Keeps answers and gives them again to exactly the same request.

    The same is: user, workspace, model, parameters, system prompt, tools, history and messages.
    Where the setting `semantic` says so, the words of the newest question may differ a little.
    Only answers without tool calls are kept, and requests with results of tools are not looked
    up: what a tool said is of its moment. A key is a keyed digest. In memory that key never leaves
    the process; answers in a store are kept without anything that would be masked there.

    Args:
        clock: Gives seconds that never go back.
    """

    name: Final = "cache"

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._secret = secrets.token_bytes(_KEY_BYTES)
        self._answers = KeptAnswers(clock=clock)
        self._outside: dict[int, OutsideAnswers] = {}
        self._similar: dict[int, SimilarAnswers] = {}
        self._clock = clock
        self._tools: tuple[Sequence[Tool] | None, str] = (None, "")

    @hookimpl
    def register_settings(self) -> type[CacheSettings]:
        """Give the section `[plugins.cache]`."""
        return CacheSettings

    @hookimpl(when="opens")
    def validate_settings(self, agent: AgentContext) -> None:
        """Refuse a store, or an embedder, that nobody offers.

        Raises:
            ConfigError: There is none under the scheme of its URL, or it cannot be reached so.
            MissingExtraError: It needs a package that is not installed.
        """
        settings: CacheSettings = agent.settings
        if settings.outside:
            agent.backend("cache", settings.store)
        if settings.similar:
            agent.backend("embedder", settings.embedder)

    @hookimpl(when="opens")
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:
        """Have the store and the embedder opened."""
        settings: CacheSettings = agent.settings
        if settings.outside:
            store = await agent.open_backend("cache", settings.store)
            secret = await asyncio.to_thread(secret_of, settings)
            self._outside[id(settings)] = OutsideAnswers(
                store, agent=agent, secret=secret, clock=self._clock
            )
        if settings.semantic is not None:
            self._similar[id(settings)] = SimilarAnswers(
                await agent.open_backend("embedder", settings.embedder),
                threshold=settings.semantic,
                clock=self._clock,
            )
        try:
            yield
        finally:
            self._outside.pop(id(settings), None)
            self._similar.pop(id(settings), None)

    @hookimpl(phase="cache", when="enabled")
    async def wrap_model_call(
        self,
        context: RunContext,
        request: ModelRequest,
        call_next: Callable[[ModelRequest], Awaitable[ModelResponse]],
    ) -> ModelResponse:
        """Give the answer that is kept, or ask and keep the answer."""
        if not _is_a_question(request.messages):
            return await call_next(request)
        settings: CacheSettings = context.settings
        outside = self._outside.get(id(settings))
        key = self._key(context, request, b"" if outside else self._secret)
        kept = self._answers.get(key) if outside is None else await outside.get(key)
        if kept is not None:
            return replace(kept, usage=Usage(), cached=True)
        similar = self._similar.get(id(settings))
        asked = None if similar is None else await self._asked(context, request, similar)
        if similar is not None and asked is not None:
            kept = similar.get(asked.scope, asked.marks, asked.vector)
            if kept is not None:
                return replace(kept, usage=Usage(), cached=True, similar=True)
        response = await call_next(request)
        if not _may_be_kept(response, request.model):
            return response
        if similar is not None and asked is not None:
            similar.put(
                asked.scope, asked.marks, asked.vector, response,
                user=context.user, settings=settings,
            )  # fmt: skip
        if outside is None:
            self._answers.put(
                key,
                response,
                user=context.user,
                ttl=settings.ttl,
                max_entries=settings.max_entries,
                max_bytes=settings.max_bytes,
            )
        else:
            await outside.put(key, response, user=context.user, settings=settings)
        return response

    @hookimpl(when="enabled")
    async def manage_user_data(
        self, agent: AgentContext, user: str, action: str
    ) -> Mapping[str, Any] | None:
        """Export or forget the answers given to a user, or drop those that are too old."""
        outside = self._outside.get(id(agent.settings))
        similar = self._similar.get(id(agent.settings))
        told = dict(await outside.manage(user, action)) if outside else self._managed(user, action)
        if similar is None:
            return told
        if action == "export":
            return {**told, "similar_answers": [response.text for response in similar.of(user)]}
        count = similar.forget(user) if action == "forget" else similar.prune()
        return {**told, "similar_answers": count}

    def _managed(self, user: str, action: str) -> dict[str, Any]:
        if action == "export":
            return {"answers": [response.text for response in self._answers.of(user)]}
        if action == "forget":
            return {"answers": self._answers.forget(user)}
        return {"answers": self._answers.prune()}

    async def _asked(
        self, context: RunContext, request: ModelRequest, similar: SimilarAnswers
    ) -> _Asked | None:
        """Return where answers to similar questions are; None where there can be none."""
        question = question_of(request.messages)
        if question is None:
            return None
        vector = await similar.vector_of(question.text)
        if vector is None:
            return None
        # All but the question's own words has to be the same, to the letter.
        newest = request.messages[-1].model_copy(update={"content": question.rest})
        rest = replace(request, messages=(*request.messages[:-1], newest))
        return _Asked(
            scope=self._key(context, rest, self._secret),
            marks=_digest(self._secret, marks_of(question.text)),
            vector=vector,
        )

    # -- keys ------------------------------------------------------------------------------

    def _key(self, context: RunContext, request: ModelRequest, secret: bytes) -> bytes:
        """Return the key of a request: O(its messages), the history stands there as its digest."""
        history: object = request.history_digest
        if not history:  # a plugin changed the history, or gave none of it a digest
            history = [_plain(message) for message in request.history]
        parts = [
            context.user,
            str(context.workspace.root),
            request.model,
            sorted(request.parameters.items()),
            request.system,
            self._tools_digest(request.tools),
            history,
            [_plain(message) for message in request.messages],
            request.volatile,
        ]
        return _digest(secret, parts)

    def _tools_digest(self, tools: Sequence[Tool]) -> str:
        """Return a digest of the tools' schemas; they are the same for all steps of a run."""
        if tools is not self._tools[0]:
            self._tools = (tools, _digest(b"", [tool.schema for tool in tools]).hex())
        return self._tools[1]


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A question without its words: what else it was asked with, what counts in it, its vector."""

    scope: bytes
    marks: bytes
    vector: array[float]


_AS_JSON: Final = json.JSONEncoder(default=repr)  # `json.dumps` would make one for each call


def _digest(secret: bytes, value: object) -> bytes:
    data = _AS_JSON.encode(value).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=secret, digest_size=32).digest()


def _is_a_question(messages: Sequence[BaseMessage]) -> bool:
    """Return whether no result of a tool is among the messages; in a loop the last ones are."""
    return not any(message.type == "tool" for message in reversed(messages))


def _may_be_kept(response: ModelResponse, asked: str) -> bool:
    if response.model not in {asked, ""}:
        return False  # of a model that took over: the one that was asked may be well again soon
    asks = response.tool_calls or response.bad_calls
    return response.finish == "complete" and not asks and not response.cached


def _plain(message: BaseMessage) -> list[Any]:
    """Return what a provider is sent of a message."""
    fields = vars(message)  # asking pydantic for a field that there is not takes ten times as long
    parts = [message.type, message.content, message.name, message.additional_kwargs]
    return [*parts, *map(fields.get, _SAID)]
