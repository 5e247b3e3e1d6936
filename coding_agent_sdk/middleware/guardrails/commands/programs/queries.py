"""`jq` and `yq`: queries of structured text, with the files that they take in by other ways."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call
from coding_agent_sdk.middleware.guardrails.commands.programs import readers
from coding_agent_sdk.middleware.guardrails.commands.programs.unknown import follow_unknown
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import SECRET, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Program

_OF_FILES: Final = names("--rawfile --slurpfile --argfile")
_WITH_TWO: Final = _OF_FILES | names("--arg --argjson")
_LOADS: Final = re.compile(r"\bload(?:_\w+)?\(\s*[\"']([^\"']+)[\"']")


def jq(call: Call) -> Value:
    """`jq --rawfile name file program`: the file goes into the program, and out of it."""
    rest: list[Value] = []
    taints: set[str] = set()
    skip = 0
    for index, argument in enumerate(call.arguments):
        if skip:
            skip -= 1
        elif argument.text in _WITH_TWO:
            skip = 2
            if argument.text in _OF_FILES and index + 2 < len(call.arguments):
                taints |= call.shell.read(call.arguments[index + 2], call.part).taints
            taints |= call.after(index + 1).taints
        else:
            rest.append(argument)
    inner = Call(
        name="jq", arguments=rest, stdin=call.stdin, shell=call.shell, variables=call.variables
    )
    return readers.PROGRAMS["jq"](inner).tainted(*taints)


def yq(call: Call) -> Value:
    """`yq 'load_str("file")'`: an expression that reads a file."""
    files = [Value(path) for path in _LOADS.findall(call.text)]
    taints = {t for file in files for t in call.shell.read(file, call.part).taints}
    return follow_unknown(call).tainted(*(taints & {SECRET}))


PROGRAMS: dict[str, Program] = {**named("jq gojq jaq", jq), "yq": yq}
