"""The guardrails as a plugin: requests, commands, and the text that goes to every sink."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.middleware.guardrails.pii.runs import PersonalData
from coding_agent_sdk.middleware.guardrails.redacting import TextRedactor
from coding_agent_sdk.middleware.guardrails.requests import check_text_format
from coding_agent_sdk.middleware.guardrails.secrets import redact
from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
from coding_agent_sdk.middleware.guardrails.secrets.memo import LookedThrough
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor
from coding_agent_sdk.types.decisions import Ask, Deny

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.protocols import Redactor
    from coding_agent_sdk.types.decisions import Decision
    from coding_agent_sdk.types.requests import Request
    from coding_agent_sdk.types.tools import ToolCall


class GuardrailsSettings(BaseModel):
    """The section `[plugins.guardrails]`.

    Attributes:
        commands: Judge commands before they run.
        secrets: Mask secrets in all text, for the model, the store, the caller and the observers.
        known_values: Mask the values of the settings' and the environment's secrets exactly.
        max_request_chars: Longest request.
        pii: Where personal data becomes pseudonyms such as `[EMAIL_1]`: `off`, nowhere; `sinks`, in
            what observers get (logs, traces, metrics); `response`, in the answer and the stream,
            too; `model`, also in what the model and the store get.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    commands: bool = True
    secrets: bool = True
    known_values: bool = True
    max_request_chars: int = Field(default=200_000, ge=1)
    pii: Literal["off", "sinks", "response", "model"] = "response"


def _warm_up(settings: GuardrailsSettings, workspace: Path) -> None:
    if settings.secrets:
        redact("token=")
    if settings.commands:
        from coding_agent_sdk.middleware.guardrails.commands import judge_command

        judge_command("true", workspace=workspace)


class GuardrailsPlugin:
    """Checks requests and commands, and takes secrets out of text."""

    name = "guardrails"

    def __init__(self) -> None:
        self._known = KnownValues()
        self._personal = PersonalData()

    @hookimpl
    def register_settings(self) -> type[BaseModel]:
        """Give the settings section."""
        return GuardrailsSettings

    @hookimpl
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:
        """Know the agent's own secrets while it is open."""
        self._known = KnownValues(agent.secrets if agent.settings.known_values else ())
        # Loading the parser and compiling the rules takes longer than a run may be held up.
        await in_thread(_warm_up, agent.settings, agent.workspace.root)
        yield
        self._known = KnownValues()

    @hookimpl
    def check_request(self, context: RunContext, request: Request) -> Decision | None:
        """Refuse a request that is empty, too long, or not text."""
        problem = check_text_format(request.text, max_chars=context.settings.max_request_chars)
        if problem is None or not problem.blocks:
            return None
        return Deny(problem.message, rule=f"request.{problem.kind}")

    @hookimpl
    def check_tool_call(self, context: RunContext, call: ToolCall) -> Decision | None:
        """Judge a command by what it would do; no call may take a pseudonym for the value."""
        refused = self._personal.check(context, call)
        if refused is not None:
            return refused
        command = call.arguments.get("command")
        if call.name != "run_cmd" or not isinstance(command, str) or not context.settings.commands:
            return None
        from coding_agent_sdk.middleware.guardrails.commands import judge_command

        verdict = judge_command(command, workspace=context.workspace.root)
        reason = "; ".join(verdict.reasons)
        if verdict.decision == "deny":
            return Deny(reason, rule="commands")
        return Ask(reason, rule="commands") if verdict.decision == "ask" else None

    @hookimpl
    def open_redactor(self, context: RunContext, sink: str) -> Redactor | None:
        """Take secrets out of a text whichever way it goes, personal data as the settings say."""
        secrets = self._secrets(context) if context.settings.secrets else None
        pii = self._personal.redactor(context, sink)
        if secrets is None or pii is None:
            return secrets or pii
        return TextRedactor(secrets, pii)

    def _secrets(self, context: RunContext) -> SecretRedactor:
        state = context.state
        if "looked_through" not in state:
            state["looked_through"] = LookedThrough()
        return SecretRedactor(self._known, looked_through=state["looked_through"])

    def __repr__(self) -> str:
        """Show no value."""
        return "GuardrailsPlugin()"
