"""The settings section of the tracing plugin."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.config.paths import data_home

__all__ = ["TracingSettings", "traces_folder"]


class TracingSettings(BaseModel):
    """What is traced, and where the spans go, `[plugins.tracing]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exporters: list[str] = Field(default=["file"])
    """Names or URLs: `file`, `otlp`, `otlp://host:4318`, `https://host/v1/traces`, `langfuse`."""

    capture_content: bool = True
    """Whether spans hold text: requests, answers, arguments, results, reasons. It is redacted."""

    max_text: int = Field(default=8000, ge=100)
    """Characters of one text of a span; what is longer is cut."""

    service_name: str = Field(default="", max_length=200)
    """Name of the service in traces; where empty `OTEL_SERVICE_NAME`, or `coding-agent`."""

    tags: list[str] = Field(default=[], max_length=50)
    """Tags of each trace, for filters."""

    folder: Path | None = None
    """Where the exporter `file` keeps traces; None is `traces` in the data folder."""

    keep: int = Field(default=100, ge=1)
    """Number of traces that the exporter `file` keeps: the newest."""

    keep_mb: float = Field(default=50.0, gt=0)
    """Megabytes that the traces of the exporter `file` may take together."""

    queue: int = Field(default=4096, ge=1)
    """Spans that may wait for one exporter; further ones are dropped and counted."""

    interval: float = Field(default=1.0, gt=0)
    """Seconds for which spans are gathered before they are exported together."""

    exit_seconds: float = Field(default=1.2, gt=0, le=10)
    """Seconds that the agent's end may wait for all exporters together."""


def traces_folder(settings: TracingSettings) -> Path:
    """Return the folder in which the exporter `file` keeps traces."""
    return data_home() / "traces" if settings.folder is None else settings.folder.expanduser()
