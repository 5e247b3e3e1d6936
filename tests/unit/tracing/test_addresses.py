"""An exporter that cannot be made of what is set is refused while the agent is built."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.testing import ScriptedModel

VARIABLES = (
    "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "LANGFUSE_BASE_URL", "LANGFUSE_HOST",
    "LANGFUSE_TIMEOUT", "LANGFUSE_SAMPLE_RATE", "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def builder(workspace):
    return (
        Agent.builder()
        .config(None, project=False)
        .model(ScriptedModel(["a"]))
        .workspace(workspace)
        .memory("memory://")
    )


def refused(builder, *exporters):
    """Return what is said of exporters; the agent is never opened."""
    with pytest.raises(ConfigError) as raised:
        builder.tracing(*exporters).build()
    return str(raised.value)


@pytest.mark.parametrize(
    ("exporter", "said", "instead"),
    [
        ("otlp://host:notaport", "is no address", "write otlp://localhost:4318"),
        ("otlp://host:99999", "is no address", "write otlp://localhost:4318"),
        ("otlp://host:-1", "is no address", "write otlp://localhost:4318"),
        ("otlp://host:0", "has the port 0", "write otlp://localhost:4318"),
        ("otlp://[::1:4318", "is no address", "write otlp://localhost:4318"),
        ("otlp://:4318", "names no host", "write otlp://localhost:4318"),
        ("otlp:", "names no host", "write otlp://localhost:4318"),
        ("otlp:localhost:4318", "names no host", "write otlp://localhost:4318"),
        ("otlp://my host:4318", "names no host", "write otlp://localhost:4318"),
        ("https:///v1/traces", "names no host", "write otlp://localhost:4318"),
        ("http", "names no host", "https://host/v1/traces"),
        ("localhost:4318", "unknown exporter 'localhost'", "otlp://localhost:4318"),
        ("ftp://host", "unknown exporter 'ftp'", "write file, otlp://localhost:4318"),
        ("", "unknown exporter ''", "write file, otlp://localhost:4318"),
        ("langfuse://cloud", "is no URL", "write langfuse"),
        ("langfuse", "needs keys", "set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"),
        ("file://host/traces", "names no folder", "write file:///folder"),
        ("file:///traces?keep=few", "is no number", "write file:///folder?keep=100"),
        ("file:///traces?keep_mb=inf", "is no number", "write file:///folder?keep=100"),
        ("file:///traces?keep=0", "would keep no trace", "above 0"),
    ],
)
def test_an_exporter_that_can_never_work_is_refused_with_what_to_write(
    builder, exporter, said, instead
):
    words = refused(builder, exporter)
    assert said in words
    assert instead in words


def test_what_is_right_beside_it_does_not_help(builder):
    assert "is no address" in refused(builder, "file", "otlp://host:notaport")


@pytest.mark.parametrize(
    "url", ["otlp://ada:hunter22@host:no", "otlp://ada:hunter22@", "https:///?api_key=hunter22"]
)
def test_a_password_in_a_broken_address_is_not_repeated(builder, url):
    assert "hunter22" not in refused(builder, url)


@pytest.mark.parametrize(
    "variable", ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]
)
@pytest.mark.parametrize("value", ["localhost:4318", "http://host:notaport", "http://"])
def test_a_broken_variable_of_opentelemetry_is_named(builder, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    words = refused(builder, "otlp")
    assert variable in words
    assert "set it to http://localhost:4318" in words


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LANGFUSE_BASE_URL", "cloud.langfuse.com"),
        ("LANGFUSE_BASE_URL", "http://host:notaport"),
        ("LANGFUSE_TIMEOUT", "soon"),
        ("LANGFUSE_TIMEOUT", "nan"),
        ("LANGFUSE_TIMEOUT", "inf"),
        ("LANGFUSE_TIMEOUT", "0"),
        ("LANGFUSE_SAMPLE_RATE", "nan"),
        ("LANGFUSE_SAMPLE_RATE", "2"),
    ],
)
def test_a_broken_variable_of_langfuse_is_named(builder, monkeypatch, variable, value):
    pytest.importorskip("langfuse")
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk")
    monkeypatch.setenv(variable, value)
    words = refused(builder, "langfuse")
    assert variable in words
    assert "give" in words or "set it to" in words


def test_a_key_of_langfuse_that_is_missing_is_said_at_build(builder, monkeypatch):
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk")
    assert "needs keys" in refused(builder, "langfuse")


@pytest.mark.parametrize(
    "exporter",
    ["file", "otlp", "otlp://host", "otlp://[::1]:4318", "otlp://ada:word@host:4318/x?y=1",
     "https://host/v1/traces", "http://host:4318", "file:///traces?keep=5"],
)  # fmt: skip
def test_what_may_work_is_taken_without_asking_anybody(builder, exporter):
    builder.tracing(exporter).build()
