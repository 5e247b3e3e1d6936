"""Developers' tools by their sub-commands: package managers, clouds, clusters, publishers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.unknown import (
    follow_options,
    follow_project,
)
from coding_agent_sdk.middleware.guardrails.commands.tables import (
    first_match,
    follow_rows,
    names,
    read_table,
)
from coding_agent_sdk.middleware.guardrails.commands.values import SECRET, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

TABLE: Final = read_table(r"""
aws gcloud az doctl linode-cli hcloud oci ibmcloud aliyun scw openstack eksctl gsutil bq azcopy
s3cmd mc s5cmd b2 flyctl fly heroku vercel netlify railway render firebase supabase wrangler
amplify eb sam cdk serverless sls pulumi copilot ecs-cli rancher databricks snow nomad consul
doppler planetscale pscale neonctl turso upstash vultr-cli civo exo cf kops gh-aw up surge now
fastly cloudflare tfx octo argocd flux velero istioctl kn okteto spinnaker rosa ocm:
    read-secret credential (?:print-access-token|print-identity-token|get-access-token
        |get-login-password|get-secret-value|get-session-token|get-authorization-token
        |access-key\s+create|create-access-key|keys\s+create|secrets?\s+(?:get|access|show|view
        |versions\s+access)|configure\s+(?:get|export-credentials)|auth\s+token
        |account\s+get-access-token|keyvault\s+secret\s+show
        |ssm\s+get-parameter.*--with-decryption|config:get|auth:token|vars?\s+get)
    read none --dry-?run|--help|\bhelp\b
    exec inside ^offline(?:\s+start)?(?:\s+--?[\w-]+(?:=\S+|\s+[^-\s]\S*)?)*$
    read none ^(?:(?:alpha|beta)\s+)?run\s+(?:services|jobs|revisions|routes|domain-mappings)\s+
        (?:list|describe)\b
    exec inside ^local\s+(?:invoke|start-\w+)
    destroy-remote remote (?:^|\s|:|-)(?:delete|destroy|terminate|remove|rm|rb|purge|drop|wipe
        |deprovision|teardown|uninstall|undeploy|nuke|deregister|revoke|disable|detach|stop
        |flush|reset|scale-down|force-new-deployment|release|cancel|prune|drain|evict|shutdown
        |deallocate|down|rollback|empty|schedule-key-deletion)(?:$|\s|-|:|\w*-)
    net-receive none \b(?:s3\s+)?cp\s+(?:s3|gs)://\S+\s+(?!\w+://)\S+
    net-send-files remote \bs3(?:api)?\s+(?:cp|mv|sync|put-object)\b|\bstorage\s+(?:cp|rsync|mv)\b
        |\bblob\s+upload
    net-send-files remote \b(?:cp|rsync|mv|put|sync|copy|upload)\b.*\s\w+://\S+\s*$
    configure remote --prod(?:uction)?\b
    configure remote (?:put-bucket-policy|put-bucket-acl|authorize-security-group
        |attach-\w*-policy|put-\w+-policy|add-iam-policy-binding|set-iam-policy
        |role\s+assignment\s+create|create-user|update-assume-role|allUsers|public-read)
    configure remote (?:^|\s)(?:create|update|deploy|apply|run|invoke|start|set|put|modify|scale
        |restart|promote|push|publish|import|register|add|enable|up|submit|attach|associate
        |reboot|change)(?:-[\w-]+)?(?:\s|$)
    read none
terraform tofu terragrunt:
    exec inside ^(?:-chdir=\S+\s+)?plan\b
    destroy-remote remote \b(?:destroy|taint|force-unlock|state\s+(?:rm|push|mv|replace-provider)
        |workspace\s+delete|import)\b|-destroy\b
    configure remote \bapply\b
    exec inside \b(?:show|plan|validate|output|version|providers|graph|state\s+(?:list|show)
        |workspace\s+(?:list|show|select))\b
ansible-playbook:
    read inside --check|--syntax-check|--list|-C\b
    configure remote
ansible:
    net-receive none -m\s+(?:ping|setup|debug)|--list-hosts|--version
    configure remote
ansible-galaxy:
    install unknown \b(?:install)\b.*(?:https?://|git\+)
ansible-vault:
    read-secret credential \b(?:view|decrypt)\b
packer:
    configure remote \bbuild\b
vagrant:
    delete outside \bdestroy\b
vault:
    read-secret credential \b(?:read|kv\s+get|token|print)\b
    destroy-remote remote \b(?:delete|kv\s+(?:delete|destroy|metadata\s+delete)|lease\s+revoke
        |policy\s+delete|secrets\s+disable|auth\s+disable|operator)\b
    configure remote \b(?:write|kv\s+put|policy\s+write)\b
op:
    read-secret credential \b(?:read|item\s+get|document\s+get|inject|signin)\b
    destroy-remote remote \bdelete\b
bw lpass keepassxc-cli gopass:
    read-secret credential \b(?:get|show|export|list|clip)\b
sops:
    read-secret credential -d\b|--decrypt
helm:
    exec inside --kube-context[=\s](?:kind-|minikube|docker-desktop|k3d-|rancher-desktop)
    exec inside --dry-run|\b(?:template|lint|list|ls|status|get|show|search|repo|dependency
        |version|history|env|package|pull|create)\b
    destroy-remote remote \b(?:uninstall|delete|rollback)\b
    publish remote \bpush\b
    configure remote \b(?:install|upgrade)\b.*(?:prod|live)
gh:
    net-receive none ^api\s+graphql\b(?!.*\bmutation\b)
    read-secret credential ^auth\s+token
    publish remote ^(?:repo\s+(?:delete|archive|rename|edit|transfer)|release\s+(?:delete|create
        |upload|edit)|secret\s+(?:set|delete|remove)|variable\s+(?:set|delete)|ssh-key|gpg-key
        |gist\s+(?:create|delete|edit)|workflow\s+(?:run|disable)|run\s+(?:delete)
        |cache\s+delete|codespace\s+delete|ruleset|extension\s+install|repo\s+create
        |repo\s+deploy-key|label\s+delete|issue\s+(?:delete|transfer)|pr\s+merge|org
        |project\s+delete|environment)
    publish remote ^api\b.*(?:-X|--method)[=\s]?(?:DELETE|PUT|PATCH|POST)|^api\b.*\s-[fF]\s
    net-receive none ^(?:pr|issue|run|repo|release|gist|workflow|api|search|status|browse|label
        |project|cache|auth)\s*(?:list|view|status|diff|checks|watch|download|checkout|clone)?
glab:
    publish remote \b(?:delete|release\s+create|variable\s+set|mr\s+merge|repo\s+(?:delete|archive
        |transfer))\b
hub:
    publish remote \b(?:delete|release\s+create)\b
svn:
    history remote (?>^.*?\b(?:delete|rm)\b).*(?:https?|svn)://
hg:
    history remote \bpush\b.*(?:-f|--force)|\bstrip\b
p4:
    history remote \bobliterate\b
act:
    exec inside -n\b|-l\b|--list|--dryrun
""")
"""What clouds, vaults and forges are told, by the arguments."""


_RUNNING_MODULES: Final = names("shell command raw script expect win_shell win_command")


def _uploads(call: Call) -> None:
    shell = call.shell
    taints = set(call.stdin.taints | call.taints)
    for operand in call.operands(
        {"--profile", "--region", "--acl", "--exclude", "--include", "--endpoint-url"}
    ):
        if operand.text.startswith(("/", "~", ".", "id_")):
            taints |= shell.read(operand, call.part).taints
    if taints & {SECRET, "home"}:
        shell.note("net-send-secret", "remote", call.part)


_HERE: Final = re.compile(r"https?://(?:localhost|127\.0\.0\.1|host\.docker\.internal)(?::\d+)?/?")
_TALKERS: Final = names("gh glab mc hub")
_GIVES_FILE: Final = re.compile(r"-file\b|\s-F\s|\s(?:cp|mirror|put|create|comment|upload)\s")


def by_table(call: Call) -> Value:
    """Follow a tool by the table; what no row knows runs the project's own code."""
    follow_options(call)
    row = first_match(TABLE[call.name], call.text)
    talks = call.name in _TALKERS and (SECRET in call.taints or _GIVES_FILE.search(call.part))
    if talks or (row is not None and row.kind in {"net-send-files", "publish"}):
        _uploads(call)
    if row is not None and row.kind in {"destroy-remote", "configure"} and _is_of_here(call):
        return follow_project(call)
    return follow_rows(call, TABLE[call.name]) or follow_project(call)


def _is_of_here(call: Call) -> bool:
    """Whether the cloud is one that this machine plays: LocalStack, MinIO, DynamoDB Local."""
    given = [word for word in call.words if "endpoint" in word]
    address = call.value_of("--endpoint-url")
    return (
        call.name == "aws"
        and len(given) == 1
        and given[0].startswith("--endpoint-url")
        and not {"configure", "sso"} & set(call.words)
        and address is not None
        and _HERE.fullmatch(address.text) is not None
    )


def playbook(call: Call) -> Value:
    """`ansible hosts -m shell -a command`: the command is followed as if it ran here."""
    module = call.value_of("-m", "--module-name")
    command = call.value_of("-a", "--args")
    if command is not None and (module is None or module.plain in _RUNNING_MODULES):
        call.shell.run_text(command, part=call.part)
    return by_table(call)


PROGRAMS: dict[str, Program] = {**dict.fromkeys(TABLE, by_table), "ansible": playbook}
