"""The commands and their options; what they do lives in the modules beside this one.

Nothing heavy is imported before a command runs, so that help and mistakes are answered at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from coding_agent_sdk.cli import options as o
from coding_agent_sdk.cli.chat.command import register_chat
from coding_agent_sdk.cli.helping import CONTEXT, ExampleCommand, examples
from coding_agent_sdk.cli.plugin_commands import RootGroup
from coding_agent_sdk.cli.session_commands import sessions
from coding_agent_sdk.cli.setup_commands import register_setup
from coding_agent_sdk.cli.sharing import takes
from coding_agent_sdk.cli.terminal import Color, Terminal
from coding_agent_sdk.cli.undo_commands import register_undo

if TYPE_CHECKING:
    from coding_agent_sdk.cli.process import Process

__all__ = ["app"]

app = typer.Typer(
    cls=RootGroup,
    context_settings=CONTEXT,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    epilog=examples(
        ("coding-agent", "what it can do, shown in some seconds"),
        ('coding-agent run "Analyze the code"', "answer a request in this folder"),
        ("coding-agent chat", "talk with it in this folder"),
        ('git diff | coding-agent run "Review this"', "with piped text"),
        ('coding-agent run -c "Now fix it"', "go on with the newest session"),
        ("coding-agent undo", "take back what the last run changed"),
        ("coding-agent doctor", "what works here, and what to do about the rest"),
        codes=True,
    ),
)
app.add_typer(sessions, name="sessions")
register_setup(app)
register_undo(app)


def _version(wanted: bool) -> None:
    if wanted:
        from coding_agent_sdk.version import __version__

        typer.echo(f"coding-agent {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    *,
    _version_option: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """A coding agent for the folder you are in: it reads, analyzes, edits and runs, and asks first.

    Without a key of a provider it works offline by rules: try it on any Python code. Without a
    command it shows what it can do, on a small repository of its own.
    """
    if context.invoked_subcommand is None:
        raise typer.Exit(_show_demo(context))


@app.command(
    cls=ExampleCommand,
    context_settings=CONTEXT,
    epilog=examples(("coding-agent demo", "the tour"), ("coding-agent", "the same")),
)
def demo(
    context: typer.Context,
    *,
    color: o.ColorOption = Color.AUTO,
    _debug: o.DebugOption = False,
) -> int:
    """Show what the agent can do, offline, in some seconds, on a repository that is thrown away.

    It analyzes code, is stopped at a command that does harm, meets a key and does not show it,
    answers with citations, waits for approval and goes on from another agent, spends a budget, and
    shows the spans and the metrics of it all.
    """
    return _show_demo(context, color)


def _show_demo(context: typer.Context, color: Color = Color.AUTO) -> int:
    from coding_agent_sdk.cli.demo.command import run_demo

    process: Process = context.obj
    return run_demo(Terminal(color=color), process)


# -- runs ------------------------------------------------------------------------------------


@app.command(
    cls=ExampleCommand,
    context_settings=CONTEXT,
    epilog=examples(
        ('coding-agent run "Analyze the code" -w ./repo', "work in another folder"),
        ('coding-agent run "Fix the failing test" --mode auto', "edit without asking"),
        ("cat task.md | coding-agent run -", "the request from standard input"),
        ('coding-agent run "Explain a.py" --json | jq .type', "events for programs"),
        ('coding-agent run --session s-1 "And now?"', "go on with a session"),
        ('coding-agent run "Review a.py" --output-schema review.json', "an answer as JSON"),
        codes=True,
    ),
)
@takes(agent=o.agent_options, output=o.output_options)
def run(
    context: typer.Context,
    *,
    prompt: Annotated[
        str | None,
        typer.Argument(
            metavar="PROMPT",
            show_default=False,
            help="What the agent should do; - reads it from standard input. Text that is piped "
            "beside it is appended.",
        ),
    ] = None,
    printed: Annotated[
        str | None,
        typer.Option(
            "--print", "-p", metavar="TEXT", show_default=False, help="The same as PROMPT."
        ),
    ] = None,
    session: o.SessionOption = None,
    go_on: o.ContinueOption = False,
    user: o.UserOption = "",
    agent: o.AgentOptions,
    as_json: o.JsonOption = False,
    output_schema: o.SchemaOption = None,
    record: o.RecordOption = None,
    output: o.OutputOptions,
) -> int:
    """Answer a request: the agent works in the workspace and gives its answer.

    Progress goes to standard error, the answer to standard output. On a terminal you are asked
    before it writes or runs anything; where nobody can be asked, the run waits for
    `coding-agent resume` and ends with code 4.
    """
    from coding_agent_sdk.cli.prompts import read_request, well_formed
    from coding_agent_sdk.cli.running import RunOptions, run_request
    from coding_agent_sdk.errors import RequestError

    if session is not None and go_on:
        raise RequestError("--session and --continue both say which session; give one of them")
    process: Process = context.obj
    if as_json:
        process.write_events(deltas=output.stream)
    text = read_request(prompt, printed, note=output.terminal.note)
    named = None if session is None else well_formed(session)
    chosen = RunOptions(
        agent=agent, session=named, user=well_formed(user), go_on=go_on, json=as_json,
        stream=output.stream, schema=output_schema, record=record, terminal=output.terminal,
    )  # fmt: skip
    return run_request(text, chosen, process)


@app.command(
    cls=ExampleCommand,
    context_settings=CONTEXT,
    epilog=examples(
        ("coding-agent resume s-1", "be asked about what waits"),
        ("coding-agent resume s-1 --approve call_1", "run this call, ask for the rest"),
        ("coding-agent resume s-1 --approve all --json", "for programs"),
        ('coding-agent resume s-1 --reject all --reason "not now"', "run none of them"),
        codes=True,
    ),
)
@takes(agent=o.agent_options, output=o.output_options)
def resume(
    context: typer.Context,
    *,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="The session whose run waits or was cut off.")
    ],
    approve: o.ApproveOption = None,
    reject: o.RejectOption = None,
    reason: o.ReasonOption = "",
    user: o.UserOption = "",
    agent: o.AgentOptions,
    as_json: o.JsonOption = False,
    output_schema: o.SchemaOption = None,
    output: o.OutputOptions,
) -> int:
    """Go on with a run that waits for approval, or that was cut off by a crash.

    Without decisions you are asked on a terminal; where nobody can be asked, the waiting calls
    are listed and the exit code is 4.
    """
    from coding_agent_sdk.cli.prompts import well_formed
    from coding_agent_sdk.cli.running import RunOptions, resume_session

    chosen = RunOptions(
        agent=agent, session=well_formed(session), user=well_formed(user), json=as_json,
        stream=output.stream, schema=output_schema, terminal=output.terminal,
    )  # fmt: skip
    return resume_session(
        chosen, context.obj, approve=approve or (), reject=reject or (), reason=well_formed(reason)
    )


register_chat(app)
