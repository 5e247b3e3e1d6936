"""The command `chat` and its options; what it does is imported when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from coding_agent_sdk.cli import options as o
from coding_agent_sdk.cli.helping import CONTEXT, ExampleCommand, examples
from coding_agent_sdk.cli.sharing import takes

if TYPE_CHECKING:
    from coding_agent_sdk.cli.process import Process

__all__ = ["register_chat"]


def register_chat(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command(
        cls=ExampleCommand,
        context_settings=CONTEXT,
        epilog=examples(
            ("coding-agent chat", "talk about the code in this folder"),
            ('coding-agent chat "Explain app.py" -w ./repo', "with a first message"),
            ("coding-agent chat -c", "go on where you stopped, in a run that was cut off too"),
            ("coding-agent chat --resume", "choose a session from a list"),
            ("coding-agent chat --mode read-only", "look, and change nothing"),
            ("coding-agent chat < questions.txt", "one message a line"),
        ),
    )(chat)


@takes(agent=o.agent_options, output=o.output_options)
def chat(
    context: typer.Context,
    *,
    message: Annotated[
        str | None,
        typer.Argument(metavar="MESSAGE", show_default=False, help="The first message."),
    ] = None,
    session: o.SessionOption = None,
    go_on: o.ContinueOption = False,
    choose: Annotated[
        bool, typer.Option("--resume", "-r", help="Choose the session to go on in from a list.")
    ] = False,
    user: o.UserOption = "",
    agent: o.AgentOptions,
    output: o.OutputOptions,
) -> int:
    """Talk with the agent: it answers, and asks before it writes or runs anything.

    /help lists the commands of the chat. Ctrl-C stops a run and not the chat, Ctrl-D ends it.
    Where standard input is no terminal, each line of it is a message.
    """
    from coding_agent_sdk.cli.chat.loop import ChatOptions, run_chat
    from coding_agent_sdk.cli.prompts import well_formed
    from coding_agent_sdk.errors import RequestError

    if (session is not None) + go_on + choose > 1:
        raise RequestError(
            "--session, --continue and --resume all say which session; give one of them"
        )
    process: Process = context.obj
    options = ChatOptions(
        agent=agent, output=output, message=well_formed(message or ""), go_on=go_on, choose=choose,
        session=None if session is None else well_formed(session), user=well_formed(user),
    )  # fmt: skip
    return run_chat(options, process)
