"""A compaction of a run: older messages give way, and the log says so before it is used."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from coding_agent_sdk.core.model_request import own_messages
from coding_agent_sdk.events import HistoryCompacted
from coding_agent_sdk.types.compaction import compacted, may_begin_with
from coding_agent_sdk.types.context import History
from coding_agent_sdk.types.entries import SummaryEntry
from coding_agent_sdk.types.log import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.types.model import ModelRequest


async def compact(run: Run, request: ModelRequest, *, text: str, kept: int) -> ModelRequest:
    """Have *run* go on without its older messages, and return *request* as it is from now on.

    It is recorded first: a run that is resumed, and the session's next one, begin with the same
    bytes that the model is sent here.

    Args:
        run: The run.
        request: The request that has grown too long.
        text: The summary of all messages but the newest; `""` leaves out older results of tools
            only.
        kept: How many of the newest messages stay as they are.

    Raises:
        ValueError: *kept* is not a number of messages that can stay by themselves.
        StoreError: It could not be recorded.
    """
    history = run.history or History()
    own = own_messages(run, run.said)
    _check(kept, (*history.messages, *own))
    text = run.for_model(text)
    before = run.prompt_tokens(request)
    older, newest = compacted(history.messages, own, text=text, kept=kept)
    await run.record(SummaryEntry(run_id=run.run_id, text=text, kept=kept))
    tokens = sum(map(estimate_tokens, older))
    run.history = replace(history, messages=older, tokens=tokens, digest="")
    run.said_before = len(run.said) - len(newest)
    shorter = replace(request, history=older, messages=newest, history_digest="")
    if run.wants(HistoryCompacted):
        how = "summary" if text else "results"
        run.emit(HistoryCompacted(before=before, after=run.prompt_tokens(shorter), how=how))
    return shorter


def _check(kept: int, messages: Sequence[BaseMessage]) -> None:
    if not 1 <= kept <= len(messages):
        raise ValueError(
            f"kept={kept}, and the conversation has {len(messages)} messages; keep at least the "
            "newest one"
        )
    first = messages[-kept]
    if not may_begin_with(first):
        raise ValueError(
            f"kept={kept} would part a tool's result from its call, which no provider takes; keep "
            "the message that asks for it, too"
        )
