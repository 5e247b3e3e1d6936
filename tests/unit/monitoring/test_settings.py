"""The section `[plugins.monitoring]` and the builder's shortcut."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.middleware.monitoring import MonitoringSettings
from coding_agent_sdk.testing import ScriptedModel


@pytest.fixture
def builder(workspace):
    start = Agent.builder().config(None, project=False).model(ScriptedModel(["ok"]))
    return start.workspace(workspace).memory(None)


def section(agent):
    return agent.settings.section("monitoring", MonitoringSettings)


def test_by_default_it_counts_and_neither_serves_nor_logs(builder):
    settings = section(builder.build())
    assert settings.metrics
    assert settings.port is None
    assert settings.log == "off"
    assert settings.host == "127.0.0.1"


def test_the_builder_sets_what_is_given_and_leaves_the_rest(builder, tmp_path):
    agent = builder.monitoring(port=0, log=tmp_path / "x").monitoring(log_level="debug").build()
    settings = section(agent)
    assert (settings.port, settings.log, settings.log_level) == (0, str(tmp_path / "x"), "debug")
    assert settings.host == "127.0.0.1"


def test_the_environment_sets_it_too(builder, monkeypatch):
    monkeypatch.setenv("CODING_AGENT_PLUGINS__MONITORING__PORT", "9464")
    monkeypatch.setenv("CODING_AGENT_PLUGINS__MONITORING__LOG", "stderr")
    settings = section(builder.build())
    assert (settings.port, settings.log) == (9464, "stderr")


def test_none_stands_for_no_port(builder, monkeypatch):
    monkeypatch.setenv("CODING_AGENT_PLUGINS__MONITORING__PORT", "none")
    assert section(builder.build()).port is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"port": 70000}, "plugins.monitoring.port"),
        ({"port": -1}, "plugins.monitoring.port"),
        ({"log_level": "loud"}, "plugins.monitoring.log_level"),
        ({"registry": "mine"}, "can be set in code only"),
        ({"max_users": -1}, "plugins.monitoring.max_users"),
        ({"log": ""}, "plugins.monitoring.log"),
        ({"potr": 1}, "port"),
    ],
)
def test_what_cannot_be_used_is_said_when_the_agent_is_built(builder, given, said):
    with pytest.raises(ConfigError, match=said):
        builder.plugin("monitoring", **given).build()


def test_the_plugins_of_an_agent_are_found_by_name(builder):
    from coding_agent_sdk.errors import UnknownNameError

    agent = builder.build()
    assert agent.plugin("monitoring").name == "monitoring"
    with pytest.raises(UnknownNameError, match="did you mean 'monitoring'"):
        agent.plugin("monitorin")
