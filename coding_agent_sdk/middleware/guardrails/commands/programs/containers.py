"""Containers: what runs inside stays there, unless the host is handed in."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, SECRET, Value

_READS: Final = frozenset(
    "ps images logs inspect version info stats top port diff history search events df ls list config".split()
)
_HOST: Final = re.compile(
    r"--privileged|--pid[= ]host|--cap-add[= ](?:ALL|SYS_ADMIN|SYS_PTRACE|SYS_MODULE|DAC_\w+)|--userns[= ]host|--security-opt[= ]\S*unconfined|--device[= ]/dev/(?:sd|nvme|mem|kmem)|--ipc[= ]host"
)


def container(call: Call) -> Value:
    """`docker`, `podman`, `nerdctl`."""
    shell = call.shell
    text = " ".join(call.words)
    words = [o.plain for o in call.operands({"-H", "--host", "--context", "--config", "-c", "-l", "-f", "--file", "-p"})]
    verb = words[0] if words else ""
    if verb in {"container", "image", "volume", "network", "system", "builder", "buildx", "context", "manifest"} and len(words) > 1:
        verb = words[1]
    if verb in {"run", "create", "exec"}:
        return _run(call, verb, text)
    if re.search(r"(?:^|\s)push(?:\s|$)|--push(?:\s|$)", text) and not re.search(r"push\s+(?:localhost|127\.0\.0\.1|registry\.local)[:/]", text):
        shell.note("publish", "remote", call.part)
    elif re.search(r"(?:-H|--host)[= ](?!unix)", text) and verb in {"rm", "rmi", "prune", "stop", "kill"}:
        shell.note("destroy-remote", "remote", call.part)
    elif verb in _READS and "config" not in words[:1]:
        shell.note("read", "none", call.part)
    elif verb == "build" and (url := next((o for o in call.operands({"-t", "-f", "--build-arg", "--target", "--platform"})[1:] if re.match(r"https?://|git@", o.text)), None)):
        shell.note("install", "unknown", f"{call.part} {url.plain}"[:120])
    elif verb == "cp":
        for operand in call.operands()[1:]:
            if ":" not in operand.text:
                shell.write(operand, call.part)
    elif verb in {"swarm", "service", "stack", "node"} or words[:1] in (["swarm"], ["service"], ["stack"], ["node"]):
        shell.note("configure" if re.search(r"\b(?:rm|leave|update|scale|deploy)\b", text) else "exec", "none", call.part)
    else:
        shell.note("exec", "inside", call.part)
    return ANYTHING


def _run(call: Call, verb: str, text: str) -> Value:
    shell = call.shell
    if _HOST.search(text):
        shell.note("escalate", "system", call.part)
    for mount in re.findall(r"(?:-v|--volume)[= ]?([^\s:]+):", text) + re.findall(r"(?:source|src)=([^\s,]+)", text):
        _mount(call, mount)
    if re.search(r"--env-file[= ](\S+)", text):
        shell.note("exec", "inside", call.part)
    if call.taints & {SECRET} or call.stdin.taints & {SECRET}:
        inner = re.search(r"\b(?:curl|wget|nc|ncat)\b", text)
        if inner:
            shell.note("net-send-secret", "remote", call.part)
    if re.search(r"(?:curl|wget)\b[^|]*\|\s*(?:ba|z)?sh\b", text) and verb == "run" and re.search(r"(?:-v|--volume)[= ]", text):
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
    elif place.where in {"root", "disk"} or place.path in {"/etc", "/var", "/usr", "/root", "/proc", "/sys", "/dev"}:
        shell.note("escalate", place.where, call.part)
    elif place.where in {"outside", "home"}:
        shell.note("write", place.where, call.part)


def compose(call: Call) -> Value:
    """`docker-compose`, `podman-compose`."""
    call.shell.note("publish" if "push" in call.words else "exec", "inside", call.part)
    return ANYTHING


def docker(call: Call) -> Value:
    """`docker compose …` is compose, the rest are containers."""
    if call.words[:1] == ["compose"]:
        return compose(Call(name="docker-compose", arguments=call.arguments[1:], stdin=call.stdin, shell=call.shell))
    return container(call)


def jail(call: Call) -> Value:
    """`lxc`, `machinectl`, `virsh`."""
    text = " ".join(call.words)
    if re.search(r"privileged|source=/\s|path=/\s", text):
        call.shell.note("escalate", "system", call.part)
    elif re.search(r"\b(?:delete|destroy|undefine|remove|poweroff)\b", text):
        call.shell.note("configure", "system", call.part)
    else:
        call.shell.note("exec", "none", call.part)
    return ANYTHING


def image_tool(call: Call) -> Value:
    """`skopeo copy`, `crane push`, `cosign sign`, `oras push`."""
    pushes = re.search(r"\b(?:copy|push|delete|sync|sign|attach)\b", " ".join(call.words))
    call.shell.note("publish" if pushes else "net-receive", "remote", call.part)
    return ANYTHING


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(("docker", "podman", "nerdctl", "buildah"), docker),
    **dict.fromkeys(("docker-compose", "podman-compose"), compose),
    **dict.fromkeys(("lxc", "lxc-attach", "machinectl", "virsh", "incus", "multipass", "VBoxManage"), jail),
    **dict.fromkeys(("skopeo", "crane", "cosign", "oras", "regctl"), image_tool),
}
