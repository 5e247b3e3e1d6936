"""The plugin `tools`: the tools that come with the agent, and where files live."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.tools.analyze_code import ANALYZE_CODE
from coding_agent_sdk.tools.apply_patch import APPLY_PATCH
from coding_agent_sdk.tools.edit_file import EDIT_FILE
from coding_agent_sdk.tools.job_tools import kill_job_tool, read_output_tool
from coding_agent_sdk.tools.jobs import Jobs
from coding_agent_sdk.tools.list_files import LIST_FILES
from coding_agent_sdk.tools.read_file import READ_FILE
from coding_agent_sdk.tools.run_cmd import run_cmd_tool
from coding_agent_sdk.tools.search_files import SEARCH_FILES
from coding_agent_sdk.tools.settings import ToolsSettings
from coding_agent_sdk.tools.shells import Shells
from coding_agent_sdk.tools.write_file import WRITE_FILE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import BackendRegistry
    from coding_agent_sdk.types.tools import Tool, ToolCall

__all__ = ["ToolsPlugin"]


class ToolsPlugin:
    """Brings the built-in tools, and the local workspace."""

    name = "tools"

    def __init__(self) -> None:
        self._jobs: Jobs | None = None
        self._shells: Shells | None = None

    @hookimpl
    def register_settings(self) -> type[ToolsSettings]:
        """Give the section `[plugins.tools]`."""
        return ToolsSettings

    @hookimpl
    def register_tools(self, agent: AgentContext) -> Iterable[Tool]:
        """Give the built-in tools."""
        settings: ToolsSettings = agent.settings
        if settings.background:
            self._jobs = Jobs(limit=settings.max_jobs, of_sessions=settings.keep_jobs)
        if settings.keep_shell:
            self._shells = Shells()
        run_cmd = run_cmd_tool(
            jobs=self._jobs, shells=self._shells, job_seconds=settings.job_seconds
        )
        tools = (READ_FILE, LIST_FILES, SEARCH_FILES, EDIT_FILE, WRITE_FILE, APPLY_PATCH, run_cmd)
        jobs = self._jobs
        of_jobs = () if jobs is None else (read_output_tool(jobs), kill_job_tool(jobs))
        return (*tools, *of_jobs, ANALYZE_CODE)

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:
        """Offer the local workspace."""
        register("workspace", "local", "coding_agent_sdk.sandbox.workspace:LocalWorkspace")

    @hookimpl
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:  # noqa: ARG002  the hook's
        """End what runs in the background with the agent."""
        yield
        if self._jobs is not None:
            await self._jobs.aclose()

    @hookimpl(when="keep_jobs")
    async def manage_user_data(self, user: str, action: str) -> Mapping[str, Any] | None:
        """End and forget the jobs of a user's sessions; they are never exported."""
        if action != "forget" or self._jobs is None:
            return None
        return {"jobs": await self._jobs.forget(user)}

    @hookimpl(when="keep_shell")
    def check_tool_call(self, context: RunContext, call: ToolCall) -> None:
        """Note for what state of its shell a command is judged."""
        if self._shells is not None and call.name == "run_cmd":
            self._shells.note_judged(context)
