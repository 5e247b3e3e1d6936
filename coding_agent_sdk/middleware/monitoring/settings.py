"""The settings section of the monitoring plugin."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from coding_agent_sdk.middleware.monitoring.counting import EventCounts
from coding_agent_sdk.middleware.monitoring.lines import LogLevel, logged_from

__all__ = ["MonitoringSettings"]


def _none(value: Any) -> Any:
    """Read the word `none`, for TOML and the environment have no null."""
    return None if isinstance(value, str) and value.strip().lower() == "none" else value


def _registry(value: Any) -> Any:
    if value is None or (hasattr(value, "register") and hasattr(value, "collect")):
        return value
    raise ValueError(
        "a CollectorRegistry of prometheus_client is wanted; it can be set in code only"
    )


class MonitoringSettings(BaseModel):
    """What is counted and what is logged, `[plugins.monitoring]`."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    metrics: bool = True
    """Count what happens, for whoever asks for it."""

    port: Annotated[int | None, Field(ge=0, le=65535), BeforeValidator(_none)] = None
    """Port that `/metrics` is served on while the agent is open; 0 takes a free one, None none."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """Address to serve on; `0.0.0.0` is reachable by everybody who reaches the machine."""

    registry: Annotated[Any, BeforeValidator(_registry)] = Field(default=None, repr=False)
    """A `CollectorRegistry` of the caller's, set in code; None is one of the agent's own."""

    max_users: int = Field(default=100, ge=0)
    """Users that get a label of their own, the first that are seen; the rest are `other`."""

    max_models: int = Field(default=50, ge=0)
    """Models that get a label of their own, the first that are seen; the rest are `other`."""

    log: str = Field(default="off", min_length=1)
    """Where JSON lines go, one for each event: `off`, `stderr`, or the path of a file."""

    log_level: LogLevel = "info"
    """Least level of an event that is logged: `debug`, `info`, `warning`, `error`."""

    log_text_chars: int = Field(default=200, ge=0)
    """Characters of each text (request, answer, result) that a line may hold; 0 for none."""

    @property
    def watches(self) -> bool:
        """Whether anything is made of events."""
        return self.metrics or self.log != "off"

    @property
    def observed(self) -> frozenset[type]:
        """The types of event that are counted or logged."""
        counted = frozenset[type](EventCounts.COUNTED if self.metrics else ())
        return counted if self.log == "off" else counted | logged_from(self.log_level)
