"""What is refused when an agent is built, and in what words."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys

import pluggy
import pytest

from coding_agent_sdk import Agent, hookimpl
from coding_agent_sdk.errors import MissingExtraError, PluginConfigError, UnknownNameError
from coding_agent_sdk.hooks.implementation import SYNC_HOOKS
from coding_agent_sdk.hooks.loading import load_plugins, name_of
from coding_agent_sdk.hooks.registry import BackendRegistry, CommandRegistry
from coding_agent_sdk.hooks.specs import HOOKS

from .conftest import dispatcher_of, plugin

raw = pluggy.HookimplMarker("coding_agent_sdk")


def refused(*plugins, kind=PluginConfigError):
    with pytest.raises(kind) as caught:
        dispatcher_of(*plugins)
    return str(caught.value)


@pytest.mark.parametrize("option", ["tryfirst", "trylast"])
def test_pluggys_own_order_is_refused(option):
    said = refused(plugin("mine", on_event=raw(**{option: True})(lambda event: None)))
    assert "'mine'" in said
    assert "before=" in said


@pytest.mark.parametrize("option", ["wrapper", "hookwrapper"])
def test_pluggys_own_wrappers_are_refused(option):
    def wrap_run(context):
        yield

    said = refused(plugin("mine", wrap_run=raw(**{option: True})(wrap_run)))
    assert "pluggy wrapper" in said
    assert "'mine'" in said


def test_a_class_in_place_of_an_instance_is_refused():
    class MyPlugin:
        @hookimpl
        def on_event(self, event): ...

    assert "give an instance: MyPlugin()" in refused(MyPlugin)


def test_two_plugins_of_one_name_are_refused_without_their_reprs():
    class Mine:
        name = "mine"
        password = "hunter2"

        @hookimpl
        def on_event(self, event): ...

        def __repr__(self):
            return self.password

    said = refused(Mine(), Mine())
    assert "two plugins are called 'mine' (from builder and builder)" in said
    assert "hunter2" not in said


def test_one_object_under_two_names_is_refused():
    class Changeable:
        names = iter(["a", "b"])
        name = property(lambda self: next(self.names))

        @hookimpl
        def on_event(self, event): ...

    one = Changeable()
    assert "'b' (from builder) is the same as 'a'" in refused(one, one)


def test_without_leaves_out_the_first_so_that_another_takes_its_place():
    found = load_plugins(
        built_in=[("tools", "coding_agent_sdk.tools.plugin:ToolsPlugin")],
        own=[mine := plugin("tools", on_event=hookimpl(lambda event: None))],
        without=["tools"],
        entry_points=False,
    )
    assert [loaded.plugin for loaded in found.loaded] == [mine]
    assert "tools" in found.left_out


def test_without_an_unknown_plugin_says_which_there_are():
    with pytest.raises(UnknownNameError, match=r"unknown plugin 'on'.*did you mean 'one'"):
        load_plugins(own=[plugin("one", on_event=hookimpl(lambda: None))], without=["on"])


def test_a_misspelt_hook_names_the_nearest_and_the_plugin():
    said = refused(plugin("mine", on_evnt=hookimpl(lambda event: None)), kind=UnknownNameError)
    assert "hook (plugin 'mine') 'on_evnt'; did you mean 'on_event'?" in said
    assert "on_evnt," not in said.partition("known:")[2]


def test_an_optional_hook_of_a_newer_sdk_is_let_be():
    newer = hookimpl(optional=True)(lambda thing: None)
    dispatcher_of(plugin("mine", on_newer_thing=newer, on_event=hookimpl(lambda event: None)))


def test_a_method_that_only_looks_like_a_hook_is_refused():
    class Base:
        @hookimpl
        def check_tool_call(self, call): ...

    class Guard(Base):
        def check_tool_call(self, call): ...  # the marker is not inherited

    said = refused(Guard())
    assert "method check_tool_call that is not marked" in said
    assert "'guard'" in said


def test_a_plugin_without_any_hook_is_refused():
    assert "implements no hook" in refused(object())
    assert "('object'" not in refused(object())


def test_an_unknown_argument_is_refused_with_its_name():
    said = refused(plugin("mine", on_event=hookimpl(lambda event, contxt: None)))
    assert "'mine'" in said
    assert "contxt" in said


def test_an_argument_with_a_default_is_refused():
    said = refused(plugin("mine", on_event=hookimpl(lambda event, context=None: None)))
    assert "'context' of on_event, because it has a default" in said


def test_a_keyword_only_argument_is_refused():
    def on_event(event, *, context): ...

    said = refused(plugin("mine", on_event=hookimpl(on_event)))
    assert "'context' of on_event, because it is keyword-only" in said


@pytest.mark.parametrize("hook", sorted(SYNC_HOOKS))
def test_hooks_called_from_plain_functions_cannot_be_async(hook):
    async def asynchronous(): ...

    assert "write it as `def`" in refused(plugin("mine", **{hook: hookimpl(asynchronous)}))


@pytest.mark.parametrize("hook", [h for h in HOOKS if h not in SYNC_HOOKS | {"lifespan"}])
def test_all_other_hooks_may_be_async_and_take_no_argument_at_all(hook):
    async def asynchronous(): ...

    assert dispatcher_of(plugin("mine", **{hook: hookimpl(asynchronous)})).has(hook)


@pytest.mark.parametrize("hook", [h for h in HOOKS if h != "lifespan"])
def test_an_async_generator_is_refused(hook):
    async def generator():
        yield

    assert "async generator" in refused(plugin("mine", **{hook: hookimpl(generator)}))


def test_a_bare_async_lifespan_is_told_what_is_missing():
    async def generator(agent):
        yield

    async def coroutine(agent): ...

    for bare in (generator, coroutine):
        assert "@asynccontextmanager" in refused(plugin("mine", lifespan=hookimpl(bare)))
    decorated = contextlib.asynccontextmanager(generator)
    assert dispatcher_of(plugin("mine", lifespan=hookimpl(decorated))).has("lifespan")


def test_blocking_on_an_async_hook_is_refused():
    async def check_request(request): ...

    blocking = hookimpl(blocking=True)(check_request)
    assert "it is `async def`" in refused(plugin("mine", check_request=blocking))


@pytest.mark.parametrize("hook", ["on_event", "open_redactor", "wrap_run", "lifespan"])
def test_blocking_is_refused_where_no_thread_can_help(hook):
    blocking = hookimpl(blocking=True)(lambda context: None)
    if hook == "lifespan":
        blocking = hookimpl(blocking=True)(lambda agent: None)
    assert "cannot run in a thread" in refused(plugin("mine", **{hook: blocking}))


def test_two_plugins_that_load_the_history_are_refused():
    def load():
        return hookimpl(lambda request: None)

    said = refused(plugin("one", load_history=load()), plugin("two", load_history=load()))
    assert "'one', 'two' all implement load_history" in said


@pytest.mark.parametrize("kind", [staticmethod, classmethod])
def test_a_static_or_class_method_keeps_its_place(kind):
    function = (lambda context: None) if kind is staticmethod else (lambda cls, context: None)

    class Mine:
        wrap_run = hookimpl(phase="budget")(kind(function))

    (found,) = dispatcher_of(Mine()).implementations["wrap_run"]
    assert found.options.phase == "budget"


@pytest.mark.parametrize("wrong", ["retry", print, property(lambda self: None), dict])
def test_only_functions_can_be_marked(wrong):
    with pytest.raises(TypeError, match="marks a function or method"):
        hookimpl(wrong)


# -- register_* ----------------------------------------------------------------------------


def raising(error):
    def function():
        raise error

    return hookimpl(function)


@pytest.mark.parametrize("hook", ["register_settings", "register_backends", "register_commands"])
def test_a_registration_that_fails_names_its_plugin(hook):
    dispatcher = dispatcher_of(plugin("mine", **{hook: raising(KeyError("x"))}))
    arguments = {"register_backends": [BackendRegistry()], "register_commands": [CommandRegistry()]}
    with pytest.raises(PluginConfigError, match=f"'mine' failed in {hook}: KeyError") as caught:
        getattr(dispatcher, hook)(*arguments.get(hook, []))
    assert isinstance(caught.value.__cause__, KeyError)


async def test_tools_that_cannot_be_registered_name_their_plugin():
    dispatcher = dispatcher_of(plugin("mine", register_tools=raising(OSError("down"))))
    with pytest.raises(PluginConfigError, match="'mine' failed in register_tools: OSError: down"):
        await dispatcher.register_tools(lambda name: name)


@pytest.mark.parametrize(
    ("given", "said"), [(3, "TypeError"), ([print], "built-in function print.* as a tool")]
)
async def test_what_is_no_tool_is_refused(given, said):
    dispatcher = dispatcher_of(plugin("mine", register_tools=hookimpl(lambda agent: given)))
    with pytest.raises(PluginConfigError, match=f"'mine'.*{said}"):
        await dispatcher.register_tools(lambda name: name)


async def test_no_tools_at_all_are_fine():
    dispatcher = dispatcher_of(plugin("mine", register_tools=hookimpl(lambda agent: None)))
    assert await dispatcher.register_tools(lambda name: name) == []


def test_a_missing_package_names_the_extra_that_brings_it():
    missing = MissingExtraError(feature="mine", module="pymilvus", extra="milvus")
    dispatcher = dispatcher_of(plugin("mine", register_backends=raising(missing)))
    with pytest.raises(MissingExtraError, match=r'pip install "coding-agent-sdk\[milvus\]"'):
        dispatcher.register_backends(BackendRegistry())


@pytest.mark.parametrize("given", [None, dict, 3])
def test_settings_that_are_no_model_are_refused(given):
    dispatcher = dispatcher_of(plugin("mine", register_settings=hookimpl(lambda: given)))
    with pytest.raises(PluginConfigError, match=r"'mine' gives .* as its settings"):
        dispatcher.register_settings()


def test_a_hook_that_hides_a_coroutine_is_found_out_without_a_warning():
    async def later(): ...

    dispatcher = dispatcher_of(plugin("mine", register_commands=hookimpl(lambda: (later(), 1)[0])))
    with pytest.raises(PluginConfigError, match="gave a coroutine"):
        dispatcher.register_commands(CommandRegistry())


# -- nothing global ------------------------------------------------------------------------


def test_each_agent_has_its_own_plugins(build):
    one, other = build(["x"], plugin("mine", on_event=hookimpl(lambda event: None))), build(["x"])
    assert "on_event" in one.explain().hooks
    assert "on_event" not in other.explain().hooks


def test_one_plugin_may_serve_two_agents(build):
    mine = plugin("mine", on_event=hookimpl(lambda event: None))
    for agent in (build(["x"], mine), build(["x"], mine)):
        assert [layer.plugin for layer in agent.explain().hooks["on_event"]] == ["mine"]


def test_importing_the_hooks_starts_and_loads_nothing():
    program = (
        "import sys, threading, coding_agent_sdk\n"
        "assert 'pluggy' not in sys.modules, 'pluggy is loaded'\n"
        "import coding_agent_sdk.hooks.dispatch, coding_agent_sdk.hooks.loading\n"
        "loaded = [m for m in sys.modules if m.startswith('coding_agent_sdk.middleware')]\n"
        "assert not loaded, loaded\n"
        "assert 'langgraph' not in sys.modules, 'langgraph is loaded'\n"
        "assert threading.active_count() == 1\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


# -- names ---------------------------------------------------------------------------------


def test_a_plugins_name_is_its_own_or_its_classs_in_snake_case():
    class MyHTTPPlugin: ...

    class Plugin: ...

    class Odd:
        name = ""

    assert name_of(MyHTTPPlugin()) == "my_http"
    assert name_of(Plugin()) == "plugin"
    assert name_of(Odd()) == "odd"
    assert name_of(logging) == "logging"
    assert name_of(plugin("given")) == "given"


def test_a_module_can_be_a_plugin(tmp_path, monkeypatch):
    (tmp_path / "acme_watch.py").write_text(
        "from coding_agent_sdk import hookimpl\n\n@hookimpl\ndef on_event(event): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import acme_watch

    dispatcher = dispatcher_of(acme_watch)
    assert [i.plugin for i in dispatcher.implementations["on_event"]] == ["acme_watch"]


def test_an_argument_that_a_hook_does_not_have_is_told_with_those_that_it_has(tmp_path):
    class Slip:
        name = "slip"

        @hookimpl
        def check_tool_call(self, ctx, call):
            """Take a context by another name."""

    builder = Agent.builder().config(None, project=False).workspace(tmp_path).use(Slip())
    with pytest.raises(
        PluginConfigError, match=r"check_tool_call takes 'ctx', .* it has context, c"
    ):
        builder.build()
