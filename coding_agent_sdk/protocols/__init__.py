"""What backends implement: one Protocol for each kind.

A backend is made by its factory from a name or a URL, opened with `async with` if it has
`__aenter__`, and closed by whoever opened it. Backends raise the errors of
`coding_agent_sdk.errors` only, with the driver's error as the cause.
"""

from __future__ import annotations

from coding_agent_sdk.protocols.answers import CacheStore, Embedder
from coding_agent_sdk.protocols.execution import (
    FRESH_SHELL,
    Capabilities,
    Command,
    ExecResult,
    Executor,
    Job,
    JobExecutor,
    JobOutput,
    ShellState,
)
from coding_agent_sdk.protocols.knowledge import KnowledgeChunk, KnowledgeStore
from coding_agent_sdk.protocols.memory import Lease, MemoryStore, SessionInfo, StoredEntry
from coding_agent_sdk.protocols.moderation import Moderation, Moderator
from coding_agent_sdk.protocols.outputs import OutputStore
from coding_agent_sdk.protocols.spending import (
    ContextWindows,
    CounterStore,
    Prices,
    Quota,
    Shortage,
)
from coding_agent_sdk.protocols.text import Redactor
from coding_agent_sdk.protocols.tracing import SpanExporter
from coding_agent_sdk.protocols.tree import Entry, FileState, TreeWorkspace
from coding_agent_sdk.protocols.undo import EntryChange, KeptChange, OpenCommand, UndoJournal
from coding_agent_sdk.protocols.workspace import FileBytes, FileText, Workspace

__all__ = [
    "FRESH_SHELL",
    "CacheStore",
    "Capabilities",
    "Command",
    "ContextWindows",
    "CounterStore",
    "Embedder",
    "Entry",
    "EntryChange",
    "ExecResult",
    "Executor",
    "FileBytes",
    "FileState",
    "FileText",
    "Job",
    "JobExecutor",
    "JobOutput",
    "KeptChange",
    "KnowledgeChunk",
    "KnowledgeStore",
    "Lease",
    "MemoryStore",
    "Moderation",
    "Moderator",
    "OpenCommand",
    "OutputStore",
    "Prices",
    "Quota",
    "Redactor",
    "SessionInfo",
    "ShellState",
    "Shortage",
    "SpanExporter",
    "StoredEntry",
    "TreeWorkspace",
    "UndoJournal",
    "Workspace",
]
