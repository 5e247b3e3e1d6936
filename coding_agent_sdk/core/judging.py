"""What becomes of each tool call of a model's message: run it, ask first, or answer it at once.

A call is judged in this order: can it be read, is there such a tool, do its arguments fit the
tool's schema, what do the plugins' checks say, what does the mode say. The tightest wins.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ValidationError

from coding_agent_sdk.core.tainting import why_asked
from coding_agent_sdk.core.verdict import Verdict
from coding_agent_sdk.errors import UnknownNameError
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.types.decisions import Allow, Approve, Ask, Deny, Edit, Reject
from coding_agent_sdk.types.replies import ANY_ARGUMENTS
from coding_agent_sdk.types.tools import ToolCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.types.model import BadCall
    from coding_agent_sdk.types.status import Mode
    from coding_agent_sdk.types.tools import Effect, Tool

MAX_REMEMBERED: Final = 500
"""Parts of calls that a session remembers as approved for good; the newest stay."""

OUTCOME_UNKNOWN = "this call was begun before the run was cut off; nobody knows if it took effect"


async def judge(run: Run, call: ToolCall, *, bad: BadCall | None = None) -> Verdict:
    """Return what becomes of a call; nothing is run and nobody is asked."""
    if bad is not None:
        return Verdict(call=call, action="error", reason=bad.error)
    recovered = run.recovered
    decision = recovered.decisions.get(call.id)
    if isinstance(decision, Reject):
        return Verdict(call=call, action="denied", reason=f"it was not approved: {decision.reason}")
    if isinstance(decision, Edit):
        call = ToolCall(id=call.id, name=call.name, arguments=dict(decision.arguments))
    elif call.id in recovered.approved_arguments:
        call = ToolCall(id=call.id, name=call.name, arguments=recovered.approved_arguments[call.id])
    verdict = await _judge_content(run, call, approved=isinstance(decision, Approve | Edit))
    if isinstance(decision, Approve) and decision.always and verdict.action == "run":
        remember(run, verdict)
    if (
        call.id in recovered.intents
        and decision is None
        and verdict.effect in {"write", "external"}
    ):
        return Verdict(
            call=verdict.call, action="ask", effect=verdict.effect, tool=verdict.tool,
            arguments=verdict.arguments, reason=OUTCOME_UNKNOWN, outcome_unknown=True,
        )  # fmt: skip
    return verdict


async def _judge_content(run: Run, call: ToolCall, *, approved: bool) -> Verdict:
    if denied := _never_made(run, call):
        return denied
    tool = next((tool for tool in run.tools if tool.name == call.name), None)
    if tool is None:
        names = [tool.name for tool in run.tools]
        reason = str(UnknownNameError("tool", call.name, names))
        return Verdict(call=call, action="error", reason=f"{reason}; call one of these")
    arguments = _validated(tool, call)
    if isinstance(arguments, str):
        return Verdict(call=call, action="error", tool=tool, reason=arguments)
    checked = await run.services.dispatcher.check_tool_call(run.views, call)
    if isinstance(checked.decision, Deny):
        return Verdict(call=call, action="denied", tool=tool, reason=checked.decision.reason)
    if checked.value is not call:
        call = checked.value
        if denied := _never_made(run, call):
            return denied
        arguments = _validated(tool, call)
        if isinstance(arguments, str):
            return Verdict(call=call, action="error", tool=tool, reason=arguments)
    effect = await _effect(run, tool, call, arguments)
    verdict = Verdict(call=call, action="run", effect=effect, tool=tool, arguments=arguments)
    return _decided(run, verdict, checked.decision, approved=approved)


def _never_made(run: Run, call: ToolCall) -> Verdict | None:
    for pattern in run.services.deny_tools:
        if matches(pattern, call):
            return Verdict(call=call, action="denied", reason=f"`deny_tools` has {pattern!r}")
    return None


def _decided(run: Run, verdict: Verdict, decision: Allow | Ask, *, approved: bool) -> Verdict:
    """Return whether a call that nothing forbids is run or asked about."""
    call, effect = verdict.call, verdict.effect
    vouches = decision.vouches if isinstance(decision, Allow) else ""
    moded = mode_decision(run.services.mode, effect, call.name, vouches=vouches)
    if isinstance(moded, Deny):
        return Verdict(
            call=call, action="denied", effect=effect, tool=verdict.tool, reason=moded.reason
        )
    asked = decision if isinstance(decision, Ask) else moded
    tainted = bool(run.taints) and effect in {"write", "external"}
    if isinstance(asked, Allow) and tainted:
        asked = Ask(why_asked(run, call.name))
    must_ask = isinstance(asked, Ask) and not approved and run.services.mode != "yolo"
    why = asked.reason if isinstance(asked, Ask) else ""
    covers = decision.covers
    if asked is moded and effect == "write" and not covers:
        covers = (ANY_ARGUMENTS,)  # nothing is asked but whether this tool may write
    if must_ask and not tainted and is_remembered(run, call, covers, why):
        must_ask = False  # an answer of before is none about a call that was perhaps instructed
    return dataclasses.replace(
        verdict, action="ask" if must_ask else "run", reason=why, covers=covers
    )


def parts_covered(call: ToolCall, covers: Sequence[str], reason: str) -> list[str]:
    """Return the keys of what an answer for good holds for: a call's parts, or this very call.

    Of the arguments only a digest is kept: they may hold what the session's state must not.
    """
    if covers:
        return [f"{call.name} {part}" for part in covers]
    digest = hashlib.sha256(fingerprint(call).encode("utf-8", "surrogatepass")).hexdigest()
    return [f"{call.name} {digest}: {reason}"]


def is_remembered(run: Run, call: ToolCall, covers: Sequence[str], reason: str) -> bool:
    """Whether each part of a call was approved for good in this session."""
    kept = run.session_state_of("core").get("always", ())
    return bool(kept) and set(parts_covered(call, covers, reason)) <= set(kept)


def remember(run: Run, verdict: Verdict) -> None:
    """Keep in the session that a call's parts are approved for good."""
    state = run.session_state_of("core")
    parts = parts_covered(verdict.call, verdict.covers, verdict.reason)
    state["always"] = list(dict.fromkeys([*state.get("always", ()), *parts]))[-MAX_REMEMBERED:]


def mode_decision(
    mode: Mode, effect: Effect, name: str, *, vouches: Literal["", "auto", "ask"] = ""
) -> Allow | Ask | Deny:
    """Return what a mode says of a call with an effect; it holds with or without guardrails.

    A check that *vouches* for the call takes the question away in the mode `auto`, or also in
    `ask`; it never lifts the refusal of `read-only`.
    """
    if effect in {"pure", "read"} or mode == "yolo":
        return Allow()
    if mode == "read-only":
        return Deny(
            f"{name} may change something ({effect}), and the agent runs in the mode read-only; "
            "look without changing, or tell the user what you would change",
        )
    if mode == "auto" and (effect == "write" or vouches):
        return Allow()
    if mode == "ask" and vouches == "ask":
        return Allow()
    return Ask(f"{name} may change something ({effect})")


async def _effect(run: Run, tool: Tool, call: ToolCall, arguments: BaseModel) -> Effect:
    effect = tool.effect
    if tool.effect_of is not None:  # it may look at files
        effect = await in_thread(tool.effect_of, run.views[f"tool:{tool.name}"], arguments)
    if effect in {"pure", "read"}:
        run.mark_repeatable(call.id)
    return effect


def _validated(tool: Tool, call: ToolCall) -> BaseModel | str:
    """Return the arguments as the tool's model, or what is wrong with them for the model."""
    try:
        return tool.arguments.model_validate(dict(call.arguments))
    except ValidationError as error:
        problems = "; ".join(_problem(detail) for detail in error.errors(include_url=False))
        known = ", ".join(tool.arguments.model_fields)
        return (
            f"the arguments of {call.name} are not valid: {problems}. Its arguments are: {known}. "
            "Nothing was run; call it again with arguments that fit."
        )


def _problem(detail: Any) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "the arguments"
    return f"{place}: {detail['msg'].removeprefix('Value error, ')}"


def matches(pattern: str, call: ToolCall) -> bool:
    """Return whether a call fits `name`, or `name(pattern)` on its first argument."""
    name, parenthesis, rest = pattern.partition("(")
    if name != call.name:
        return False
    if not parenthesis:
        return True
    first = next(iter(call.arguments.values()), "")
    return fnmatch.fnmatchcase(str(first), rest.removesuffix(")"))


_SORTED_JSON: Final = json.JSONEncoder(sort_keys=True, default=str)


def fingerprint(call: ToolCall) -> str:
    """Return what makes two calls the same: their tool and arguments."""
    return f"{call.name} {_SORTED_JSON.encode(dict(call.arguments))}"
