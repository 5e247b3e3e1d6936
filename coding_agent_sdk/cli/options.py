"""Options that several commands share, and the agent that they describe."""

from __future__ import annotations

import enum
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer

from coding_agent_sdk.cli.terminal import Color, Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.agent import Agent
    from coding_agent_sdk.types.decisions import Approver

__all__ = [
    "SAID_BY",
    "AgentOptions",
    "ModeName",
    "OutputOptions",
    "agent_options",
    "output_options",
]

AGENT = "Agent"
LIMITS = "Limits"
OUTPUT = "Output"
SAFE = "Safe start"


class ModeName(enum.StrEnum):
    """What happens to calls with an effect."""

    READ_ONLY = "read-only"
    ASK = "ask"
    AUTO = "auto"
    YOLO = "yolo"


# -- the agent -------------------------------------------------------------------------------

WorkspaceOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--workspace", "-w", metavar="DIR", rich_help_panel=AGENT, show_default=False,
        help="Folder that the agent works in; by default the current one.",
    ),
]  # fmt: skip
ModelOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model", "-m", metavar="PROVIDER:NAME", rich_help_panel=AGENT, show_default=False,
        help="Model, such as anthropic:claude-sonnet-5-5, openai:gpt-4.1 or offline:rules; by "
        "default that of the provider whose key is set.",
    ),
]  # fmt: skip
BaseUrlOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", rich_help_panel=AGENT, show_default=False,
        help="Address of the provider, for a gateway or a compatible server.",
    ),
]  # fmt: skip
ModeOption: TypeAlias = Annotated[
    ModeName | None,
    typer.Option(
        "--mode", rich_help_panel=AGENT, show_default=False,
        help="What happens to writes and commands: refuse them, ask for them (the default), "
        "write and ask for the rest, or run everything.",
    ),
]  # fmt: skip
SandboxOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--sandbox", metavar="NAME", rich_help_panel=AGENT, show_default=False,
        help="What holds commands to the workspace: auto (bubblewrap, the default), none, or the "
        "name of a plugin's executor.",
    ),
]  # fmt: skip
ConfigOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", rich_help_panel=AGENT, show_default=False,
        help="Configuration file to read instead of the current folder's; it is trusted.",
    ),
]  # fmt: skip
UserOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--user", metavar="ID", rich_help_panel=AGENT, show_default=False,
        help="Who asks; a session belongs to its user.",
    ),
]  # fmt: skip

# -- the conversation --------------------------------------------------------------------------

SessionOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--session", "-s", metavar="ID", show_default=False,
        help="The conversation to begin or to go on with; by default a new one.",
    ),
]  # fmt: skip
ContinueOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--continue", "-c", help="Go on with the newest session of this user and workspace."
    ),
]

ApproveOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--approve", metavar="ID", show_default=False,
        help="Run the call of this id, or all; may be repeated.",
    ),
]  # fmt: skip
RejectOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--reject", metavar="ID", show_default=False,
        help="Do not run the call of this id, or all; may be repeated.",
    ),
]  # fmt: skip
ReasonOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--reason", metavar="TEXT", show_default=False,
        help="What the model is told about the rejected calls.",
    ),
]  # fmt: skip

SchemaOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output-schema", metavar="FILE", rich_help_panel=OUTPUT, show_default=False,
        help="A JSON schema that the answer has to fit; standard output gets the JSON alone.",
    ),
]  # fmt: skip
RecordOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--record", metavar="FILE", rich_help_panel=OUTPUT, show_default=False,
        help="Keep the conversation as a cassette, redacted, for tests to play it again.",
    ),
]  # fmt: skip

# -- limits ----------------------------------------------------------------------------------

TimeoutOption: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--timeout", metavar="SECONDS", rich_help_panel=LIMITS, show_default=False,
        help="Most seconds that the run may take.",
    ),
]  # fmt: skip
StepsOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max-steps", metavar="N", rich_help_panel=LIMITS, show_default=False,
        help="Most model calls of the run.",
    ),
]  # fmt: skip
BudgetOption: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--max-budget-usd", metavar="USD", rich_help_panel=LIMITS, show_default=False,
        help="Most US dollars that the run may spend.",
    ),
]  # fmt: skip

# -- output ----------------------------------------------------------------------------------

JsonOption: TypeAlias = Annotated[
    bool,
    typer.Option("--json", rich_help_panel=OUTPUT, help="Write one JSON object a line."),
]
QuietOption: TypeAlias = Annotated[
    bool,
    typer.Option("--quiet", "-q", rich_help_panel=OUTPUT, help="Show the answer and errors only."),
]
NoStreamOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-stream", rich_help_panel=OUTPUT, help="Show texts whole, not while they are written."
    ),
]
ColorOption: TypeAlias = Annotated[
    Color,
    typer.Option(
        "--color", rich_help_panel=OUTPUT, help="When to use colours; NO_COLOR is obeyed, too."
    ),
]
DebugOption: TypeAlias = Annotated[
    bool,
    typer.Option("--debug", rich_help_panel=OUTPUT, help="Show tracebacks and the SDK's log."),
]

# -- safe start ------------------------------------------------------------------------------

NoPluginsOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-plugins", rich_help_panel=SAFE, help="Load no installed third-party plugins."
    ),
]
NoProjectOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--no-project-config", rich_help_panel=SAFE,
        help="Read no configuration files of the current folder and the workspace.",
    ),
]  # fmt: skip
WithoutOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--without", metavar="NAME", rich_help_panel=SAFE, show_default=False,
        help="Leave out a plugin, a built-in one too; may be repeated.",
    ),
]  # fmt: skip


SAID_BY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "workspace": "--workspace",
        "model": "--model",
        "base_url": "--base-url",
        "mode": "--mode",
        "sandbox": "--sandbox",
        "timeout": "--timeout",
        "max_steps": "--max-steps",
        "load_plugins": "--no-plugins",
        "plugins.budget.usd": "--max-budget-usd",
        "plugins.memory.any_workspace": "--workspace",
    }
)
"""The option that says a setting: what messages, and the settings that are shown, name."""


@dataclass(frozen=True, kw_only=True)
class AgentOptions:
    """What the command line says about the agent; None leaves it to the settings.

    Attributes:
        workspace: The folder that it works in.
        model: `provider:name`.
        base_url: Address of the provider.
        mode: What happens to calls with an effect.
        sandbox: What holds commands to the workspace.
        config: A configuration file.
        timeout: Seconds of one run.
        max_steps: Model calls of one run.
        max_budget_usd: US dollars of one run.
        without: Plugins that are left out.
        no_plugins: Load no installed plugins.
        no_project: Read no files of the project.
    """

    workspace: Path | None = None
    model: str | None = None
    base_url: str | None = None
    mode: ModeName | None = None
    sandbox: str | None = None
    config: Path | None = None
    timeout: float | None = None
    max_steps: int | None = None
    max_budget_usd: float | None = None
    without: tuple[str, ...] = ()
    no_plugins: bool = False
    no_project: bool = False

    def settings(self) -> dict[str, Any]:
        """Return the settings that were given, by key."""
        given: dict[str, Any] = {
            "workspace": self.workspace,
            "model": self.model,
            "base_url": self.base_url,
            "mode": None if self.mode is None else self.mode.value,
            "sandbox": self.sandbox,
            "timeout": self.timeout,
            "max_steps": self.max_steps,
            "load_plugins": [] if self.no_plugins else None,
        }
        if self.max_budget_usd is not None:
            given["plugins"] = {"budget": {"usd": str(self.max_budget_usd)}}
        return {key: value for key, value in given.items() if value is not None}

    def build(self, *, approver: Approver | None = None, plugins: Sequence[object] = ()) -> Agent:
        """Build the agent.

        Args:
            approver: Who is asked.
            plugins: Further plugins of it.

        Raises:
            ConfigError: Something of it is wrong.
        """
        from coding_agent_sdk.agent import Agent

        builder = (
            Agent.builder()
            .settings(**self.settings())
            .said_by(SAID_BY)
            .config(self.config, project=not self.no_project)
            .without(*self.without)
            .use(*plugins)
            .installed_plugins(load=not self.no_plugins)
        )
        if self.workspace is not None and "memory" not in self.without:
            builder = builder.plugin("memory", any_workspace=True)  # it was said which is meant
        return (builder if approver is None else builder.approver(approver)).build()

    def arguments(self) -> list[str]:
        """Return the options as they are written on a command line, to go on with the same."""
        written: list[str] = []
        for option, value in (
            ("--workspace", None if self.workspace is None else self.workspace.absolute()),
            ("--model", self.model),
            ("--base-url", self.base_url),
            ("--mode", self.mode),
            ("--sandbox", self.sandbox),
            ("--config", None if self.config is None else self.config.absolute()),
            *(("--without", name) for name in self.without),
        ):
            if value is not None:
                written += [option, str(value)]
        written += ["--no-plugins"] if self.no_plugins else []
        written += ["--no-project-config"] if self.no_project else []
        return written


def agent_options(
    *,
    workspace: WorkspaceOption = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    mode: ModeOption = None,
    sandbox: SandboxOption = None,
    config: ConfigOption = None,
    timeout: TimeoutOption = None,
    max_steps: StepsOption = None,
    max_budget_usd: BudgetOption = None,
    no_plugins: NoPluginsOption = False,
    no_project_config: NoProjectOption = False,
    without: WithoutOption = None,
) -> AgentOptions:
    """Return what these options say of the agent; commands get them by `takes`."""
    return AgentOptions(
        workspace=workspace, model=model, base_url=base_url, mode=mode, sandbox=sandbox,
        config=config,
        timeout=timeout, max_steps=max_steps, max_budget_usd=max_budget_usd,
        without=tuple(without or ()), no_plugins=no_plugins, no_project=no_project_config,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What the command line says about what is shown.

    Attributes:
        stream: Show texts while they are written.
        terminal: What is written to.
    """

    stream: bool = True
    terminal: Terminal = field(default_factory=Terminal)


def output_options(
    *,
    quiet: QuietOption = False,
    no_stream: NoStreamOption = False,
    color: ColorOption = Color.AUTO,
    debug: DebugOption = False,
) -> OutputOptions:
    """Return what these options say of the output; commands get them by `takes`."""
    del debug  # read by main
    return OutputOptions(stream=not no_stream, terminal=Terminal(color=color, quiet=quiet))


def command_line(*words: str) -> str:
    """Return a command that can be pasted into a shell."""
    return shlex.join(["coding-agent", *words])
