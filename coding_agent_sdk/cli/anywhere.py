"""Commands that need no workspace, in a folder that may be none: the home folder, or `/`."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from coding_agent_sdk.cli.configuring import load
from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

if TYPE_CHECKING:
    from collections.abc import Generator

    from coding_agent_sdk.cli.options import AgentOptions

__all__ = ["anywhere", "refusal"]


def refusal(folder: Path) -> str:
    """Return why a folder cannot be a workspace; `""` where it can."""
    try:
        LocalWorkspace(folder)
    except WorkspaceError as error:
        return str(error)
    return ""


@contextlib.contextmanager
def anywhere(options: AgentOptions) -> Generator[AgentOptions]:
    """Yield options with an empty folder for the workspace where the current one can be none.

    A workspace that somebody chose is used, or refused. The files of the current folder are not
    read then: beside another workspace they would be trusted, and they may be anybody's.

    Raises:
        ConfigError: The settings cannot be used.
    """
    loaded = load(options)
    chosen = loaded.origin("workspace") != "default"
    if chosen or not refusal(loaded.settings.workspace):
        yield options
        return
    with tempfile.TemporaryDirectory(prefix="coding-agent-") as folder:
        yield replace(options, workspace=Path(folder), no_project=True)
