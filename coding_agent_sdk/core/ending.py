"""How a run ends: its result, what is recorded of it, and who is told."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar

from coding_agent_sdk.core.redaction import redact_value
from coding_agent_sdk.errors import AgentError, PluginError
from coding_agent_sdk.events import RunFinished
from coding_agent_sdk.text.failures import describe
from coding_agent_sdk.types.entries import PluginStateEntry, RunStateEntry
from coding_agent_sdk.types.requests import Result

if TYPE_CHECKING:
    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.types.entries import Entry
    from coding_agent_sdk.types.status import Status

T = TypeVar("T")

logger = logging.getLogger(__name__)

LAST_RECORD_SECONDS: Final = 5.0
"""How long a run that is cancelled may take to record that it was."""


def ended(run: Run) -> Result:
    """Return the result of a run that has come to its end."""
    ending = run.progress.ending
    if ending is None:
        return result_of(run, "completed", "")
    return result_of(run, ending.status, ending.reason)


def result_of(run: Run, status: Status, reason: str) -> Result:
    """Return what the caller gets of a run that ends so."""
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
        tainted_by=_for_response(run, tuple(run.taints)),
        output=progress.output if status == "completed" else None,
    )


def _for_response(run: Run, value: T) -> T:
    return redact_value(value, run.for_response) if run.redacts else value


async def record_end(run: Run, status: Status, reason: str) -> None:
    """Record how a run ended, with all that was kept back."""
    await run.record(*_last_entries(run, status, reason))


async def record_last_words(run: Run, status: Status, reason: str) -> None:
    """Record how a run ended that cannot go on; the first error stays the one that is raised."""
    recording = asyncio.ensure_future(record_end(run, status, reason))
    try:
        async with asyncio.timeout(LAST_RECORD_SECONDS):
            await asyncio.shield(recording)
    except (AgentError, PluginError, TimeoutError, asyncio.CancelledError) as error:
        recording.cancel()
        await asyncio.gather(recording, return_exceptions=True)
        what = describe(error)
        logger.warning("could not record that run %s ended %s: %s", run.run_id, status, what)


def _stored_state(run: Run, state: dict[str, Any]) -> dict[str, Any]:
    """Return a plugin's state as it is kept: texts without secrets, numbers as they are."""

    def redact(text: str, *, field: str = "") -> str:
        if text == run.run_id:  # ours, and made anew for each run: it would be looked through
            return text
        return run.for_store(text, field="" if text.isdigit() else field)

    return redact_value(state, redact) if run.redacts else state


def _last_entries(run: Run, status: Status, reason: str) -> list[Entry]:
    states = [
        PluginStateEntry(run_id=run.run_id, plugin=plugin, state=_stored_state(run, state))
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


def tell_finished(run: Run, result: Result, *, error: AgentError | None = None) -> None:
    """Tell all who watch that a run has ended."""
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
