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
    "root_of",
    "session_line",
    "sessions_here",
    "show_session",
    "unknown_session",
    "with_store",
]

Hide: TypeAlias = "Callable[[str], str]"
"""Takes secrets out of a name that is shown."""

_LOOKED_AT: Final = 200
_LATELY: Final = 100
"""Entries of a session among which its newest run is looked for first."""

_ROLES: Final = {"human": "user", "ai": "assistant"}


async def with_store(
    options: AgentOptions, work: Callable[[MemoryStore, Hide, str], Awaitable[None]]
) -> None:
    """Call *work* with the store of sessions, open, what hides secrets in names, and the workspace.

    No model and no key are needed.
    """
    async with options.build() as agent:
        await work(await _store(agent), hiding(agent), root_of(agent))


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
    root = root_of(agent)
    for info in await own_sessions(store, user=user, limit=_LOOKED_AT):
        if await _workspace(store, info.session) in {root, None}:
            return info.session
    of_user = f" of user {user!r}" if user else ""
    raise RequestError(
        f"there is no session to continue{of_user} in {root}; leave out --continue to begin one"
    )


async def sessions_here(agent: Agent, *, user: str, limit: int) -> tuple[list[SessionInfo], int]:
    """Return the newest sessions of *user* in the agent's workspace, and how many are elsewhere.

    Elsewhere are those that were come across: where there are enough here, the older ones are not
    looked at.
    """
    store = await _store(agent)
    root = root_of(agent)
    here: list[SessionInfo] = []
    looked_at = elsewhere = 0
    while True:
        asked = 4 * looked_at or _LOOKED_AT
        found = await own_sessions(store, user=user, limit=asked)
        for info in found[looked_at:]:
            if await _workspace(store, info.session) not in {root, None}:
                elsewhere += 1
            elif len(here) < limit:
                here.append(info)
        looked_at = len(found)
        if len(found) < asked or len(here) >= limit:
            return here, elsewhere


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


async def require_same_workspace(
    agent: Agent, session: str, *, chosen: bool, advice: Callable[[str], str] | None = None
) -> None:
    """Refuse to go on in another folder than the session's, unless it was *chosen*.

    Args:
        agent: The agent.
        session: The session.
        chosen: Whether somebody named the folder.
        advice: Says what to do, by the session's folder; by default, which options to give.

    Raises:
        RequestError: The session worked in another folder.
    """
    if chosen:
        return
    before = _workspace_of(await known_session(agent, session))
    if before is not None and before != root_of(agent):
        raise RequestError(
            f"session {session!r} works in {before}, and this is {root_of(agent)}; "
            f"{(advice or _say_which)(before)}"
        )


def _say_which(before: str) -> str:
    return f"say which is meant: --workspace {before}, or --workspace ."


def root_of(agent: Agent) -> str:
    """Return the agent's folder as the log of a session has it."""
    root = str(agent.settings.settings.workspace.resolve())
    return agent.context("memory").redact(root)


async def _workspace(store: MemoryStore, session: str) -> str | None:
    found = _workspace_of(await store.tail(session, limit=_LATELY))
    return found or _workspace_of(await store.load(session))


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
    root: str = "",
) -> None:
    """List sessions, the newest first, those of sub-agents only where *children* is set.

    Of those that work in another folder than *root* it is said where.
    """
    listed = store.sessions if children else partial(own_sessions, store)
    found = await listed(user=user, limit=limit)
    for each in found:
        info = replace(each, session=hide(each.session), user=hide(each.user))
        workspace = await _workspace(store, each.session)
        if as_json:
            write_json({**_info(info), "workspace": workspace}, terminal.out)
        else:
            terminal.line(session_line(info, elsewhere="" if workspace == root else workspace))
    if not found and not as_json:
        terminal.note("no sessions are kept yet")


def session_line(info: SessionInfo, *, elsewhere: str | None = None) -> str:
    """Return a session in one line, with its folder where that is *elsewhere*."""
    when = info.updated_at.astimezone().strftime("%Y-%m-%d %H:%M")
    name = in_a_line(info.session) + (f" ({in_a_line(info.user)})" if info.user else "")
    title = one_line(info.title, width=60)
    messages = counted(info.messages, "message")
    where = f"  (in {in_a_line(elsewhere)})" if elsewhere else ""
    return f"{name:<24} {when}  {info.state:<17} {messages:>13}  {title}{where}"


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
