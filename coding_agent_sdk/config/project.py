"""The files of the current folder and of the workspace, taken as far as they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coding_agent_sdk.config.files import project_table, read_env
from coding_agent_sdk.config.layers import Layer, checked, merged
from coding_agent_sdk.config.trust import CHOICES, inside, provider_keys, repository_of, tightened
from coding_agent_sdk.config.variables import expanded, settings_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["ProjectFiles"]

_NAME_IT = "pass --config FILE to trust it"
_SET_IT = "set it in the environment to have it so"
_EARLY = ("CODING_AGENT_CONFIG", "CODING_AGENT_HOME")  # needed before a .env is looked for


@dataclass(frozen=True, kw_only=True)
class ProjectFiles:
    """The files around the current folder.

    Attributes:
        folder: The current folder.
        variables: The environment.
        named: Whether a file was named to be read instead of the project's own.
        used: Files that are read as trusted ones already, with links followed.
        notes: Gets a line for what could not be read, or is of no use to us.
        ignored: Gets a line for each setting that is left out.
        unknown: Gets a line for each variable with our prefix that is no setting.
    """

    folder: Path
    variables: Mapping[str, str]
    named: bool
    used: tuple[Path, ...]
    notes: list[str]
    ignored: list[str]
    unknown: list[str]

    def over(
        self, below: Sequence[Layer], *, above: Sequence[Layer]
    ) -> tuple[list[Layer], dict[str, str]]:
        """Lay the files over *below*, the trusted layers that they go above.

        Returns:
            The layers, the strongest first, and the variables of `.env` that the environment
            does not have.

        Raises:
            ConfigError: A file, a key or a value cannot be used.
        """
        base = _workspace([*above, *below])
        env = read_env(self.folder / ".env")
        self.notes.extend(env.notes)
        self.ignored.extend(
            f".env: {name} has no effect there; set it in the environment"
            for name in _EARLY
            if name in env.variables
        )
        project = [] if self.named else self._layers_of(self.folder)
        variables = expanded(env.variables, {})
        dotenv = self._variables_layer(variables)
        restricted = self._lies_in(base, _workspace([*above, dotenv, *project, *below]))
        if not restricted:
            variables = expanded(env.variables, self.variables)
            dotenv = self._variables_layer(variables)
            restricted = self._lies_in(_workspace([*above, dotenv, *project, *below]))
        if restricted:
            variables = expanded(env.variables, {})
            project = [self._tightened(layer, below, base) for layer in project]
            dotenv = self._variables_layer(variables)
            dotenv = self._tightened(dotenv, [*project, *below], base)
            variables = provider_keys(variables, self.notes, name=".env")
        near = [dotenv, *project, *below]
        far = self._workspace_layers(_workspace([*above, *near]), near)
        return [*far, *near], self._missing(variables)

    def _lies_in(self, *workspaces: Path) -> bool:
        return any(inside(self.folder, repository_of(place)) for place in workspaces)

    def _layers_of(self, folder: Path) -> list[Layer]:
        table = project_table(folder, self.ignored)
        if table is None or table.path.resolve() in self.used:
            return []
        name = table.path.name if folder == self.folder else str(table.path)
        return [checked(table.values, name, folder=folder)]

    def _variables_layer(self, variables: Mapping[str, str]) -> Layer:
        values, origins = settings_in(variables, ".env", self.unknown)
        return checked(values, ".env", folder=self.folder, origins=origins)

    def _tightened(self, layer: Layer, below: Sequence[Layer], base: Path) -> Layer:
        env = layer.name == ".env"
        return tightened(
            layer,
            merged(below),
            self.ignored,
            also=CHOICES | {"api_key"} if env else CHOICES,
            workspace=base,
            advice=_SET_IT if env else _NAME_IT,
        )

    def _workspace_layers(self, workspace: Path, below: Sequence[Layer]) -> list[Layer]:
        """Read the file of the workspace itself, where that was not the project's."""
        if workspace == self.folder and not self.named:
            return []
        return [
            tightened(layer, merged(below), self.ignored, advice=_NAME_IT)
            for layer in self._layers_of(workspace)
        ]

    def _missing(self, variables: Mapping[str, str]) -> dict[str, str]:
        return {
            name: value
            for name, value in variables.items()
            if value and not self.variables.get(name) and name not in _EARLY
        }


def _workspace(layers: Sequence[Layer]) -> Path:
    return merged(layers).workspace
