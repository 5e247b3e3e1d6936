"""The whole way of one request: check, remember, retrieve, record, act, record, answer."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar

from langchain_core.messages import HumanMessage
from langchain_core.runnables.config import var_child_runnable_config
from langsmith.run_helpers import tracing_context

from coding_agent_sdk.core.model_request import render_context
from coding_agent_sdk.core.redaction import redact_value
from coding_agent_sdk.core.resuming import abandoned, recover
from coding_agent_sdk.core.state import GraphContext
from coding_agent_sdk.core.structured import with_form
from coding_agent_sdk.errors import AgentError, BudgetExceededError, PluginError, StoreError
from coding_agent_sdk.events import (
    BudgetExceeded,
    ContextRetrieved,
    MemoryLoaded,
    RunFinished,
    RunStarted,
)
from coding_agent_sdk.text.failures import describe, said, words_of
from coding_agent_sdk.types.decisions import Allow
from coding_agent_sdk.types.entries import (
    ContextEntry,
    MessageEntry,
    PluginStateEntry,
    RunStateEntry,
)
from coding_agent_sdk.types.log import with_context
from coding_agent_sdk.types.requests import Request, Result

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.core.state import Graph
    from coding_agent_sdk.types.context import ContextItem, History
    from coding_agent_sdk.types.decisions import Approval
    from coding_agent_sdk.types.entries import Entry
    from coding_agent_sdk.types.status import Status

T = TypeVar("T")

logger = logging.getLogger(__name__)

LAST_RECORD_SECONDS: Final = 5.0
"""How long a run that is cancelled may take to record that it was."""

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
    services = run.services

    async def inside(request: Request) -> Result:
        run.request = request
        return await _inside(run, graph, decisions)

    run.attend()
    with _quiet(traced=services.langchain_tracing):
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
            result = _result(run, "budget_exceeded", str(error))
        except asyncio.CancelledError:
            _finished(run, _result(run, "cancelled", "the run was cancelled"))
            raise
        except Exception as error:
            failure = _as_agent_error(error)
            _mask_message(run, failure)
            failure.result = _result(run, "failed", words_of(failure))
            _finished(run, failure.result, error=failure)
            if failure is error:
                raise
            raise failure from error
        except BaseException:  # the program ends: whoever counts runs is told of this end, too
            _finished(run, _result(run, "cancelled", "the program ended it"))
            raise
        _finished(run, result)
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


@contextlib.contextmanager
def _quiet(*, traced: bool) -> Generator[None]:
    """Keep an outer graph's callbacks, and LangSmith, away from raw text."""
    token = var_child_runnable_config.set(None)
    try:
        if traced:
            yield
        else:
            with tracing_context(enabled=False):
                yield
    finally:
        var_child_runnable_config.reset(token)


# -- inside the layers around the run ------------------------------------------------------


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
                return _ended(run)
            await _walk(graph, messages, run)
    except asyncio.CancelledError:
        if begun:
            await _record_last_words(run, "cancelled", "the run was cancelled")
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
            await _record_last_words(run, "failed", words_of(error))
        raise
    result = _ended(run)
    if begun:
        await _record_end(run, result.status, result.reason)
    return result


async def _walk(graph: Graph, messages: list[BaseMessage], run: Run) -> None:
    """Run the graph to its end. What it does stands in *run*, so nothing is streamed out of it.

    Raises:
        asyncio.CancelledError: The run was cancelled, or its time is over, and a hook swallowed it.
    """
    async for _ in graph.astream(
        {"messages": messages},
        {"recursion_limit": SUPERSTEPS, "callbacks": []},
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
    context_text = with_form(await _retrieve(run), run.request.output)
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


# -- the end -----------------------------------------------------------------------------------


def _ended(run: Run) -> Result:
    ending = run.progress.ending
    if ending is None:
        return _result(run, "completed", "")
    return _result(run, ending.status, ending.reason)


def _result(run: Run, status: Status, reason: str) -> Result:
    progress = run.progress
    text = progress.text or (f"Blocked: {reason}" if status == "blocked" else "")
    return Result(
        text=run.for_response(text),
        status=status,
        run_id=run.run_id,
        session=run.session,
        usage=progress.usage,
        steps=progress.steps,
        tool_calls=_for_response(run, tuple(progress.calls.values())),
        changed_files=_for_response(run, tuple(progress.changed_files)),
        citations=progress.citations,
        pending=_for_response(run, progress.pending),
        reason=run.for_response(reason),
        output=progress.output if status == "completed" else None,
    )


def _for_response(run: Run, value: T) -> T:
    return redact_value(value, run.for_response) if run.redacts else value


async def _record_end(run: Run, status: Status, reason: str) -> None:
    await run.record(*_last_entries(run, status, reason))


async def _record_last_words(run: Run, status: Status, reason: str) -> None:
    """Record how a run ended that cannot go on; the first error stays the one that is raised."""
    recording = asyncio.ensure_future(_record_end(run, status, reason))
    try:
        async with asyncio.timeout(LAST_RECORD_SECONDS):
            await asyncio.shield(recording)
    except (AgentError, PluginError, TimeoutError, asyncio.CancelledError) as error:
        recording.cancel()
        await asyncio.gather(recording, return_exceptions=True)
        what = describe(error)
        logger.warning("could not record that run %s ended %s: %s", run.run_id, status, what)


def _last_entries(run: Run, status: Status, reason: str) -> list[Entry]:
    states = [
        PluginStateEntry(run_id=run.run_id, plugin=plugin, state=state)
        for plugin, state in run.changed_session_states()
    ]
    usage = run.progress.usage
    data: dict[str, Any] = {
        "steps": run.progress.steps,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost": None if usage.cost is None else str(usage.cost),
    }
    if reason:
        data["reason"] = run.for_store(reason)
    return [*states, RunStateEntry(run_id=run.run_id, state=status, user=run.user, data=data)]


def _finished(run: Run, result: Result, *, error: AgentError | None = None) -> None:
    if not run.wants(RunFinished):
        return
    run.emit(
        RunFinished(
            status=result.status,
            text=result.text,
            reason=result.reason,
            usage=result.usage,
            seconds=run.seconds,
            steps=result.steps,
            changed_files=result.changed_files,
            citations=tuple(dict.fromkeys(map(str, result.citations))),
            error_type=type(error).__name__ if error else "",
        )
    )
