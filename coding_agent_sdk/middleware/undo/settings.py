"""The settings section of the plugin `undo`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["UndoSettings"]


class UndoSettings(BaseModel):
    """What is kept to take changes of files back, `[plugins.undo]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file_megabytes: int = Field(default=16, ge=1)
    """Megabytes of a file that is kept; the result of a call that changes a larger one says so."""

    megabytes: int = Field(default=512, ge=1)
    """Megabytes that are kept in all; the oldest runs go first."""

    days: float = Field(default=14.0, gt=0)
    """Days after which a run is removed."""

    commands: bool = True
    """Whether what commands change is covered, by a copy of the workspace's files that git does not
    ignore."""

    command_files: int = Field(default=20_000, ge=1)
    """Files and folders of a workspace; in one with more, commands are not covered."""

    command_file_megabytes: int = Field(default=4, ge=1)
    """Megabytes of a file that is copied before a command."""

    command_megabytes: int = Field(default=128, ge=1)
    """Megabytes of a workspace that are copied; the largest files are left out first."""
