"""Settings leave implementations out of an agent, and are refused while it is built."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from coding_agent_sdk import Agent, ConfigError, PluginError, hookimpl
from coding_agent_sdk.errors import PluginConfigError
from coding_agent_sdk.testing import ScriptedModel


class Section(BaseModel):
    enabled: bool = True
    limit: int = 0

    @property
    def limited(self):
        return self.limit > 0


class Guarded:
    """A plugin whose hooks depend on its settings."""

    name = "guarded"

    def __init__(self):
        self.seen = []

    @hookimpl
    def register_settings(self):
        return Section

    @hookimpl(when="enabled")
    async def wrap_model_call(self, request, call_next):
        self.seen.append("around")
        return await call_next(request)

    @hookimpl(when="limited")
    def check_request(self):
        self.seen.append("checked")

    @hookimpl(when="enabled")
    def on_event(self, event):
        self.seen.append("told")


@pytest.fixture
def build(workspace):
    def build_agent(plugin, **section):
        builder = Agent.builder().config(None, project=False).workspace(workspace).memory(None)
        builder = builder.model(ScriptedModel(["x", "y"])).use(plugin)
        builder = builder.plugin(plugin.name, **section) if section else builder
        return builder.without("guardrails", "monitoring", "tracing", "rag").build()

    return build_agent


@pytest.mark.parametrize(
    ("section", "seen"),
    [({}, {"around", "told"}), ({"enabled": False}, set()),
     ({"enabled": False, "limit": 1}, {"checked"}), ({"limit": 1}, {"around", "told", "checked"})],
)  # fmt: skip
async def test_an_implementation_is_there_where_the_settings_want_it(build, section, seen):
    plugin = Guarded()
    async with build(plugin, **section) as agent:
        await agent.run("go")
    assert set(plugin.seen) == seen


def test_what_is_left_out_is_explained_with_the_setting(build):
    agent = build(Guarded(), enabled=False)
    hooks = agent.explain().hooks
    mine = {hook: x for hook, layers in hooks.items() for x in layers if x.plugin == "guarded"}
    assert mine["wrap_model_call"].remark == "off (plugins.guarded.enabled)"
    assert mine["check_request"].remark == "off (plugins.guarded.limited)"
    assert mine["check_request"].is_off
    assert not mine["register_settings"].is_off


def test_where_all_of_a_hook_are_left_out_the_core_does_without(build):
    assert build(Guarded(), limit=1)._assembly.dispatcher.has("check_request")
    assert not build(Guarded())._assembly.dispatcher.has("check_request")


def test_a_setting_that_is_not_there_is_an_error_at_build(build):
    class Misspelt(Guarded):
        name = "misspelt"

        @hookimpl(when="enabeld")
        def check_context(self):
            """Never called."""

    with pytest.raises(
        PluginConfigError,
        match=r"'misspelt' marks check_context with when='enabeld', which its settings \(Section\) do not have",
    ):
        build(Misspelt())


def test_a_plugin_without_settings_cannot_depend_on_them(build):
    class Bare:
        name = "bare"

        @hookimpl(when="enabled")
        def check_request(self):
            """Never called."""

    with pytest.raises(PluginConfigError, match=r"when='enabled'.*\(NoneType\)"):
        Agent.builder().config(None, project=False).use(Bare()).build()


def test_a_hook_that_is_called_before_the_settings_cannot_depend_on_them(build):
    class Early(Guarded):
        name = "early"

        @hookimpl(when="enabled")
        def register_backends(self, register):
            """Never called."""

    with pytest.raises(PluginConfigError, match="marks register_backends with when="):
        build(Early())


class Keeps:
    """A plugin that could answer load_history."""

    def __init__(self, name, *, on=True):
        self.name, self.on = name, on

    @hookimpl
    def register_settings(self):
        return Section

    @hookimpl(when="enabled")
    def load_history(self, context, request):
        return None


def test_of_two_histories_one_may_be_left_out(workspace):
    builder = Agent.builder().config(None, project=False).workspace(workspace).memory(None)
    builder = builder.use(Keeps("one"), Keeps("two"))
    assert builder.plugin("one", enabled=False).build()
    with pytest.raises(PluginConfigError, match="'one', 'two' all implement load_history"):
        builder.build()


# -- settings that cannot work -------------------------------------------------------------


class Refuses:
    """A plugin that looks at its settings together."""

    name = "refuses"

    def __init__(self, error=None):
        self.error, self.seen = error, []

    @hookimpl
    def register_settings(self):
        return Section

    @hookimpl
    def validate_settings(self, agent):
        self.seen.append((agent.plugin, agent.model, agent.settings.limit, agent.workspace.root))
        if self.error is not None:
            raise self.error


def test_a_plugin_sees_its_settings_and_the_model_while_the_agent_is_built(build, workspace):
    plugin = Refuses()
    build(plugin, limit=3)
    assert plugin.seen == [("refuses", "custom:scripted", 3, workspace.resolve())]


def test_what_it_refuses_is_not_built(build):
    with pytest.raises(ConfigError, match="this cannot work"):
        build(Refuses(ConfigError("this cannot work")))


def test_a_slip_of_its_own_names_the_plugin(build):
    with pytest.raises(
        PluginConfigError, match="plugin 'refuses' failed in validate_settings: KeyError"
    ):
        build(Refuses(KeyError("x")))


def test_it_cannot_be_a_coroutine(build):
    class Slow(Refuses):
        name = "slow"

        @hookimpl
        async def validate_settings(self, agent):
            """Never awaited."""

    with pytest.raises(PluginConfigError, match="implements validate_settings as `async def`"):
        build(Slow())


async def test_a_wrap_may_be_a_plain_function_that_gives_an_awaitable(build):
    class Plain:
        name = "plain"

        @hookimpl
        def wrap_model_call(self, request, call_next):
            return call_next(request)

        @hookimpl
        def wrap_run(self, request, call_next):
            return 3

    plain = Plain()
    async with build(plain) as agent:
        with pytest.raises(PluginError, match="it returned int"):
            await agent.run("go")
