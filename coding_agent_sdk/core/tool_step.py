"""The tool calls of one step: reads side by side, writes in order, an error is a result."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import inspect
import logging
import time
from typing import TYPE_CHECKING, Any

from langchain_core.messages import ToolMessage

from coding_agent_sdk.core.long_results import LONG_RESULT, bounded, shown
from coding_agent_sdk.core.redaction import redact_value
from coding_agent_sdk.errors import AgentError, PluginError, StoreError
from coding_agent_sdk.events import FileChanged, TextWithheld, ToolCallFinished, ToolCallStarted
from coding_agent_sdk.hooks.bounded import EscapedError, OutOfTimeError, within
from coding_agent_sdk.hooks.context import RunContext
from coding_agent_sdk.text.failures import describe, said, words_of
from coding_agent_sdk.types.decisions import Allow
from coding_agent_sdk.types.entries import IntentEntry, ResultEntry
from coding_agent_sdk.types.requests import FinishedCall
from coding_agent_sdk.types.tools import ToolResult

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from pydantic import BaseModel

    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.core.verdict import Verdict
    from coding_agent_sdk.types.tools import Tool, ToolCall

logger = logging.getLogger(__name__)


async def run_calls(run: Run, verdicts: Sequence[Verdict]) -> list[ToolMessage]:
    """Run the calls of one message and return their results in the order of the calls.

    Reads that stand next to each other run side by side; a call that may change something waits
    for all before it. Results that are recorded already are taken from the log.
    """
    # Loops, for each comprehension here would be a function with cells, in each step of each run.
    messages: dict[str, ToolMessage] = {}
    waiting: list[Verdict] = []
    for verdict in verdicts:
        recorded = run.recovered.results.get(verdict.call.id)
        if recorded is None:
            waiting.append(verdict)
        else:
            messages[verdict.call.id] = recorded[0]
    await _record_intents(run, waiting)
    for group in _groups(waiting):
        if len(group) == 1:
            messages[group[0].call.id] = await _run_one(run, group[0])
            continue
        for verdict, message in zip(group, await _side_by_side(run, group), strict=True):
            messages[verdict.call.id] = message
    finished = run.progress.calls
    for verdict in waiting:  # they ended in any order; the result lists them as they were asked
        key = run.progress.steps, verdict.call.id
        finished[key] = finished.pop(key)
    return list(map(messages.__getitem__, [verdict.call.id for verdict in verdicts]))


def _changes_something(verdict: Verdict) -> bool:
    return verdict.action == "run" and verdict.effect in {"write", "external"}


def _groups(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    groups: list[list[Verdict]] = []
    last_was_alone = True
    for verdict in verdicts:
        alone = _changes_something(verdict)
        if alone or last_was_alone:
            groups.append([verdict])
        else:
            groups[-1].append(verdict)
        last_was_alone = alone
    return groups


async def _side_by_side(run: Run, group: Sequence[Verdict]) -> list[ToolMessage]:
    at_once = run.services.limits.parallel_tools
    if len(group) <= at_once:
        return await gather_all([_run_one(run, verdict) for verdict in group])
    room = asyncio.Semaphore(at_once)

    async def one(verdict: Verdict) -> ToolMessage:
        async with room:
            return await _run_one(run, verdict)

    return await gather_all([one(verdict) for verdict in group])


async def gather_all(work: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """Await all; when one fails or the caller is cancelled, none is left running."""
    tasks = [asyncio.ensure_future(item) for item in work]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _record_intents(run: Run, verdicts: Sequence[Verdict]) -> None:
    """Make it known that calls with an effect are about to run, all of a message in one commit."""
    if not any(map(_changes_something, verdicts)):
        return
    intents = [
        IntentEntry(
            run_id=run.run_id,
            call_id=verdict.call.id,
            name=verdict.call.name,
            arguments=_stored(run, verdict.call),
            key=f"{run.run_id}:{verdict.call.id}",
        )
        for verdict in verdicts
        if _changes_something(verdict)
    ]
    await run.record(*intents)


def _stored(run: Run, call: ToolCall) -> dict[str, Any]:
    arguments = dict(call.arguments)
    return redact_value(arguments, run.for_store) if run.redacts else arguments


async def _run_one(run: Run, verdict: Verdict) -> ToolMessage:
    """Run one call, or answer it at once, and record what came of it."""
    call = verdict.call
    if run.wants(ToolCallStarted):
        run.emit(ToolCallStarted(call=call))
    started = time.monotonic()
    if verdict.action == "run":
        result = await _guarded(run, verdict)
        result = await _checked(run, call, bounded(result))
    else:
        result = _answer(verdict)
    seconds = time.monotonic() - started
    text = shown(result.text, run.for_model)
    if len(text) > LONG_RESULT:
        whole = text
        text = await run.services.dispatcher.shorten_tool_result(run.views, call, text)
        if text is not whole:
            result = dataclasses.replace(result, truncated=True)
    message = _message(call, text, result)
    cited = run.cite(result.citations) if result.citations else ()
    finished = FinishedCall(
        call=call, status=result.status, text=str(message.content), seconds=seconds,
        data=result.data,
    )  # fmt: skip
    run.progress.calls[run.progress.steps, call.id] = finished
    entry = ResultEntry(
        run_id=run.run_id, call_id=call.id, message=message, status=result.status,
        citations=tuple(map(dataclasses.asdict, cited)),
    )  # fmt: skip
    if _changes_something(verdict):
        await run.record(entry)
    else:
        run.keep(entry)
    _tell(run, finished, result)
    await run.emitter.wait_for_reader()
    return message


def _answer(verdict: Verdict) -> ToolResult:
    if verdict.action == "error":
        return ToolResult(text=f"Error: {verdict.reason}", status="error")
    text = f"Denied: {verdict.reason}. It was not run; do not try the same in another way."
    return ToolResult(text=text, status="denied")


def _tell(run: Run, finished: FinishedCall, result: ToolResult) -> None:
    for path in result.changed_files:
        run.progress.changed_files.setdefault(path)
        run.emit(FileChanged(path=path))
    if not (run.wants(ToolCallFinished) or run.deltas_watched):  # whose texts it closes
        return
    run.emit(
        ToolCallFinished(
            call_id=finished.call.id,
            name=finished.call.name,
            status=finished.status,
            text=finished.text,
            seconds=finished.seconds,
            truncated=result.truncated,
            sandbox=result.sandbox,
        )
    )


def _message(call: ToolCall, text: str, result: ToolResult) -> ToolMessage:
    failed = result.status != "ok"
    return ToolMessage(
        content=text,
        tool_call_id=call.id,
        name=call.name,
        status="error" if failed else "success",
    )


async def _guarded(run: Run, verdict: Verdict) -> ToolResult:
    """Run a call through the layers; what a tool raises becomes its result."""
    call = verdict.call
    innermost = functools.partial(_call_tool, run, verdict)
    try:
        return await run.services.dispatcher.wrap_tool_call(run.views, call, innermost)
    except (PluginError, StoreError):
        raise  # not the tool's failure: the run cannot go on as if nothing had happened
    except Exception as error:  # noqa: BLE001  whatever a tool raises, the model is told
        return _failure(call, error)


def _failure(call: ToolCall, error: Exception) -> ToolResult:
    raised = error.error if isinstance(error, EscapedError) else error
    if isinstance(raised, AgentError):
        return ToolResult(text=f"Error: {words_of(raised)}", status="error")
    logger.warning("tool %r raised %s", call.name, describe(raised))
    return ToolResult(text=f"Error: {said(raised)}", status="error")


async def _call_tool(run: Run, verdict: Verdict, call: ToolCall) -> ToolResult:
    """Call the tool itself, within its time."""
    tool, arguments = verdict.tool, verdict.arguments
    assert tool is not None
    assert arguments is not None
    if call is not verdict.call:  # a layer put something else in its place: it must fit, too
        arguments = tool.arguments.model_validate(dict(call.arguments))
    seconds = tool.timeout or run.services.limits.tool_seconds
    deadline = asyncio.get_running_loop().time() + seconds
    context = RunContext(run, f"tool:{tool.name}", call_id=call.id, call_deadline=deadline)
    starts = inspect.iscoroutinefunction(tool.run)  # nothing of it runs before it is awaited
    work = tool.run(context, arguments) if starts else _called(tool, context, arguments)
    try:
        result = await within(work, seconds, name=f"tool {tool.name!r}")
    except OutOfTimeError as late:
        is_over = tool.stoppable and late.ended
        end = "was stopped" if is_over else "cannot be stopped: what it does may still take effect"
        text = f"Error: {call.name} took longer than {seconds:g} s and {end}."
        return ToolResult(text=text, status="timeout")
    return ToolResult(text=result) if isinstance(result, str) else result


async def _called(tool: Tool, context: RunContext, arguments: BaseModel) -> ToolResult | str:
    """Call a tool that is a plain function in the task and the context of its own, too."""
    return await tool.run(context, arguments)


async def _checked(run: Run, call: ToolCall, result: ToolResult) -> ToolResult:
    """Return what the model may see of a result; what is withheld is said."""
    checked = await run.services.dispatcher.check_tool_result(run.views, call, result)
    if isinstance(checked.decision, Allow):
        return checked.value
    reason = checked.decision.reason
    run.emit(TextWithheld(count=1, reason=reason))
    return ToolResult(
        text=f"The result of {call.name} was withheld: {reason}.",
        status=result.status,
        changed_files=result.changed_files,
    )
