"""Builds an agent: from code over the environment over files over defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal
    from os import PathLike

    from langchain_core.language_models import BaseChatModel
    from prometheus_client import CollectorRegistry

    from coding_agent_sdk.types.decisions import Approver
    from coding_agent_sdk.types.status import Mode

A = TypeVar("A")


@dataclass(frozen=True, kw_only=True)
class AgentSpec:
    """What an agent is built of.

    Attributes:
        settings: Settings by key, over all other layers.
        config_file: A configuration file to read instead of the current folder's.
        project: Whether files of the current folder and the workspace are read at all.
        said_by: What messages call the place where a setting was said, by its key in full, where
            that is not `builder`.
        own_model: A chat model made by the caller.
        approver: Who is asked for approval.
        tools: The caller's own tools: functions, LangChain tools or `Tool`s.
        plugins: The caller's own plugins.
        without: Plugins that are left out.
        entry_points: Whether installed third-party plugins are loaded.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    config_file: Path | None = None
    project: bool = True
    said_by: Mapping[str, str] = field(default_factory=dict)
    own_model: BaseChatModel | None = None
    approver: Approver | None = None
    tools: tuple[Any, ...] = ()
    plugins: tuple[object, ...] = ()
    without: tuple[str, ...] = ()
    entry_points: bool = True


class AgentBuilder(Generic[A]):
    """Says step by step what an agent is made of; `build` makes it.

    Each method returns a new builder, so that one can be the base of several agents.

    Args:
        factory: Makes the agent.
        spec: What has been said so far.
    """

    def __init__(self, factory: Callable[[AgentSpec], A], spec: AgentSpec | None = None) -> None:
        self._factory = factory
        self._spec = spec or AgentSpec()

    def _with(self, **changes: Any) -> Self:
        return type(self)(self._factory, replace(self._spec, **changes))

    def settings(self, **values: Any) -> Self:
        """Set settings by their key: `settings(timeout=60, max_steps=20)`."""
        return self._with(settings={**self._spec.settings, **values})

    def said_by(self, origins: Mapping[str, str]) -> Self:
        """Say what messages call the places where settings were said, in place of `builder`.

        For a program with options of its own: `said_by({"timeout": "--timeout"})`.

        Args:
            origins: The name of each place, by the key of the setting in full, such as
                `plugins.budget.usd`.
        """
        return self._with(said_by={**self._spec.said_by, **origins})

    def model(
        self,
        model: str | BaseChatModel,
        *,
        fallback: str | Sequence[str] | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
    ) -> Self:
        """Choose the model.

        Args:
            model: `provider:name`, or a LangChain chat model.
            fallback: `provider:name` of the models that take over where it cannot answer.
            base_url: Address of a compatible server, or of a proxy.
            api_key: The provider's key; by default the provider's own variable is read.
            temperature: Passed on where it is given.
            max_tokens: Passed on where it is given.
        """
        given = {
            "fallback": fallback if isinstance(fallback, str | None) else list(fallback),
            "base_url": base_url,
            "api_key": api_key,
            "temperature": temperature,
            "max_tokens": max_tokens,
        }
        values = {key: value for key, value in given.items() if value is not None}
        if isinstance(model, str):
            return self._with(own_model=None).settings(model=model, **values)
        return self._with(own_model=model).settings(**values)

    def workspace(self, path: str | PathLike[str]) -> Self:
        """Choose the folder that the agent works in; by default the current one.

        Raises:
            ConfigError: It is no path.
        """
        try:
            return self.settings(workspace=Path(path))
        except TypeError as error:
            raise ConfigError(
                f"a workspace is the path of a folder, not {path!r}; without one it is the current"
            ) from error

    def mode(self, mode: Mode) -> Self:
        """Choose what happens to calls with an effect.

        `read-only` refuses them, `ask` asks for them (the default), `auto` writes files of the
        workspace and asks for the rest, `yolo` runs what would be asked.
        """
        return self.settings(mode=mode)

    def sandbox(self, sandbox: str, **options: Any) -> Self:
        """Choose what holds commands to the workspace; bubblewrap by default.

        Args:
            sandbox: `auto`, which is `bubblewrap` (`seatbelt` on macOS); `landlock`, which is
                weaker; `docker`; `none`, where each command is asked for but in the mode `yolo`;
                or the name of an executor that a plugin offers.
            **options: Values of the section `[plugins.sandbox]`: `network=True`,
                `read_only=["/srv/data"]`, `pass_env=["CI"]`, `memory_mb=2048` …
        """
        builder = self.settings(sandbox=sandbox)
        return builder.plugin("sandbox", **options) if options else builder

    def approver(self, approver: Approver) -> Self:
        """Say who is asked: a function, `def` or `async def`, from a request to an answer."""
        return self._with(approver=approver)

    def memory(self, url: str | None) -> Self:
        """Choose where sessions are kept: `sqlite:///…`, `memory://`; None for nowhere."""
        return self.settings(memory="none" if url is None else url)

    def knowledge(self, *paths: str | PathLike[str], store: str | None = None) -> Self:
        """Say which documents the agent finds passages in, besides those of the workspace.

        Args:
            paths: Files and folders, code too, outside of the workspace as well.
            store: `./kb.db` for Milvus Lite, `http://host:19530` for a Milvus server, `memory://`;
                None keeps it in the data folder.
        """
        values: dict[str, Any] = {"paths": [os.fspath(path) for path in paths]} if paths else {}
        if store is not None:
            values["store"] = store
        return self.plugin("rag", **values)

    def tools(self, *tools: Any) -> Self:
        """Add tools: typed functions, functions marked with `@tool`, LangChain tools."""
        return self._with(tools=(*self._spec.tools, *tools))

    def budget(
        self,
        *,
        usd: float | Decimal | None = None,
        tokens: int | None = None,
        steps: int | None = None,
        seconds: float | None = None,
        session_usd: float | Decimal | None = None,
        user_usd_per_day: float | Decimal | None = None,
        usd_per_day: float | Decimal | None = None,
        store: str | None = None,
    ) -> Self:
        """Limit each run, and what runs spend together; what is None stays as it is.

        Limits in tokens and the total of a user are settings of `[plugins.budget]`.

        Args:
            usd: US dollars, sub-runs and the plugins' own model calls included.
            tokens: Tokens, input and output together.
            steps: Model calls that the run itself makes.
            seconds: Wall time.
            session_usd: US dollars of all runs of a session.
            user_usd_per_day: US dollars of all runs of a user in a day, from midnight UTC.
            usd_per_day: US dollars of all runs in a day.
            store: Where is counted what runs spend together: `sqlite:///…`, `redis://…`,
                `memory`; None is a SQLite file in the data folder.
        """
        given = _given(max_steps=steps, timeout=seconds)
        dollars = _given(
            usd=usd, session_usd=session_usd, user_usd_per_day=user_usd_per_day,
            usd_per_day=usd_per_day,
        )  # fmt: skip
        spent = {key: str(amount) for key, amount in dollars.items()}
        spent |= _given(tokens=tokens, store=store)
        builder = self.settings(**given)
        return builder.plugin("budget", **spent) if spent else builder

    def cache(
        self,
        *,
        enabled: bool = True,
        ttl: float | None = None,
        store: str | None = None,
        semantic: float | None = None,
        embedder: str | None = None,
    ) -> Self:
        """Give the answer to the same question of the same user again.

        Args:
            enabled: Whether to do so.
            ttl: For how many seconds.
            store: Where answers are kept for other processes, too: `sqlite:///…`, `redis://…`;
                in memory by default.
            semantic: How similar a question has to be that gets the same answer, 0.9 to 1; only
                the same words do by default.
            embedder: What tells how similar questions are: `openai:MODEL`, `compatible:MODEL@URL`.
        """
        given = _given(ttl=ttl, store=store, semantic=semantic, embedder=embedder)
        return self.plugin("cache", enabled=enabled, **given)

    def retry(self, *, attempts: int | None = None, deadline: float | None = None) -> Self:
        """Make each model call up to *attempts* times, within *deadline* seconds."""
        return self.plugin("retry", **_given(attempts=attempts, deadline=deadline))

    def breaker(
        self,
        *,
        enabled: bool = True,
        failures: int | None = None,
        window: float | None = None,
        cooldown: float | None = None,
    ) -> Self:
        """Leave a model alone while its service is ill.

        Args:
            enabled: Whether to do so.
            failures: Failed attempts in the window after which it is left alone.
            window: Seconds in which they have to fall.
            cooldown: Seconds after which one attempt tries it again.
        """
        given = _given(failures=failures, window=window, cooldown=cooldown)
        return self.plugin("breaker", enabled=enabled, **given)

    def rate_limit(
        self,
        *,
        requests: int | None = None,
        tokens: int | None = None,
        user_requests: int | None = None,
        user_tokens: int | None = None,
        max_wait: float | None = None,
        store: str | None = None,
    ) -> Self:
        """Pace model calls; needs the extra `limits`. What is None stays as it is.

        Args:
            requests: Most requests of one model in a minute.
            tokens: Most tokens of one model in a minute.
            user_requests: Most requests of one user in a minute.
            user_tokens: Most tokens of one user in a minute.
            max_wait: Seconds that a call waits for its turn; 0 refuses it at once.
            store: Where is counted for all processes: `redis://…`, which needs the extra `redis`.
        """
        given = _given(
            requests=requests, tokens=tokens, user_requests=user_requests,
            user_tokens=user_tokens, max_wait=max_wait, store=store,
        )  # fmt: skip
        return self.plugin("rate_limit", **given)

    def monitoring(
        self,
        *,
        port: int | None = None,
        host: str | None = None,
        log: str | PathLike[str] | None = None,
        log_level: Literal["debug", "info", "warning", "error"] | None = None,
        registry: CollectorRegistry | None = None,
    ) -> Self:
        """Say where metrics and logs go; what is None stays as it is.

        Args:
            port: Serve `/metrics` on it while the agent is open; 0 takes a free one.
            host: Address to serve on, `127.0.0.1` by default.
            log: Where JSON lines go, one for each event: `stderr`, `off`, or a file.
            log_level: Least level of an event that is logged.
            registry: Count in this registry of `prometheus_client`, not in one of the agent's.
        """
        given = {
            "port": port,
            "host": host,
            "log": None if log is None else os.fspath(log),
            "log_level": log_level,
            "registry": registry,
        }
        return self.plugin(
            "monitoring", **{key: value for key, value in given.items() if value is not None}
        )

    def system_prompt(self, text: str) -> Self:
        """Add to the built-in system prompt."""
        return self.settings(system_prompt=text)

    def use(self, *plugins: object) -> Self:
        """Add plugins: objects or modules that implement hooks."""
        return self._with(plugins=(*self._spec.plugins, *plugins))

    def without(self, *names: str) -> Self:
        """Leave out plugins, built-in ones too: `without("guardrails")`."""
        return self._with(without=(*self._spec.without, *names))

    def plugin(self, name: str, **values: Any) -> Self:
        """Set values of a plugin's settings section."""
        sections = dict(self._spec.settings.get("plugins", {}))
        sections[name] = {**sections.get(name, {}), **values}
        return self.settings(plugins=sections)

    def tracing(self, *exporters: str, capture_content: bool | None = None) -> Self:
        """Choose where the spans of runs go: `file`, `otlp://host:4318`, `https://…`, `langfuse`.

        Args:
            exporters: Names or URLs, in place of those that were set; none of them given, traces
                go to files in the data folder. `without("tracing")` traces nothing.
            capture_content: Whether spans hold text, redacted.
        """
        values: dict[str, Any] = {"exporters": list(exporters or ("file",))}
        if capture_content is not None:
            values["capture_content"] = capture_content
        return self.plugin("tracing", **values)

    def config(self, path: str | PathLike[str] | None, *, project: bool = True) -> Self:
        """Read a configuration file, which is trusted.

        Args:
            path: The file; None for the current folder's own.
            project: Whether files of the current folder and the workspace are read as well.
        """
        return self._with(config_file=None if path is None else Path(path), project=project)

    def installed_plugins(self, *, load: bool) -> Self:
        """Say whether installed third-party plugins are loaded; they are by default."""
        return self._with(entry_points=load)

    def build(self) -> A:
        """Make the agent.

        Raises:
            ConfigError: Something of it is wrong; the message says what and how to mend it.
        """
        return self._factory(self._spec)


def _given(**values: Any) -> dict[str, Any]:
    """Return what was said: the values that are not None."""
    return {key: value for key, value in values.items() if value is not None}
