"""The metrics of a registry as text, in the format that the reader asks for.

prometheus_client is imported here, so this module is imported on use.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.metrics_core import Metric

__all__ = ["CONTENT_TYPE", "exposition"]

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
"""What the text is where the reader does not ask for another format."""

MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Variable by which prometheus_client adds the processes of a server up."""


class _WithoutCreated:
    """The metrics of a registry less the times at which each series began.

    prometheus_client adds a series `…_created` to each of them, which doubles what is stored, and
    can be told otherwise only for the whole process.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics."""
        for metric in self._registry.collect():
            created = f"{metric.name}_created"
            metric.samples = [sample for sample in metric.samples if sample.name != created]
            yield metric


def _collected(registry: CollectorRegistry) -> CollectorRegistry:
    if MULTIPROCESS not in os.environ:
        return registry
    all_processes = CollectorRegistry()
    MultiProcessCollector(all_processes)  # type: ignore[no-untyped-call]  # theirs to annotate
    return all_processes


def exposition(registry: CollectorRegistry, *, accept: str = "") -> tuple[bytes, str]:
    """Return the text of a registry and its content type.

    Args:
        registry: The metrics. Where `PROMETHEUS_MULTIPROC_DIR` is set, those of all processes that
            share the folder are given instead.
        accept: The reader's `Accept` header.
    """
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # a version that is no version
        encode, content_type = generate_latest, CONTENT_TYPE
    return encode(_WithoutCreated(_collected(registry))), content_type
