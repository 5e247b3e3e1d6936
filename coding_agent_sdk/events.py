"""The closed union of typed events: everything that can be seen of a run.

An event is a frozen value. The core fills in the common fields when it is emitted; `to_dict`
gives its JSON form, which carries `schema_version` and the name of its class in snake case as
`type`. Fields that hold text of a user, a model or a tool are marked by `TEXT`: the core redacts
them before any observer sees the event.

A projection (a renderer, a tracer) matches on the classes and ends with `assert_never`, so that
an event it forgot is a type error. A plugin of a third party emits `PluginEvent`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from coding_agent_sdk.types.decisions import ApprovalRequest
    from coding_agent_sdk.types.status import Status
    from coding_agent_sdk.types.tools import ToolCall, ToolStatus

SCHEMA_VERSION: Final = 1
"""Version of the JSON form; a field added keeps it, a field changed or removed raises it."""

TEXT: Final[dict[str, Any]] = {"text": True}
"""Metadata of a field that holds text from outside, and is redacted."""


@dataclass(frozen=True, kw_only=True)
class EventBase:
    """What all events have; the core fills it in.

    Attributes:
        run_id: The run that it is about.
        session: The run's session.
        seq: Place in the run, from 0, among the events that are made; an observer that wants some
            types only sees gaps.
        at: When it happened (aware, UTC).
        parent_run_id: The run that started this one as a sub-run, or None.
    """

    run_id: str = ""
    session: str = ""
    seq: int = -1
    at: datetime | None = None
    parent_run_id: str | None = None

    @property
    def type(self) -> str:
        """Name of the event in JSON: the class name in snake case."""
        return _TYPES[self.__class__]

    def to_dict(self) -> dict[str, Any]:
        """Return the event as plain data for JSON."""
        data: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "type": self.type}
        for name in _FIELDS[self.__class__]:
            data[name] = _plain(getattr(self, name))
        return data


# -- the run -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RunStarted(EventBase):
    """A run began."""

    request: str = field(metadata=TEXT)
    model: str
    user: str = field(default="", metadata=TEXT)
    mode: str = ""
    plugins: tuple[str, ...] = ()
    resumes: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunFinished(EventBase):
    """A run ended; exactly one ends each run."""

    status: Status
    text: str = field(metadata=TEXT)
    reason: str = field(default="", metadata=TEXT)
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    steps: int = 0
    changed_files: tuple[str, ...] = field(default=(), metadata=TEXT)
    citations: tuple[str, ...] = field(default=(), metadata=TEXT)
    error_type: str = ""


# -- checks --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CheckDecided(EventBase):
    """A check replaced, asked or denied; the rule of one that failed is `plugin_failed`."""

    plugin: str
    hook: str
    decision: str
    reason: str = field(default="", metadata=TEXT)
    rule: str = ""
    call_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class TextWithheld(EventBase):
    """*count* passages, results or outputs were kept from the model or the user."""

    count: int
    reason: str = field(default="", metadata=TEXT)


@dataclass(frozen=True, kw_only=True)
class RunTainted(EventBase):
    """Something tried to instruct the model; side effects are asked for from here on."""

    source: str = field(metadata=TEXT)
    rule: str


# -- context -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class MemoryLoaded(EventBase):
    """The session so far was loaded."""

    messages: int
    tokens: int
    dropped: int = 0


@dataclass(frozen=True, kw_only=True)
class ContextRetrieved(EventBase):
    """Passages were found for the request."""

    items: int
    tokens: int
    seconds: float
    sources: tuple[str, ...] = field(default=(), metadata=TEXT)


@dataclass(frozen=True, kw_only=True)
class HistoryCompacted(EventBase):
    """Older messages gave way; *before* and *after* are tokens of the request.

    *how* is `results` where what tools had said was left out, and `summary` where a summary stands
    for the messages. The provider's prompt cache begins anew.
    """

    before: int
    after: int
    how: str = "summary"


@dataclass(frozen=True, kw_only=True)
class PrefixChanged(EventBase):
    """The provider's prompt cache begins anew."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class MemoryAppended(EventBase):
    """*entries* entries, *messages* of them messages, are durable."""

    entries: int
    messages: int


# -- steps and model calls ---------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class StepStarted(EventBase):
    """A model call with the tool calls that it asks for begins; *index* counts from 1."""

    index: int


@dataclass(frozen=True, kw_only=True)
class StepFinished(EventBase):
    """The step's tool calls, if any, have ended."""

    index: int


@dataclass(frozen=True, kw_only=True)
class ModelCallStarted(EventBase):
    """A provider is asked; *messages* counts what it is sent."""

    model: str
    messages: int = 0
    origin: str = "run"


@dataclass(frozen=True, kw_only=True)
class ModelCallFinished(EventBase):
    """The model has answered. Usage and cost stand only here: a run's are the sum.

    *text* is what it said; `""` where a check decides on it later, or a plugin asked for itself.
    *seconds* are those of the whole call, *first_token_seconds* those from asking the provider that
    answered to the first piece of its answer; None from a cache. That may have given the answer to
    another question, which was only *similar*.
    """

    model: str
    text: str = field(default="", metadata=TEXT)
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost: Decimal | None = None
    seconds: float = 0.0
    first_token_seconds: float | None = None
    cached: bool = False
    similar: bool = False
    origin: str = "run"


@dataclass(frozen=True, kw_only=True)
class ModelCallFailed(EventBase):
    """A call of a model failed for good."""

    model: str
    error: str = field(metadata=TEXT)
    error_type: str = ""
    seconds: float = 0.0


# -- deltas: observers that are slow may lose them, nothing else is lost -------------------


@dataclass(frozen=True, kw_only=True)
class TextDelta(EventBase):
    """More text of the answer."""

    text: str = field(metadata=TEXT)


@dataclass(frozen=True, kw_only=True)
class ReasoningDelta(EventBase):
    """More of the model's reasoning, where the provider shows it."""

    text: str = field(metadata=TEXT)


@dataclass(frozen=True, kw_only=True)
class ToolCallDelta(EventBase):
    """More of a tool call's raw arguments."""

    call_id: str
    text: str = field(metadata=TEXT)


@dataclass(frozen=True, kw_only=True)
class ToolOutputDelta(EventBase):
    """More output of a running tool."""

    call_id: str
    text: str = field(metadata=TEXT)


# -- resilience and limits ---------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ModelCallRetried(EventBase):
    """A failed call is made again after *delay* seconds; *attempt* is the one that failed."""

    attempt: int
    delay: float
    error: str = field(metadata=TEXT)


@dataclass(frozen=True, kw_only=True)
class ModelCallRestarted(EventBase):
    """Deltas of the current call are void; a renderer wipes them."""


@dataclass(frozen=True, kw_only=True)
class ModelFellBack(EventBase):
    """Another model takes over."""

    from_model: str
    to_model: str
    reason: str = field(default="", metadata=TEXT)


@dataclass(frozen=True, kw_only=True)
class RateLimitWaited(EventBase):
    """A call waited for its rate limit."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class CircuitOpened(EventBase):
    """A circuit breaker opened."""

    name: str


@dataclass(frozen=True, kw_only=True)
class BudgetExceeded(EventBase):
    """A budget is spent: *kind* is `steps`, `usd`, `tokens`, `calls` or `seconds`."""

    kind: str
    limit: float
    used: float


# -- tools ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ToolCallStarted(EventBase):
    """A tool runs."""

    call: ToolCall = field(metadata=TEXT)


@dataclass(frozen=True, kw_only=True)
class ToolCallFinished(EventBase):
    """A call ended, run or not."""

    call_id: str
    name: str
    status: ToolStatus
    text: str = field(default="", metadata=TEXT)
    seconds: float = 0.0
    truncated: bool = False
    sandbox: str = ""


@dataclass(frozen=True, kw_only=True)
class FileChanged(EventBase):
    """A tool changed a file of the workspace."""

    path: str = field(metadata=TEXT)
    kind: str = "write"


# -- people --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ApprovalRequested(EventBase):
    """Calls wait for a person."""

    requests: tuple[ApprovalRequest, ...] = field(metadata=TEXT)


@dataclass(frozen=True, kw_only=True)
class ApprovalResolved(EventBase):
    """A person answered: *decision* is `approve`, `reject` or `edit`."""

    call_id: str
    decision: str
    reason: str = field(default="", metadata=TEXT)


# -- others --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class SubRunStarted(EventBase):
    """A run of a sub-agent began."""

    child_run_id: str


@dataclass(frozen=True, kw_only=True)
class SubRunFinished(EventBase):
    """A run of a sub-agent ended."""

    child_run_id: str
    status: Status


@dataclass(frozen=True, kw_only=True)
class PluginFailed(EventBase):
    """An observer or a check of a plugin raised."""

    plugin: str
    hook: str
    error: str = field(metadata=TEXT)


@dataclass(frozen=True, kw_only=True)
class PluginEvent(EventBase):
    """What a plugin has to tell; *data* is plain JSON data."""

    plugin: str
    name: str
    data: Mapping[str, Any] = field(default_factory=dict, metadata=TEXT)


Event: TypeAlias = (
    RunStarted | RunFinished
    | CheckDecided | TextWithheld | RunTainted
    | MemoryLoaded | ContextRetrieved | HistoryCompacted | PrefixChanged | MemoryAppended
    | StepStarted | StepFinished
    | ModelCallStarted | ModelCallFinished | ModelCallFailed
    | TextDelta | ReasoningDelta | ToolCallDelta | ToolOutputDelta
    | ModelCallRetried | ModelCallRestarted | ModelFellBack | RateLimitWaited | CircuitOpened
    | BudgetExceeded
    | ToolCallStarted | ToolCallFinished | FileChanged
    | ApprovalRequested | ApprovalResolved
    | SubRunStarted | SubRunFinished | PluginFailed | PluginEvent
)  # fmt: skip

DELTA_TYPES: Final = (TextDelta, ReasoningDelta, ToolCallDelta, ToolOutputDelta)
"""The events that tell a text piece by piece; what they tell stands whole in another event, too."""

EVENT_TYPES: Final[tuple[type[EventBase], ...]] = Event.__args__

WHOLE_EVENT_TYPES: Final = tuple(kind for kind in EVENT_TYPES if kind not in DELTA_TYPES)
"""All events but deltas."""

_TYPES = {kind: re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower() for kind in EVENT_TYPES}
_FIELDS = {kind: tuple(f.name for f in dataclasses.fields(kind)) for kind in EVENT_TYPES}
TEXT_FIELDS: Final[Mapping[type[EventBase], tuple[str, ...]]] = {
    kind: tuple(f.name for f in dataclasses.fields(kind) if f.metadata.get("text"))
    for kind in EVENT_TYPES
}
"""The fields of each event that hold text from outside."""


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return repr(value)
