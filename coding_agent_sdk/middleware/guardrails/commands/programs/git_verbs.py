"""Git's sub-commands: what writes the workspace, and what reaches shared history."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call
from coding_agent_sdk.middleware.guardrails.commands.programs.git_settings import (
    config,
    follow_setting,
)
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    NOTHING,
    SECRET,
    Value,
    join,
)

_DESTINATION: Final = re.compile(
    r"^(?:https?|git|ssh|ftp|file|ext)(?:\+\w+)?:[:/]|^[\w.-]+@[\w.-]+:|^/|^\.\."
)


_BESIDE: Final = re.compile(r"\.\./[\w@+-][\w.@+-]*/?")
"""A folder beside the one at hand, as worktrees are kept."""

Verb = Callable[[Call, str], Value]
"""Follows a sub-command; the text is the whole call as it is shown in a reason."""


def _worktree(call: Call, part: str) -> Value:
    """`git worktree add folder`: beside the workspace it may, anywhere else it is a write."""
    operands = call.operands({"-b", "-B", "--reason"})
    verb = operands[0].plain if operands else ""
    made = {"add": operands[1:2], "move": operands[1:3], "remove": operands[1:2]}.get(verb, [])
    for operand in made:
        if not _BESIDE.fullmatch(operand.text):
            call.shell.write(operand, part)
    call.shell.note("read" if verb == "list" else "write", "inside", part)
    return ANYTHING


def _bundle(call: Call, part: str) -> Value:
    """`git bundle create file`: writes the file."""
    operands = call.operands()
    if operands[1:] and operands[0].plain == "create" and operands[1].text != "-":
        call.shell.write(operands[1], part)
    return _listing("verify list-heads", bare=False)(call, part)


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
        shell.write(folder, part)
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
    operands = call.operands(names("-b --branch --name --depth --reference"))
    for folder in operands[2:3] if words[:1] == ["add"] else ():
        shell.write(folder, part)
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


VERBS: Final[dict[str, Verb]] = {
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
    "bundle": _bundle,
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
