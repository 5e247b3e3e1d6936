"""Developers' tools by their sub-commands: package managers, clouds, clusters, publishers."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.programs.unknown import follow_options
from coding_agent_sdk.middleware.guardrails.commands.programs.wrappers import bundle
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, NOTHING, SECRET, Value
from coding_agent_sdk.middleware.guardrails.findings import EffectKind, Where

_Row = tuple[str, EffectKind, Where]
_UNUSUAL: Final = r"(?:^|\s)(?:(?:git|hg|svn|bzr)\+|https?://|git://|git@|ssh://|github:|gitlab:|bitbucket:|gist:|ftp://)"
_NPM: Final[tuple[_Row, ...]] = (
    (r"\b(?:publish|unpublish|deprecate|dist-tag\s+(?:add|rm)|owner\s+(?:add|rm)|access|team|star)\b", "publish", "remote"),
    (r"\b(?:i|install|add|ci|exec|x|dlx|link|create)\b.*" + _UNUSUAL, "install", "unknown"),
    (r"--registry[= ](?!https://registry\.(?:npmjs\.org|yarnpkg\.com))|--registry[= ]http://(?!localhost|127)", "install", "unknown"),
    (r"\b(?:config|c|set)\s+(?:set\s+)?(?:registry|script-shell|ignore-scripts|strict-ssl|cafile|prefix|editor|shell|//)", "configure", "home"),
    (r"\b(?:token|login|logout|adduser|whoami)\b", "exec", "none"),
)
_PIP: Final[tuple[_Row, ...]] = (
    (r"\b(?:install|download|wheel|add|sync)\b.*" + _UNUSUAL.replace("https?://", r"(?:-e\s+)?https?://"), "install", "unknown"),
    (r"(?:--index-url|-i|--extra-index-url|--find-links|-f|--trusted-host|--default-index|--index)[= ](?:http://(?!localhost|127|0\.0)|\d+\.\d+\.\d+\.\d+|https?://)|--trusted-host", "install", "unknown"),
    (r"--break-system-packages|--target[= ]/(?:usr|lib|opt)|--root[= ]/", "install", "system"),
    (r"^config\s+(?:--global|--user)?\s*set", "configure", "home"),
    (r"^(?:list|show|freeze|check|index|inspect|debug|help|cache\s+(?:dir|info|list))\b", "read", "none"),
)
_SYSTEM_PACKAGES: Final[tuple[_Row, ...]] = (
    (r"^(?:list|search|show|info|policy|depends|rdepends|query|-Q\w*|-Ss|-Si|-l|-L|-s|-S|changelog|madison|--version|provides|repolist|check-update|outdated|deps|config|doctor|--prefix|--cellar|leaves|desc|home|log|cat|-qa?\w*)\b", "read", "none"),
    ("", "install", "system"),
)
_BREW: Final[tuple[_Row, ...]] = (
    (_SYSTEM_PACKAGES[0][0], "read", "none"),
    (r"\b(?:install|tap)\b.*(?:https?://|\w+/\w+/)", "install", "unknown"),
    ("", "install", "none"),
)
_CLOUD_READ: Final = r"\b(?:list|ls|describe|get|show|info|status|view|logs?|tail|version|help|whoami|config\s+(?:list|get|get-value|view)|diff|validate|preview|lint|plan|check|events?|top|explain|search|history|dry-run)\b|--dry-?run|--help|--version|\s-n\b"
_CLOUD_DESTROY: Final = r"(?:^|\s|:|-)(?:delete|destroy|terminate|remove|rm|rb|purge|drop|wipe|deprovision|teardown|uninstall|undeploy|nuke|deregister|revoke|disable|detach|stop|flush|reset|scale-down|force-new-deployment|release|cancel|prune|drain|evict|shutdown|deallocate|down|rollback|empty)(?:$|\s|-|:|\w*-)"
_CLOUD: Final[tuple[_Row, ...]] = (
    (r"(?:print-access-token|print-identity-token|get-access-token|get-login-password|get-secret-value|get-session-token|get-authorization-token|access-key\s+create|create-access-key|keys\s+create|secrets?\s+(?:get|access|show|view|versions\s+access)|configure\s+(?:get|export-credentials)|auth\s+token|account\s+get-access-token|keyvault\s+secret\s+show|ssm\s+get-parameter.*--with-decryption|config:get|auth:token|vars?\s+get)", "read-secret", "credential"),
    (r"--dry-?run|--help|\bhelp\b", "read", "none"),
    (_CLOUD_DESTROY, "destroy-remote", "remote"),
    (r"\bs3(?:api)?\s+(?:cp|mv|sync|put-object)\b|\bstorage\s+(?:cp|rsync|mv)\b|\bblob\s+upload", "net-send-files", "remote"),
    (r"(?:put-bucket-policy|put-bucket-acl|authorize-security-group|attach-\w*-policy|put-\w+-policy|add-iam-policy-binding|set-iam-policy|role\s+assignment\s+create|create-user|update-assume-role|allUsers|public-read)", "configure", "remote"),
    (r"(?:^|\s)(?:create|update|deploy|apply|run|invoke|start|set|put|modify|scale|restart|promote|push|publish|import|register|add|enable|up|submit|attach|associate|reboot|change)(?:-[\w-]+)?(?:\s|$)", "configure", "remote"),
    ("", "read", "none"),
)

TABLE: Final[dict[str, tuple[_Row, ...]]] = {
    # -- package managers
    **dict.fromkeys(("npm", "pnpm", "yarn", "cnpm"), _NPM),
    "lerna": ((r"\bpublish\b", "publish", "remote"),),
    **dict.fromkeys(("changeset", "semantic-release", "release-it", "np", "goreleaser", "release-please", "standard-version"), ((r"--dry-?run|--snapshot|\bcheck\b|\bversion\b|\badd\b|\bstatus\b|--skip-publish|\bbuild\b", "exec", "inside"), ("", "publish", "remote"))),
    **dict.fromkeys(("pip", "pip3", "pipx"), _PIP),
    "uv": ((r"^publish\b", "publish", "remote"), (r"^pip\s+(?:list|show|freeze|check|tree)|^(?:tree|version|python\s+list)", "read", "none"), *_PIP[:3]),
    "poetry": ((r"^publish\b", "publish", "remote"), (r"^config\b.*(?:token|http-basic|repositories)", "configure", "home"), (r"^(?:show|check|version|env\s+(?:info|list))\b", "read", "none"), *_PIP[:2]),
    **dict.fromkeys(("hatch", "flit", "pdm", "rye", "maturin"), ((r"\b(?:publish|upload)\b", "publish", "remote"), *_PIP[:1])),
    "twine": ((r"^check\b", "read", "inside"), ("", "publish", "remote")),
    **dict.fromkeys(("conda", "mamba", "micromamba"), ((r"^(?:list|info|search|env\s+list|config\s+--show)", "read", "none"), (r"(?:-c|--channel)[= ]https?://", "install", "unknown"))),
    "cargo": ((r"^(?:publish|yank|owner)\b", "publish", "remote"), (r"^install\b.*(?:--git|--index|--registry)", "install", "unknown"), (r"^(?:tree|metadata|search|version|--version|locate-project|pkgid)\b", "read", "inside")),
    "gem": ((r"^(?:push|yank|owner)\b", "publish", "remote"), (r"^install\b.*(?:--source|-s\s|https?://)", "install", "unknown"), (r"^(?:list|search|env|info|which)\b", "read", "none")),
    "bundler": ((r"^config\b", "exec", "inside"),),
    "composer": ((r"^global\b", "install", "none"), (r"^config\b.*-g", "configure", "home")),
    "go": ((r"^(?:install|get|run)\b.*\s(?!(?:-\S+\s+)*(?:github\.com|golang\.org|gitlab\.com|google\.golang\.org|gopkg\.in|honnef\.co|mvdan\.cc|go\.uber\.org|k8s\.io|sigs\.k8s\.io|gotest\.tools|cloud\.google\.com|go\.opentelemetry\.io|rsc\.io|bitbucket\.org|modernc\.org|connectrpc\.com|buf\.build|dario\.cat|filippo\.io|entgo\.io|gorm\.io|go\.mongodb\.org|helm\.sh|istio\.io|cuelang\.org|pault\.ag|tailscale\.com)/)[\w-]+(?:\.[\w-]+)+/\S*@", "install", "unknown"), (r"^(?:env|list|version|doc|vet)(?!.*-w)\b", "read", "inside")),
    "mvn": ((r"\bdeploy\b|release:perform|nexus-staging", "publish", "remote"),),
    "mvnw": ((r"\bdeploy\b|release:perform", "publish", "remote"),),
    **dict.fromkeys(("gradle", "gradlew"), ((r"\b(?:publish(?!ToMavenLocal)\w*|uploadArchives|bintrayUpload|closeAndRelease\w*)\b", "publish", "remote"),)),
    "sbt": ((r"\bpublish(?!Local)\w*", "publish", "remote"),),
    "dotnet": ((r"\bnuget\s+(?:push|delete)\b", "publish", "remote"), (r"\b(?:tool\s+install|add\s+package)\b.*--(?:add-)?source\s+http", "install", "unknown")),
    "nuget": ((r"\b(?:push|delete)\b", "publish", "remote"),),
    "mix": ((r"\bhex\.(?:publish|retire|owner)\b", "publish", "remote"),),
    "swift": ((r"^package-registry\s+publish", "publish", "remote"),),
    "pod": ((r"\btrunk\s+(?:push|delete)\b", "publish", "remote"),),
    "dart": ((r"\bpub\s+publish(?!.*--dry-run)", "publish", "remote"),),
    "flutter": ((r"\bpub\s+publish(?!.*--dry-run)", "publish", "remote"),),
    "vsce": ((r"\b(?:publish|unpublish)\b", "publish", "remote"),),
    "ovsx": ((r"\bpublish\b", "publish", "remote"),),
    "charmcraft": ((r"\b(?:upload|release)\b", "publish", "remote"),),
    "snapcraft": ((r"\b(?:upload|release|push)\b", "publish", "remote"),),
    **dict.fromkeys(("apt", "apt-get", "aptitude", "dpkg", "yum", "dnf", "zypper", "pacman", "apk", "emerge", "rpm", "snap", "flatpak", "port", "pkg", "nala", "xbps-install", "rpm-ostree", "winget", "choco", "scoop", "apt-key", "add-apt-repository", "softwareupdate", "installer", "eopkg", "swupd"), _SYSTEM_PACKAGES),
    **dict.fromkeys(("apt-cache", "dpkg-query", "apt-mark", "apt-file"), ((r"^(?:hold|unhold|auto|manual)", "install", "system"), ("", "read", "none"))),
    "brew": _BREW,
    "nix-env": (("^-q", "read", "none"), ("", "install", "none")),
    "nix": ((r"\b(?:build|develop|shell|run|flake)\b.*(?:https?://|tarball)", "install", "unknown"),),
    "rustup": ((r"\bself\s+uninstall", "delete", "home"),),
    **dict.fromkeys(("nvm", "pyenv", "rbenv", "asdf", "sdk", "volta", "fnm", "n"), ()),
    # -- clouds
    **dict.fromkeys(("aws", "gcloud", "az", "doctl", "linode-cli", "hcloud", "oci", "ibmcloud", "aliyun", "scw", "openstack", "eksctl", "gsutil", "bq", "azcopy", "s3cmd", "mc", "s5cmd", "b2", "flyctl", "fly", "heroku", "vercel", "netlify", "railway", "render", "firebase", "supabase", "wrangler", "amplify", "eb", "sam", "cdk", "serverless", "sls", "pulumi", "copilot", "ecs-cli", "rancher", "databricks", "snow", "nomad", "consul", "doppler", "planetscale", "pscale", "neonctl", "turso", "upstash", "vultr-cli", "civo", "exo", "cf", "kops", "gh-aw", "up", "surge", "now", "fastly", "cloudflare", "tfx", "octo", "argocd", "flux", "velero", "istioctl", "kn", "okteto", "spinnaker", "rosa", "ocm"), _CLOUD),
    **dict.fromkeys(("terraform", "tofu", "terragrunt"), (
        (r"\b(?:destroy|taint|force-unlock|state\s+(?:rm|push|mv|replace-provider)|workspace\s+delete|import)\b|-destroy\b", "destroy-remote", "remote"),
        (r"\bapply\b", "configure", "remote"),
        (r"\b(?:show|plan|validate|output|version|providers|graph|state\s+(?:list|show)|workspace\s+(?:list|show|select))\b", "exec", "inside"),
    )),
    "ansible-playbook": ((r"--check|--syntax-check|--list|-C\b", "read", "inside"), ("", "configure", "remote")),
    "ansible": ((r"-m\s+(?:ping|setup|debug)|--list-hosts|--version", "net-receive", "none"), ("", "configure", "remote")),
    "ansible-galaxy": ((r"\b(?:install)\b.*(?:https?://|git\+)", "install", "unknown"),),
    "ansible-vault": ((r"\b(?:view|decrypt)\b", "read-secret", "credential"),),
    "packer": ((r"\bbuild\b", "configure", "remote"),),
    "vagrant": ((r"\bdestroy\b", "exec", "none"),),
    "vault": ((r"\b(?:read|kv\s+get|token|print)\b", "read-secret", "credential"), (r"\b(?:delete|kv\s+(?:delete|destroy|metadata\s+delete)|lease\s+revoke|policy\s+delete|secrets\s+disable|auth\s+disable|operator)\b", "destroy-remote", "remote"), (r"\b(?:write|kv\s+put|policy\s+write)\b", "configure", "remote")),
    "op": ((r"\b(?:read|item\s+get|document\s+get|inject|signin)\b", "read-secret", "credential"), (r"\bdelete\b", "destroy-remote", "remote")),
    **dict.fromkeys(("bw", "lpass", "keepassxc-cli", "gopass"), ((r"\b(?:get|show|export|list|clip)\b", "read-secret", "credential"),)),
    "sops": ((r"-d\b|--decrypt", "read-secret", "credential"),),
    # -- clusters
    **dict.fromkeys(("kubectl", "oc", "k", "k3s", "microk8s"), ()),
    "helm": (
        (r"--dry-run|\b(?:template|lint|list|ls|status|get|show|search|repo|dependency|version|history|env|package|pull|create)\b", "exec", "inside"),
        (r"\b(?:uninstall|delete|rollback)\b", "destroy-remote", "remote"),
        (r"\bpush\b", "publish", "remote"),
        (r"\b(?:install|upgrade)\b.*(?:prod|live)", "configure", "remote"),
    ),
    # -- forges
    "gh": (
        (r"^auth\s+token", "read-secret", "credential"),
        (r"^(?:repo\s+(?:delete|archive|rename|edit|transfer)|release\s+(?:delete|create|upload|edit)|secret\s+(?:set|delete|remove)|variable\s+(?:set|delete)|ssh-key|gpg-key|gist\s+(?:create|delete|edit)|workflow\s+(?:run|disable)|run\s+(?:delete)|cache\s+delete|codespace\s+delete|ruleset|extension\s+install|repo\s+create|repo\s+deploy-key|label\s+delete|issue\s+(?:delete|transfer)|pr\s+merge|org|project\s+delete|environment)", "publish", "remote"),
        (r"^api\b.*(?:-X|--method)[= ]?(?:DELETE|PUT|PATCH|POST)|^api\b.*\s-[fF]\s", "publish", "remote"),
        (r"^(?:pr|issue|run|repo|release|gist|workflow|api|search|status|browse|label|project|cache|auth)\s*(?:list|view|status|diff|checks|watch|download|checkout|clone)?", "net-receive", "none"),
    ),
    "glab": ((r"\b(?:delete|release\s+create|variable\s+set|mr\s+merge|repo\s+(?:delete|archive|transfer))\b", "publish", "remote"),),
    "hub": ((r"\b(?:delete|release\s+create)\b", "publish", "remote"),),
    "svn": ((r"\b(?:delete|rm)\b.*(?:https?|svn)://", "history", "remote"),),
    "hg": ((r"\bpush\b.*(?:-f|--force)|\bstrip\b", "history", "remote"),),
    "p4": ((r"\bobliterate\b", "history", "remote"),),
    "act": ((r"-n\b|-l\b|--list|--dryrun", "exec", "inside"),),
}  # fmt: skip
"""What tools do, by the text of their arguments; the first row that matches counts."""

_LOCAL_CLUSTER: Final = re.compile(r"(?:--context[= ]|--kube-context[= ])?(?:kind-|minikube|docker-desktop|k3d-|rancher-desktop|colima|orbstack)")
_DEVELOPMENT: Final = re.compile(r"(?:-n|--namespace)[= ](?:[\w-]*(?:dev|test|local|tmp|temp|sandbox|preview|ci|staging-\w+|pr-?\d+)[\w-]*)|(?:^|[\s/])(?:[\w-]+-)?(?:dev|test|local|tmp|sandbox)(?:-[\w-]+)?(?:\s|$)")
_PRODUCTION: Final = re.compile(r"(?i)(?<![a-z])(?:prod|production|live|prd)(?![a-z])")


def by_table(call: Call) -> Value:
    """Follow a tool by the table."""
    text = " ".join(call.words)
    follow_options(call)
    for pattern, kind, where in TABLE[call.name]:
        if re.search(pattern, text):
            call.shell.note(kind, where, call.part)
            return _printed(kind, call)
    if call.has("--version", "--help") and len(call.words) == 1:
        call.shell.note("read", "none", call.part)
    else:
        call.shell.note("exec", "inside", call.part)
    return ANYTHING


def _printed(kind: EffectKind, call: Call) -> Value:
    if kind == "read-secret":
        return ANYTHING.tainted(SECRET)
    if kind == "net-send-files" and call.name in {"aws", "gsutil", "gcloud", "az", "mc", "s3cmd"}:
        _uploads(call)
    return ANYTHING


def _uploads(call: Call) -> None:
    shell = call.shell
    taints = set(call.stdin.taints)
    for operand in call.operands({"--profile", "--region", "--acl", "--exclude", "--include", "--endpoint-url"}):
        if operand.text.startswith(("/", "~", ".")):
            taints |= shell.read(operand, call.part).taints
    if taints & {SECRET, "home"}:
        shell.note("net-send-secret", "remote", call.part)


def package_manager(call: Call) -> Value:
    """npm and its kin: scripts and `exec` run what the project has."""
    words = [w for w in call.words if w[:1] != "-"]
    shell = call.shell
    command = call.value_of("-c", "--call") if words[:1] in (["exec"], ["x"]) else None
    if command is not None:
        return shell.run_text(command, part=call.part)
    if words[:1] in (["exec"], ["x"], ["dlx"]) and len(words) > 1:
        return _runner(call, call.words.index(words[0]) + 1)
    return by_table(call)


def runner(call: Call) -> Value:
    """`npx tool`, `bunx`, `uvx`, `pipx run`."""
    command = call.value_of("-c", "--call")
    if command is not None:
        return call.shell.run_text(command, part=call.part)
    return _runner(call, 0)


def _runner(call: Call, start: int) -> Value:
    shell = call.shell
    rest = call.arguments[start:]
    while rest and rest[0].text[:1] == "-":
        taken = 2 if rest[0].text in {"-p", "--package", "--from", "--with", "--python"} else 1
        rest = rest[taken:]
    if re.search(_UNUSUAL, " ".join(call.words)):
        shell.note("install", "unknown", call.part)
        return ANYTHING
    if not rest:
        return NOTHING
    name = Value(re.sub(r"(?<=.)@[\w.^~-]+$", "", rest[0].text), rest[0].taints)
    return shell.run_words([name, *rest[1:]])


def python_tool(call: Call) -> Value:
    """`poetry run`, `uv run`, `hatch run`, `pdm run`, `bundle exec`."""
    words = [w for w in call.words if w[:1] != "-"]
    if words[:1] in (["run"], ["exec"]) or (call.name == "uv" and words[:2] == ["tool", "run"]):
        if any(w in {"--with", "--from"} for w in call.words) and re.search(_UNUSUAL, " ".join(call.words)):
            call.shell.note("install", "unknown", call.part)
        return bundle(call)
    if call.name == "uv" and words[:1] == ["pip"]:
        by_table(call)
        return ANYTHING
    return by_table(call) if call.name in TABLE else ANYTHING


def pip(call: Call) -> Value:
    """`pip install`: from the index or the workspace it is daily work, from elsewhere it is asked about."""
    for option in ("-r", "--requirement", "-c", "--constraint", "-e", "--editable"):
        path = call.value_of(option)
        if path is not None and path.text and not re.match(_UNUSUAL, path.text):
            call.shell.read(Value(re.sub(r"\[.*", "", path.text)), call.part)
    downloaded = any(call.shell.locate(o.text).path in call.shell.downloads for o in call.operands() if "/" in o.text or o.text.endswith((".whl", ".gz")))
    if downloaded:
        call.shell.note("net-exec", "remote", call.part)
    return by_table(call)


def kubectl(call: Call) -> Value:
    """`kubectl`: reads, development namespaces and local clusters are free, the rest is asked about."""
    shell = call.shell
    text = " ".join(call.words)
    verb = next((w for w in call.operands({"-n", "--namespace", "--context", "--kubeconfig", "-s", "--server", "-l", "-o", "-f", "-c"}) if w), Value("")).plain
    if call.name in {"k3s", "microk8s"} and verb in {"kubectl"}:
        return kubectl(Call(name="kubectl", arguments=call.arguments[1:], stdin=call.stdin, shell=shell))
    free = bool(_LOCAL_CLUSTER.search(text)) or (bool(_DEVELOPMENT.search(text)) and not _PRODUCTION.search(text))
    if "--dry-run" in text:
        shell.note("net-receive", "none", call.part)
    elif re.search(r"\bget\b.*\bsecrets?\b.*(?:-o|--output|--template)|\bview\b.*--raw|\bdescribe\s+secrets?\b.*-o|\bcreate\s+token\b", text):
        shell.note("read-secret", "credential", call.part)
        return ANYTHING.tainted(SECRET)
    elif verb in {"get", "describe", "logs", "top", "explain", "version", "cluster-info", "api-resources", "api-versions", "diff", "wait", "events", "auth", "kustomize", "config", "completion", "rollout", "port-forward", "options", "plugin", "status", "projects", "whoami", "project"}:
        write = verb == "config" and re.search(r"\b(?:set|delete|unset|use-context|rename)\b", text) or verb == "rollout" and re.search(r"\b(?:undo|restart)\b", text)
        shell.note("exec" if write else "net-receive", "none", call.part)
    elif verb in {"delete", "drain", "cordon", "evict", "replace", "taint"} or re.search(r"--replicas[= ]0\b|--force\b|--prune\b", text):
        whole = not _LOCAL_CLUSTER.search(text) and re.search(r"\b(?:ns|namespaces?|nodes?|pv|crd)\b|--all\b|-A\b", text)
        shell.note("exec" if free and not whole else "destroy-remote", "remote" if not free or whole else "none", call.part)
    elif verb in {"exec", "run", "debug", "cp", "attach"}:
        shell.note("exec" if not _PRODUCTION.search(text) and "privileged" not in text else "configure", "none", call.part)
        if "privileged" in text or "hostPID" in text:
            shell.note("escalate", "remote", call.part)
    else:
        shell.note("configure" if _PRODUCTION.search(text) else "exec", "none", call.part)
    return ANYTHING


def make(call: Call) -> Value:
    """`make`: runs what the project's file says; a file from a pipe or an argument is followed."""
    shell = call.shell
    file = call.value_of("-f", "--file", "--makefile")
    texts = [call.stdin] if file is not None and file.text in {"-", "/dev/stdin"} else []
    if file is not None and not texts:
        content = shell.files.get(shell.locate(file.text).path)
        if content is not None:
            texts = [content]
        elif shell.locate(file.text).path in shell.downloads:
            shell.note("net-exec", "remote", call.part)
        else:
            shell.read(file, call.part)
    if (evaluated := call.value_of("--eval")) is not None:
        texts.append(evaluated)
    for text in texts:
        for line in re.findall(r"(?:^\t|;[ \t]*|\$\(shell )(.+?)\)?$", text.plain, re.MULTILINE):
            shell.run_text(Value(line.lstrip("@-+"), text.taints), part=call.part)
    folder = call.value_of("-C", "--directory")
    where = shell.locate(folder.text).where if folder else "inside"
    shell.note("exec", "outside" if where in {"root", "system", "home"} else "inside", call.part)
    for argument in call.arguments:
        if re.match(r"(?:SHELL|CC|CXX|MAKE|RM)=", argument.text) and " " in argument.text:
            shell.run_text(Value(argument.text.partition("=")[2]), part=call.part)
    return ANYTHING


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(("make", "gmake", "bmake", "remake"), make),
    **dict.fromkeys(TABLE, by_table),
    **dict.fromkeys(("npm", "pnpm", "yarn", "cnpm"), package_manager),
    **dict.fromkeys(("npx", "bunx", "pnpx", "uvx"), runner),
    **dict.fromkeys(("poetry", "uv", "hatch", "pdm", "rye", "bundle", "pipenv"), python_tool),
    **dict.fromkeys(("pip", "pip3"), pip),
    **dict.fromkeys(("kubectl", "oc", "k", "k3s", "microk8s"), kubectl),
}
