"""What arguments give away beside what a program is known to do: one table of signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.tables import first_match, read_table

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

SIGNS: Final = read_table(r"""
b2:
    net-send-files remote ^(?:upload-file|upload-unbound-stream|sync|file\s+upload)\b
bq:
    configure remote (?:^|\s)(?:load|insert|mk|cp|extract)\s
surge:
    publish remote (?!^(?:list|whoami|login|logout|plans?|--help|--version|-V)$)
gpg gpg2:
    publish remote --send-keys?\b
""")
"""What more a program does, by its arguments; no row speaks for what the program does else."""


def follow_signs(call: Call) -> None:
    """Note what the first row of a program that matches says, beside all else."""
    rows = SIGNS.get(call.name)
    row = first_match(rows, call.text) if rows else None
    if row is not None:
        call.shell.note(row.kind, row.where, call.part)
