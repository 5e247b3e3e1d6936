"""Puts an agent together from what the builder was told, before anything is opened."""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.config import data_home, load_settings
from coding_agent_sdk.core.backends import BackendTable
from coding_agent_sdk.core.built_in import BUILT_IN
from coding_agent_sdk.core.executors import check_sandbox, chosen_executor
from coding_agent_sdk.core.model_request import SYSTEM_PROMPT
from coding_agent_sdk.core.model_table import ModelTable
from coding_agent_sdk.core.price_list import PriceList
from coding_agent_sdk.core.services import Limits, Services
from coding_agent_sdk.errors import (
    BudgetExceededError,
    ConfigError,
    PluginConfigError,
    UnknownNameError,
)
from coding_agent_sdk.hooks.dispatch import Dispatcher
from coding_agent_sdk.hooks.loading import PluginSet, load_plugins
from coding_agent_sdk.hooks.registry import BackendRegistry, CommandRegistry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langchain_core.language_models import BaseChatModel

    from coding_agent_sdk.config import LoadedSettings, Settings
    from coding_agent_sdk.types.decisions import Approver
    from coding_agent_sdk.types.tools import Tool

PROVIDER_VARIABLES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "openai": {"api_key": ("OPENAI_API_KEY",), "base_url": ("OPENAI_BASE_URL",)},
    "anthropic": {"api_key": ("ANTHROPIC_API_KEY",), "base_url": ("ANTHROPIC_BASE_URL",)},
    "google": {
        "api_key": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        "base_url": ("GOOGLE_GEMINI_BASE_URL",),
    },
    "compatible": {"api_key": ("CODING_AGENT_API_KEY",), "base_url": ("CODING_AGENT_BASE_URL",)},
}
"""The providers' own variables; they are read from `.env`, too, where that may be trusted."""

OPENED: Final = ("memory", "executor")
"""Kinds of backend that an agent opens when it is entered, where they are configured."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """An agent that is not open yet.

    Attributes:
        loaded: The settings, with their origins.
        plugins: The plugins.
        dispatcher: Runs their hooks.
        registry: The backends that they offer.
        commands: The commands that they offer.
        backends: The instances.
        models: The models.
        model: `provider:name` of the agent's model.
        model_origin: Why it is this one.
        own_tools: The caller's tools.
        approver: Who is asked.
    """

    loaded: LoadedSettings
    plugins: PluginSet
    dispatcher: Dispatcher
    registry: BackendRegistry
    commands: CommandRegistry
    backends: BackendTable
    models: ModelTable
    model: str
    model_origin: str
    own_tools: tuple[Any, ...]
    approver: Approver | None


def assemble(
    *,
    settings: Mapping[str, Any],
    said_by: Mapping[str, str] | None = None,
    config_file: Any = None,
    project: bool = True,
    own_model: BaseChatModel | None = None,
    approver: Approver | None = None,
    tools: Sequence[Any] = (),
    plugins: Sequence[object] = (),
    without: Sequence[str] = (),
    entry_points: bool = True,
) -> Assembly:
    """Return the agent's parts; the arguments are those of `AgentSpec`.

    Raises:
        ConfigError: Something of it is wrong.
    """
    _check_kinds(own_model, approver)
    loaded = load_settings(
        explicit=settings, said_by=said_by, config_file=config_file, project=project
    )
    for note in (*loaded.unknown, *loaded.ignored):
        logger.warning("%s", note)
    values = loaded.settings
    found = load_plugins(
        built_in=BUILT_IN, own=plugins, without=_left_out(without, values),
        allowed=values.load_plugins, entry_points=entry_points,
    )  # fmt: skip
    found.left_out |= _unused([*without, *values.without], values)
    dispatcher = Dispatcher(
        found.manager,
        control_flow=(BudgetExceededError,),  # a check may not swallow the end of the budget
        check_seconds=values.check_timeout,
        fail_open=values.fail_open,
    )
    registry, commands = BackendRegistry(), CommandRegistry()
    dispatcher.register_backends(registry)
    dispatcher.register_commands(commands)
    sections = _sections(loaded, found, dispatcher)
    dispatcher.apply_settings(sections)
    loaded = dataclasses.replace(loaded, sections=sections)
    model, model_origin = _model(loaded, own_model)
    fallback = tuple(dict.fromkeys(values.fallback))
    models = _models(registry, loaded, own={} if own_model is None else {model: own_model})
    for name in (model, *fallback):
        models.model(name)  # an unknown name or a missing package is said now, not in the first run
    backends = BackendTable(
        registry,
        configured=_configured(loaded, model, registry),
        sections=sections,
        models=models,
        prices=PriceList(registry),
        workspace=registry.create("workspace", "local", root=values.workspace),
        secrets=loaded.secrets(),
        dispatcher=dispatcher,
        fallback=fallback,
    )
    dispatcher.validate_settings(backends.context)
    return Assembly(
        loaded=loaded, plugins=found, dispatcher=dispatcher, registry=registry,
        commands=commands, backends=backends, models=models, model=model,
        model_origin=model_origin, own_tools=tuple(tools), approver=approver,
    )  # fmt: skip


def _left_out(without: Sequence[str], values: Settings) -> list[str]:
    """Return the plugins to leave out: those named, and those that have nothing to do."""
    named = [*without, *values.without]
    return [*named, *_unused(named, values)]


def _unused(named: Sequence[str], values: Settings) -> dict[str, str]:
    """Return why each plugin has nothing to do, without those that are *named* to be left out."""
    unused = {
        "memory": (values.memory == "none", "memory is 'none'"),
        "fallback": (not values.fallback, "no fallback model is set"),
    }
    return {name: why for name, (off, why) in unused.items() if off and name not in named}


def _check_kinds(own_model: object, approver: object) -> None:
    """Refuse what cannot be a model or an approver now, not in the first run."""
    if own_model is not None and not hasattr(own_model, "astream"):
        raise ConfigError(
            f"{own_model!r} is no model; give 'provider:name' or a LangChain chat model"
        )
    if approver is not None and not callable(approver):
        raise ConfigError(
            f"{approver!r} is no approver; give a function from an ApprovalRequest to an answer"
        )


def _sections(loaded: LoadedSettings, plugins: PluginSet, dispatcher: Dispatcher) -> dict[str, Any]:
    models = dispatcher.register_settings()
    loaded.check_sections([*models, *plugins.left_out])
    return {plugin: loaded.section(plugin, model) for plugin, model in models.items()}


def _model(loaded: LoadedSettings, own: BaseChatModel | None) -> tuple[str, str]:
    if own is None:
        return loaded.model()
    named = getattr(own, "model_name", None) or getattr(own, "model", None)
    return f"custom:{named or type(own).__name__}", "builder"


def _models(
    registry: BackendRegistry, loaded: LoadedSettings, *, own: Mapping[str, BaseChatModel]
) -> ModelTable:
    return ModelTable(
        registry,
        options=lambda name: model_options(loaded, name),
        own=own,
        breakpoints=loaded.settings.cache_breakpoints,
    )


def model_options(loaded: LoadedSettings, name: str) -> dict[str, Any]:
    """Return what the factory of a model is given.

    `base_url` and `api_key` are those of the agent's own model; a model at another provider
    reads that provider's variables.
    """
    values = loaded.settings
    options: dict[str, Any] = {
        "timeout": values.model_timeout,
        "temperature": values.temperature,
        "max_tokens": values.max_tokens,
    }
    provider = name.partition(":")[0]
    main, _ = loaded.model()
    if provider == main.partition(":")[0]:
        options["base_url"] = values.base_url
        options["api_key"] = values.api_key.get_secret_value() if values.api_key else None
    for option, variables in PROVIDER_VARIABLES.get(provider, {}).items():
        found = next((loaded.environment[v] for v in variables if loaded.environment.get(v)), None)
        options[option] = options.get(option) or found
    return options


def _configured(loaded: LoadedSettings, model: str, registry: BackendRegistry) -> dict[str, str]:
    values = loaded.settings
    configured = {"model": model, "workspace": "local"}
    if offered := registry.names("executor"):
        check_sandbox(values.sandbox, offered)
        configured["executor"] = chosen_executor(values.sandbox)
    if registry.names("memory"):
        default = f"sqlite:///{data_home(loaded.environment) / 'sessions.db'}"
        configured["memory"] = values.memory or default
        registry.check("memory", configured["memory"].partition(":")[0])
    return configured


async def open_services(assembly: Assembly, tools: Sequence[tuple[str, Tool]]) -> Services:
    """Return what the core works with, once plugins have registered their tools.

    Raises:
        PluginConfigError: Two tools have the same name.
        UnknownNameError: `deny_tools` names a tool that is not there.
    """
    values = assembly.loaded.settings
    named: dict[str, Tool] = {}
    owners: dict[str, str] = {}
    for plugin, tool in tools:
        if tool.name in named:
            raise PluginConfigError(
                f"{owners[tool.name]} and {plugin} both offer the tool {tool.name!r}; rename one",
            )
        named[tool.name], owners[tool.name] = tool, plugin
    for pattern in values.deny_tools:
        name = pattern.partition("(")[0]
        if name not in named:
            raise UnknownNameError("tool in `deny_tools`", name, named)
    system = (SYSTEM_PROMPT, *([values.system_prompt] if values.system_prompt else []))
    return Services(
        dispatcher=assembly.dispatcher,
        backends=assembly.backends,
        models=assembly.models,
        prices=assembly.backends.prices,
        model=assembly.model,
        fallback=assembly.backends.fallback,
        tools=named,
        workspace=assembly.backends.workspace,
        mode=values.mode,
        limits=Limits(
            steps=values.max_steps,
            output_retries=values.output_retries,
            seconds=values.timeout,
            tool_seconds=values.tool_timeout,
            model_seconds=values.model_timeout,
            answer_tokens=values.max_tokens,
            approval_seconds=values.approval_timeout,
        ),
        approver=assembly.approver,
        system=system,
        deny_tools=tuple(values.deny_tools),
    )
