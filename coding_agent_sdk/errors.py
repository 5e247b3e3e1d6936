"""Every error that the SDK raises, in one tree.

```
AgentError                        .result: what there is of the run, or None
├── ConfigError                   the settings, a file or the environment are wrong
│   ├── UnknownNameError          .kind .name .known: a name nobody offers
│   ├── MissingExtraError         .feature .module .extra (an ImportError, too)
│   └── PluginConfigError         a plugin cannot be loaded, ordered or registered
├── RequestError                  the caller's request cannot be used
│   └── SecretNameError           .kind: a session, a user or a request is called by a secret
├── WorkspaceError                the workspace, or a path in it, cannot be used
│   ├── FileTooLargeError         it has more bytes than may be read at once
│   └── FileChangedError          the file is no longer what was read
├── SandboxUnavailableError       .reason .fix: commands cannot be run here
├── PluginError                   .plugin .hook: a plugin failed where the run needs it
├── StoreError                    a store could not read or keep what it was given
│   ├── SessionBusyError          .session: another run holds the session
│   ├── SessionNotFoundError      .session .known: nothing is kept under that name
│   └── NothingToResumeError      .session: the session has no unfinished run
├── EmbeddingError                an embedder gave no vectors
├── ModerationError               a moderator gave no verdict
├── OutputError                   .problem .text .asked: the answer has not the form asked for
├── BudgetExceededError           .kind .limit .used: the run's budget does not cover what is next
├── WrongLoopError                the agent lives on another event loop
├── AgentClosedError              the agent was used after it was closed
└── ModelError                    .provider .model .retryable .retry_after …
    ├── RateLimitedError          429
    ├── OverloadedError           500, 502, 503, 529
    ├── ModelTimeoutError         connecting, idle between chunks, or in all too long
    ├── ConnectionLostError       refused, closed, reset before the first chunk
    ├── BadResponseError          an answer of another shape, or none
    ├── StreamTruncatedError      the stream ended without a known finish
    ├── CircuitOpenError          its calls keep failing: it was not asked at all
    ├── AuthenticationError       401, 403, or no key at hand
    └── InvalidRequestError       400, 404, 413, 422
        └── ContextTooLongError   the prompt is longer than the model takes
```

A message says what was asked, what was found, and what to do.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.text.failures import advised

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = [
    "AgentClosedError",
    "AgentError",
    "AuthenticationError",
    "BadResponseError",
    "BudgetExceededError",
    "CircuitOpenError",
    "ConfigError",
    "ConnectionLostError",
    "ContextTooLongError",
    "EmbeddingError",
    "FileChangedError",
    "FileTooLargeError",
    "InvalidRequestError",
    "MissingExtraError",
    "ModelError",
    "ModelTimeoutError",
    "ModerationError",
    "NothingToResumeError",
    "OutputError",
    "OverloadedError",
    "PluginConfigError",
    "PluginError",
    "RateLimitedError",
    "RequestError",
    "SandboxUnavailableError",
    "SecretNameError",
    "SessionBusyError",
    "SessionNotFoundError",
    "StoreError",
    "StreamTruncatedError",
    "UnknownNameError",
    "WorkspaceError",
    "WrongLoopError",
]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `", did you mean 'x'?"` for the known name most like *name*, else `""`."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


class AgentError(Exception):
    """Anything that goes wrong in the SDK.

    Attributes:
        result: The `Result` of the run that failed, with what there is of it;
            None where no run had begun.
    """

    result: Any = None

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows where the error ends a cell: what, where, what is left."""
        from coding_agent_sdk.text.failure_page import lines_of

        return lines_of(self, partial=self.result is not None)

    def _repr_mimebundle_(
        self,
        include: Collection[str] | None = None,
        exclude: Collection[str] | None = None,
    ) -> dict[str, str]:
        """Return what a notebook shows where the error is a value."""
        from coding_agent_sdk.text.bundle import mime_bundle
        from coding_agent_sdk.text.failure_page import page_of

        page = None if self.result is None else self.result.page()
        return mime_bundle(page_of(self, page), include, exclude)


# -- configuration -----------------------------------------------------------------


class ConfigError(AgentError, ValueError):
    """The settings, a configuration file or the environment cannot be used."""


class UnknownNameError(ConfigError):
    """A model, backend, plugin, tool or setting of that name does not exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        listed = ", ".join(self.known) or "none"
        super().__init__(
            advised(f"unknown {kind} {name!r}{nearest(name, self.known)} (known: {listed})", hint),
        )


class MissingExtraError(ConfigError, ImportError):
    """A feature needs a package of an extra that is not installed."""

    def __init__(self, *, feature: str, module: str, extra: str) -> None:
        self.feature, self.module, self.extra = feature, module, extra
        super().__init__(
            f"{feature} needs the package {module!r}, which is not installed; "
            f'run pip install "coding-agent-sdk[{extra}]"',
        )


class PluginConfigError(ConfigError):
    """A plugin cannot be loaded, ordered or registered."""


# -- requests, files, commands ------------------------------------------------------


class RequestError(AgentError, ValueError):
    """The caller's request cannot be used."""


class SecretNameError(RequestError):
    """A name of the request holds what must not be shown, such as a key; it is not repeated here.

    Attributes:
        kind: Which name: `session`, `user` or `request_id`.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(
            f"the {kind} that was given holds what must not be shown, such as a key or a password, "
            f"and it would stand in stores, traces and logs as it is; give another {kind}",
        )


class WorkspaceError(AgentError):
    """The workspace, or a path in it, cannot be used."""


class FileTooLargeError(WorkspaceError):
    """The file has more bytes than may be read at once."""


class FileChangedError(WorkspaceError):
    """The file is no longer what was read; read it again before writing."""


class SandboxUnavailableError(AgentError):
    """Commands cannot be run here: *reason* says why and *fix* what to do."""

    def __init__(self, reason: str, *, fix: str) -> None:
        self.reason, self.fix = reason, fix
        super().__init__(advised(reason, fix))


# -- plugins, stores, life -----------------------------------------------------------


class PluginError(AgentError):
    """A plugin failed in a hook that the run cannot do without."""

    def __init__(self, plugin: str, hook: str, detail: str = "") -> None:
        self.plugin, self.hook = plugin, hook
        super().__init__(f"plugin {plugin!r} failed in {hook}" + (f": {detail}" if detail else ""))


class StoreError(AgentError):
    """A store could not read or keep what it was given; the driver's error is the cause."""


class UndoError(AgentError):
    """Changes of a run cannot be shown or taken back; nothing was changed.

    Attributes:
        reason: What was found.
        files: The files that were changed since, where that is why.
        advice: What to do, with `{skip}` and `{overwrite}` for the ways to say so.
    """

    def __init__(
        self,
        reason: str,
        *,
        files: tuple[str, ...] = (),
        advice: str = "",
        skip: str = "conflicts='skip'",
        overwrite: str = "'overwrite'",
    ) -> None:
        self.reason, self.files, self.advice = reason, files, advice
        super().__init__(advised(reason, advice.format(skip=skip, overwrite=overwrite)))


class SessionBusyError(StoreError):
    """Another run holds the session."""

    def __init__(self, session: str, *, waited: float) -> None:
        self.session, self.waited = session, waited
        super().__init__(
            f"session {session!r} is in use by another run (waited {waited:g} s); "
            "wait for it, or use another session",
        )


class SessionNotFoundError(StoreError):
    """Nothing is kept under that name."""

    def __init__(self, session: str, known: Iterable[str] = ()) -> None:
        self.session, self.known = session, tuple(known)
        listed = ", ".join(repr(name) for name in self.known[:10]) or "none"
        super().__init__(
            f"no session {session!r}{nearest(session, self.known)} (newest sessions: {listed})"
        )


class NothingToResumeError(StoreError):
    """The session has no run that waits for an answer or was cut off."""

    def __init__(self, session: str) -> None:
        self.session = session
        super().__init__(
            f"session {session!r} has no unfinished run to resume; send it a new request instead",
        )


class BudgetExceededError(AgentError):
    """A budget does not cover the next model call of a run; the run ends `budget_exceeded`.

    Attributes:
        kind: `usd` or `tokens` of the run; of runs together the name of the limit's setting,
            as `user_usd_per_day`.
        limit: The budget, in US dollars or tokens.
        used: What of it is spent.
    """

    def __init__(self, message: str, *, kind: str, limit: float, used: float) -> None:
        self.kind, self.limit, self.used = kind, limit, used
        super().__init__(message)


class EmbeddingError(AgentError):
    """An embedder gave no vectors for texts."""


class ModerationError(AgentError):
    """A moderator gave no verdict on a text."""


class OutputError(AgentError):
    """The model gave no answer of the form that `output=` asked for, however often it was asked.

    Attributes:
        problem: What is wrong with its last answer.
        text: That answer, redacted.
        asked: How often it was asked for.
    """

    def __init__(self, problem: str, *, text: str, asked: int) -> None:
        self.problem, self.text, self.asked = problem, text, asked
        times = "once" if asked == 1 else f"{asked} times"
        super().__init__(
            f"the answer does not fit `output` (asked for {times}): {problem}; its words are in "
            ".text. Make the type simpler, describe its fields, or raise `output_retries`"
        )


class WrongLoopError(AgentError, RuntimeError):
    """The agent lives on another event loop than the one it is used from."""


class AgentClosedError(AgentError, RuntimeError):
    """The agent was used after it was closed."""


# -- models ----------------------------------------------------------------------------


class ModelError(AgentError):
    """A model call failed.

    Attributes:
        provider: Name of the provider, `""` where unknown.
        model: Name of the model, `""` where unknown.
        retryable: Whether the same call may succeed when it is made again.
        retry_after: Seconds that the provider asks to wait, or None.
        request_id: The provider's id of the request, or None.
        shown: Whether text of the broken answer had been shown already.
        partial_text: That text.
    """

    retryable: bool = False

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        model: str = "",
        retry_after: float | None = None,
        request_id: str | None = None,
        partial_text: str = "",
        shown: bool = False,
    ) -> None:
        self.provider, self.model = provider, model
        self.retry_after, self.request_id = retry_after, request_id
        self.partial_text, self.shown = partial_text, shown
        super().__init__(message)


class RateLimitedError(ModelError):
    """The provider refuses for now because of its rate limit (429)."""

    retryable = True


class OverloadedError(ModelError):
    """The provider is overloaded or broken (500, 502, 503, 529)."""

    retryable = True


class ModelTimeoutError(ModelError):
    """Connecting, waiting for a chunk, or the call in all took too long."""

    retryable = True


class ConnectionLostError(ModelError):
    """The connection was refused, closed or reset before the first chunk."""

    retryable = True


class BadResponseError(ModelError):
    """The answer was empty, not JSON, or of another shape."""

    retryable = True


class StreamTruncatedError(ModelError):
    """The answer ended without a known finish; no tool call of it is run."""


class CircuitOpenError(ModelError):
    """The model was not asked: its calls keep failing, and its circuit breaker is open.

    `retry_after` says when it is tried again; another model may be asked at once.
    """


class AuthenticationError(ModelError):
    """The provider does not accept the key, or there is none."""


class InvalidRequestError(ModelError):
    """The provider refuses the request as it is."""


class ContextTooLongError(InvalidRequestError):
    """The prompt is longer than the model takes."""
