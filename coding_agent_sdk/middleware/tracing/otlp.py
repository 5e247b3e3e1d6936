"""The exporter `otlp`: spans as OTLP over HTTP, to any collector. Needs the extra `otel`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlunsplit

from coding_agent_sdk.middleware.tracing.addresses import split_address
from coding_agent_sdk.middleware.tracing.extras import need
from coding_agent_sdk.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coding_agent_sdk.types.spans import AttributeValue, Span

__all__ = ["OtlpExporter"]

TRACES_PATH: Final = "/v1/traces"
MOST_SECONDS: Final = 10.0

_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_INSTEAD: Final = "write otlp://localhost:4318, or set OTEL_EXPORTER_OTLP_ENDPOINT and write otlp"


class OtlpExporter:
    """Sends spans with OpenTelemetry's own exporter, which reads `OTEL_EXPORTER_OTLP_…`.

    Args:
        url: `otlp://host:4318` or `http(s)://host:4318`, with or without a path; without a URL
            `OTEL_EXPORTER_OTLP_ENDPOINT` says where to, and `http://localhost:4318` is the default.

    Raises:
        ConfigError: The URL cannot be used.
        MissingExtraError: OpenTelemetry's exporter is not installed.
    """

    def __init__(self, *, url: str = "") -> None:
        need("opentelemetry.exporter.otlp.proto.http", feature="exporter 'otlp'", extra="otel")
        self._endpoint = _endpoint(url)
        self._resource: Any = None
        self._scope: Any = None
        self._exporter: Any = None
        self._seconds = 0.0

    def open(self, resource: Mapping[str, AttributeValue]) -> None:
        """Load OpenTelemetry's exporter."""
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        self._resource = Resource.create(dict(resource))
        self._scope = InstrumentationScope("coding_agent_sdk", __version__)

    def export(self, spans: Sequence[Span], *, seconds: float) -> None:
        """Send spans.

        Raises:
            ConnectionError: The server did not take them.
        """
        from coding_agent_sdk.middleware.tracing.otel_spans import export_quietly, readable_span

        ready = [
            readable_span(span, span.attributes, resource=self._resource, scope=self._scope)
            for span in spans
        ]
        export_quietly(self._within(seconds), ready)

    def probe(self, seconds: float) -> None:
        """Send no spans, after `open`, to see whether they would be taken.

        Raises:
            ConnectionError: They would not.
        """
        from coding_agent_sdk.middleware.tracing.otel_spans import export_quietly

        export_quietly(self._within(seconds), [])

    def close(self) -> None:
        """Close the connections."""
        if self._exporter is not None:
            self._exporter.shutdown()

    def _within(self, seconds: float) -> Any:
        """Return an exporter that gives up in time; it takes its time limit when it is made."""
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        if self._exporter is None or seconds < self._seconds:
            self.close()
            limited = seconds < MOST_SECONDS
            self._exporter = OTLPSpanExporter(
                endpoint=self._endpoint, timeout=seconds if limited else None
            )
            self._seconds = seconds
        return self._exporter


def _endpoint(url: str) -> str | None:
    """Return where to send to; None leaves it to OpenTelemetry's own variables."""
    if not url:
        set_by = next((name for name in _VARIABLES if os.environ.get(name, "").strip()), None)
        if set_by is not None:
            split_address(
                os.environ[set_by].strip(), named=set_by, schemes=("http", "https"),
                instead="set it to http://localhost:4318",
            )  # fmt: skip
        return None
    parts = split_address(
        url, named="the exporter", schemes=("otlp", "http", "https"), instead=_INSTEAD
    )
    scheme = "http" if parts.scheme == "otlp" else parts.scheme
    path = parts.path if parts.path not in {"", "/"} else TRACES_PATH
    return urlunsplit((scheme, parts.netloc, path, parts.query, ""))
