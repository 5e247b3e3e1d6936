"""Plugins of installed distributions."""

from __future__ import annotations

import sys

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.errors import ConfigError, PluginConfigError, UnknownNameError
from coding_agent_sdk.hooks.loading import load_plugins
from coding_agent_sdk.testing import ScriptedModel

from .conftest import OTHERS

GOOD = """
from coding_agent_sdk import hookimpl

class Watch:
    @hookimpl
    def on_event(self, event): ...

instance = Watch()
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution with plugins: `install("acme", "1.0", {"a": "acme_a:X"}, code)`."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)

    def write(name, version, points, **modules):
        for module, code in modules.items():
            (site / f"{module}.py").write_text(code)
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        lines = "".join(f"{point} = {target}\n" for point, target in points.items())
        (info / "entry_points.txt").write_text(f"[coding_agent_sdk]\n{lines}")

    before = set(sys.modules)
    yield write
    for module in set(sys.modules) - before:
        if module.startswith("acme"):
            del sys.modules[module]


def loaded(**options):
    return {plugin.name: plugin.origin for plugin in load_plugins(**options).loaded}


def build(workspace):
    return (
        Agent.builder().config(None, project=False).model(ScriptedModel(["x"]))
        .workspace(workspace).memory(None).without(*OTHERS).build()
    )  # fmt: skip


def test_classes_instances_and_modules_are_loaded_with_their_origin(install):
    install(
        "acme-watch", "1.2",
        {"acme_class": "acme_w:Watch", "acme_object": "acme_w:instance", "acme_module": "acme_m"},
        acme_w=GOOD, acme_m="from coding_agent_sdk import hookimpl\n@hookimpl\ndef on_event(): ...",
    )  # fmt: skip
    assert loaded() == dict.fromkeys(["acme_class", "acme_module", "acme_object"], "acme-watch 1.2")
    assert loaded(entry_points=False) == {}


def test_an_agent_uses_them_and_says_where_they_come_from(install, workspace):
    install("acme-watch", "1.2", {"acme": "acme_w:Watch"}, acme_w=GOOD)
    (layer,) = build(workspace).explain().hooks["on_event"]
    assert (layer.plugin, layer.origin) == ("acme", "acme-watch 1.2")


def test_the_variable_can_keep_all_away_before_anything_is_imported(
    install, workspace, monkeypatch
):
    install("acme-bad", "0.1", {"acme": "acme_bad:X"}, acme_bad="raise SystemExit('imported')")
    monkeypatch.setenv("CODING_AGENT_LOAD_PLUGINS", "none")
    agent = build(workspace)
    assert "acme_bad" not in sys.modules
    assert agent.explain().left_out["acme"] == ("acme-bad 0.1: not among CODING_AGENT_LOAD_PLUGINS")


def test_the_variable_can_name_those_that_are_wanted(install, workspace, monkeypatch):
    install("acme-bad", "0.1", {"acme_bad": "acme_bad:X"}, acme_bad="raise SystemExit('imported')")
    install("acme-a", "1", {"acme_a": "acme_w:Watch", "acme_b": "acme_w:Watch"}, acme_w=GOOD)
    monkeypatch.setenv("CODING_AGENT_LOAD_PLUGINS", "acme_a,acme_b")
    names = [layer.plugin for layer in build(workspace).explain().hooks["on_event"]]
    assert names == ["acme_a", "acme_b"]
    assert "acme_bad" not in sys.modules


def test_a_wanted_plugin_that_is_not_installed_is_named(install):
    install("acme-a", "1", {"acme_a": "acme_w:Watch"}, acme_w=GOOD)
    with pytest.raises(UnknownNameError, match="installed plugin 'acme_b'; did you mean 'acme_a'"):
        load_plugins(allowed=["acme_b"])


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("acme_bad:X", "raise RuntimeError('boom')", "RuntimeError: boom"),
        ("acme_bad:X", "", "AttributeError"),
        ("acme_absent:X", "", "No module named 'acme_absent'"),
        ("acme_bad:X", "class X:\n  def __init__(self, needed): ...", "needed"),
        ("acme_bad:X", "from coding_agent_sdk import ConfigError\nraise ConfigError('own')", "own"),
    ],
)
def test_one_that_cannot_be_loaded_names_its_distribution_and_the_way_out(
    install, target, code, said
):
    install("acme-bad", "0.1", {"acme": target}, acme_bad=code)
    with pytest.raises(PluginConfigError) as caught:
        load_plugins()
    message = str(caught.value)
    assert "'acme' of acme-bad 0.1 cannot be loaded" in message
    assert said in message
    assert "CODING_AGENT_LOAD_PLUGINS" in message
    assert caught.value.__cause__ is not None


def test_without_leaves_an_installed_plugin_out_unimported(install):
    install("acme-bad", "0.1", {"acme": "acme_bad:X"}, acme_bad="raise SystemExit('imported')")
    assert loaded(without=["acme"]) == {}


def test_one_that_takes_the_name_of_a_built_in_must_be_let_in(install):
    install("acme-tools", "1", {"tools": "acme_w:Watch"}, acme_w=GOOD)
    built_in = [("tools", "coding_agent_sdk.tools.plugin:ToolsPlugin")]
    with pytest.raises(
        ConfigError, match=r"\(from built-in and acme-tools 1\).*\.without\('tools'"
    ):
        load_plugins(built_in=built_in)
    assert loaded(built_in=built_in, without=["tools"]) == {"tools": "acme-tools 1"}
