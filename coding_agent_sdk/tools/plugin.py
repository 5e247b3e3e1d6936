"""The plugin `tools`: the tools that come with the agent, and where files live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.tools.analyze_code import ANALYZE_CODE
from coding_agent_sdk.tools.apply_patch import APPLY_PATCH
from coding_agent_sdk.tools.edit_file import EDIT_FILE
from coding_agent_sdk.tools.list_files import LIST_FILES
from coding_agent_sdk.tools.read_file import READ_FILE
from coding_agent_sdk.tools.run_cmd import RUN_CMD
from coding_agent_sdk.tools.search_files import SEARCH_FILES
from coding_agent_sdk.tools.write_file import WRITE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coding_agent_sdk.hooks.context import AgentContext
    from coding_agent_sdk.hooks.registry import BackendRegistry
    from coding_agent_sdk.types.tools import Tool

__all__ = ["ToolsPlugin"]

BUILT_IN: tuple[Tool, ...] = (
    READ_FILE,
    LIST_FILES,
    SEARCH_FILES,
    EDIT_FILE,
    WRITE_FILE,
    APPLY_PATCH,
    RUN_CMD,
    ANALYZE_CODE,
)


class ToolsPlugin:
    """Brings the built-in tools, and the local workspace."""

    name = "tools"

    @hookimpl
    def register_tools(self, agent: AgentContext) -> Iterable[Tool]:  # noqa: ARG002  the hook's
        """Give the built-in tools."""
        return BUILT_IN

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:
        """Offer the local workspace."""
        register("workspace", "local", "coding_agent_sdk.sandbox.workspace:LocalWorkspace")
