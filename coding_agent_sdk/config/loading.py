"""Reading the settings of an agent from all the places where they may stand.

The layers, each above those that follow:

1. `builder`: what code or the command line says;
2. `environment`: variables `CODING_AGENT_*`;
3. the workspace's own `coding_agent.toml` or `pyproject.toml`, where that is not the project's;
4. `.env` of the current folder;
5. the project: `coding_agent.toml`, else `[tool.coding_agent]` of `pyproject.toml`, of the current
   folder, or the file named by `--config` or `CODING_AGENT_CONFIG` instead;
6. the user's own `coding_agent.toml`;
7. the defaults.

**What is trusted.** Builder, environment, a file that was named and the user's own file are; so
are the files of the current folder where it lies outside of the workspace and of the repository
around it. Files that lie inside may be somebody else's, shipped with a cloned repository. They can
make the mode stricter, limits lower, the list of denied tools longer and the workspace smaller.
Where the current folder lies in the workspace, its files choose `model` and
`temperature`, too, and its `.env` gives the providers' API keys, as is the convention. Addresses,
stores, executors, plugins, prompts and whatever else could loosen a check or send data elsewhere
are left out with a note. In such a `.env`, `${NAME}` does not see the environment, so it cannot
carry a value from there into a setting. The `.env` of a workspace that is not the current folder
is never read.

One risk stays: a `.env` can bring the provider key of its author, who may then see at the
provider what was sent. A key in the environment wins over it.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.config.files import Table, is_there, read_table
from coding_agent_sdk.config.layers import Layer, checked, merged
from coding_agent_sdk.config.loaded import LoadedSettings
from coding_agent_sdk.config.paths import config_home
from coding_agent_sdk.config.project import ProjectFiles
from coding_agent_sdk.config.settings import Settings
from coding_agent_sdk.config.variables import settings_in
from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["load_settings"]


def load_settings(
    *,
    explicit: Mapping[str, Any] | None = None,
    said_by: Mapping[str, str] | None = None,
    config_file: Path | None = None,
    cwd: Path | None = None,
    workspace: Path | None = None,
    environ: Mapping[str, str] | None = None,
    project: bool = True,
) -> LoadedSettings:
    """Read the settings from all layers: builder > environment > files > defaults.

    Nothing is written, and `os.environ` stays as it is.

    Args:
        explicit: What code or the command line sets, by key; None is a value like others, so
            leave out what was not given.
        said_by: What of it has another name than `builder`, by key in full: an option of the
            command line, such as `{"timeout": "--timeout"}`.
        config_file: A TOML file to read instead of the project's own; it is trusted.
        cwd: The current folder, where that is not the one of the process.
        workspace: The folder to work in, the same as `explicit["workspace"]`.
        environ: Variables to read instead of those of the process.
        project: Whether the files of the current folder and of the workspace are read at all.

    Raises:
        ConfigError: A file, a key, a value or a variable cannot be used. The message names the
            place and the nearest known name and never shows a secret.
    """
    variables = dict(os.environ if environ is None else environ)
    folder = _current(cwd)
    given = {} if workspace is None else {"workspace": workspace}
    unknown: list[str] = []
    values, origins = settings_in(variables, "environment", unknown)
    above = [
        checked({**given, **(explicit or {})}, "builder", folder=folder, origins=said_by),
        checked(values, "environment", folder=folder, origins=origins),
    ]
    named = _named(config_file, variables, folder)
    user = _user(variables)
    below = [checked(table.values, str(table.path), folder=folder) for table in (*named, *user)]
    below.append(Layer(name="default", settings=Settings(workspace=folder)))
    notes: list[str] = []
    ignored: list[str] = []
    extra: Mapping[str, str] = {}
    if project:
        files = ProjectFiles(
            folder=folder,
            variables=variables,
            named=bool(named),
            used=tuple(table.path.resolve() for table in (*named, *user)),
            notes=notes,
            ignored=ignored,
            unknown=unknown,
        )
        below, extra = files.over(below, above=above)
    return LoadedSettings(
        settings=merged([*above, *below]),
        notes=tuple(dict.fromkeys([*unknown, *ignored, *notes])),
        ignored=tuple(dict.fromkeys(ignored)),
        unknown=tuple(dict.fromkeys(unknown)),
        environment=MappingProxyType({**variables, **extra}),
        layers=(*above, *below),
    )


def _current(cwd: Path | None) -> Path:
    try:
        return (Path.cwd() if cwd is None else Path(cwd)).resolve()
    except (OSError, RuntimeError) as error:
        raise ConfigError(f"the current folder cannot be used: {error}; go to another") from error


def _named(config_file: Path | None, variables: Mapping[str, str], folder: Path) -> list[Table]:
    """Read the file that was asked for, if any was."""
    by_variable = variables.get("CODING_AGENT_CONFIG", "").strip()
    if config_file is not None:
        return [read_table(folder / config_file, asked="--config", pipes=True)]
    if by_variable:
        return [read_table(folder / by_variable, asked="CODING_AGENT_CONFIG", pipes=True)]
    return []


def _user(variables: Mapping[str, str]) -> list[Table]:
    path = config_home(variables) / "coding_agent.toml"
    return [read_table(path)] if is_there(path) else []
