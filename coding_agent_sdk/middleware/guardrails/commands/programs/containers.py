"""Containers: what runs inside stays there, unless the host is handed in."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.programs.options import write_folder
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, SECRET, Value

_READS: Final = names(
    "ps images logs inspect version info stats top port diff history search "
    "events df ls list config"
)
_VALUES: Final = names("-H --host --context --config -c -l -f --file -p")
_GROUPS: Final = names("container image volume network system builder buildx context manifest")
_DESTROYS: Final = names("rm rmi prune stop kill")
_PUSHES: Final = re.compile(r"(?:^|\s)push(?:\s|$)|--push(?:\s|$)")
_PUSHES_HERE: Final = re.compile(
    r"(?<!-)\bpush\s+(?:[^-\s]\S*\s+)?(?:localhost|127\.0\.0\.1|registry\.local)[:/]\S*\s*$"
)
_FROM_ELSEWHERE: Final = re.compile(r"\s(?:https?://|git@)\S+$")
_SWARM: Final = re.compile(r"(?:swarm|service|stack|node)\b")
_CHANGES: Final = re.compile(r"\b(?:rm|leave|update|scale|deploy)\b")
_REMOTE: Final = re.compile(r"(?:-H|--host)[= ](?!unix)")
_CONTEXT: Final = re.compile(r"(?:--context|(?:^|\s)-c)[= ]\S")
_LOCAL_CONTEXT: Final = re.compile(r"(?:--context|-c)[= ](?:default|desktop-linux|colima|orbstack)")
_PRODUCTION: Final = re.compile(r"(?i)(?<![a-z])(?:prod|production|live|prd)(?![a-z])")
_DATA: Final = re.compile(r"(?i)\b(?:drop|truncate|dropdb|dropuser)\b")
_REMOVALS: Final = ("down", "rm")
_SAYS_WHERE: Final = ("COMPOSE_", "DOCKER_", "CONTAINER_")
_COMPOSES: Final = ("docker-compose", "podman-compose")
_OWN_GROUPS: Final = (["compose"], ["volume"])
_SETTINGS: Final = re.compile(r"(?:compose[\w.-]*\.ya?ml|\.env)$")
_OWN: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:dev|devel|tests?|testing|local|tmp|ci|sandbox)(?:$|[^a-z])|_test|test_"
)
_RUINS: Final = re.compile(
    r"(?i)\b(?:rm|shred|unlink)\s(?:[^;&|]{0,200}\s)?[\"']?/(?:[\s\"'*]|$|(?:etc|usr|lib\w*|s?bin|boot|root|home"
    r"|data|srv|opt|dev|mnt|var(?:/(?!tmp|cache|log)\w+)*)/?(?:[\s\"'*]|$)|var/lib/)"
    r"|\bfind\s+/\s[^;&|]*-delete|\bmkfs|\bdd\s[^;&|]*of=/dev/[svn]"
    r"|\bdrop(?:db|user)\b|\bdrop\s+(?:database|schema|table|user|role|collection)\b"
    r"|\btruncate\s+(?:table\s+)?\w|\bflush(?:all|db)\b|\bdropDatabase\b|\bdelete\s+from\s+\S+\s*(?:;|[\"']|$)"
)
_HOST: Final = re.compile(
    r"--privileged|--pid[= ]host|--cap-add[= ](?:ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE"
    r"|DAC_\w+)|--userns[= ]host|--security-opt[= ]\S*unconfined|--device[= "
    r"]/dev/(?:sd|nvme|mem|kmem)|--ipc[= ]host"
)


def container(call: Call) -> Value:
    """`docker`, `podman`, `nerdctl`."""
    shell = call.shell
    text = call.text
    words = [o.plain for o in call.operands(_VALUES)]
    verb = words[0] if words else ""
    if verb in _GROUPS and len(words) > 1:
        verb = words[1]
    if verb in {"run", "create", "exec"}:
        if verb == "exec":
            note_ruin(call, text)
        return _run(call, text)
    if verb == "cp":
        return _copy(call)
    if verb == "unshare":
        return shell.run_words(call.arguments[call.words.index(verb) + 1 :], call.stdin)
    if _PUSHES.search(text) and not _PUSHES_HERE.search(text):
        shell.note("publish", "remote", call.part)
    elif (
        _is_elsewhere(call, text)
        or (verb == "rm" and "volume" in words[:1] and is_production(text))
    ) and verb in _DESTROYS:
        shell.note("destroy-remote", "remote", call.part)
    elif _loses_volumes(call, words, verb):
        shell.note("delete", "outside", call.part)
    else:
        _follow_here(call, words, verb, text)
    return ANYTHING


def _follow_here(call: Call, words: list[str], verb: str, text: str) -> None:
    """Follow what stays on this machine."""
    if verb in _READS and "config" not in words[:1]:
        call.shell.note("read", "none", call.part)
    elif verb == "build":
        _build(call, text)
    elif _SWARM.match(" ".join(words)):
        call.shell.note("configure" if _CHANGES.search(text) else "exec", "none", call.part)
    else:
        call.shell.note("exec", "inside", call.part)


def _build(call: Call, text: str) -> None:
    """`docker build -o folder context`: what is built may be written to a folder."""
    target = call.value_of("-o", "--output")
    if target is not None:
        folder = re.search(r"\bdest=([^,]+)", target.text)
        write_folder(call, Value(folder[1]) if folder else target)
    if _FROM_ELSEWHERE.search(text):
        call.shell.note("install", "unknown", call.part)
    else:
        call.shell.note("exec", "inside", call.part)


def _loses_volumes(call: Call, words: list[str], verb: str) -> bool:
    """Whether volumes are deleted, which hold data that nothing else has.

    Those that Compose made for the workspace are its own, as its build output is.
    """
    if words[:1] == ["volume"]:
        own = call.shell.places.workspace.rpartition("/")[2].lower() + "_"
        named = call.words[call.words.index(verb) + 1 :]
        named = [word for word in named if word not in {"-f", "--force"}]
        return verb in {"rm", "remove", "prune"} and not (
            named
            and all(name.startswith(own) or _OWN.search(name) for name in named)
            and not _is_pointed(call)
        )
    if _OWN.search(call.text):
        return False
    if words[:1] == ["system"]:
        return verb == "reset" or (verb == "prune" and "--volumes" in call.words)
    return verb == "rm" and call.has("-v", "--volumes")


def _copy(call: Call) -> Value:
    operands = call.operands()[1:]
    for operand in operands[:1]:
        if ":" not in operand.text and operand.text != "-":
            call.shell.read(operand, call.part)
    for operand in operands[1:]:
        if ":" not in operand.text:
            call.shell.write(operand, call.part)
    return ANYTHING


def _run(call: Call, text: str) -> Value:
    shell = call.shell
    if _HOST.search(text):
        shell.note("escalate", "system", call.part)
    sends = re.search(r"\b(?:curl|wget|nc|ncat|scp|rsync|socat)\b", text)
    for mount in re.findall(r"(?:-v|--volume)[= ]?([^\s:]+):", text) + re.findall(
        r"(?:source|src)=([^\s,]+)", text
    ):
        _mount(call, mount)
        if sends and shell.locate(mount).where == "credential":
            shell.note("net-send-secret", "remote", call.part)
    if re.search(r"--env-file[= ](\S+)", text):
        shell.note("exec", "inside", call.part)
    if sends and SECRET in call.taints | call.stdin.taints:
        shell.note("net-send-secret", "remote", call.part)
    if re.search(r"(?:curl|wget)\b[^|]*\|\s*(?:ba|z)?sh\b", text) and re.search(
        r"(?:-v|--volume)[= ]", text
    ):
        shell.note("net-exec", "remote", call.part)
    shell.note("exec", "none", call.part)
    return ANYTHING


def _mount(call: Call, source: str) -> None:
    shell = call.shell
    if source.endswith("docker.sock"):
        shell.note("escalate", "system", call.part)
        return
    if not source.startswith(("/", "~", ".", "$")):
        return  # a named volume
    place = shell.locate(source)
    if place.where == "credential":
        shell.note("read-secret", "credential", call.part)
    elif place.where in {"root", "disk"} or place.path in {
        "/etc",
        "/var",
        "/usr",
        "/root",
        "/proc",
        "/sys",
        "/dev",
    }:
        shell.note("escalate", place.where, call.part)
    elif place.where in {"outside", "home"}:
        shell.note("write", place.where, call.part)


def compose(call: Call) -> Value:
    """`docker-compose`, `podman-compose`."""
    text = call.text
    if "run" in call.words:
        return _run(call, text)
    if "exec" in call.words:
        note_ruin(call, text)
    removes = {"down", "rm"} & set(call.words) and call.has("-v", "--volumes", "--rmi")
    if removes and (_is_elsewhere(call, text) or is_production(text)):
        call.shell.note("destroy-remote", "remote", call.part)
    elif removes and _is_of_another_project(call) and not _OWN.search(text):
        call.shell.note("delete", "outside", call.part)
    call.shell.note("publish" if "push" in call.words else "exec", "inside", call.part)
    return ANYTHING


def _is_of_another_project(call: Call) -> bool:
    """Whether Compose may work on a project that is not the workspace's own."""
    shell = call.shell
    options = call.words[: next((i for i, w in enumerate(call.words) if w in _REMOVALS), 0)]
    written = any(_SETTINGS.search(path) for path in shell.files)
    return (
        bool(options)
        or call.has("--rmi")
        or written
        or shell.locate(".").where != "inside"
        or _is_pointed(call)
    )


def _is_pointed(call: Call) -> bool:
    """Whether something before, or in the environment, may say where containers are."""
    shell = call.shell
    given = {**shell.variables, **call.variables}
    return (
        any(name == "HOME" or name.startswith(_SAYS_WHERE) for name in given)
        or shell.folder != shell.places.workspace
        or any(not _is_plain(words) for words, _ in shell.commands)
    )


def _is_plain(words: list[Value]) -> bool:
    """Whether a command is one of Compose or of volumes, with nothing before its verb."""
    names = [word.text for word in words[:2]]
    return names[0] in _COMPOSES or (names[:1] == ["docker"] and names[1:] in _OWN_GROUPS)


def is_production(text: str) -> bool:
    """Whether words name what others depend on."""
    return _PRODUCTION.search(text) is not None


def _is_elsewhere(call: Call, text: str) -> bool:
    """Whether the containers are those of another machine."""
    host = call.variables.get("DOCKER_HOST") or call.shell.variables.get("DOCKER_HOST")
    if host is not None and not host.text.startswith("unix"):
        return True
    return _REMOTE.search(text) is not None or (
        _CONTEXT.search(text) is not None and _LOCAL_CONTEXT.search(text) is None
    )


def note_ruin(call: Call, text: str) -> None:
    """Note a command inside a container that ruins what it keeps: its data, its system."""
    if _RUINS.search(text) and not (_OWN.search(text) and _DATA.search(text)):
        call.shell.note("destroy-remote", "remote", call.part)


def docker(call: Call) -> Value:
    """`docker compose …` is compose, the rest are containers."""
    words = call.words
    if [o.plain for o in call.operands(_VALUES)][:1] == ["compose"]:
        if _is_elsewhere(call, " ".join(words[: words.index("compose")])) and "down" in words:
            call.shell.note("destroy-remote", "remote", call.part)
        return compose(
            Call(
                name="docker-compose",
                arguments=call.arguments[words.index("compose") + 1 :],
                stdin=call.stdin,
                shell=call.shell,
                variables=call.variables,
            )
        )
    return container(call)


def jail(call: Call) -> Value:
    """`lxc`, `machinectl`, `virsh`."""
    text = call.text
    if re.search(r"privileged|source=/\s|path=/\s", text):
        call.shell.note("escalate", "system", call.part)
    elif re.search(r"\b(?:delete|destroy|undefine|remove|poweroff)\b", text):
        call.shell.note("configure", "system", call.part)
    else:
        call.shell.note("exec", "none", call.part)
    return ANYTHING


def image_tool(call: Call) -> Value:
    """`skopeo copy`, `crane push`, `cosign sign`, `oras push`."""
    pushes = re.search(r"\b(?:copy|push|delete|sync|sign|attach)\b", call.text)
    call.shell.note("publish" if pushes else "net-receive", "remote", call.part)
    return ANYTHING


PROGRAMS: dict[str, Program] = {
    **named("docker podman nerdctl buildah", docker),
    **named("docker-compose podman-compose", compose),
    **named("lxc lxc-attach machinectl virsh incus multipass VBoxManage", jail),
    **named("skopeo crane cosign oras regctl", image_tool),
}
