"""The commands `sessions list`, `show` and `delete`, and finding the session to go on with."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from coding_agent_sdk.cli.ndjson import write_json
from coding_agent_sdk.errors import ConfigError, RequestError, SessionNotFoundError
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.plain import in_a_line, one_line
from coding_agent_sdk.types.entries import RunStateEntry
from coding_agent_sdk.types.sessions import is_child_session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.agent import Agent
    from coding_agent_sdk.cli.options import AgentOptions
    from coding_agent_sdk.cli.terminal import Terminal
    from coding_agent_sdk.protocols import MemoryStore, SessionInfo, StoredEntry

__all__ = [
    "Hide",
    "delete_session",
    "hiding",
    "known_session",
    "list_sessions",
    "messages_of_session",
    "newest_session",
    "own_sessions",
    "require_same_workspace",
    "session_line",
    "show_session",
    "unknown_session",
    "with_store",
]

Hide: TypeAlias = "Callable[[str], str]"
"""Takes secrets out of a name that is shown."""

_LOOKED_AT: Final = 50
_ROLES: Final = {"human": "user", "ai": "assistant"}


async def with_store(
    options: AgentOptions, work: Callable[[MemoryStore, Hide], Awaitable[None]]
) -> None:
    """Call *work* with the store of sessions, open, and with what hides secrets in their names.

    No model and no key are needed.
    """
    async with options.build() as agent:
        await work(await _store(agent), hiding(agent))


def hiding(agent: Agent) -> Hide:
    """Return what takes secrets out of a name that is shown.

    A run may have none of them, but a store may be older than that rule, or have been used by an
    agent without guardrails.
    """
    context = agent.context("memory")
    return lambda name: context.redact(name, sink="name")


async def _store(agent: Agent) -> MemoryStore:
    if agent.settings.settings.memory == "none":
        raise ConfigError(
            f"no sessions are kept: memory is 'none' ({agent.settings.origin('memory')}); "
            "set it to a store, such as sqlite:///sessions.db"
        )
    store: MemoryStore = await agent.backend("memory")
    return store


# -- finding ---------------------------------------------------------------------------------


async def known_session(agent: Agent, session: str) -> list[StoredEntry]:
    """Return the entries of a session.

    Raises:
        SessionNotFoundError: Nothing is kept under that name.
    """
    return await _entries(await _store(agent), session, hiding(agent))


async def _entries(store: MemoryStore, session: str, hide: Hide) -> list[StoredEntry]:
    entries = await store.load(session)
    if not entries:
        raise unknown_session(session, await store.sessions(), hide)
    return entries


def unknown_session(session: str, kept: Sequence[SessionInfo], hide: Hide) -> SessionNotFoundError:
    """Return the error that nothing is kept under a name, without the secrets in names."""
    return SessionNotFoundError(hide(session), [hide(info.session) for info in kept])


async def newest_session(agent: Agent, *, user: str) -> str:
    """Return the newest session of *user* in the agent's workspace.

    Raises:
        RequestError: There is none.
    """
    store = await _store(agent)
    root = _root(agent)
    for info in await own_sessions(store, user=user, limit=_LOOKED_AT):
        if _workspace_of(await store.load(info.session)) in {root, None}:
            return info.session
    raise RequestError(
        f"there is no session to continue of user {user!r} in {root}; leave out --continue"
    )


async def own_sessions(
    store: MemoryStore, *, user: str | None = None, limit: int
) -> list[SessionInfo]:
    """Return the newest sessions without those of sub-agents."""
    asked = limit
    while True:
        found = await store.sessions(user=user, limit=asked)
        own = [info for info in found if not is_child_session(info.session)]
        if len(own) >= limit or len(found) < asked:
            return own[:limit]
        asked *= 4


async def require_same_workspace(agent: Agent, session: str, *, chosen: bool) -> None:
    """Refuse to go on in another folder than the session's, unless it was *chosen*.

    Raises:
        RequestError: The session worked in another folder.
    """
    if chosen:
        return
    before = _workspace_of(await known_session(agent, session))
    if before not in {None, _root(agent)}:
        raise RequestError(
            f"session {session!r} works in {before}, and this is {_root(agent)}; say which is "
            f"meant: --workspace {before}, or --workspace ."
        )


def _root(agent: Agent) -> str:
    """Return the agent's folder as the log of a session has it."""
    root = str(agent.settings.settings.workspace.resolve())
    return agent.context("memory").redact(root)


def _workspace_of(entries: Sequence[StoredEntry]) -> str | None:
    """Return the folder of the session's newest run that says it."""
    for stored in reversed(entries):
        entry = stored.entry
        if isinstance(entry, RunStateEntry) and entry.data.get("workspace"):
            return str(entry.data["workspace"])
    return None


# -- showing ---------------------------------------------------------------------------------


async def list_sessions(
    store: MemoryStore,
    terminal: Terminal,
    *,
    user: str | None,
    limit: int,
    children: bool,
    as_json: bool,
    hide: Hide = str,
) -> None:
    """List sessions, the newest first, those of sub-agents only where *children* is set."""
    listed = store.sessions if children else partial(own_sessions, store)
    found = await listed(user=user, limit=limit)
    for each in found:
        info = replace(each, session=hide(each.session), user=hide(each.user))
        if as_json:
            write_json(_info(info), terminal.out)
        else:
            terminal.line(session_line(info))
    if not found and not as_json:
        terminal.note("no sessions are kept yet")


def session_line(info: SessionInfo) -> str:
    """Return a session in one line."""
    when = info.updated_at.astimezone().strftime("%Y-%m-%d %H:%M")
    name = in_a_line(info.session) + (f" ({in_a_line(info.user)})" if info.user else "")
    title = one_line(info.title, width=60)
    messages = counted(info.messages, "message")
    return f"{name:<24} {when}  {info.state:<17} {messages:>13}  {title}"


def _info(info: SessionInfo) -> dict[str, Any]:
    return {
        "session": info.session,
        "user": info.user,
        "created_at": info.created_at.isoformat(),
        "updated_at": info.updated_at.isoformat(),
        "entries": info.entries,
        "messages": info.messages,
        "state": info.state,
        "title": info.title,
    }


async def show_session(
    store: MemoryStore, terminal: Terminal, session: str, *, as_json: bool, hide: Hide = str
) -> None:
    """Show the messages of a session, oldest first.

    Raises:
        SessionNotFoundError: Nothing is kept under that name.
    """
    for message in messages_of_session(await _entries(store, session, hide)):
        data = _message(message)
        if as_json:
            write_json(data, terminal.out)
        else:
            _show_message(data, terminal)


def messages_of_session(entries: Sequence[StoredEntry]) -> list[BaseMessage]:
    """Return what was said in a session, calls in their order.

    Neither retrieved passages nor summaries are among it.
    """
    from coding_agent_sdk.types.log import messages_said

    return messages_said(stored.entry for stored in entries)


def _message(message: BaseMessage) -> dict[str, Any]:
    data: dict[str, Any] = {
        "role": _ROLES.get(message.type, message.type),
        "text": str(message.text),
        "tool_calls": [
            {"id": call["id"], "name": call["name"], "arguments": call["args"]}
            for kind in ("tool_calls", "invalid_tool_calls")
            for call in getattr(message, kind, ())
        ],
    }
    if message.type == "tool":
        data["tool_call_id"] = getattr(message, "tool_call_id", "")
        data["name"] = message.name or ""
        data["status"] = getattr(message, "status", "")
    return data


def _show_message(data: dict[str, Any], terminal: Terminal) -> None:
    from coding_agent_sdk.cli.render import describe_call
    from coding_agent_sdk.types.tools import ToolCall

    name = f" {data['name']}" if data.get("name") else ""
    terminal.line(f"{data['role']}{name}", style="bold cyan")
    for line in data["text"].splitlines():
        terminal.line(f"  {line}")
    for call in data["tool_calls"]:
        arguments = call["arguments"] if isinstance(call["arguments"], dict) else {}
        named = ToolCall(id=call["id"] or "", name=call["name"] or "", arguments=arguments)
        terminal.line(describe_call(named))


# -- deleting --------------------------------------------------------------------------------


async def delete_session(
    store: MemoryStore,
    terminal: Terminal,
    session: str,
    *,
    hide: Hide = str,
    confirm: Callable[[str], None] | None = None,
) -> None:
    """Delete a session.

    Args:
        store: Where it is kept.
        terminal: Told what was done.
        session: Its name.
        hide: Takes secrets out of a name that is shown.
        confirm: Asked before it is deleted, once it is known to be there; raises where that is
            not meant.

    Raises:
        SessionNotFoundError: Nothing is kept under that name.
    """
    await _entries(store, session, hide)
    if confirm is not None:
        confirm(f"Delete session {in_a_line(hide(session))!r} for good?")
    entries = await store.delete(session)
    shown = in_a_line(hide(session))
    terminal.line(f"deleted session {shown} ({counted(entries, 'entry', 'entries')})")
