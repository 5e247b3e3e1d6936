"""The slash commands that every chat has, and those of plugins beside them."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from rich.text import Text

from coding_agent_sdk.cli.chat.choosing import choose_session, go_on_in, resume_now
from coding_agent_sdk.cli.chat.diff import NotTracked, changes
from coding_agent_sdk.cli.chat.figures import usage_line, usage_of
from coding_agent_sdk.cli.chat.slash import SlashCommand
from coding_agent_sdk.cli.configuring import list_plugins
from coding_agent_sdk.cli.options import ModeName
from coding_agent_sdk.cli.questions import diff_line, diff_lines
from coding_agent_sdk.cli.rows import wrapped
from coding_agent_sdk.cli.undoing import retold, say_undone
from coding_agent_sdk.errors import RequestError, UndoError, UnknownNameError
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.plain import one_line

if TYPE_CHECKING:
    from coding_agent_sdk.cli.chat.state import Chat

__all__ = ["slash_commands"]

_ABOUT: Final = 300
_EFFECTS: Final[Mapping[str, str]] = {
    "pure": "reads and changes nothing",
    "read": "changes no files",
    "write": "changes files of the workspace",
    "external": "can change anything",
}
_MODES: Final[Mapping[str, str]] = {
    "read-only": "refuses what writes or runs anything",
    "ask": "asks before anything is written or run",
    "auto": "writes files of the workspace, and asks for the rest",
    "yolo": "runs everything without asking",
}
_KEYS: Final = (
    "",
    "Anything else is a message; // begins one that starts with a slash.",
    "A backslash before Enter begins another line of it.",
    "Ctrl-C stops a run or clears the line, Ctrl-D quits.",
)
_KEYS_OF_EDITOR: Final = (
    "Alt-Enter begins another line, too; pasted lines stay one message.",
    "Tab completes a command; Up, Down and Ctrl-R find what was typed, in earlier chats too.",
)

_CONFLICTS: Final[Mapping[str, Literal["refuse", "skip", "overwrite"]]] = {
    "": "refuse", "skip": "skip", "overwrite": "overwrite",
}  # fmt: skip

Run: TypeAlias = Callable[["Chat", str], Coroutine[Any, Any, None]]


def slash_commands(chat: Chat) -> dict[str, SlashCommand]:
    """Return the commands by name: the chat's own, then those of the agent's plugins."""
    table = {
        name: SlashCommand(
            name=name, help=_about(run), run=functools.partial(run, chat), usage=usage
        )
        for name, (run, usage) in _OWN.items()
    }
    table["mode"] = dataclasses.replace(table["mode"], words=lambda: list(ModeName))
    table["model"] = dataclasses.replace(table["model"], words=lambda: _models(chat))
    for name, function in chat.conversation.agent.slash_commands.items():
        if name not in table:
            run = functools.partial(_run_of_plugin, function, chat)
            about = _about(function) or "(not described)"
            table[name] = SlashCommand(name=name, help=about, run=run, plugin=True)
    return table


def _about(function: Callable[..., object]) -> str:
    return one_line((inspect.getdoc(function) or "").partition("\n\n")[0], width=_ABOUT)


# -- about the chat ------------------------------------------------------------------------------


async def _help(chat: Chat, rest: str) -> None:
    """List the commands and the keys."""
    del rest
    table = slash_commands(chat)
    width = max(len(f"{each.name} {each.usage}") for each in table.values()) + 3
    for each in table.values():
        origin = "  (plugin)" if each.plugin else ""
        line = Text(f"{f'/{each.name} {each.usage}':<{width}}{each.help}{origin}")
        for row in _in_rows(chat, line, margin=" " * width):
            chat.terminal.line(row)
    for line in (*_KEYS, *(_KEYS_OF_EDITOR if chat.lines.edits else ())):
        chat.terminal.line(line)


def _in_rows(chat: Chat, line: Text, *, margin: str) -> list[Text]:
    """Return a line in rows of the screen; whole where no person reads it."""
    if not chat.terminal.is_live:
        return [line]
    width = chat.terminal.console(chat.terminal.out).width
    return wrapped(line, width=width, margin=margin, words=True)


async def _quit(chat: Chat, rest: str) -> None:
    """End the chat."""
    del rest
    chat.ended = True


async def _clear(chat: Chat, rest: str) -> None:
    """Begin a new session: nothing said so far is known to it."""
    del rest
    before = chat.conversation.session
    chat.conversation.switch(None)
    kept = f"; /resume {before} goes back to the last one" if before else ""
    chat.terminal.say(f"a new session begins with your next message{kept}")


async def _cost(chat: Chat, rest: str) -> None:
    """Show the tokens and dollars of this session."""
    del rest
    conversation = chat.conversation
    usage = conversation.usage
    if conversation.session and conversation.keeps_sessions:
        usage = usage_of(await (await conversation.store()).load(conversation.session))
    chat.terminal.line(usage_line(usage))


# -- the agent -----------------------------------------------------------------------------------


async def _model(chat: Chat, rest: str) -> None:
    """Show the model, or go on with another one."""
    conversation = chat.conversation
    if not rest:
        agent = conversation.agent
        chat.terminal.line(f"{agent.model}  ({agent.model_origin})")
        chat.terminal.note(f"providers: {', '.join(_providers(chat))}", style="dim")
        return
    options = conversation.options
    same = conversation.agent.model.partition(":")[0] == rest.partition(":")[0]
    if options.base_url and not same:
        chat.terminal.note("--base-url is that of another provider; it is left out", style="yellow")
    await conversation.change(model=rest, base_url=options.base_url if same else None)
    chat.terminal.say(f"from here on {conversation.agent.model} answers")


async def _mode(chat: Chat, rest: str) -> None:
    """Show what happens to writes and commands, or change it."""
    conversation = chat.conversation
    if rest:
        if rest not in list(ModeName):
            raise UnknownNameError("mode", rest, list(ModeName))
        await conversation.change(mode=ModeName(rest))
    mode = conversation.agent.settings.settings.mode
    chat.terminal.line(f"{mode}: {_MODES[mode]}")


async def _tools(chat: Chat, rest: str) -> None:
    """List the tools with what they may change."""
    del rest
    tools = chat.conversation.agent.explain().tools
    width = max(map(len, tools), default=0)
    for name, effect in sorted(tools.items()):
        chat.terminal.line(f"{name:<{width}}  {effect:<8}  {_EFFECTS.get(effect, '')}")


async def _plugins(chat: Chat, rest: str) -> None:
    """List the plugins with their hooks."""
    del rest
    list_plugins(chat.conversation.agent.explain(), chat.terminal, as_json=False)


def _providers(chat: Chat) -> list[str]:
    offers = chat.conversation.agent.explain().backends.get("model", ())
    return [offer.name for offer in offers]


def _models(chat: Chat) -> list[str]:
    return [f"{name}:" for name in _providers(chat)]


# -- sessions and files --------------------------------------------------------------------------


async def _sessions(chat: Chat, rest: str) -> None:
    """List the sessions, and choose one to go on in."""
    del rest
    await choose_session(chat)


async def _resume(chat: Chat, rest: str) -> None:
    """Go on with the run that was stopped or waits, or in another session."""
    if rest:
        await go_on_in(chat, rest)
    else:
        await resume_now(chat)


async def _diff(chat: Chat, rest: str) -> None:
    """Show what this chat changed in the workspace, with run what its last run did."""
    conversation, terminal = chat.conversation, chat.terminal
    if rest == "run":
        await _show_run(chat)
        return
    if rest:
        raise UnknownNameError("thing to compare", rest, ["run"])
    if conversation.changed:
        await _show_changes(chat)
    else:
        terminal.say("this chat has changed no file that it knows of")
    if conversation.commands and not conversation.knows_of_commands:
        terminal.note(
            f"it ran {counted(conversation.commands, 'command')}, and what was changed by that is "
            "not known here",
            style="dim",
        )


async def _show_run(chat: Chat) -> None:
    conversation, terminal = chat.conversation, chat.terminal
    if not conversation.run_id:
        terminal.say("this chat has run nothing yet")
        return
    difference = await conversation.agent.diff(conversation.run_id, user=conversation.user)
    for line in conversation.secrets.masked(difference).splitlines():
        terminal.line(diff_line(line))
    if not difference:
        terminal.say("everything that it changed is as it was before")


async def _undo(chat: Chat, rest: str) -> None:
    """Put the files that the last run changed back, those moved on with skip or overwrite."""
    conversation, terminal = chat.conversation, chat.terminal
    if rest not in _CONFLICTS:
        raise UnknownNameError("way to undo", rest, [each for each in _CONFLICTS if each])
    if not conversation.run_id:
        terminal.say("this chat has run nothing yet")
        return
    try:
        undone = await conversation.agent.undo(
            conversation.run_id, user=conversation.user, conflicts=_CONFLICTS[rest]
        )
    except UndoError as error:
        raise retold(error, skip="/undo skip", overwrite="/undo overwrite") from error
    say_undone(undone, terminal, root=conversation.agent.settings.settings.workspace)


async def _show_changes(chat: Chat) -> None:
    conversation, terminal = chat.conversation, chat.terminal
    root = conversation.agent.settings.settings.workspace
    try:
        difference = await changes(root, conversation.changed)
    except NotTracked as why:
        terminal.note(f"only the names are known: {why}", style="dim")
        for path in conversation.changed:
            gone = "" if (root / path).exists() else "  (deleted)"
            terminal.line(f"{one_line(path, width=200)}{gone}")
        return
    terminal.note("against the last commit:", style="dim")
    for line in diff_lines(conversation.secrets.masked(difference)):
        terminal.line(diff_line(line))
    if not difference:
        terminal.say("the files that this chat wrote are as they are in the last commit")


# -- plugins -------------------------------------------------------------------------------------


async def _run_of_plugin(function: Callable[..., object], chat: Chat, rest: str) -> None:
    """Call a plugin's function with the rest of the line; show the text that it returns."""
    try:
        answer = function(rest)
        if inspect.isawaitable(answer):
            answer = await answer
    except Exception as error:
        raise RequestError(f"the command failed: {type(error).__name__}: {error}") from error
    if isinstance(answer, str) and answer:
        chat.terminal.line(answer)


_OWN: Final[Mapping[str, tuple[Run, str]]] = {
    "help": (_help, ""),
    "clear": (_clear, ""),
    "cost": (_cost, ""),
    "model": (_model, "[PROVIDER:NAME]"),
    "mode": (_mode, "[MODE]"),
    "tools": (_tools, ""),
    "sessions": (_sessions, ""),
    "resume": (_resume, "[SESSION]"),
    "diff": (_diff, "[run]"),
    "undo": (_undo, "[skip|overwrite]"),
    "plugins": (_plugins, ""),
    "quit": (_quit, ""),
    "exit": (_quit, ""),
}
