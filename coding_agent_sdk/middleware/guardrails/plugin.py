"""The guardrails as a plugin: requests, commands, and the text that goes to every sink."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.middleware.guardrails.pii.runs import PersonalData
from coding_agent_sdk.middleware.guardrails.policy import changed
from coding_agent_sdk.middleware.guardrails.prompts import judge_text
from coding_agent_sdk.middleware.guardrails.prompts.checks import (
    check_intent,
    check_passage,
    check_result,
)
from coding_agent_sdk.middleware.guardrails.redacting import RunRedactors
from coding_agent_sdk.middleware.guardrails.requests import check_text_format
from coding_agent_sdk.middleware.guardrails.rules import Rule, fitting_no_tool
from coding_agent_sdk.middleware.guardrails.secrets import redact
from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues
from coding_agent_sdk.middleware.guardrails.tool_calls import check_call, parts_of_sql_tool
from coding_agent_sdk.middleware.guardrails.vault.layer import Passing
from coding_agent_sdk.middleware.guardrails.vault.sessions import Sessions
from coding_agent_sdk.types.decisions import Deny
from coding_agent_sdk.types.tools import ToolResult

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
    from pathlib import Path

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import CommandRegistry
    from coding_agent_sdk.protocols import Redactor
    from coding_agent_sdk.types.context import ContextItem
    from coding_agent_sdk.types.decisions import Decision
    from coding_agent_sdk.types.requests import Request
    from coding_agent_sdk.types.tools import ToolCall

logger = logging.getLogger(__name__)

_REDACTORS: Final = "redactors"
"""Where a run's state has what opens its redactors."""


class GuardrailsSettings(BaseModel):
    """The section `[plugins.guardrails]`.

    Attributes:
        commands: Judge commands before they run.
        prompts: Judge requests: one that wants harm done or the guards off is blocked.
        injections: What becomes of a result or a passage that tries to instruct the model: `mark`
            it as untrusted and have side effects asked for, `withhold` it too, or `off`.
        secrets: Mask secrets in all text, for the model, the store, the caller and the observers.
        known_values: Mask the values of the settings' and the environment's secrets exactly.
        max_request_chars: Longest request.
        vault: Show the model a placeholder for each secret in a tool's result, and put the true
            value back into what `write_file`, `edit_file` and `apply_patch` write. In memory only,
            for the session.
        vault_commands: Beginnings of commands, such as `psql` or `npm publish`, that `run_cmd`
            runs with true values, where one is a plain call; none by default.
        vault_hours: How long values are kept after a session used them last.
        pii: Where personal data becomes pseudonyms such as `[EMAIL_1]`: `off`, nowhere; `sinks`, in
            what observers get (logs, traces, metrics); `response`, in the answer and the stream,
            too; `model`, also in what the model and the store get.
        policy: What is thought of a command, by effect and place (`"*"`: all other places), as
            `{write = {home = "allow"}}`; the floor stays denied.
        rules: Decisions on tools, simple commands and paths; deny goes before ask before allow.
        sql_tools: Tools that run SQL, as `name:argument:dialect`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    commands: bool = True
    prompts: bool = True
    injections: Literal["mark", "withhold", "off"] = "mark"
    secrets: bool = True
    known_values: bool = True
    max_request_chars: int = Field(default=200_000, ge=1)
    vault: bool = True
    vault_commands: tuple[str, ...] = ()
    vault_hours: float = Field(default=8.0, gt=0)
    pii: Literal["off", "sinks", "response", "model"] = "response"
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
    if settings.prompts:
        judge_text("a request", source="user")
    if settings.injections != "off":
        judge_text("a result", source="tool")
    if settings.commands:
        from coding_agent_sdk.middleware.guardrails.commands import judge_command

        judge_command("true", workspace=workspace)


class GuardrailsPlugin:
    """Checks requests and commands, and takes secrets out of text."""

    name = "guardrails"

    def __init__(self) -> None:
        self._known = KnownValues()
        self._sessions = Sessions()
        self._personal = PersonalData()
        self._seen_rules = False

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
        self._sessions = Sessions(seconds=agent.settings.vault_hours * 3600)
        # Loading the parser and compiling the rules takes longer than a run may be held up.
        await in_thread(_warm_up, agent.settings, agent.workspace.root)
        yield
        self._known, self._sessions = KnownValues(), Sessions()

    @hookimpl
    def check_request(
        self, context: RunContext, request: Request
    ) -> Decision | Awaitable[Decision | None] | None:
        """Refuse a request that is empty, too long, not text, or wants harm done."""
        self._warn_of_rules(context)
        problem = check_text_format(request.text, max_chars=context.settings.max_request_chars)
        if problem is not None and problem.blocks:
            return Deny(problem.message, rule=f"request.{problem.kind}")
        return check_intent(request.text) if context.settings.prompts else None

    def _warn_of_rules(self, context: RunContext) -> None:
        """Tell once of rules for tools that there are not; a sub-agent has some of them only."""
        if not self._seen_rules and context.parent_run_id is None:
            self._seen_rules = True
            for said in fitting_no_tool(context.settings.rules, context.tools):
                logger.warning("%s", said)

    @hookimpl
    def check_tool_call(self, context: RunContext, call: ToolCall) -> Decision | None:
        """Judge a call by the rules, a command and SQL by what they would do.

        No call may take a pseudonym for the value.
        """
        refused = self._personal.check(context, call)
        if refused is not None:
            return refused
        root, shell = context.workspace.root, context.shell
        return check_call(context.settings, call, workspace=root, tools=context.tools, shell=shell)

    @hookimpl(phase="vault", when="secrets")
    async def wrap_tool_call(
        self,
        context: RunContext,
        call: ToolCall,
        call_next: Callable[[ToolCall], Awaitable[ToolResult]],
    ) -> ToolResult:
        """Put true values in, and placeholders in the place of those that come out."""
        passing = Passing(context, own=self._known, sessions=self._sessions)
        inner = passing.with_true_values(call)
        if isinstance(inner, ToolResult):
            return inner
        return passing.with_placeholders(call, await call_next(inner))

    @hookimpl
    def check_tool_result(
        self, context: RunContext, call: ToolCall, result: ToolResult
    ) -> Decision | Awaitable[Decision | None] | None:
        """Mark a result that tries to instruct the model, and taint the run."""
        return check_result(context, call, result)

    @hookimpl
    def check_context(
        self, context: RunContext, item: ContextItem
    ) -> Decision | Awaitable[Decision | None] | None:
        """Mark a passage that tries to instruct the model, and taint the run."""
        return check_passage(context, item)

    @hookimpl
    def open_redactor(self, context: RunContext, sink: str) -> Redactor | None:
        """Take secrets out of a text whichever way it goes, personal data as the settings say."""
        state = context.state
        redactors: RunRedactors | None = state.get(_REDACTORS)
        if redactors is None:
            redactors = state[_REDACTORS] = RunRedactors(
                context, own=self._known, sessions=self._sessions, personal=self._personal
            )
        return redactors.open(context, sink)

    @hookimpl
    def manage_user_data(self, user: str, action: str) -> Mapping[str, Any] | None:
        """Forget the secrets that a user's sessions have met; they are never exported."""
        return {"sessions": self._sessions.forget(user)} if action == "forget" else None

    def __repr__(self) -> str:
        """Show no value."""
        return "GuardrailsPlugin()"
