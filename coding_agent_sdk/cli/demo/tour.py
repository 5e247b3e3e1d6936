"""The stations of the tour, in their order; each is a real run of a real agent."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import coding_agent_sdk
from coding_agent_sdk.agent import Agent
from coding_agent_sdk.cli.demo.agents import SESSION, USER, SaysOnce, builder_of
from coding_agent_sdk.cli.demo.sample import PLANTED_KEY
from coding_agent_sdk.cli.render import Renderer, describe_call
from coding_agent_sdk.errors import AgentError
from coding_agent_sdk.middleware.guardrails import judge_command
from coding_agent_sdk.middleware.monitoring import metrics_text
from coding_agent_sdk.middleware.tracing.kept import find_trace
from coding_agent_sdk.middleware.tracing.showing import trees_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from coding_agent_sdk.builder import AgentBuilder
    from coding_agent_sdk.cli.terminal import Terminal
    from coding_agent_sdk.types.requests import Result

__all__ = ["Tour"]

_OTHER: Final = "coding_agent_sdk.cli.demo.other_process"
_COMMAND: Final = "python3 -m shop.report"
_HIDDEN: Final = 'bash -c "$(echo cm0gLXJmIH4v | base64 -d)"'
_METRICS: Final = ("agent_requests_total{", "llm_tokens_total{", "tool_executions_total{")


class Tour:
    """Shows what the agent can do, offline, in a folder of its own.

    Args:
        terminal: Where it is shown.
        workspace: The sample repository.
        data: Where sessions, traces and knowledge are kept.
    """

    def __init__(self, terminal: Terminal, *, workspace: Path, data: Path) -> None:
        self._terminal = terminal
        self._workspace = workspace
        self._data = data
        self._answer = SaysOnce(terminal)
        self._number = 0
        self._asked = ""
        self._agent: Agent
        self._stations: tuple[tuple[str, str, Callable[[], Awaitable[None]]], ...] = (
            ("It looks for faults", "agent.run('Analyze the code')", self._analyze),
            ("It does no harm", "guardrails are on by default", self._harm),
            ("It shows no secret", "to the model, a log, a trace or you", self._secret),
            ("It says where it knows that from", ".knowledge('docs/')", self._cite),
            ("It asks, and loses nothing", "agent.resume(session, decisions)", self._ask),
            ("Another process goes on", "the session's log is the truth", self._resume),
            ("It costs what you allow", ".budget(steps=1)", self._budget),
            ("You see what it did", "coding-agent trace", self._trace),
            ("So does Prometheus", ".monitoring(port=9464)", self._metrics),
        )

    async def walk(self) -> None:
        """Show all stations.

        Raises:
            AgentError: One of them failed.
        """
        began = time.monotonic()
        async with self._builder().build() as self._agent:
            for title, code, show in self._stations:
                self._heading(title, code)
                await show()
        self._terminal.line("")
        self._terminal.line(f"That was the tour, in {time.monotonic() - began:.0f} s. Now yours:")
        for line in (
            'coding-agent run "Analyze the code"    in a folder of your own',
            "coding-agent chat                      talk with it; /help says how",
            "coding-agent doctor                    what works here, and how to set a model",
            "coding-agent --help                    all commands",
        ):
            self._terminal.line(f"  {line}", style="cyan")

    # -- the stations ----------------------------------------------------------------------------

    async def _analyze(self) -> None:
        await self._show(self._agent, "Analyze the code")

    async def _harm(self) -> None:
        await self._show(self._agent, "run `rm -rf ~/`")
        # What a model would run is judged by what it does, however it is written.
        verdict = judge_command(_HIDDEN, workspace=self._workspace)
        self._terminal.line(f"coding-agent explain-command '{_HIDDEN}'", style="cyan")
        self._terminal.line(f"  {verdict.decision}: {verdict.reasons[0]}")

    async def _secret(self) -> None:
        await self._show(self._agent, "find GITHUB_TOKEN in shop/settings.py")
        self._terminal.line(f"the file holds:   {PLANTED_KEY[:6]}… ({len(PLANTED_KEY)} characters)")
        files = [path for path in sorted(self._data.rglob("*")) if path.is_file()]
        found = sum(path.read_bytes().count(PLANTED_KEY.encode()) for path in files)
        self._terminal.line(
            f"found again:      {found} times in the {len(files)} files of sessions, traces and "
            "knowledge that were written"
        )

    async def _cite(self) -> None:
        await self._show(self._agent, "What does the handbook say about refunds?")

    async def _ask(self) -> None:
        result = await self._show(self._agent, f"run `{_COMMAND}`", session=SESSION)
        self._asked = result.run_id
        for request in result.pending:
            self._terminal.line(describe_call(request.call))
            self._terminal.line(f"  waits for approval: {request.reason}")

    async def _resume(self) -> None:
        """Let another process go on, and show what it says."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", _OTHER, self._workspace, self._data,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, env=_environment(),
        )  # fmt: skip
        try:
            said, _ = await process.communicate()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        for line in said.decode("utf-8", "replace").splitlines():
            self._terminal.line(line)
        if process.returncode != 0:
            raise AgentError(f"the other process ended with code {process.returncode}")

    async def _budget(self) -> None:
        async with self._builder().without("rag").budget(steps=1).build() as thrifty:
            result = await self._show(thrifty, "Analyze the code")
        self._terminal.line(f"{result.status}: {result.reason}")

    async def _trace(self) -> None:
        for tree in trees_of(find_trace(self._data / "traces", self._asked)):
            self._terminal.console(self._terminal.out).print(tree)

    async def _metrics(self) -> None:
        for line in metrics_text(self._agent).splitlines():
            if line.startswith(_METRICS) and not line.endswith(" 0.0"):
                self._terminal.line(line)

    # -- the parts -------------------------------------------------------------------------------

    def _heading(self, title: str, code: str) -> None:
        self._number += 1
        self._terminal.line("")
        heading = f"{self._number}/{len(self._stations)}  {title}"
        self._terminal.line(heading, style="bold green")
        self._terminal.line(f"     {code}", style="dim")

    async def _show(self, agent: Agent, text: str, *, session: str | None = None) -> Result:
        self._terminal.line(f"you: {text}", style="bold")
        renderer = Renderer(self._terminal, stream=False, answer=self._answer)
        async with agent.stream(text, session=session, user=USER) as events:
            async for event in events:
                renderer.show(event)
            return events.result

    def _builder(self) -> AgentBuilder[Agent]:
        return builder_of(workspace=self._workspace, data=self._data)


def _environment() -> dict[str, str]:
    """Return an environment in which this package is found, and nothing of the current folder."""
    root = Path(coding_agent_sdk.__file__).parents[1]
    if root.name in {"site-packages", "dist-packages"}:  # its modules would hide Python's own
        return {**os.environ}
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
