"""Starts runs: of a caller, of a plugin that calls a model, of a sub-agent."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.core.compacting import compact
from coding_agent_sdk.core.graph import build_graph
from coding_agent_sdk.core.model_step import call_model
from coding_agent_sdk.core.names import Names
from coding_agent_sdk.core.resuming import pending_of
from coding_agent_sdk.core.run import Run
from coding_agent_sdk.core.way import follow
from coding_agent_sdk.errors import UnknownNameError
from coding_agent_sdk.events import SubRunFinished, SubRunStarted
from coding_agent_sdk.types.requests import Request
from coding_agent_sdk.types.sessions import child_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coding_agent_sdk.core.channel import Channel
    from coding_agent_sdk.core.services import Services
    from coding_agent_sdk.types.context import History
    from coding_agent_sdk.types.decisions import Approval, ApprovalRequest
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse
    from coding_agent_sdk.types.requests import Result


class Engine:
    """The core of one agent: its graph, and what runs are made of."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._graph = build_graph()
        self._names = Names(services.dispatcher)

    async def run(
        self,
        request: Request,
        *,
        channel: Channel | None = None,
        decisions: Mapping[str, Approval] | None = None,
        seconds: float | None = None,
    ) -> Result[Any]:
        """Run a request, or go on with the session's open run where *decisions* is given.

        Args:
            request: What is asked.
            channel: Where the caller reads events.
            decisions: Answers for pending calls; an empty mapping goes on without any.
            seconds: Wall time of this run; None for the agent's limit.

        Raises:
            RequestError: The session, the user or the request is called by a name that cannot be
                shown as it is, or (`SecretNameError`) by a secret.
        """
        limit = self.services.limits.seconds if seconds is None else seconds
        loop = asyncio.get_running_loop()
        run = Run(
            self.services,
            request,
            self,
            channel=channel,
            deadline=None if limit is None else loop.time() + limit,
        )
        self._names.check(run.views, request)
        return await follow(run, self._graph, decisions=decisions)

    def check_names(self, session: str, *, user: str = "") -> None:
        """Refuse names by which no run could be made.

        Raises:
            RequestError: One of them cannot be shown as it is, or (`SecretNameError`) is a secret.
        """
        run = Run(self.services, Request(text="", session=session, user=user), self)
        self._names.check(run.views, run.request)

    async def history(self, session: str, *, user: str = "") -> History | None:
        """Return the session so far, without holding it."""
        run = Run(self.services, Request(text="", session=session, user=user), self)
        self._names.check(run.views, run.request)
        return await self.services.dispatcher.load_history(run.views, run.request)

    async def pending(self, session: str, *, user: str = "") -> tuple[ApprovalRequest, ...]:
        """Return the calls of the session's open run that wait for approval."""
        history = await self.history(session, user=user)
        if history is None or history.open_run is None:
            return ()
        return pending_of(history.open_run)

    # -- what a run's plugins and tools ask for ----------------------------------------------------

    async def compact(
        self, run: Run, request: ModelRequest, *, text: str, kept: int
    ) -> ModelRequest:
        """Have the run go on without older messages."""
        return await compact(run, request, text=text, kept=kept)

    async def call_model(
        self, run: Run, request: ModelRequest, *, model: str | None, caller: str
    ) -> ModelResponse:
        """Call a model for the plugin *caller*."""
        named = request if model is None else dataclasses.replace(request, model=model)
        return await call_model(run, named, caller=caller)

    async def run_child(
        self, parent: Run, text: str, *, tools: tuple[str, ...] | None, max_steps: int | None
    ) -> Result:
        """Run a sub-agent: the same checks, a session of its own, the parent's account."""
        chosen = parent.tools
        if tools is not None:
            known = {tool.name: tool for tool in parent.tools}
            for name in tools:
                if name not in known:
                    raise UnknownNameError("tool", name, known)
            chosen = tuple(known[name] for name in tools)
        children = parent.state_of("core").setdefault("children", [])
        child = Run(
            self.services,
            Request(
                text=text,
                session=child_session(parent.session, len(children), run_id=parent.run_id),
                user=parent.user,
            ),
            self,
            parent=parent,
            deadline=parent.deadline,
            tools=chosen,
            max_steps=max_steps,
        )
        children.append(child.run_id)
        parent.emit(SubRunStarted(child_run_id=child.run_id))
        try:
            result = await follow(child, self._graph)
        except BaseException:
            parent.add_usage(child.progress.usage)
            parent.emit(SubRunFinished(child_run_id=child.run_id, status="failed"))
            raise
        parent.add_usage(result.usage)
        parent.emit(SubRunFinished(child_run_id=child.run_id, status=result.status))
        return result
