"""The plugin: a tool that lists generated files, and a check that keeps them from being edited."""

from collections.abc import Iterable
from typing import Final

from coding_agent_generated.finding import why_generated
from coding_agent_generated.settings import GeneratedSettings
from coding_agent_sdk import AgentContext, Deny, RunContext, Tool, ToolCall, hookimpl, tool

_WRITING: Final = frozenset({"write_file", "edit_file"})


class GeneratedPlugin:
    """Denies edits of generated files, and tells the model what to do instead.

    It looks at what the tools `write_file` and `edit_file` are called with. A command may still
    write to such a file: that it must run your generator is the point.
    """

    name: Final = "generated"

    @hookimpl
    def register_settings(self) -> type[GeneratedSettings]:
        """Give the section `[plugins.generated]`."""
        return GeneratedSettings

    @hookimpl
    def register_tools(self, agent: AgentContext) -> Iterable[Tool]:
        """Give `list_generated`."""
        settings: GeneratedSettings = agent.settings

        @tool(effect="read")
        async def list_generated(context: RunContext, folder: str = ".") -> str:
            """List the files that are generated and must not be edited by hand.

            Args:
                folder: Where to look, relative to the workspace.
            """
            found = []
            for path in await context.workspace.list_files(folder):
                why = await why_generated(context.workspace, path, settings)
                if why:
                    found.append(f"{path}: {why}")
            return "\n".join(found) or "no generated files"

        return (list_generated,)

    @hookimpl
    async def check_tool_call(self, context: RunContext, call: ToolCall) -> Deny | None:
        """Deny a write to a generated file; the reason goes to the model."""
        if call.name not in _WRITING:
            return None
        path = str(call.arguments.get("path", ""))
        settings: GeneratedSettings = context.settings
        why = await why_generated(context.workspace, path, settings)
        if not why:
            return None
        instead = f"; {settings.instead}" if settings.instead else ", not written by hand"
        return Deny(f"{path} is generated ({why}){instead}", rule="generated")
