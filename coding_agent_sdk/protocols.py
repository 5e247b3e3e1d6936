"""What backends implement: one Protocol for each kind.

A backend is made by its factory from a name or a URL, opened with `async with` if it has
`__aenter__`, and closed by whoever opened it. Backends raise the errors of
`coding_agent_sdk.errors` only, with the driver's error as the cause.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from pathlib import Path

    from coding_agent_sdk.types.entries import Entry
    from coding_agent_sdk.types.requests import Usage
    from coding_agent_sdk.types.spans import AttributeValue, Span

__all__ = [
    "CacheStore",
    "Capabilities",
    "Command",
    "ContextWindows",
    "CounterStore",
    "Embedder",
    "ExecResult",
    "Executor",
    "FileText",
    "KnowledgeChunk",
    "KnowledgeStore",
    "Lease",
    "MemoryStore",
    "OutputStore",
    "Prices",
    "Quota",
    "Redactor",
    "SessionInfo",
    "Shortage",
    "SpanExporter",
    "StoredEntry",
    "Workspace",
]

# -- models: what they cost ------------------------------------------------------------------


@runtime_checkable
class Prices(Protocol):
    """What tokens of models cost; the agent asks the one that is offered as `prices` `list`."""

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what *usage* of a model costs in US dollars, None where its price is not known.

        It is asked at each model call and may not wait.

        Args:
            model: `provider:name`.
            usage: Tokens; its own cost is not looked at.
        """
        ...


@runtime_checkable
class ContextWindows(Protocol):
    """How many tokens models take; what is offered as `prices` `list` may know that, too."""

    def context_window(self, model: str) -> int | None:
        """Return how many tokens a request to `provider:name` may have, None where not known.

        It is asked once for each model and may not wait.
        """
        ...


# -- counters: what is spent by many runs --------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """A part that is to be taken of what a counter may count to.

    Attributes:
        counter: Name of the counter; one that was never taken from stands at 0.
        amount: How much is taken, at least 0.
        limit: What the counter may not go beyond.
        ttl: Seconds after the last taking at which the counter is forgotten; None for never.
    """

    counter: str
    amount: int
    limit: int
    ttl: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortage:
    """Why nothing was taken: the first quota that does not fit, and what its counter stands at."""

    quota: Quota
    used: int


@runtime_checkable
class CounterStore(Protocol):
    """Counters that runs share, in all processes that use the same store.

    Amounts are whole numbers up to 2**53. Errors are `StoreError`, with the driver's error as the
    cause.
    """

    async def take(self, quotas: Sequence[Quota]) -> Shortage | None:
        """Add the amounts of all quotas to their counters, or, where one does not fit, none.

        Nobody else takes in between: what fits was free, however many ask at once.
        """
        ...

    async def add(self, amounts: Mapping[str, int]) -> None:
        """Correct counters, upwards or downwards, whatever their limits; forgotten ones stay so."""
        ...

    async def read(self, counters: Sequence[str]) -> list[int]:
        """Return what counters stand at, 0 for those that are not there."""
        ...

    async def delete(self, counters: Sequence[str]) -> None:
        """Forget counters."""
        ...


# -- vectors of texts -----------------------------------------------------------------------


@runtime_checkable
class Embedder(Protocol):
    """Gives vectors of texts: what is meant alike lies near. Errors are `EmbeddingError`."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text, all of one length."""
        ...


# -- answers of models ----------------------------------------------------------------------


@runtime_checkable
class CacheStore(Protocol):
    """Values that are kept for a while. Keys and owners are digests, in hex.

    Errors are `StoreError`, with the driver's error as the cause.
    """

    async def get(self, key: str) -> bytes | None:
        """Return the value under a key; None where there is none, or it is too old."""
        ...

    async def put(
        self, key: str, value: bytes, *, owner: str, ttl: float, max_entries: int
    ) -> None:
        """Keep a value for *ttl* seconds, in the place of another of that key.

        Args:
            key: Its key.
            value: The value.
            owner: Whose it is.
            ttl: Seconds.
            max_entries: Most values that are to be kept; the oldest go first. A store that is
                bounded by other means need not look at it.
        """
        ...

    async def owned(self, owner: str) -> list[bytes]:
        """Return the values of an owner that are not too old."""
        ...

    async def forget(self, owner: str) -> int:
        """Drop the values of an owner, and return how many."""
        ...

    async def prune(self) -> int:
        """Drop the values that are too old, and return how many."""
        ...


# -- memory: the log of entries ------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class StoredEntry:
    """An entry in its place: *seq* rises within a session, *at* is aware UTC."""

    seq: int
    at: datetime
    entry: Entry


@dataclass(frozen=True, kw_only=True)
class SessionInfo:
    """What a list of sessions shows.

    Attributes:
        session: Its name.
        user: Who began it; `""` for nobody.
        created_at: Aware UTC.
        updated_at: Aware UTC.
        entries: Number of entries kept.
        messages: Number of messages kept.
        state: State of its newest run: `started` means running or cut off.
        title: The beginning of its first request.
    """

    session: str
    user: str = ""
    created_at: datetime
    updated_at: datetime
    entries: int = 0
    messages: int = 0
    state: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to write to a session.

    *token* rises with each holder, *expires_at* is POSIX time.
    """

    session: str
    token: int
    owner: str
    expires_at: float


@runtime_checkable
class MemoryStore(Protocol):
    """Entries of sessions, kept in the order in which they were appended.

    A session that was never written to is empty, not an error.
    """

    async def append(
        self,
        session: str,
        entries: Sequence[Entry],
        *,
        user: str = "",
        lease: Lease | None = None,
    ) -> int:
        """Add entries, all of them or none where it raises, and return the last one's seq.

        They are durable when this returns. Costs O(new entries).

        Raises:
            StoreError: They could not be kept, or *lease* is no longer the newest.
        """
        ...

    async def load(self, session: str, *, after: int = 0) -> list[StoredEntry]:
        """Return the entries with a seq above *after*, oldest first."""
        ...

    async def tail(self, session: str, *, limit: int) -> list[StoredEntry]:
        """Return the newest *limit* entries, oldest first; none for 0."""
        ...

    async def sessions(
        self, *, user: str | None = None, limit: int | None = None
    ) -> list[SessionInfo]:
        """Return the sessions, the newest first; of one user where *user* is given."""
        ...

    async def acquire(self, session: str, *, owner: str, ttl: float, wait: float = 0.0) -> Lease:
        """Take the session for *ttl* seconds, waiting up to *wait* seconds for it.

        Raises:
            SessionBusyError: Another owner still holds it.
        """
        ...

    async def renew(self, lease: Lease, *, ttl: float) -> Lease:
        """Hold the session for *ttl* seconds from now.

        Raises:
            StoreError: Somebody else has taken it since.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Let the session go; nothing happens where it was lost already."""
        ...

    async def delete(self, session: str) -> int:
        """Remove a session with all its entries, and return how many there were."""
        ...


# -- knowledge: passages of documents --------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class KnowledgeChunk:
    """A passage of a document, as a store keeps it.

    Attributes:
        id: Unique in a store.
        file: The document: a path relative to the workspace, or an absolute one.
        start: Its first line, from 1.
        end: Its last line, included.
        context: Where it stands: `file > heading > sub-heading`, `file > class > function`.
        text: Its lines, secrets taken out.
        lex: Its tokens, for a search by words.
        hash: Digest of the whole document; it tells whether the passage is still what is there.
        user: Whose it is; `""` for everybody's.
    """

    id: str
    file: str
    start: int
    end: int
    context: str
    text: str
    lex: str
    hash: str
    user: str = ""


@runtime_checkable
class KnowledgeStore(Protocol):
    """Passages of documents, kept by document. It is the truth; what is searched is loaded from it.

    A store that was never written to is empty, not an error. Errors are `StoreError`, with the
    driver's error as the cause.
    """

    async def load(self) -> list[KnowledgeChunk]:
        """Return all passages, in any order."""
        ...

    async def replace(self, files: Sequence[str], chunks: Sequence[KnowledgeChunk]) -> None:
        """Remove all passages of *files*, then add *chunks*.

        Others see what was written at once; it is durable when `flush` has returned. Where it is
        cut off, a document has no passages, or some of the new ones: it is indexed again.
        """
        ...

    async def flush(self) -> None:
        """Make durable what was written."""
        ...

    async def clear(self) -> None:
        """Remove all passages."""
        ...


# -- text -----------------------------------------------------------------------------------


@runtime_checkable
class Redactor(Protocol):
    """Takes what must not be shown out of one text that comes in pieces.

    It may also have `redact(text) -> str`, which gives for a whole text what `feed` and `close`
    of a new one would give. The core then calls that alone, and again for the next whole text of
    the run: it keeps nothing of a text. And it may have `redact_field(field, text) -> str`, which
    does the same for a text that is the value of a field: of an argument `password`, the name
    alone says what the value is.
    """

    def feed(self, text: str) -> str:
        """Take more of the text and return what is safe to release now."""
        ...

    def close(self) -> str:
        """Return the rest."""
        ...


# -- files --------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class FileText:
    r"""A text file as it was read.

    Attributes:
        path: Relative to the workspace, with `/`.
        text: Its text with `\n` as newline and without a byte order mark; bytes that are not
            valid in *encoding* stand as lone surrogates.
        encoding: `utf-8`, `utf-8-sig` or `latin-1`.
        newline: `"\n"`, `"\r\n"` or `"\r"`: what its lines end with.
        sha256: Hex digest of its bytes.
        size: Bytes.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    newline: str = "\n"
    sha256: str = ""
    size: int = 0


@runtime_checkable
class Workspace(Protocol):
    """The folder that the agent works in; every path stays inside it.

    Paths are relative to the root, or absolute inside it. All methods raise `WorkspaceError`
    for a path that leads outside, through a symbolic link too, and for what is no regular file.
    """

    @property
    def root(self) -> Path:
        """The folder, absolute and without symbolic links."""
        ...

    def relative(self, path: str) -> str:
        """Return *path* relative to the root with `/`; it need not exist."""
        ...

    async def read_bytes(self, path: str, *, limit: int | None = None) -> bytes:
        """Return the file's bytes; more than *limit* is an error."""
        ...

    async def read_text(self, path: str, *, limit: int | None = None) -> FileText:
        """Return the file's text; a binary file is an error."""
        ...

    async def write_text(self, path: str, text: str, *, like: FileText | None = None) -> bool:
        r"""Write a file whole or not at all, and return whether it is new.

        Args:
            path: The file; missing folders are made.
            text: Its text with `\n` as newline.
            like: What was read before: its encoding and newlines are kept, and the file must
                still be what was read.

        Raises:
            FileChangedError: The file is no longer what *like* says.
        """
        ...

    async def exists(self, path: str) -> bool:
        """Return whether a file or folder is there."""
        ...

    async def list_files(self, path: str = ".", *, ignored: bool = False) -> list[str]:
        """Return all files below *path*, sorted, those that git ignores only where asked."""
        ...


# -- commands -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: shell text, its folder, its additions to the environment, its input."""

    text: str
    cwd: str = "."
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What an executor can do here, as found by trying.

    Attributes:
        name: Name of the executor.
        available: Whether commands run at all.
        shell: The shell that runs them: `bash` or `sh`.
        enforces: What it holds commands to: `files`, `network`, `processes` …
        reason: Why it is not available, or what it does not enforce.
        fix: What to do about it.
    """

    name: str
    available: bool
    shell: str = ""
    enforces: tuple[str, ...] = ()
    reason: str = ""
    fix: str = ""


@dataclass(frozen=True, kw_only=True)
class ExecResult:
    """How a command ended.

    Attributes:
        exit_code: Its exit code; None where it was killed.
        signal: Number of the signal that ended it, or None.
        head: The first part of its output, standard output and error together.
        tail: The last part; empty where *head* is all.
        total_bytes: Size of the whole output.
        truncated: Whether something between *head* and *tail* was left out.
        timed_out: Whether it was killed because its time was up.
        seconds: How long it ran.
        killed_processes: Number of processes that were left over and killed.
        sandbox: Name of the executor.
    """

    exit_code: int | None
    signal: int | None = None
    head: bytes = b""
    tail: bytes = b""
    total_bytes: int = 0
    truncated: bool = False
    timed_out: bool = False
    seconds: float = 0.0
    killed_processes: int = 0
    sandbox: str = ""


@runtime_checkable
class Executor(Protocol):
    """Runs commands, and leaves no process behind on any way out."""

    name: str

    async def probe(self) -> Capabilities:
        """Return what works here, found by running something."""
        ...

    async def run(
        self,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  the executor kills the tree itself when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> ExecResult:
        """Run a command to its end, at most *timeout* seconds.

        Raises:
            SandboxUnavailableError: Commands cannot be run here.
        """
        ...

    async def aclose(self) -> None:
        """End whatever still runs."""
        ...


# -- long results of tools -----------------------------------------------------------------


@runtime_checkable
class OutputStore(Protocol):
    """Long results of tools, kept whole for the session in which a model was shown their ends.

    They are given redacted, as the model may see them, and kept for a while only.
    """

    async def write(self, text: str, *, user: str, session: str) -> str:
        """Keep a text and return its id, 12 hexadecimal digits that cannot be guessed."""
        ...

    async def read(self, output_id: str, *, user: str, session: str) -> str:
        """Return a text that was kept in the same session of the same user, else `StoreError`."""
        ...

    async def remove_surplus(self, *, megabytes: int, days: float) -> int:
        """Remove what is older than *days*, and the oldest beyond a size; return how many went."""
        ...

    async def of(self, user: str) -> dict[str, str]:
        """Return what is kept of a user, by id."""
        ...

    async def forget(self, user: str) -> int:
        """Remove all that is kept of a user; return how many texts that were."""
        ...


# -- traces -------------------------------------------------------------------------------


@runtime_checkable
class SpanExporter(Protocol):
    """Sends or keeps the spans of runs.

    The factory is called when the agent is built and must be quick; it raises `ConfigError` for
    what can never work, and opens nothing. All methods are called one after another in a thread of
    the exporter's own: they may wait, no run waits for them. Whatever `open` and `export` raise is
    counted as lost spans and told once; they are not called again with the same spans.
    """

    def open(self, resource: Mapping[str, AttributeValue]) -> None:
        """Get ready, before the first spans; *resource* says who sends, by `service.name`."""
        ...

    def export(self, spans: Sequence[Span], *, seconds: float) -> None:
        """Send or keep *spans*, all of them or as many as it can, and say so by returning.

        Args:
            spans: At least one, in the order in which they ended.
            seconds: How long it may take; where it takes longer at the agent's end, it is left.
        """
        ...

    def close(self) -> None:
        """Let go of what was opened; called once, after the last spans."""
        ...
