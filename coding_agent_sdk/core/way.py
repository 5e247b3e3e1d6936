"""The whole way of one request: check, remember, retrieve, record, act, record, answer."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
from typing import TYPE_CHECKING, Final

from langchain_core.messages import HumanMessage
from langchain_core.runnables.config import var_child_runnable_config
from langsmith.run_helpers import tracing_context
from langsmith.utils import tracing_is_enabled

from coding_agent_sdk.core.ending import (
    ended,
    record_end,
    record_last_words,
    result_of,
    tell_finished,
)
from coding_agent_sdk.core.graph import entered_with
from coding_agent_sdk.core.model_request import render_context
from coding_agent_sdk.core.redaction import redact_value
from coding_agent_sdk.core.resuming import abandoned, recover
from coding_agent_sdk.core.state import GraphContext
from coding_agent_sdk.core.structured import with_form
from coding_agent_sdk.errors import AgentError, BudgetExceededError, StoreError
from coding_agent_sdk.events import (
    BudgetExceeded,
    ContextRetrieved,
    MemoryLoaded,
    RunStarted,
)
from coding_agent_sdk.text.failures import describe, said, words_of
from coding_agent_sdk.types.decisions import Allow
from coding_agent_sdk.types.entries import (
    ContextEntry,
    MessageEntry,
    RunStateEntry,
)
from coding_agent_sdk.types.log import with_context

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.callbacks import Callbacks
    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.core.state import Graph
    from coding_agent_sdk.types.context import ContextItem, History
    from coding_agent_sdk.types.decisions import Approval
    from coding_agent_sdk.types.entries import Entry
    from coding_agent_sdk.types.requests import Request, Result
    from coding_agent_sdk.types.status import Status

logger = logging.getLogger(__name__)

SWALLOWED: Final = "a hook has swallowed its cancellation"
"""The words of a `CancelledError` that stands for one that a hook has swallowed."""

SUPERSTEPS: Final = 1_000_000
"""LangGraph's own limit is out of the way: steps are counted, and budgeted, by the core."""


async def follow(
    run: Run,
    graph: Graph,
    *,
    decisions: Mapping[str, Approval] | None = None,
) -> Result:
    """Take a run its whole way and return its result; exactly one `RunFinished` ends it.

    Args:
        run: The run; it goes on with an earlier one where *decisions* is given.
        graph: The core.
        decisions: Answers for pending calls, by call id.

    Raises:
        AgentError: The run failed; `.result` holds what there is of it.
        asyncio.CancelledError: It was cancelled; what it did is recorded.
    """
    run.attend()
    token = var_child_runnable_config.set(None)  # an outer graph's callbacks see no raw text
    try:
        if not tracing_is_enabled():  # mostly
            return await _followed(run, graph, decisions)
        with tracing_context(enabled=False):  # nor does LangSmith
            return await _followed(run, graph, decisions)
    finally:
        var_child_runnable_config.reset(token)


async def _followed(run: Run, graph: Graph, decisions: Mapping[str, Approval] | None) -> Result:
    services = run.services
    inside = functools.partial(_to_the_end, run, graph, decisions)
    if run.wants(RunStarted):
        run.emit(
            RunStarted(
                request=run.request.text, model=services.model, user=run.user,
                mode=services.mode, plugins=services.dispatcher.plugins, resumes=run.resumes,
            )
        )  # fmt: skip
    try:
        result = await services.dispatcher.wrap_run(run.views, run.request, inside)
    except BudgetExceededError as error:  # of what a wrap around the run did itself
        run.emit(BudgetExceeded(kind=error.kind, limit=error.limit, used=error.used))
        result = result_of(run, "budget_exceeded", str(error))
    except asyncio.CancelledError:
        tell_finished(run, result_of(run, "cancelled", "the run was cancelled"))
        raise
    except Exception as error:
        failure = _as_agent_error(error)
        _mask_message(run, failure)
        failure.result = result_of(run, "failed", words_of(failure))
        tell_finished(run, failure.result, error=failure)
        if failure is error:
            raise
        raise failure from error
    except BaseException:  # the program ends: whoever counts runs is told of this end, too
        tell_finished(run, result_of(run, "cancelled", "the program ended it"))
        raise
    tell_finished(run, result)
    return result


def _as_agent_error(error: Exception) -> AgentError:
    if isinstance(error, AgentError):
        return error
    logger.error("the run failed: %s", describe(error))
    return AgentError(f"the run failed: {said(error)}")


def _mask_message(run: Run, error: AgentError) -> None:
    """Take what must not be shown out of an error's words: a provider may quote the key it got."""
    if not run.redacts:
        return
    error.args = tuple(
        run.for_response(part) if isinstance(part, str) else part for part in error.args
    )
    outer: BaseException = error
    seen = {id(error)}  # a plugin may have made a circle of them
    while (cause := outer.__cause__ or outer.__context__) is not None and id(cause) not in seen:
        seen.add(id(cause))
        words = words_of(cause)
        if run.for_response(words) != words:  # a foreign exception says its words in many places
            outer.__cause__ = outer.__context__ = None
            return
        outer = cause


# -- inside the layers around the run ------------------------------------------------------


async def _to_the_end(
    run: Run, graph: Graph, decisions: Mapping[str, Approval] | None, request: Request
) -> Result:
    run.request = request
    try:
        return await _inside(run, graph, decisions)
    finally:
        if run.endings is not None:
            await run.endings.aclose()


async def _inside(
    run: Run,
    graph: Graph,
    decisions: Mapping[str, Approval] | None,
) -> Result:
    begun = False
    try:
        async with asyncio.timeout_at(run.deadline):
            run.attend()
            messages = await _enter(run, decisions)
            begun = True
            if messages is None:
                return ended(run)
            await _walk(graph, messages, run)
    except asyncio.CancelledError:
        if begun:
            await record_last_words(run, "cancelled", "the run was cancelled")
        raise
    except TimeoutError as error:
        if not _is_over(run):
            raise AgentError("the run failed: something in it took too long") from error
        _end_now(run, "timed_out", f"the run took longer than {_seconds_allowed(run):g} s")
    except BudgetExceededError as error:
        run.emit(BudgetExceeded(kind=error.kind, limit=error.limit, used=error.used))
        _end_now(run, "budget_exceeded", str(error))
    except Exception as error:
        if begun and not isinstance(error, StoreError):
            await record_last_words(run, "failed", words_of(error))
        raise
    result = ended(run)
    if begun:
        await record_end(run, result.status, result.reason)
    return result


async def _walk(graph: Graph, messages: list[BaseMessage], run: Run) -> None:
    """Run the graph to its end. What it does stands in *run*, so nothing is streamed out of it.

    Raises:
        asyncio.CancelledError: The run was cancelled, or its time is over, and a hook swallowed it.
    """
    # LangGraph would ask for LangChain's callbacks again, to find once more that there are none.
    callbacks: Callbacks = [] if run.listened_to else run.listeners
    async for _ in graph.astream(
        entered_with(graph, messages),
        {"recursion_limit": SUPERSTEPS, "callbacks": callbacks},
        context=GraphContext(run),
        stream_mode=[],
        output_keys=[],
    ):
        pass
    if run.stopped:
        logger.warning("run %s was to end, and %s", run.run_id, SWALLOWED)
        raise asyncio.CancelledError(SWALLOWED)


def _end_now(run: Run, status: Status, reason: str) -> None:
    """Have a run that was broken off end so, whatever end it was about to come to."""
    run.progress.ending = None
    run.end(status, reason)


def _seconds_allowed(run: Run) -> float:
    """Return how long the run might take, whoever said so: the settings, the caller, a parent."""
    assert run.deadline is not None
    return round(run.deadline - run.started, 3)


def _is_over(run: Run) -> bool:
    return run.deadline is not None and asyncio.get_running_loop().time() >= run.deadline


async def _enter(run: Run, decisions: Mapping[str, Approval] | None) -> list[BaseMessage] | None:
    return await _begin(run) if decisions is None else await _go_on(run, decisions)


async def _begin(run: Run) -> list[BaseMessage] | None:
    """Check the request, load what goes before it, and record it; None where it is blocked."""
    dispatcher = run.services.dispatcher
    checked = await dispatcher.check_request(run.views, run.request)
    if not isinstance(checked.decision, Allow):
        run.end("blocked", checked.decision.reason)
        return None
    run.request = checked.value
    history = await dispatcher.load_history(run.views, run.request)
    entries: list[Entry] = []
    if history is not None:
        if history.open_run is not None:
            history = abandoned(history)
            entries.append(RunStateEntry(run_id=_open_run_id(history), state="abandoned"))
            history = dataclasses.replace(history, open_run=None)
        _load(run, history)
    run.session_read = True
    text = run.for_model(run.request.text)
    context_text = with_form(run, await _retrieve(run))
    message = HumanMessage(text, id=run.request.request_id or f"{run.run_id}-0")
    entries += [_started(run), MessageEntry(run_id=run.run_id, message=message)]
    if context_text:
        entries.append(_context_entry(run, context_text))
    await run.record(*entries)
    return [with_context(message, context_text)]


def _open_run_id(history: History) -> str:
    assert history.open_run is not None
    return history.open_run.run_id


def _load(run: Run, history: History) -> None:
    run.history = history
    if history.messages and run.wants(MemoryLoaded):
        run.emit(
            MemoryLoaded(
                messages=len(history.messages), tokens=history.tokens, dropped=history.dropped
            )
        )


async def _go_on(run: Run, decisions: Mapping[str, Approval]) -> list[BaseMessage]:
    """Enter with what an earlier run left: no second check, retrieval or user message."""
    history = await run.services.dispatcher.load_history(run.views, run.request)
    messages = recover(run, history, decisions)
    await run.record(_started(run))
    return messages


def _started(run: Run) -> RunStateEntry:
    return RunStateEntry(
        run_id=run.run_id,
        state="started",
        user=run.user,
        resumes=run.resumes,
        data={
            "request": run.for_store(run.request.text),
            "workspace": run.for_store(str(run.workspace.root)),
        },
    )


# -- context -----------------------------------------------------------------------------------


async def _retrieve(run: Run) -> str:
    """Return the passages for the request as one text, checked, fused and within their budget."""
    dispatcher = run.services.dispatcher
    if not dispatcher.has("retrieve_context"):
        return ""
    loop = asyncio.get_running_loop()
    started = loop.time()
    found = await dispatcher.retrieve_context(run.views, run.request)
    if not found:
        return ""
    kept: list[ContextItem] = []
    tokens = 0
    for item in _interleaved(found):
        checked = await dispatcher.check_context(run.views, item)
        if not isinstance(checked.decision, Allow):
            continue
        passage = redact_value(checked.value, run.for_model) if run.redacts else checked.value
        size = len(passage.text) // 4 + 1
        if tokens + size > run.services.limits.context_tokens:
            break
        tokens += size
        kept.append(passage)
    run.progress.citations = tuple(item.citation for item in kept)
    run.emit(
        ContextRetrieved(
            items=len(kept), tokens=tokens, seconds=loop.time() - started,
            sources=tuple(str(item.citation) for item in kept),
        )
    )  # fmt: skip
    return render_context(kept)


def _interleaved(found: Sequence[tuple[str, list[ContextItem]]]) -> list[ContextItem]:
    """Fuse the answers of several plugins by rank: scores of different plugins do not compare."""
    ranked = [
        (rank, order, dataclasses.replace(item, plugin=plugin))
        for order, (plugin, items) in enumerate(found)
        for rank, item in enumerate(items)
    ]
    return [item for _, _, item in sorted(ranked, key=lambda row: row[:2])]


def _context_entry(run: Run, text: str) -> ContextEntry:
    citations = tuple(dataclasses.asdict(citation) for citation in run.progress.citations)
    return ContextEntry(run_id=run.run_id, text=text, citations=citations)
