"""The exporter `langfuse`: spans as Langfuse's observations. Needs the extra `langfuse`.

Of the Langfuse SDK it uses what sends: the address, the keys, the compression and the names of
attributes. It makes no client: there is one for each key in a process, which would be shared with
the application's, which sets the global tracer provider, and which waits at the process's end.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.config.masking import masked_text
from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.middleware.tracing.addresses import split_address
from coding_agent_sdk.middleware.tracing.extras import need

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from coding_agent_sdk.types.spans import AttributeValue, Span, SpanKind

__all__ = ["LangfuseExporter", "langfuse_attributes"]

DEFAULT_BASE_URL: Final = "https://cloud.langfuse.com"
DEFAULT_SECONDS: Final = 5
MOST_SECONDS: Final = 3_600
NEVER_SECONDS: Final = 86_400.0
LONGEST: Final = 200
"""Characters of a user, a session and a tag that Langfuse takes, US-ASCII."""

_TYPES: Final[Mapping[SpanKind, str]] = {
    "agent": "agent",
    "model": "generation",
    "tool": "tool",
    "retrieval": "retriever",
    "guardrail": "guardrail",
    "approval": "span",
}
_INPUTS: Final = ("gen_ai.input.messages", "gen_ai.tool.call.arguments")
_OUTPUTS: Final = ("gen_ai.output.messages", "gen_ai.tool.call.result")
_SHOWN_ELSEWHERE: Final = frozenset(
    {
        *_INPUTS, *_OUTPUTS, "gen_ai.conversation.id", "user.id", "coding_agent.tags",
        "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.reasoning.output_tokens", "coding_agent.cost_usd", "gen_ai.request.model",
        "gen_ai.response.model",
    },
)  # fmt: skip


@contextlib.contextmanager
def _untouched_httpx_log() -> Generator[None]:
    """Leave the log of httpx as it was: the Langfuse SDK gives it a level and a handler."""
    log = logging.getLogger("httpx")
    level, handlers = log.level, log.handlers[:]
    try:
        yield
    finally:
        log.setLevel(level)
        log.handlers[:] = handlers


class LangfuseExporter:
    """Sends spans to Langfuse, as `LANGFUSE_PUBLIC_KEY`, `LANGFUSE_BASE_URL` … say.

    Args:
        url: None is taken: the variables say where to.

    Raises:
        ConfigError: A key is missing, the address is none, or the time limit or the sample rate is
            no such number.
        MissingExtraError: The Langfuse SDK is not installed.
    """

    def __init__(self, *, url: str = "") -> None:
        if url:
            raise ConfigError(
                f"the exporter {masked_text(url)!r} is no URL; write langfuse, and set "
                "LANGFUSE_BASE_URL to the address"
            )
        need("langfuse", feature="exporter 'langfuse'", extra="langfuse")
        environ = os.environ
        self._public_key = environ.get("LANGFUSE_PUBLIC_KEY", "")
        self._secret_key = environ.get("LANGFUSE_SECRET_KEY", "")
        if not (self._public_key and self._secret_key):
            raise ConfigError(
                "the exporter 'langfuse' needs keys of a Langfuse project; set LANGFUSE_PUBLIC_KEY "
                "and LANGFUSE_SECRET_KEY (and LANGFUSE_BASE_URL, where it is not the cloud)"
            )
        address = environ.get("LANGFUSE_BASE_URL") or environ.get("LANGFUSE_HOST")
        self._base_url = (address or DEFAULT_BASE_URL).rstrip("/")
        split_address(
            self._base_url, named="LANGFUSE_BASE_URL", schemes=("http", "https"),
            instead=f"set it to {DEFAULT_BASE_URL}, or to your own server",
        )  # fmt: skip
        seconds = _number("LANGFUSE_TIMEOUT", DEFAULT_SECONDS)
        if not 0.0 < seconds <= MOST_SECONDS:
            raise ConfigError(f"LANGFUSE_TIMEOUT is {seconds:g}; give seconds up to {MOST_SECONDS}")
        self._timeout = int(seconds)
        self._sample_rate = _number("LANGFUSE_SAMPLE_RATE", 1.0)
        if not 0.0 <= self._sample_rate <= 1.0:
            raise ConfigError(f"LANGFUSE_SAMPLE_RATE is {self._sample_rate:g}; give 0 to 1")
        self._enabled = environ.get("LANGFUSE_TRACING_ENABLED", "true").lower() != "false"
        self._resource: Any = None
        self._scope: Any = None
        self._processor: Any = None
        self._processors: dict[int, Any] = {}

    def open(self, resource: Mapping[str, AttributeValue]) -> None:
        """Load the Langfuse SDK."""
        with _untouched_httpx_log():
            from langfuse._client.constants import LANGFUSE_TRACER_NAME
            from langfuse._client.span_processor import LangfuseSpanProcessor
            from langfuse._version import __version__ as langfuse_version
        self._processor = LangfuseSpanProcessor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.util.instrumentation import InstrumentationScope

        named = dict(resource)
        for attribute, variable in (
            ("langfuse.environment", "LANGFUSE_TRACING_ENVIRONMENT"),
            ("langfuse.release", "LANGFUSE_RELEASE"),
        ):
            if os.environ.get(variable):
                named[attribute] = os.environ[variable]
        self._resource = Resource.create(named)
        self._scope = InstrumentationScope(
            LANGFUSE_TRACER_NAME, langfuse_version, attributes={"public_key": self._public_key}
        )

    def export(self, spans: Sequence[Span], *, seconds: float) -> None:
        """Send spans.

        Raises:
            ConnectionError: The server did not take them.
        """
        from coding_agent_sdk.middleware.tracing.otel_spans import export_quietly, readable_span

        ready = [
            readable_span(
                span, langfuse_attributes(span), resource=self._resource, scope=self._scope
            )
            for span in spans
            if self._enabled and _sampled(span.trace_id, self._sample_rate)
        ]
        if ready:
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
        for processor in self._processors.values():
            processor.shutdown()
        self._processors.clear()

    def _within(self, seconds: float) -> Any:
        """Return the SDK's own exporter, with a time limit."""
        limit = max(1, min(self._timeout, int(seconds)))
        if limit not in self._processors:
            self._processors[limit] = self._processor(
                public_key=self._public_key,
                secret_key=self._secret_key,
                base_url=self._base_url,
                timeout=limit,
                flush_interval=NEVER_SECONDS,  # its queue stays empty: we export ourselves
            )
        return self._processors[limit].span_exporter


def langfuse_attributes(span: Span) -> dict[str, AttributeValue]:
    """Return the attributes of a span under the names by which Langfuse knows them."""
    given = span.attributes
    attributes: dict[str, AttributeValue] = {
        "langfuse.observation.type": _TYPES[span.kind],
        "langfuse.trace.name": "coding-agent",
        "session.id": _short(given["gen_ai.conversation.id"]),
    }
    if "user.id" in given:
        attributes["user.id"] = _short(given["user.id"])
    for target, sources in (("input", _INPUTS), ("output", _OUTPUTS)):
        for source in sources:
            if source in given:
                attributes[f"langfuse.observation.{target}"] = given[source]
    if span.kind == "agent":
        _of_run(span, attributes)
    if span.kind == "model":
        _of_generation(span, attributes)
    if span.status == "error":
        attributes["langfuse.observation.level"] = "ERROR"
        message = span.status_message or str(given.get("error.type", ""))
        attributes["langfuse.observation.status_message"] = message
    for name, value in given.items():
        if name not in _SHOWN_ELSEWHERE:
            attributes[f"langfuse.observation.metadata.{_plain_name(name)}"] = value
    return attributes


def _plain_name(name: str) -> str:
    return name.removeprefix("coding_agent.").removeprefix("gen_ai.").replace(".", "_")


def _of_run(span: Span, attributes: dict[str, AttributeValue]) -> None:
    tags = span.attributes.get("coding_agent.tags")
    if isinstance(tags, tuple):
        attributes["langfuse.trace.tags"] = tuple(map(_short, tags))
    if span.run_id == span.root_run_id:
        attributes["langfuse.internal.is_app_root"] = True


def _of_generation(span: Span, attributes: dict[str, AttributeValue]) -> None:
    given = span.attributes
    model = given.get("gen_ai.response.model") or given["gen_ai.request.model"]
    attributes["langfuse.observation.model.name"] = model
    if "gen_ai.usage.input_tokens" in given:
        attributes["langfuse.observation.usage_details"] = json.dumps(_usage(given))
    if "coding_agent.cost_usd" in given:
        cost = {"total": given["coding_agent.cost_usd"]}
        attributes["langfuse.observation.cost_details"] = json.dumps(cost)


def _usage(given: Mapping[str, AttributeValue]) -> dict[str, int]:
    """Return tokens by kind, none in two of them: Langfuse adds them up."""

    def count(name: str) -> int:
        value = given.get(f"gen_ai.usage.{name}", 0)
        return value if isinstance(value, int) else 0

    read, written = count("cache_read.input_tokens"), count("cache_creation.input_tokens")
    reasoning = count("reasoning.output_tokens")
    usage = {
        "input": max(count("input_tokens") - read - written, 0),
        "output": max(count("output_tokens") - reasoning, 0),
        "input_cache_read": read,
        "input_cache_creation": written,
        "output_reasoning": reasoning,
    }
    return {name: tokens for name, tokens in usage.items() if tokens or "_" not in name}


def _sampled(trace_id: str, rate: float) -> bool:
    """Decide by the random end of the trace id: a trace is sent whole or not at all."""
    return int(trace_id[-14:], 16) < rate * (1 << 56)


def _number(variable: str, default: float) -> float:
    text = os.environ.get(variable, "").strip()
    try:
        return float(text) if text else default
    except ValueError as error:
        raise ConfigError(f"{variable} is {text!r}, which is no number; give one") from error


def _short(value: object) -> str:
    text = str(value).encode("ascii", "backslashreplace").decode()
    return text[:LONGEST]
