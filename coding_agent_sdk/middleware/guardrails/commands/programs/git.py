"""Git: what reads, what writes the workspace, what reaches shared history, what runs code."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.programs.git_repositories import (
    follow_repository,
)
from coding_agent_sdk.middleware.guardrails.commands.programs.git_settings import (
    follow_setting,
)
from coding_agent_sdk.middleware.guardrails.commands.programs.git_verbs import VERBS
from coding_agent_sdk.middleware.guardrails.commands.programs.options import follow_table
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    HOME,
    NOTHING,
    SECRET,
    UNKNOWN,
    Value,
    join,
)

_READS: Final = names(
    "status log diff show blame annotate rev-parse describe ls-files ls-tree "
    "ls-remote cat-file shortlog grep reflog name-rev merge-base rev-list "
    "whatchanged count-objects check-ignore check-attr check-mailmap "
    "check-ref-format var version help fsck cherry range-diff diff-tree "
    "diff-files diff-index for-each-ref show-ref show-branch verify-commit "
    "verify-tag verify-pack get-tar-commit-id interpret-trailers merge-tree "
    "patch-id stripspace column request-pull symbolic-ref --version --help "
    "--exec-path --html-path --man-path -h --list-cmds"
)
_EXEC_OPTIONS: Final = (
    "-x",
    "--exec",
    "--upload-pack",
    "-u",
    "--receive-pack",
    "--extcmd",
    "--tree-filter",
    "--index-filter",
    "--msg-filter",
    "--env-filter",
    "--commit-filter",
    "--tag-name-filter",
    "--parent-filter",
    "--open-files-in-pager",
    "--gpg-program",
    "--diff-program",
    "--smtp-server",
)
_EXEC_VERBS: Final = {
    "-x": names("rebase difftool"),
    "-u": names("clone fetch ls-remote"),
    "--exec": names("rebase push archive send-pack"),
}
_VALUES: Final = names(
    "-C -c --git-dir --work-tree --namespace --config-env --exec-path --super-prefix"
)
_SHOWING: Final = names(
    "show log whatchanged diff blame annotate grep diff-tree diff-index diff-files"
)
_RUNS_SETTINGS: Final = names("--textconv --ext-diff --show-signature --web")
"""Options with which a reading verb runs what the settings name: filters, `gpg`, a browser."""

_LOGS: Final = names("log whatchanged")
_PATCHES: Final = ("-p", "-u", "--patch", "-c", "--cc", "--patch-with-stat")
_NAMES_ONLY: Final = names(
    "--name-only --name-status --stat --shortstat --numstat --quiet --no-patch -s -l "
    "--files-with-matches --raw --summary --dirstat"
)
_DESTROYS: Final = names("clean checkout reset restore rm switch")
_TALKS: Final = names("fetch pull push clone ls-remote")


def git(call: Call) -> Value:
    """Follow a git command."""
    shell = call.shell
    arguments, verb = _global_options(call)
    _own_settings(call)
    if verb is None:
        shell.note("read", "none", call.part)
        return ANYTHING
    inner = Call(
        name=verb.plain,
        arguments=arguments,
        stdin=call.stdin,
        shell=shell,
        variables=call.variables,
    )
    inner_part = call.part
    _destroy_elsewhere(call, verb.plain)
    if call.taints & {SECRET, HOME} and verb.plain in _TALKS:
        shell.note("net-send-secret", "remote", call.part)
    _run_options(inner, inner_part)
    follow_table(inner, f"git-{verb.plain}")
    output = inner.value_of("--output")
    if output is not None:
        shell.write(output, inner_part)
    handler = VERBS.get(verb.plain)
    if handler is not None:
        return handler(inner, inner_part)
    if verb.plain in _READS:
        return _read(inner, inner_part)
    shell.note("exec", "inside", inner_part)
    return ANYTHING


def _destroy_elsewhere(call: Call, verb: str) -> None:
    """Note what a destroying verb does to a folder given by `-C` or `--work-tree`, or by `cd`."""
    folder = call.value_of("-C") or call.value_of("--work-tree") or Value(".")
    if verb not in _DESTROYS:
        return
    place = call.shell.locate(folder.text)
    if place.where in {"root", "system", "home", "disk"}:
        call.shell.note("delete", place.where, call.part)


def _run_options(call: Call, part: str) -> None:
    """Follow the commands in options such as `--upload-pack`, and in `ext::` addresses."""
    for option in _EXEC_OPTIONS:
        if call.name not in _EXEC_VERBS.get(option, {call.name}):
            continue
        command = call.value_of(option)
        if command is not None and command.text:
            call.shell.run_text(command, part=part)
    for argument in call.arguments:
        if argument.text in _RUNS_SETTINGS or "%G" in argument.text:
            call.shell.note("exec", "inside", part)
        if argument.text.startswith("ext::"):
            command = Value(argument.text.removeprefix("ext::").replace("% ", " "))
            call.shell.run_text(command, part=part)
            call.shell.note("exec-hidden", "none", part)


def _global_options(call: Call) -> tuple[list[Value], Value | None]:
    arguments = list(call.arguments)
    shell = call.shell
    folder = shell.folder
    while arguments and arguments[0].text[:1] == "-":
        word = arguments.pop(0)
        _elsewhere(call, word.text, arguments)
        if word.text in _VALUES and arguments:
            value = arguments.pop(0)
            if word.text == "-c":
                key, _, setting = value.text.partition("=")
                follow_setting(call, key, Value(setting, value.taints))
            elif word.text == "--config-env":
                shell.note("exec-unknown", "none", call.part)
            elif word.text == "-C":
                place = shell.locate(value.text)
                shell.folder = None if place.where == "unknown" else place.path
        elif word.text.startswith(("--config-env=", "--exec-path=")):
            shell.note("exec-unknown", "none", call.part)
        elif word.text in _READS or word.text == "-v":
            return arguments, word
    follow_repository(call)
    if shell.locate(".").where in {"home", "root", "outside", "system"}:
        shell.note("exec", "outside", call.part)  # a repository there has settings of its own
    shell.folder = folder
    return (arguments[1:], arguments[0]) if arguments else ([], None)


def _own_settings(call: Call) -> None:
    """Note that git reads other settings of the user than his own: they run code, too."""
    for name in ("HOME", "XDG_CONFIG_HOME"):
        given = call.variables.get(name) or call.shell.variables.get(name)
        if given is not None and given.known and given.text != call.shell.home:
            call.shell.note("exec-unknown", "none", call.part)


def _elsewhere(call: Call, word: str, rest: list[Value]) -> None:
    """Note `--git-dir`, whose settings run code, and `--work-tree`, which is written."""
    option, _, attached = word.partition("=")
    value = attached or (rest[0].text if rest else "")
    place = call.shell.locate(value)
    if option == "--git-dir" and not (place.where == "inside" and place.path.endswith("/.git")):
        call.shell.note("exec-unknown", "none", call.part)
    elif option == "--work-tree" and place.where != "inside":
        call.shell.note("exec", "outside", call.part)


def _read(call: Call, part: str) -> Value:
    shell = call.shell
    shown = _shown_secret(call, part)
    if shown is not None:
        return shown
    for word in call.words if call.name == "grep" else ():
        if word.startswith("-O"):
            shell.run_text(Value(word[2:]), part=part)
    if call.name == "reflog" and call.words[:1] and call.words[0] in {"expire", "delete"}:
        shell.note("history", "inside", part)
        return NOTHING
    if call.has("--ext-diff") or (
        call.name == "grep"
        and any(w.startswith(("-O", "--open-files-in-pager")) for w in call.words)
    ):
        shell.note("exec", "inside", part)
    if call.name == "symbolic-ref" and len(call.operands()) > 1:
        shell.note("write", "inside", part)
    if call.has("--no-index"):
        contents = [shell.read(operand, part) for operand in call.operands()]
        return ANYTHING.tainted(*join(contents).taints) if contents else ANYTHING
    shell.note("read", "inside", part)
    if call.name == "ls-files" or "--name-only" in call.words:
        some = any(w[:1] == "-" and w not in {"-z", "--cached"} for w in call.words)
        return Value(f"./{'found-' if some else ''}{UNKNOWN}")
    return ANYTHING


def _shown_secret(call: Call, part: str) -> Value | None:
    """Read the files that are shown, as they are or as they were, where one is a credential."""
    if call.name not in _SHOWING or (call.name in _LOGS and not call.has(*_PATCHES)):
        paths: list[Value] = []
    elif any(word.partition("=")[0] in _NAMES_ONLY for word in call.words):
        paths = []
    else:
        paths = call.operands({"-C", "--author", "--since", "--grep", "-n", "-e"})
    paths += [
        Value(w[2:], a.taints)
        for w, a in zip(call.words, call.arguments, strict=True)
        if w[:2] == "-L"
    ]
    for operand in [*paths, *call.operands()]:
        before, found, path = operand.text.rpartition(":")
        path = re.sub(r"^\([^)]*\)|^/(?=[^/]*$)", "", path) if found and not before else path
        shown = found or operand in paths
        if shown and path and call.shell.locate(path).where == "credential":
            return call.shell.read(Value(path, operand.taints), part)
    return None


PROGRAMS: dict[str, Program] = {"git": git, "hub": git, "g": git}
