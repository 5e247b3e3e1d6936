"""The session of a chat: choosing one, going on in it, and with a run that has not ended."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.cli.options import command_line
from coding_agent_sdk.cli.sessions import (
    hiding,
    messages_of_session,
    require_same_workspace,
    session_line,
    sessions_here,
    unknown_session,
)
from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.plain import one_line
from coding_agent_sdk.types.entries import RunStateEntry

if TYPE_CHECKING:
    from coding_agent_sdk.cli.chat.state import Chat
    from coding_agent_sdk.protocols import SessionInfo
    from coding_agent_sdk.types.context import OpenRun

__all__ = ["choose_session", "go_on_in", "offer_to_resume", "resume_now"]

_LISTED: Final = 20
_LINE: Final = 100
_SAID: Final = {"human": "you", "ai": "agent"}


async def choose_session(chat: Chat) -> None:
    """List the sessions, and go on in the one that is chosen."""
    found, elsewhere = await _sessions(chat)
    if elsewhere:
        other = counted(elsewhere, "session of another workspace", "sessions of other workspaces")
        chat.terminal.note(f"{other}: `coding-agent sessions list` says where", style="dim")
    if not found:
        chat.terminal.say(f"no sessions are kept {'of this workspace' if elsewhere else 'yet'}")
        return
    hide = hiding(chat.conversation.agent)
    for number, info in enumerate(found, start=1):
        here = "*" if info.session == chat.conversation.session else " "
        shown = replace(info, session=hide(info.session), user=hide(info.user))
        chat.terminal.line(f"{number:>3}{here} {session_line(shown)}")
    if not chat.lines.asks:
        chat.terminal.note("/resume ID goes on in one of them")
        return
    answer = await chat.lines.ask("number or name of the session, Enter to stay here: ")
    if answer and answer.strip():
        await go_on_in(chat, _chosen(answer.strip(), found))


async def _sessions(chat: Chat) -> tuple[list[SessionInfo], int]:
    """Return the sessions of this workspace, and how many there are of others."""
    conversation = chat.conversation
    if not conversation.keeps_sessions:
        return [], 0
    return await sessions_here(conversation.agent, user=conversation.user, limit=_LISTED)


def _chosen(answer: str, found: list[SessionInfo]) -> str:
    if answer.isascii() and answer.isdigit() and 0 < int(answer) <= len(found):
        return found[int(answer) - 1].session
    return answer


async def go_on_in(chat: Chat, session: str) -> None:
    """Go on in a session, and offer to resume its run where that has not ended.

    Raises:
        SecretNameError: The name is a secret.
        SessionNotFoundError: Nothing is kept under that name.
        RequestError: It is another user's, or worked in another folder.
    """
    conversation = chat.conversation
    await conversation.agent.check_names(session, user=conversation.user)
    if not await conversation.knows(session):
        raise unknown_session(session, (await _sessions(chat))[0], hiding(conversation.agent))
    chosen = conversation.options.workspace is not None
    await require_same_workspace(
        conversation.agent,
        session,
        chosen=chosen,
        advice=functools.partial(_go_there, session, conversation.user),
    )
    await conversation.agent.history(session, user=conversation.user)
    entries = await (await conversation.store()).load(session)
    conversation.switch(session)
    messages = messages_of_session(entries)
    chat.terminal.note(f"session {session}, {counted(len(messages), 'message')}", style="dim")
    for kind, who in _SAID.items():
        said = [str(message.text) for message in messages if message.type == kind]
        if said and said[-1].strip():
            chat.terminal.note(f"  {who}: {one_line(said[-1], width=_LINE)}", style="dim")
    await offer_to_resume(chat)


def _go_there(session: str, user: str, workspace: str) -> str:
    """Return how to go on in a session of another workspace: a chat stays in its own."""
    words = ["--session", session, *(["--user", user] if user else [])]
    there = command_line("chat", "--workspace", workspace, *words)
    here = command_line("chat", "--workspace", ".", *words)
    return f"go on there with `{there}`, or here with `{here}`"


# -- runs that have not ended ------------------------------------------------------------------


async def offer_to_resume(chat: Chat) -> None:
    """Ask about the calls that wait in the session, or whether its cut off run goes on."""
    open_run, waiting = await _open_run(chat)
    if open_run is None:
        return
    if waiting:
        what = counted(waiting, "call")
        chat.terminal.say(f"the last run waits for your answer to {what}", style="yellow")
    else:
        what = one_line(_request_of(open_run), width=_LINE)
        chat.terminal.say(f"the last run did not end: {what}", style="yellow")
    if not chat.lines.asks:
        chat.terminal.say("/resume goes on with it; any other message gives it up")
        return
    if waiting or await _agrees(chat, "go on with it? [y]es  [n]o > "):
        await chat.turns.resume()


async def resume_now(chat: Chat) -> None:
    """Go on with the run of this session that has not ended.

    Raises:
        RequestError: There is none.
    """
    others = "/resume ID goes on in another session, and /sessions lists them"
    if chat.conversation.session is None:
        raise RequestError(f"this chat has just begun, there is nothing to go on with; {others}")
    if (await _open_run(chat))[0] is None:
        raise RequestError(f"the last run of this session has ended; {others}")
    await chat.turns.resume()


async def _open_run(chat: Chat) -> tuple[OpenRun | None, int]:
    """Return the run of the session that has not ended, and how many calls of it wait."""
    conversation = chat.conversation
    session = conversation.session or ""
    history = await conversation.agent.history(session, user=conversation.user)
    if history is None or history.open_run is None:
        return None, 0
    waiting = await conversation.agent.pending(session, user=conversation.user)
    return history.open_run, len(waiting)


async def _agrees(chat: Chat, question: str) -> bool:
    while True:
        answer = await chat.lines.ask(question)
        word = "no" if answer is None else answer.strip().lower()
        if word in {"y", "yes", "n", "no"}:
            return word.startswith("y")


def _request_of(open_run: OpenRun) -> str:
    for entry in open_run.entries:
        if isinstance(entry, RunStateEntry) and entry.data.get("request"):
            return str(entry.data["request"])
    return ""
