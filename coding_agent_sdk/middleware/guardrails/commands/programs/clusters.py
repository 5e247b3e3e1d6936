"""`kubectl`: whose cluster, which namespace, what is done to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.programs.containers import note_ruin
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, NOTHING, SECRET, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import EffectKind

_VALUES: Final = names("-n --namespace --context --kubeconfig -s --server -l -o -f -c")
_LOCAL_CLUSTER: Final = re.compile(
    r"(?:--context[= ]|--kube-context[= ])?(?:kind-|minikube|docker-desktop|k3d-"
    r"|rancher-desktop|colima|orbstack)"
)


_DEVELOPMENT: Final = re.compile(
    r"(?:-n|--namespace)[= ](?:[\w-]*(?:dev|test|local|tmp|temp|sandbox|preview|ci"
    r"|staging-\w+|pr-?\d+)[\w-]*)|(?:^|[\s/])(?:[\w-]+-)?(?:dev|test|local|tmp"
    r"|sandbox)(?:-[\w-]+)?(?:\s|$)"
)


_PRODUCTION: Final = re.compile(r"(?i)(?<![a-z])(?:prod|production|live|prd)(?![a-z])")


_READS: Final = names(
    "get describe logs top explain version cluster-info api-resources api-versions diff wait "
    "events auth kustomize config completion rollout port-forward options plugin status projects "
    "whoami project"
)
_CHANGES_CONFIG: Final = re.compile(r"\b(?:set|delete|unset|use-context|rename)\b")


def kubectl(call: Call) -> Value:
    """`kubectl`: reads, development and local clusters are free, the rest is asked about."""
    shell = call.shell
    text = call.text
    verb = (call.operands(_VALUES) or [NOTHING])[0].plain
    if call.name in {"k3s", "microk8s"} and verb == "kubectl":
        return kubectl(
            Call(name="kubectl", arguments=call.arguments[1:], stdin=call.stdin, shell=shell)
        )
    free = bool(_LOCAL_CLUSTER.search(text)) or (
        bool(_DEVELOPMENT.search(text)) and not _PRODUCTION.search(text)
    )
    _note_inside(call, verb, text, free=free)
    if "--dry-run" in text:
        shell.note("net-receive", "none", call.part)
    elif re.search(
        r"(?>^.*?\bget\b)(?>.*?\bsecrets?\b).*(?:-o|--output|--template)|(?>^.*?\bview\b).*--raw"
        r"|(?>^.*?\bdescribe\s+secrets?\b).*-o|\bcreate\s+token\b",
        text,
    ):
        shell.note("read-secret", "credential", call.part)
        return ANYTHING.tainted(SECRET)
    elif verb in _READS:
        _follow_read(call, verb, text)
    elif verb in {"delete", "drain", "cordon", "evict", "replace", "taint"} or re.search(
        r"--replicas[= ]0\b|--force\b|--prune\b", text
    ):
        whole = not _LOCAL_CLUSTER.search(text) and re.search(
            r"\b(?:ns|namespaces?|nodes?|pv|crd)\b|--all\b|-A\b", text
        )
        shell.note(
            "exec" if free and not whole else "destroy-remote",
            "remote" if not free or whole else "none",
            call.part,
        )
    elif verb in {"exec", "run", "debug", "cp", "attach"}:
        shell.note(
            "exec" if not _PRODUCTION.search(text) and "privileged" not in text else "configure",
            "none",
            call.part,
        )
        if "privileged" in text or "hostPID" in text:
            shell.note("escalate", "remote", call.part)
    else:
        shell.note("configure" if _PRODUCTION.search(text) else "exec", "none", call.part)
        if re.search(r"(?i)hostPID:\s*true|hostPath:[^}]*path:\s*/\s", call.stdin.plain):
            shell.note("escalate", "remote", call.part)
    return ANYTHING


def _follow_read(call: Call, verb: str, text: str) -> None:
    """Follow a verb that reads, of which two also change something."""
    write = (verb == "config" and _CHANGES_CONFIG.search(text)) or (
        verb == "rollout" and re.search(r"\b(?:undo|restart)\b", text)
    )
    changes = write and verb == "rollout" and _PRODUCTION.search(text)
    kind: EffectKind = "configure" if changes else "exec" if write else "net-receive"
    call.shell.note(kind, "none", call.part)


def _note_inside(call: Call, verb: str, text: str, *, free: bool) -> None:
    """Note what ruins the data in a container, and what opens a cluster to other machines."""
    if verb == "exec" and not free:
        note_ruin(call, text)
    elif verb == "port-forward" and re.search(r"--address[= ](?!localhost|127\.)", text):
        call.shell.note("net-send", "remote", call.part)


PROGRAMS: dict[str, Program] = named("kubectl oc k k3s microk8s", kubectl)
