"""The settings of the tools that come with the agent."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ToolsSettings"]


class ToolsSettings(BaseModel):
    """The section `[plugins.tools]`.

    Attributes:
        keep_shell: Whether `run_cmd` begins where the command before it ended: `cd` and exported
            variables hold for the rest of the run.
        background: Whether `run_cmd` runs commands in the background, too; the tools `read_output`
            and `kill_job` come with it.
        keep_jobs: Whether commands in the background go on when their run has ended, for the next
            requests of the session; they end with the agent.
        max_jobs: Commands in the background at once, of one run, or of one session with
            *keep_jobs*.
        job_seconds: Seconds after which a command in the background is killed where the model
            gives no timeout.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    keep_shell: bool = False
    background: bool = True
    keep_jobs: bool = False
    max_jobs: int = Field(default=8, ge=1, le=64)
    job_seconds: float = Field(default=3600.0, gt=0, le=7 * 24 * 3600)
