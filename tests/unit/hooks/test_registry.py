"""Backends and commands by name."""

from __future__ import annotations

import pytest

from coding_agent_sdk import hookimpl
from coding_agent_sdk.errors import MissingExtraError, PluginConfigError, UnknownNameError
from coding_agent_sdk.hooks.registry import KINDS, BackendRegistry, CommandRegistry

from .conftest import dispatcher_of, plugin


@pytest.fixture
def register():
    registry = BackendRegistry()
    registry.plugin = "mine"
    return registry


def test_a_backend_is_made_by_kind_and_name_and_imported_only_then(register, tmp_path, monkeypatch):
    (tmp_path / "acme_store.py").write_text("def make(*, url): return ('made', url)\n")
    monkeypatch.syspath_prepend(tmp_path)
    register("memory", "acme", "acme_store:make")
    assert register.names("memory") == ("acme",)
    assert register.create("memory", "acme", url="acme://x") == ("made", "acme://x")


def test_an_unknown_kind_names_the_plugin_and_the_kinds(register):
    with pytest.raises(UnknownNameError, match=r"plugin 'mine'.*'memori'; did you mean 'memory'"):
        register("memori", "x", "a:b")
    assert "moderator" in KINDS


@pytest.mark.parametrize("target", ["acme", "acme:", ":make", BackendRegistry, print])
def test_a_target_that_is_no_path_is_refused(register, target):
    with pytest.raises(
        PluginConfigError, match=r"'mine' offers memory 'x' .* \"module:attribute\""
    ):
        register("memory", "x", target)


def test_a_name_that_is_taken_names_both_plugins(register):
    register("memory", "x", "a:b")
    register.plugin = "other"
    with pytest.raises(PluginConfigError, match="'mine' and 'other' both offer memory 'x'"):
        register("memory", "x", "c:d")
    register("memory", "x", "c:d", replace=True)
    assert [(offer.plugin, offer.target) for offer in register.offers()] == [("other", "c:d")]


def test_an_unknown_backend_lists_what_is_known(register):
    register("memory", "sqlite", "a:b")
    register("cache", "redis", "a:b")
    with pytest.raises(
        UnknownNameError, match=r"'sqlit'; did you mean 'sqlite'\? \(known: sqlite\)"
    ):
        register.create("memory", "sqlit")


def test_a_missing_package_names_the_extra(register, tmp_path, monkeypatch):
    (tmp_path / "acme_needs.py").write_text("import acme_driver\n")
    monkeypatch.syspath_prepend(tmp_path)
    register("memory", "acme", "acme_needs:make", extra="acme")
    with pytest.raises(
        MissingExtraError, match=r"memory backend 'acme' .*'acme_driver'.*coding-agent-sdk\[acme\]"
    ):
        register.create("memory", "acme")


@pytest.mark.parametrize(
    ("target", "extra"),
    [
        ("acme_needs:make", None),  # no extra would bring it
        ("acme_absent.store:make", "acme"),  # the plugin's own module is missing
        ("coding_agent_sdk.absent:make", "acme"),  # ours
    ],
)
def test_a_slip_in_a_path_is_no_missing_extra(register, tmp_path, monkeypatch, target, extra):
    (tmp_path / "acme_needs.py").write_text("import acme_driver\n")
    monkeypatch.syspath_prepend(tmp_path)
    register("memory", "acme", target, extra=extra)
    with pytest.raises(ModuleNotFoundError) as caught:
        register.create("memory", "acme")
    assert not isinstance(caught.value, MissingExtraError)


def test_a_package_whose_name_begins_as_ours_can_be_missing(register, tmp_path, monkeypatch):
    (tmp_path / "acme_more.py").write_text("import coding_agent_sdk_acme\n")
    monkeypatch.syspath_prepend(tmp_path)
    register("memory", "acme", "acme_more:make", extra="acme")
    with pytest.raises(MissingExtraError):
        register.create("memory", "acme")


def test_a_missing_attribute_names_plugin_and_path(register):
    register("memory", "acme", "json:Loader")
    with pytest.raises(PluginConfigError, match=r"plugin 'mine' .* from 'json:Loader'.*Loader"):
        register.create("memory", "acme")


def test_each_offer_belongs_to_who_made_it():
    registry = BackendRegistry()
    dispatcher_of(
        plugin("a", register_backends=hookimpl(lambda register: register("memory", "x", "a:b"))),
        plugin("b", register_backends=hookimpl(lambda register: register("memory", "y", "a:b"))),
    ).register_backends(registry)
    assert [(offer.name, offer.plugin) for offer in registry.offers()] == [("x", "a"), ("y", "b")]


def test_commands_are_kept_by_name_and_kind():
    registry = CommandRegistry()

    def offer(register):
        register("stats", print)
        register("stats", len, slash=True)

    dispatcher_of(plugin("a", register_commands=hookimpl(offer))).register_commands(registry)
    assert registry.commands() == {"stats": print}
    assert registry.commands(slash=True) == {"stats": len}
    again = plugin("b", register_commands=hookimpl(lambda register: register("stats", print)))
    with pytest.raises(PluginConfigError, match="'a' and 'b' both offer the command 'stats'"):
        dispatcher_of(again).register_commands(registry)
