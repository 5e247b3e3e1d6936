"""The compose file and the settings for its services: read and cross-checked, not started.

There is no Docker here, so what is proven is the form: images with a version, ports on loopback,
health checks, names that exist, and settings that the SDK takes and that fit the ports.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tomllib

import pytest
import yaml

from coding_agent_sdk import Agent
from coding_agent_sdk.config import load_settings
from coding_agent_sdk.errors import ConfigError

from .conftest import EXAMPLES

COMPOSE_FILE = EXAMPLES / "docker-compose.yml"
COMPOSE = yaml.safe_load(COMPOSE_FILE.read_text())
SERVICES = COMPOSE["services"]
SETTINGS = sorted((EXAMPLES / "settings").glob("*.toml"))
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")
each_service = pytest.mark.parametrize("name", sorted(SERVICES))


def published_ports():
    """Return the ports of this machine that the services can be reached at."""
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    return {int(port.split(":")[1]) for port in ports}


def variables_in(path):
    """Return the variables that a file of `NAME=value` lines sets."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


# -- the compose file --------------------------------------------------------------------------


def test_all_that_was_promised_is_there():
    wanted = {
        "postgres",
        "neo4j",
        "milvus",
        "jaeger",
        "prometheus",
        "langfuse-web",
        "langfuse-worker",
    }
    assert wanted <= set(SERVICES)


@each_service
def test_an_image_has_a_registry_and_a_version(name):
    registry, _, rest = SERVICES[name]["image"].partition("/")
    assert "." in registry
    assert re.fullmatch(r"[\w./-]+:[\w.-]*\d[\w.-]*", rest)
    assert not rest.endswith(":latest")


@each_service
def test_a_port_is_bound_to_loopback(name):
    service = SERVICES[name]
    for port in service.get("ports", ()):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)
    if service.get("network_mode") == "host":
        assert any(
            re.search(r"listen-address=127\.0\.0\.1:\d+", word) for word in service["command"]
        )


def test_no_port_is_bound_twice():
    ports = [p.split(":")[1] for s in SERVICES.values() for p in s.get("ports", ())] + ["9090"]
    assert len(ports) == len(set(ports))


@each_service
def test_a_service_tells_whether_it_is_healthy(name):
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= set(check)


@each_service
def test_what_a_service_waits_for_is_there(name):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert how["condition"] in {"service_healthy", "service_started"}
        assert other in SERVICES


def test_a_service_waits_for_each_one_that_it_talks_to():
    for name, service in SERVICES.items():
        values = " ".join(str(value) for value in service.get("environment", {}).values())
        talks_to = {other for other in SERVICES if re.search(rf"(@|//|^| ){other}(:|$| )", values)}
        assert talks_to - {name} <= set(service.get("depends_on", {})), name


def test_volumes_and_configs_are_declared_and_used():
    mounts = [mount.split(":")[0] for s in SERVICES.values() for mount in s.get("volumes", ())]
    assert {mount for mount in mounts if not mount.startswith(".")} == set(COMPOSE["volumes"])
    used = {config["source"] for s in SERVICES.values() for config in s.get("configs", ())}
    assert used == set(COMPOSE["configs"])
    assert yaml.safe_load(COMPOSE["configs"]["milvus-etcd"]["content"])["listen-client-urls"]


def test_the_store_of_each_database_outlives_its_container():
    stores = {
        "postgres",
        "neo4j",
        "milvus",
        "prometheus",
        "langfuse-postgres",
        "langfuse-clickhouse",
    }
    assert {name for name in stores if not SERVICES[name].get("volumes")} == set()


def test_files_that_are_mounted_exist():
    mounts = [mount.split(":")[0] for s in SERVICES.values() for mount in s.get("volumes", ())]
    for mount in mounts:
        if mount.startswith("."):
            assert (COMPOSE_FILE.parent / mount / "prometheus.yml").is_file()


@each_service
def test_secrets_come_from_variables_and_are_none(name):
    service = SERVICES[name]
    for key, value in service.get("environment", {}).items():
        if re.search(r"PASSWORD|SECRET|SALT|AUTH$|_KEY$|ENCRYPTION", key):
            found = VARIABLE.search(str(value))
            assert found, key
            assert re.search(r"change-me$|^0{64}$", found[2]), key


def test_the_variables_are_listed_with_their_defaults():
    listed = variables_in(EXAMPLES / ".env.example")
    assert dict(VARIABLE.findall(COMPOSE_FILE.read_text())) == listed


# -- the settings ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.name)
def test_settings_are_taken_without_a_note(path, tmp_path):
    loaded = load_settings(config_file=path, cwd=tmp_path)
    assert loaded.notes == ()
    assert loaded.settings.plugins


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.name)
def test_an_agent_is_built_of_them(path, workspace, monkeypatch):
    monkeypatch.delenv("CODING_AGENT_WITHOUT")
    for name, value in variables_in(EXAMPLES / "settings" / "langfuse.env.example").items():
        monkeypatch.setenv(name, value)
    agent = Agent.builder().config(path).workspace(workspace).installed_plugins(load=False).build()
    assert agent.explain().title
    agent.close()


async def test_langfuse_without_its_keys_says_what_is_missing(workspace, monkeypatch):
    for name in variables_in(EXAMPLES / "settings" / "langfuse.env.example"):
        monkeypatch.delenv(name, raising=False)
    path = EXAMPLES / "settings" / "langfuse.toml"
    builder = Agent.builder().config(path).workspace(workspace).installed_plugins(load=False)
    with pytest.raises(ConfigError, match="LANGFUSE_PUBLIC_KEY"):
        async with builder.build():
            pass


def test_the_addresses_are_those_of_the_services():
    services = tomllib.loads((EXAMPLES / "settings" / "services.toml").read_text())["plugins"]
    langfuse = variables_in(EXAMPLES / "settings" / "langfuse.env.example")
    addresses = [
        services["rag"]["store"],
        *[e for e in services["tracing"]["exporters"] if "://" in e],
        langfuse["LANGFUSE_BASE_URL"],
    ]
    ports = {int(address.rpartition(":")[2]) for address in addresses}
    assert ports == {19530, 4318, 3000}
    assert ports <= published_ports()


def test_prometheus_scrapes_the_port_that_the_settings_serve():
    services = tomllib.loads((EXAMPLES / "settings" / "services.toml").read_text())["plugins"]
    scraping = yaml.safe_load((EXAMPLES / "monitoring" / "prometheus.yml").read_text())
    targets = [
        target
        for job in scraping["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    ]
    assert f"127.0.0.1:{services['monitoring']['port']}" in targets


def test_the_keys_of_the_agent_are_those_of_the_project():
    agent = variables_in(EXAMPLES / "settings" / "langfuse.env.example")
    project = variables_in(EXAMPLES / ".env.example")
    for name in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"):
        assert agent[name] == project[name]


def test_what_is_said_not_to_work_does_not_work_yet(workspace):
    """Where this fails a store was written: take the `#` from its line, and say so there."""
    text = (EXAMPLES / "settings" / "services.toml").read_text()
    commented = re.findall(r'^# memory = "(\w+)://', text, re.MULTILINE)
    agent = Agent.builder().workspace(workspace).config(None, project=False).build()
    offered = {offer.name for offer in agent.explain().backends["memory"]}
    agent.close()
    assert commented == ["postgresql", "neo4j"]
    assert offered.isdisjoint(commented)


def closed_port():
    """Return a port of this machine at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_run_does_without_services_that_are_not_started(workspace, environment):
    text = (EXAMPLES / "settings" / "services.toml").read_text()
    for port in ("19530", "4318"):
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{closed_port()}")
    settings = workspace.parent / "services.toml"
    settings.write_text(text.replace("port = 9464", "port = 0"))
    (workspace / "app.py").write_text("import os\n")
    environment.pop("CODING_AGENT_WITHOUT")
    done = subprocess.run(
        [
            sys.executable, "-m", "coding_agent_sdk", "run", "Analyze the code",
            "--workspace", str(workspace), "--config", str(settings),
        ],
        env=environment, cwd=workspace, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Analysis complete" in done.stdout
    assert os.listdir(workspace.parent / "home")
