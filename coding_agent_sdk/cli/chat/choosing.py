"""The session of a chat: choosing one, going on in it, and with a run that has not ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.cli.sessions import (
    hiding,
    messages_of_session,
    own_sessions,
    require_same_workspace,
    session_line,
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
    found = await _sessions(chat)
    if not found:
        chat.terminal.say("no sessions are kept yet")
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


async def _sessions(chat: Chat) -> list[SessionInfo]:
    if not chat.conversation.keeps_sessions:
        return []
    store = await chat.conversation.store()
    return await own_sessions(store, user=chat.conversation.user, limit=_LISTED)


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
        raise unknown_session(session, await _sessions(chat), hiding(conversation.agent))
    chosen = conversation.options.workspace is not None
    await require_same_workspace(conversation.agent, session, chosen=chosen)
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
    if chat.conversation.session is None or (await _open_run(chat))[0] is None:
        raise RequestError(
            "the last run of this session has ended; /resume ID goes on in another session, and "
            "/sessions lists them"
        )
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
