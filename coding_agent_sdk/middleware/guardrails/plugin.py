"""The guardrails as a plugin: requests, commands, and the text that goes to every sink."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.middleware.guardrails.policy import changed
from coding_agent_sdk.middleware.guardrails.requests import check_text_format
from coding_agent_sdk.middleware.guardrails.rules import Rule
from coding_agent_sdk.middleware.guardrails.secrets import redact
from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
from coding_agent_sdk.middleware.guardrails.secrets.memo import LookedThrough
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor
from coding_agent_sdk.middleware.guardrails.tool_calls import check_call, parts_of_sql_tool
from coding_agent_sdk.types.decisions import Deny

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import CommandRegistry
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
        policy: What is thought of a command, by effect and place (`"*"`: all other places), as
            `{write = {home = "allow"}}`; the floor stays denied.
        rules: Decisions on tools, simple commands and paths; deny goes before ask before allow.
        sql_tools: Tools that run SQL, as `name:argument:dialect`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    commands: bool = True
    secrets: bool = True
    known_values: bool = True
    max_request_chars: int = Field(default=200_000, ge=1)
    policy: dict[str, dict[str, Literal["allow", "ask", "deny"]]] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    sql_tools: tuple[str, ...] = ()

    @field_validator("policy")
    @classmethod
    def _known_policy(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        changed(value)
        return value

    @field_validator("sql_tools")
    @classmethod
    def _known_tools(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for described in value:
            parts_of_sql_tool(described)
        return value


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

    @hookimpl
    def register_settings(self) -> type[BaseModel]:
        """Give the settings section."""
        return GuardrailsSettings

    @hookimpl
    def register_commands(self, register: CommandRegistry) -> None:
        """Offer `coding-agent explain-command`."""
        home = "coding_agent_sdk.middleware.guardrails.explaining"
        register("explain-command", f"{home}:explain_command")

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
        """Judge a call by the rules, a command and SQL by what they would do."""
        return check_call(context.settings, call, workspace=context.workspace.root)

    @hookimpl
    def open_redactor(self, context: RunContext, sink: str) -> Redactor | None:  # noqa: ARG002  all sinks alike
        """Take secrets out of a text, whichever way it goes."""
        if not context.settings.secrets:
            return None
        state = context.state
        if "looked_through" not in state:
            state["looked_through"] = LookedThrough()
        return SecretRedactor(self._known, looked_through=state["looked_through"])

    def __repr__(self) -> str:
        """Show no value."""
        return "GuardrailsPlugin()"
