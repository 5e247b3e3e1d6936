"""The nodes of the graph: the model speaks, tools run, or a question is left for a person."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.graph import END
from langgraph.runtime import Runtime  # noqa: TC002  langgraph reads the annotations
from langgraph.types import Command

from coding_agent_sdk.core.approvals import approval_entry, ask_now, requests_of
from coding_agent_sdk.core.judging import judge
from coding_agent_sdk.core.model_request import build_request, with_true_digest
from coding_agent_sdk.core.model_step import call_model, show_text
from coding_agent_sdk.core.progress import NOTHING
from coding_agent_sdk.core.redaction import redact_value
from coding_agent_sdk.core.state import (  # noqa: TC001  langgraph reads the annotations
    GraphContext,
    GraphState,
)
from coding_agent_sdk.core.structured import ask_again
from coding_agent_sdk.core.tool_step import run_calls
from coding_agent_sdk.errors import ContextTooLongError
from coding_agent_sdk.events import (
    ApprovalRequested,
    BudgetExceeded,
    StepFinished,
    StepStarted,
    TextWithheld,
)
from coding_agent_sdk.types.decisions import Allow
from coding_agent_sdk.types.entries import ContextEntry, MessageEntry
from coding_agent_sdk.types.log import with_context
from coding_agent_sdk.types.model import BadCall
from coding_agent_sdk.types.tools import ToolCall

if TYPE_CHECKING:
    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.core.verdict import Verdict
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse

MODEL: Final = "model"
APPROVE: Final = "approve"
TOOLS: Final = "tools"

MOST_SHORTENINGS: Final = 3
"""How often one step may have its request made shorter because the model refused it."""

_BYTE_EXACT: Final = frozenset({"thinking", "redacted_thinking", "reasoning"})
"""Content blocks that providers sign: changed by one byte, they are refused."""

_SIGNED: Final = re.compile("signature|encrypted")
"""Names of what providers sign beside the content."""


async def model_node(state: GraphState, runtime: Runtime[GraphContext]) -> Command[str]:
    """Have the model speak, where it is its turn, and go where its message asks to.

    Each run enters here, one that goes on with calls of an earlier run, too. The node names its
    successor itself: a conditional edge costs a task and a copy of the state.
    """
    run = _entered(runtime)
    messages = state["messages"]
    added: list[BaseMessage] = []
    place = await _next_place(run, messages[-1])
    if place == MODEL:
        added = await _speak(run, messages)
        place = await _next_place(run, (added or messages)[-1])
    if place == END:
        told = _asked_again(run, (added or messages)[-1])
        if told is not None:
            added, place = [*added, told], MODEL
    return Command(update={"messages": added}, goto=place)


def _entered(runtime: Runtime[GraphContext]) -> Run:
    """Return the run; what it calls does not inherit the graph's configuration.

    A model would merge that into its own at each call, and a tool would hand it on.
    """
    var_child_runnable_config.set(None)  # in this node's own context
    return runtime.context.run


async def _next_place(run: Run, last: BaseMessage) -> str:
    """Say where a run goes on: the one router, at the start of a run as after the model."""
    if run.progress.ending is not None or run.stopped:
        return END
    if not isinstance(last, AIMessage):
        return MODEL
    if not _asks_for_tools(last):
        return END
    verdicts = await _judged(run, last)
    nobody_to_ask = run.services.approver is None
    if nobody_to_ask and any(verdict.action == "ask" for verdict in verdicts):
        return APPROVE
    return TOOLS


def _asked_again(run: Run, last: BaseMessage) -> BaseMessage | None:
    """Return what the model is told where its last word has not the form that was asked for."""
    ended = run.progress.ending is not None or run.stopped
    if ended or run.request.output is None or not isinstance(last, AIMessage):
        return None
    return ask_again(run, run.progress.text or last.text)


async def _speak(run: Run, messages: list[BaseMessage]) -> list[BaseMessage]:
    """Have the model speak, record what it says, and return it; nothing where the run ends."""
    progress, limit = run.progress, run.max_steps
    if progress.steps >= limit:
        run.emit(BudgetExceeded(kind="steps", limit=limit, used=progress.steps))
        run.end("budget_exceeded", f"the run reached its limit of {limit} steps")
        return []
    progress.steps += 1
    if run.wants(StepStarted):
        run.emit(StepStarted(index=progress.steps))
    run.said = messages
    built = build_request(run, messages)
    request = await run.services.dispatcher.prepare_model_request(run.views, built)
    request = with_true_digest(request, built)
    request, reminders = _settle_volatile(run, request)
    if reminders:
        run.said = [*messages, *reminders]
    checks_output = run.services.dispatcher.has("check_model_output")
    response = await _called(run, request, shows=not checks_output)
    if checks_output:
        checked = await _checked_output(run, response)
        if checked is None:
            return []
        response = checked
    message = _for_history(run, response.message)
    progress.text = response.text
    run.raw_calls = {call.id: call for call in response.tool_calls}
    run.keep(MessageEntry(run_id=run.run_id, message=message))
    if _asks_for_tools(message):
        await run.record()
    elif run.wants(StepFinished):
        run.emit(StepFinished(index=progress.steps))
    return [*reminders, message]


async def _called(run: Run, request: ModelRequest, *, shows: bool) -> ModelResponse:
    """Call the model; a request that is too long for it is sent again, shorter, if that can be.

    Raises:
        ModelError: The call failed for good.
    """
    shortened = 0
    while True:
        try:
            response = await call_model(run, request, shows=shows)
        except ContextTooLongError as error:
            shortened += 1
            shorter = None
            if shortened <= MOST_SHORTENINGS:
                dispatcher = run.services.dispatcher
                shorter = await dispatcher.shorten_model_request(run.views, request, error)
            if shorter is None:
                raise
            request = shorter
        else:
            run.note_prompt(request, response)
            return response


async def approve_node(
    state: GraphState, runtime: Runtime[GraphContext]
) -> dict[str, list[BaseMessage]]:
    """Leave the question for a person, recorded, and end the run."""
    run = runtime.context.run
    message = state["messages"][-1]
    assert isinstance(message, AIMessage)
    verdicts = await _judged(run, message)
    requests = tuple(await requests_of(run, verdicts))
    run.keep(*(approval_entry(run, verdict) for verdict in verdicts if verdict.action == "ask"))
    run.progress.pending = requests
    run.emit(ApprovalRequested(requests=requests))
    names = ", ".join(request.call.name for request in requests)
    run.end("awaiting_approval", f"waiting for approval of {names}")
    return {"messages": []}


async def tools_node(
    state: GraphState, runtime: Runtime[GraphContext]
) -> dict[str, list[BaseMessage]]:
    """Ask where somebody is at hand, then run the calls of the model's newest message."""
    run = _entered(runtime)
    message = state["messages"][-1]
    assert isinstance(message, AIMessage)
    verdicts = await _judged(run, message)
    if run.services.approver is not None:
        verdicts = await ask_now(run, verdicts)
    results = await run_calls(run, verdicts)
    # What was answered, or recovered, was about these calls; a later one may have the same id.
    run.verdicts = None
    run.recovered = NOTHING
    if run.wants(StepFinished):
        run.emit(StepFinished(index=run.progress.steps))
    return {"messages": [*results]}


def _asks_for_tools(message: BaseMessage) -> bool:
    return isinstance(message, AIMessage) and bool(message.tool_calls or message.invalid_tool_calls)


async def _judged(run: Run, message: AIMessage) -> list[Verdict]:
    """Return the verdicts on the calls of a message, each judged once."""
    if run.verdicts is None:
        verdicts = []
        for call in message.tool_calls:
            call_id = call["id"] or ""
            # The message may be masked for the log; what runs is what the model really said.
            raw = run.raw_calls.get(call_id)
            verdicts.append(
                await judge(
                    run, raw or ToolCall(id=call_id, name=call["name"], arguments=call["args"])
                )
            )
        for bad in message.invalid_tool_calls:
            call_id, name = bad["id"] or "", bad["name"] or ""
            problem = BadCall(id=call_id, name=name, error=bad["error"] or "it cannot be read")
            verdicts.append(await judge(run, ToolCall(id=call_id, name=name), bad=problem))
        run.verdicts = verdicts
    return run.verdicts


def _settle_volatile(run: Run, request: ModelRequest) -> tuple[ModelRequest, list[BaseMessage]]:
    """Give volatile texts their place for good, so that what is sent now is sent again.

    In the first request of a run they are attached to the user's message; later, when that
    message was sent already, they become a message of their own.
    """
    if not request.volatile:
        return request, []
    text = "\n\n".join(request.volatile)
    request = replace(request, volatile=())
    if run.progress.steps == 1 and run.resumes is None:
        run.attached = f"{run.attached}\n\n{text}" if run.attached else text
        run.keep(ContextEntry(run_id=run.run_id, text=text))
        first, *rest = request.messages
        return replace(request, messages=(with_context(first, text), *rest)), []
    reminder = HumanMessage(text)
    run.keep(MessageEntry(run_id=run.run_id, message=reminder))
    return replace(request, messages=(*request.messages, reminder)), [reminder]


async def _checked_output(run: Run, response: ModelResponse) -> ModelResponse | None:
    """Return what may be shown of an answer; None where the run ends blocked."""
    checked = await run.services.dispatcher.check_model_output(run.views, response)
    if isinstance(checked.decision, Allow):
        show_text(run, checked.value.text)
        return checked.value
    run.emit(TextWithheld(count=1, reason=checked.decision.reason))
    run.end("blocked", f"the answer was withheld: {checked.decision.reason}")
    return None


def _for_history(run: Run, message: AIMessage) -> AIMessage:
    """Return a message as the model is sent it from now on, and as the log keeps it."""
    if not run.redacts:
        return message
    changes: dict[str, Any] = {}
    content = _redacted_content(run, message.content)
    if content is not message.content:
        changes["content"] = content
    arguments = [call["args"] for call in message.tool_calls]
    masked = redact_value(arguments, run.for_model)
    if masked is not arguments:
        pairs = zip(message.tool_calls, masked, strict=True)
        changes["tool_calls"] = [{**call, "args": args} for call, args in pairs]
    for name in ("invalid_tool_calls", "additional_kwargs"):
        old = getattr(message, name)
        new = _redacted_extras(run, old)
        if new is not old:
            changes[name] = new
    return message.model_copy(update=changes) if changes else message


def _redacted_extras(run: Run, value: Any) -> Any:
    if isinstance(value, dict):
        signed = {key: item for key, item in value.items() if _SIGNED.search(str(key))}
        others = {key: item for key, item in value.items() if key not in signed}
        new = redact_value(others, run.for_model)
        return value if new is others else {**new, **signed}
    return redact_value(value, run.for_model)


def _redacted_content(run: Run, content: Any) -> Any:
    if isinstance(content, str):
        new = run.for_model(content)
        return content if new == content else new
    blocks = [
        block
        if isinstance(block, dict) and block.get("type") in _BYTE_EXACT
        else redact_value(block, run.for_model)
        for block in content
    ]
    same = all(new is old for new, old in zip(blocks, content, strict=True))
    return content if same else blocks
