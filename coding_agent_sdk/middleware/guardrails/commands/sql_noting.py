"""Notes what statements do as effects, for the judge of SQL and for the clients of databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, FILE, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Follower
    from coding_agent_sdk.middleware.guardrails.commands.sql_deeds import Deed


def deed_part(deed: Deed) -> str:
    """Return a deed as it is shown in a reason."""
    shown = deed.what if deed.kind in {"destroy", "configure"} else f"{deed.kind} {deed.what}"
    return shown.strip()[:120]


def note(shell: Follower, deed: Deed, *, part: str) -> None:
    """Note what a deed is as an effect."""
    if deed.kind == "destroy":
        shell.note("destroy-remote", "remote", part)
    elif deed.kind == "run" and deed.what:
        shell.run_text(Value(deed.what), part=part)
        shell.note("exec-unknown", "none", part)
    elif deed.kind == "read" and deed.what:
        shell.read(Value(deed.what), part)
    elif deed.kind in {"write", "attach"} and deed.what:
        if deed.what != ":memory:":
            shell.write(Value(deed.what), part, ANYTHING.tainted(FILE))
    elif deed.kind == "send":
        shell.note("net-send", "remote", part)
    elif deed.kind == "stop":
        shell.note("stop-processes", "remote", part)
    elif deed.kind == "configure":
        shell.note("configure", "remote", part)
    elif deed.kind == "secret":
        shell.note("read-secret", "remote", part)
    else:
        shell.note("exec-unknown", "none", part)


def note_of_client(shell: Follower, deed: Deed, *, part: str, own: bool) -> None:
    """Note what a deed is in a client, of which some do no harm to the developer's own data.

    Args:
        shell: the shell.
        deed: what a statement does.
        part: the command.
        own: whether the database is the developer's own.
    """
    if deed.kind == "unreadable" or (deed.kind in {"attach", "read", "write"} and not deed.what):
        return
    if deed.kind in {"destroy", "configure", "stop", "unknown"} and own:
        return
    if deed.kind == "secret" and own and deed.what not in {"getenv", "duckdb_secrets", "secret"}:
        return
    if deed.kind in {"destroy", "configure"}:
        shell.note("destroy-remote", "remote", part)
    else:
        note(shell, deed, part=part)


def note_secrets_sent(shell: Follower, deeds: list[Deed], *, part: str) -> None:
    """Note that statements which both read a credential and reach another machine may send it."""
    if not any(deed.kind == "send" for deed in deeds):
        return
    for deed in deeds:
        if deed.kind == "read" and shell.locate(deed.what).where == "credential":
            shell.note("net-send-secret", "remote", part)
