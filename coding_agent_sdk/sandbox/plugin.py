"""The plugin `sandbox`: what runs commands, and what holds them to the workspace."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.sandbox.environment import check_names
from coding_agent_sdk.sandbox.host_list import parse_hosts
from coding_agent_sdk.sandbox.placeholders import take_away_left_behind
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.types.decisions import Ask

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import BackendRegistry
    from coding_agent_sdk.types.tools import ToolCall

__all__ = ["SandboxPlugin"]

_HOST: Final = "host"
_HOLDS_HOSTS: Final = "bubblewrap"
_UNHELD: Final = 'no sandbox holds this command (sandbox = "none"): it has your rights'


class SandboxPlugin:
    """Brings the executors; the setting `sandbox` chooses one of them."""

    name = "sandbox"

    @hookimpl
    def register_settings(self) -> type[SandboxSettings]:
        """Give the model of `[plugins.sandbox]`."""
        return SandboxSettings

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:
        """Offer an executor for each kind of sandbox, and the one without."""
        home = "coding_agent_sdk.sandbox"
        register("executor", "bubblewrap", f"{home}.bubblewrap:BubblewrapExecutor")
        register("executor", "docker", f"{home}.docker:DockerExecutor")
        register("executor", "landlock", f"{home}.landlock:LandlockExecutor")
        register("executor", "seatbelt", f"{home}.seatbelt:SeatbeltExecutor")
        register("executor", "host", f"{home}.host:HostExecutor")

    @hookimpl
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:
        """Clear the workspace of what a command's process that was killed has left there."""
        await in_thread(take_away_left_behind, agent.workspace.root)
        yield

    @hookimpl
    def check_tool_call(self, context: RunContext, call: ToolCall) -> Ask | None:
        """Have each command asked for where no sandbox holds it; the mode `yolo` asks nothing."""
        if call.name != "run_cmd" or context.backend("executor").name != _HOST:
            return None
        command = str(call.arguments.get("command", ""))
        shell = context.shell
        if not shell.is_fresh:  # an answer for good holds for what the command is then
            command = f"{command} # in {shell.folder!r} with {sorted(shell.variables.items())}"
        return Ask(_UNHELD, rule="no_sandbox", covers=(command,))

    @hookimpl
    def validate_settings(self, agent: AgentContext) -> None:
        """Refuse what commands could not be held to.

        Raises:
            ConfigError: A variable is called like a secret, or hosts are listed wrongly, or where
                nothing holds commands to the list.
        """
        settings: SandboxSettings = agent.settings
        check_names(settings.pass_env)
        if not parse_hosts(settings.allow_hosts):
            return
        if settings.network:
            raise ConfigError(
                "plugins.sandbox.allow_hosts and plugins.sandbox.network = true exclude each "
                "other: with the network commands reach all hosts; take one of them out"
            )
        kind = agent.backend("executor").name
        if kind != _HOLDS_HOSTS:
            raise ConfigError(
                f"plugins.sandbox.allow_hosts holds only in the sandbox {_HOLDS_HOSTS!r}, and "
                f"commands run in {kind!r} here; take the list out, or choose that sandbox"
            )
