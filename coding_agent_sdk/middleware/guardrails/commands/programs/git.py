"""Git: what reads, what writes the workspace, what reaches shared history, what runs code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.programs.git_settings import (
    config,
    follow_setting,
)
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
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
_LOGS: Final = names("log whatchanged")
_PATCHES: Final = ("-p", "-u", "--patch", "-c", "--cc", "--patch-with-stat")
_NAMES_ONLY: Final = names(
    "--name-only --name-status --stat --shortstat --numstat --quiet --no-patch -s -l "
    "--files-with-matches --raw --summary --dirstat"
)
_DESTROYS: Final = names("clean checkout reset restore rm switch")
_TALKS: Final = names("fetch pull push clone ls-remote")
_DESTINATION: Final = re.compile(
    r"^(?:https?|git|ssh|ftp|file|ext)(?:\+\w+)?:[:/]|^[\w.-]+@[\w.-]+:|^/|^\.\."
)


Verb = Callable[[Call, str], Value]


def git(call: Call) -> Value:
    """Follow a git command."""
    shell = call.shell
    arguments, verb = _global_options(call)
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
    output = inner.value_of("--output")
    if output is not None:
        shell.write(output, inner_part)
    handler = _VERBS.get(verb.plain)
    if handler is not None:
        return handler(inner, inner_part)
    if verb.plain in _READS:
        return _read(inner, inner_part)
    shell.note("exec", "inside", inner_part)
    return ANYTHING


def _destroy_elsewhere(call: Call, verb: str) -> None:
    """Note what a destroying verb does to a folder given by `-C` or `--work-tree`."""
    folder = call.value_of("-C") or call.value_of("--work-tree")
    if folder is None or verb not in _DESTROYS:
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
            elif word.text == "-C":
                place = shell.locate(value.text)
                shell.folder = None if place.where == "unknown" else place.path
                if place.where in {"home", "root", "outside", "system"}:
                    shell.note("exec", "outside", call.part)
        elif word.text.startswith(("--config-env=", "--exec-path=")):
            shell.note("exec-unknown", "none", call.part)
        elif word.text in _READS or word.text == "-v":
            return arguments, word
    shell.folder = folder
    return (arguments[1:], arguments[0]) if arguments else ([], None)


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


def _worktree(call: Call, part: str) -> Value:
    """`git worktree add folder`: beside the workspace it may, in the system it may not."""
    operands = call.operands({"-b", "-B", "--reason"})
    verb = operands[0].plain if operands else ""
    for operand in operands[1:2] if verb in {"add", "move"} else ():
        place = call.shell.locate(operand.text)
        if place.where in {"system", "credential", "root", "disk"}:
            call.shell.note("write", place.where, part)
    call.shell.note("read" if verb == "list" else "write", "inside", part)
    return ANYTHING


def _add(call: Call, part: str) -> Value:
    """`git add file`: what is secret and not the project's own travels with the next push."""
    for operand in call.operands({"--chmod", "--pathspec-from-file"}):
        place = call.shell.locate(operand.text)
        if place.where == "credential" and (call.has("-f", "--force") or "/" in operand.text):
            call.shell.carries_secrets = True
    return _write(call, part)


def _clean(call: Call, part: str) -> Value:
    """`git clean`: in the workspace daily work, elsewhere a delete."""
    for operand in call.operands({"-e", "--exclude"}):
        if call.shell.locate(operand.text).where != "inside":
            call.shell.delete(operand, part)
    return _write(call, part)


def _write(call: Call, part: str) -> Value:
    call.shell.note("write", "inside", part)
    return ANYTHING


def _push(call: Call, part: str) -> Value:
    """`git push`: forced, deleting and mirroring pushes change what others have."""
    shell = call.shell
    operands = call.operands(
        {"-o", "--push-option", "--repo", "--receive-pack", "--exec", "--force-with-lease"}
    )
    forced = call.has(
        "-f",
        "--force",
        "--force-with-lease",
        "--force-if-includes",
        "--mirror",
        "-d",
        "--delete",
        "--prune",
    )
    if forced or any(o.text[:1] in ":+" for o in operands[1:]):
        shell.note("history", "remote", part)
    if shell.carries_secrets:
        shell.note("net-send-secret", "remote", part)
    target = operands[0].plain if operands else ""
    changed = shell.remotes & {target, "*"} or (not target and shell.remotes)
    if changed or (operands and _DESTINATION.match(target)):
        shell.note("net-send-files", "remote", part)
    shell.note("net-send", "none", part)
    return NOTHING


def _listing(readers: str, *, bare: bool = True) -> Verb:
    reading = frozenset(readers.split())

    def follow(call: Call, part: str) -> Value:
        operands = [o.plain for o in call.operands()]
        options = [w for w in call.words if w[:1] == "-"]
        only_reads = (
            not operands and bare and all(o.split("=")[0] in reading for o in options)
        ) or (bool(call.words) and call.words[0] in reading)
        call.shell.note("read" if only_reads else "write", "inside", part)
        return ANYTHING

    return follow


def _clone(call: Call, part: str) -> Value:
    """`git clone`, `git init`, `git worktree add`: write a folder."""
    shell = call.shell
    operands = call.operands(
        names(
            "-b --branch --depth -o -u -c --config -j --template --filter --reference "
            "--separate-git-dir --origin --jobs"
        )
    )
    for option in ("-c", "--config"):
        setting = call.value_of(option)
        if setting is not None and "=" in setting.text and call.name == "clone":
            key, _, value = setting.text.partition("=")
            follow_setting(
                Call(name="git", arguments=call.arguments, stdin=call.stdin, shell=shell),
                key,
                Value(value, setting.taints),
            )
    template = call.value_of("--template")
    if template is not None and shell.locate(template.text).where != "inside":
        shell.note("exec-unknown", "none", part)
    folder = (
        operands[1]
        if call.name == "clone" and len(operands) > 1
        else operands[0]
        if call.name == "init" and operands
        else None
    )
    if folder is not None:
        place = shell.locate(folder.text)
        shell.note("write", place.where if place.where != "none" else "inside", part)
    if call.name == "clone":
        shell.note("net-receive", "remote", part)
    shell.note("write", "inside", part)
    return NOTHING


def _remote(call: Call, part: str) -> Value:
    shell = call.shell
    verb = call.words[0] if call.words else ""
    operands = call.operands({"-t", "-m", "--track"})
    if verb in {"add", "set-url"} and len(operands) > 2:  # noqa: PLR2004  verb, name, address
        shell.remotes.add(operands[1].plain)
    shell.note(
        "read" if verb in {"", "-v", "show", "get-url", "--verbose"} else "write", "inside", part
    )
    return ANYTHING


def _submodule(call: Call, part: str) -> Value:
    shell = call.shell
    words = call.words
    if "foreach" in words:
        inner = [
            a
            for a in call.arguments[words.index("foreach") + 1 :]
            if a.text not in {"--recursive", "--quiet", "-q"}
        ]
        if inner:
            shell.run_text(join(inner, " "), part=part)
    shell.note("write", "inside", part)
    return NOTHING


def _bisect(call: Call, part: str) -> Value:
    shell = call.shell
    if call.words[:1] == ["run"]:
        shell.run_words(call.arguments[1:])
    shell.note("write", "inside", part)
    return NOTHING


def _rebase(call: Call, part: str) -> Value:
    call.shell.note("write", "inside", part)
    return NOTHING


def _filter_branch(call: Call, part: str) -> Value:
    call.shell.note("read" if call.has("--analyze") else "history", "inside", part)
    return NOTHING


def _update_ref(call: Call, part: str) -> Value:
    call.shell.note("history" if call.has("-d") else "write", "inside", part)
    return NOTHING


def _credential(call: Call, part: str) -> Value:
    call.shell.note("read-secret", "credential", part)
    return ANYTHING.tainted(SECRET)


def _publish(call: Call, part: str) -> Value:
    call.shell.note("publish", "remote", part)
    return NOTHING


def _archive(call: Call, part: str) -> Value:
    target = call.value_of("-o", "--output")
    if target is not None:
        call.shell.write(target, part)
    call.shell.note("exec" if target else "read", "inside", part)
    return ANYTHING.tainted("file")


def _remove(call: Call, part: str) -> Value:
    for operand in call.operands({"--pathspec-from-file"}):
        if call.name == "rm" and operand.text.startswith(("/", "~", "..")):
            call.shell.delete(operand, part)
    call.shell.note("write", "inside", part)
    return NOTHING


_VERBS: Final[dict[str, Verb]] = {
    "push": _push,
    "add": _add,
    "clean": _clean,
    "config": config,
    "clone": _clone,
    "init": _clone,
    "remote": _remote,
    "submodule": _submodule,
    "bisect": _bisect,
    "rebase": _rebase,
    "filter-branch": _filter_branch,
    "filter-repo": _filter_branch,
    "update-ref": _update_ref,
    "credential": _credential,
    "send-email": _publish,
    "imap-send": _publish,
    "archive": _archive,
    "rm": _remove,
    "branch": _listing(
        "-a -r -v -vv --list -l --show-current --merged --no-merged --contains --sort "
        "--format --all --remotes --no-color --column"
    ),
    "tag": _listing("-l --list -n --sort --contains --points-at --merged --format -v"),
    "stash": _listing("list show", bare=False),
    "worktree": _worktree,
    "notes": _listing("list show", bare=False),
    "bundle": _listing("verify list-heads", bare=False),
    "lfs": _listing("ls-files status env", bare=False),
    "sparse-checkout": _listing("list", bare=False),
    "hash-object": _listing("--stdin --stdin-paths -t", bare=False),
    **named(
        "commit checkout switch restore reset revert merge cherry-pick mv "
        "apply am update-index fetch pull gc prune repack maintenance rerere stage "
        "pack-refs read-tree write-tree commit-tree checkout-index merge-file "
        "mergetool difftool format-patch replace unstage subtree flow quiltimport "
        "fast-import fast-export pack-objects unpack-objects",
        _write,
    ),
}

PROGRAMS: dict[str, Program] = {"git": git, "hub": git, "g": git}
