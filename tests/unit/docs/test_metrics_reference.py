"""The reference names each metric with its type and labels, and each event at its levels."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry

from coding_agent_sdk.events import _TYPES
from coding_agent_sdk.middleware.monitoring.lines import LEVELS
from coding_agent_sdk.middleware.monitoring.metrics import Metrics

from .pages import ROOT

PAGE = (ROOT / "docs" / "reference" / "metrics.md").read_text()


def test_the_table_has_each_metric_with_its_type_and_labels():
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|(.*?)\| \S", PAGE, re.MULTILINE)
    documented = {name: (kind, re.findall(r"`(\w+)`", labels)) for name, kind, labels in rows}
    registry = CollectorRegistry()
    Metrics(registry, max_users=1, max_models=1)
    actual = {
        f"{family._name}_total" if family._type == "counter" else family._name: (
            family._type,
            list(family._labelnames),
        )
        for family in registry._collector_to_names
    }
    assert documented == actual


def test_the_table_has_each_event_at_each_of_its_levels():
    rows = re.findall(r"^\| `(debug|info|warning|error)` \| (.*) \|$", PAGE, re.MULTILINE)
    documented = {(level, name) for level, names in rows for name in re.findall(r"`(\w+)`", names)}
    actual = {(level, _TYPES[kind]) for kind, levels in LEVELS.items() for level in levels}
    assert documented == actual
