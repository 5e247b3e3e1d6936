"""`coding-agent doctor` tries each thing that is configured, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import json
import os
import socket

import pytest

from ...services.otlp_receiver import Fault, Receiver


@pytest.fixture
def receiver(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("OTEL_", "LANGFUSE_")):
            monkeypatch.delenv(name)
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def taken_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def dead_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def found(here):
    """Returns what the doctor finds by name, and its exit code."""

    def examine(**settings):
        variables = {f"CODING_AGENT_PLUGINS__{name}": str(v) for name, v in settings.items()}
        variables["CODING_AGENT_SANDBOX"] = "none"  # a machine may have no sandbox
        ended = here("doctor", "--json", CODING_AGENT_WITHOUT="", **variables)
        rows = [json.loads(line) for line in ended.out.splitlines()]
        return {row["name"]: row for row in rows}, ended.code

    return examine


def test_a_port_that_is_taken_is_found_with_what_to_do(found, taken_port):
    rows, code = found(MONITORING__PORT=taken_port)
    assert (rows["metrics port"]["status"], code) == ("failed", 1)
    assert "plugins.monitoring.port" in rows["metrics port"]["fix"]


def test_a_port_that_is_free_stays_free(found, dead_port):
    rows, code = found(MONITORING__PORT=dead_port)
    assert (rows["metrics port"]["status"], code) == ("ok", 0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", dead_port))


def test_an_exporter_is_sent_an_empty_message(found, receiver):
    url = f"otlp://ada:word@127.0.0.1:{receiver.port}"
    rows, code = found(TRACING__EXPORTERS=json.dumps(["file", url]))
    (name,) = [name for name in rows if name.startswith("traces to otlp://")]
    assert "word" not in name
    assert (rows[name]["status"], rows["traces to file"]["status"], code) == ("ok", "ok", 0)
    assert len(receiver.requests) == 1
    assert receiver.spans == []


@pytest.mark.parametrize("fault", [None, Fault(status=401), Fault(status=307), Fault(hang=True)])
def test_an_exporter_that_nobody_answers_is_found_in_time(found, receiver, dead_port, fault):
    if fault is not None:
        receiver.faults.append(fault)
    port = dead_port if fault is None else receiver.port
    rows, code = found(TRACING__EXPORTERS=f"otlp://127.0.0.1:{port}")
    (row,) = [row for name, row in rows.items() if name.startswith("traces to otlp://")]
    assert (row["status"], code) == ("failed", 1)
    assert "plugins.tracing.exporters" in row["fix"]


def test_langfuse_is_tried_with_its_keys(found, receiver, monkeypatch):
    pytest.importorskip("langfuse")
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk")
    monkeypatch.setenv("LANGFUSE_BASE_URL", receiver.url)
    rows, _ = found(TRACING__EXPORTERS="langfuse")
    assert rows["traces to langfuse"]["status"] == "ok"
    (request,) = receiver.requests
    assert request.path == "/api/public/otel/v1/traces"
    receiver.faults.append(Fault(status=401))
    rows, code = found(TRACING__EXPORTERS="langfuse")
    assert (rows["traces to langfuse"]["status"], code) == ("failed", 1)


def test_a_knowledge_store_that_is_not_there_is_not_made(found, tmp_path):
    rows, code = found(RAG__STORE=tmp_path / "kb.db")
    assert (rows["knowledge"]["status"], code) == ("ok", 0)
    assert not (tmp_path / "kb.db").exists()


def test_a_knowledge_store_that_another_process_holds_is_found(found, tmp_path):
    (tmp_path / "kb.db").mkdir()
    with (tmp_path / "kb.db" / "LOCK").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        rows, code = found(RAG__STORE=tmp_path / "kb.db")
    assert (rows["knowledge"]["status"], code) == ("failed", 1)
    assert "in use by another process" in rows["knowledge"]["detail"]
    assert "plugins.rag.store" in rows["knowledge"]["fix"]


def test_a_server_of_knowledge_that_does_not_answer_is_found(found, dead_port):
    pytest.importorskip("pymilvus")
    rows, code = found(RAG__STORE=f"http://127.0.0.1:{dead_port}")
    assert (rows["knowledge"]["status"], code) == ("failed", 1)


def test_a_setting_that_can_never_work_hides_nothing_else(found):
    rows, code = found(TRACING__EXPORTERS="otlp://host:notaport")
    assert code == 1
    assert {"plugins", "model", "memory", "executor"} <= rows.keys()


HOSTILE = """
workspace = "nowhere"
[plugins.tracing]
exporters = ["otlp://127.0.0.1:{port}"]
[plugins.monitoring]
port = {port}
"""


def test_a_workspace_that_is_not_there_makes_nobody_trust_the_files_around_it(
    here, workspace, receiver, tmp_path
):
    port = receiver.port
    (workspace / "coding_agent.toml").write_text(HOSTILE.format(port=port))
    store = tmp_path / "evil.db"
    (workspace / ".env").write_text(f"CODING_AGENT_MEMORY=sqlite:///{store}\n")
    ended = here("doctor", "--json", CODING_AGENT_SANDBOX="none", CODING_AGENT_WITHOUT="")
    rows = {row["name"]: row for row in map(json.loads, ended.out.splitlines())}
    assert rows["workspace"]["status"] == "failed"
    assert rows["memory"]["status"] == "ok"
    assert not store.exists()
    assert "metrics port" not in rows
    assert [name for name in rows if name.startswith("traces to ")] == ["traces to file"]
    assert receiver.requests == []
