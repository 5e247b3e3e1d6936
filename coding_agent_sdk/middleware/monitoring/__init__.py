"""Monitoring: Prometheus metrics and JSON logs, both made of a run's events.

`metrics_app(agent)` is an ASGI app to mount, `metrics_text(agent)` the text that it serves,
`metrics_url(agent)` where the agent's own port is.
"""

from __future__ import annotations

from coding_agent_sdk.middleware.monitoring.app import metrics_app as metrics_app
from coding_agent_sdk.middleware.monitoring.app import metrics_text as metrics_text
from coding_agent_sdk.middleware.monitoring.app import metrics_url as metrics_url
from coding_agent_sdk.middleware.monitoring.plugin import MonitoringPlugin as MonitoringPlugin
from coding_agent_sdk.middleware.monitoring.settings import (
    MonitoringSettings as MonitoringSettings,
)

__all__ = [
    "MonitoringPlugin",
    "MonitoringSettings",
    "metrics_app",
    "metrics_text",
    "metrics_url",
]
