"""What arguments give away beside what a program is known to do: one table of signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.tables import first_match, names, read_table

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

SIGNS: Final = read_table(r"""
b2:
    net-send-files remote ^(?:upload-file|upload-unbound-stream|sync|file\s+upload)\b
bq:
    configure remote (?:^|\s)(?:load|insert|mk|cp|extract)\s
rabbitmqadmin:
    destroy-remote remote \b(?:delete|purge)\s
code codium cursor:
    install unknown --install-extension[=\s]\S*(?:/|\.vsix\b|https?:)
bun:
    publish remote ^publish\b(?!(?:\s+--\S+)*\s+--dry-run(?:\s|$))
anaconda:
    publish remote ^(?:-\S+\s+)*(?:upload|remove|copy|move)\b
gh-pages:
    publish remote ^(?!--(?:help|version)$)
composer:
    install unknown ^(?:-\S+\s+)*config\s+(?:-\S+\s+)*repositor\S+.*(?:https?://|git@|ssh://)
cargo:
    install unknown ^(?:\+\S+\s+)?add\s.*--git[\s=]
luarocks:
    install unknown (?:^|\s)--(?:only-)?(?:server|from)[\s=]
surge:
    publish remote (?!^(?:list|whoami|login|logout|plans?|--help|--version|-V)$)
gpg gpg2:
    publish remote --send-keys?\b
uv uvx:
    install unknown ^(?:run|tool\s+run)?\s*(?:\S+\s+)*?(?:--(?:from|with|script)[\s=])?(?:https?://\S+\.py\b)
    exec none
pipx:
    install unknown ^(?:run|inject|upgrade)\b.*(?:https?://|git\+|git@|ssh://)
    exec none ^run\b
npx bunx pnpx bundle bundler:
    exec inside
man:
    exec none (?:^|\s)(?:-[a-zA-Z]*u|--u[a-z]*)(?:\s|$)
journalctl:
    configure system --(?:setup-keys|update-catalog)
    net-receive remote (?:^|\s)(?:-H|--host)
ip:
    configure system (?:^|\s)-b(?:a|at|atc|atch)?(?:\s|$)
sar:
    exec none (?:^|\s)-[a-zA-Z]*o
ss:
    configure system (?:^|\s)(?:-[a-zA-Z]*K|--kill)
dmesg:
    configure system (?:^|\s)(?:-[a-zA-Z]*[nE]|--console)
hostnamectl timedatectl:
    configure system \b(?:hostname|chassis|deployment|location|icon-name)\s+[^-\s]
    net-receive remote (?:^|\s)(?:-H|--host)
loginctl:
    configure system \b(?:enable-linger|disable-linger|lock-sessions?|unlock-sessions?|activate
        |attach|flush-devices)\b
    net-receive remote (?:^|\s)(?:-H|--host)
systemctl:
    net-receive remote (?:^|\s)(?:-H|--host)
docker podman nerdctl:
    net-receive remote ^(?:-\S+\s+)*(?:-H|--host|-c|--context|--url|--connection)[\s=]
aws:
    net-receive remote --endpoint-url
jbang scala-cli scala:
    install unknown (?:^|\s)https?://
nix:
    install unknown ^(?:run|shell|develop|build|profile)\b.*(?:^|\s)(?:github:|gitlab:
        |sourcehut:|git\+|https?://|tarball\+)
nix-build nix-shell nix-env:
    install unknown (?:^|\s)https?://
go:
    install unknown ^run\s+(?:-\S+\s+)*(?:github\.com|gitlab\.com|bitbucket\.org)/\S+@
    exec inside (?:^|\s)--?(?:toolexec|vettool|exec)\b
ansible-pull:
    install unknown (?:^|\s)(?:-U|--url)
pre-commit:
    install unknown \btry-repo\s.*(?:https?://|git@|ssh://|git://)
kubectl oc k:
    install unknown \b(?:apply|create|replace)\b.*(?:-f|-k|--filename|--kustomize)[\s=]?
        (?:https?://|github\.com|git@|git::)
helm:
    install unknown \b(?:install|upgrade)\s.*(?<!--repo)\s(?:https?|oci)://
    install unknown \brepo\s+add\s.*\shttp://(?!(?:localhost|127\.0\.0\.1)(?:[:/]|\s|$))
rclone:
    destroy-remote remote ^(?:-\S+\s+)*(?:delete|purge|deletefile|rmdirs?|cleanup|dedupe)\b
redis-cli valkey-cli:
    destroy-remote remote (?i)(?:^|\s)(?:shutdown|failover)\b
etcdctl:
    destroy-remote remote (?:^|\s)(?:del|rm|rmdir|compact(?:ion)?|auth\s+disable)\s
        |\bmember\s+remove\b
restic:
    destroy-remote remote (?:^|\s)(?:forget|prune|rewrite|key\s+remove)\b(?!.*--dry-run)
borg borgmatic:
    destroy-remote remote (?:^|\s)(?:delete|prune|compact|recreate)\b(?!.*(?:--dry-run|\s-n\b))
duplicity:
    destroy-remote remote ^(?:remove-\S+|cleanup)\b
kopia:
    destroy-remote remote \b(?:delete|expire)\b
rails rake:
    destroy-remote remote (?s)\bdb:(?:drop|reset|purge|schema:load|migrate:reset|truncate_all
        |seed:replant)\b.*(?:RA(?:ILS|CK)_ENV=|-e\s*)(?:prod|live|staging)
    destroy-remote remote (?:RA(?:ILS|CK)_ENV=|-e\s*)(?:prod|live|staging).*\bdb:(?:drop
        |reset|purge|schema:load|migrate:reset|truncate_all|seed:replant)\b
python:
    destroy-remote remote ^(?:-\S+\s+)*\S*manage\.py\s+(?:flush|reset_db)\b
        (?!.*(?:test|dev|local|ci\b))
    exec inside ^(?:-\S+\s+)*-m
manage.py django-admin:
    destroy-remote remote ^(?:flush|reset_db)\b(?!.*(?:test|dev|local|ci\b))
php:
    destroy-remote remote \bartisan\s+(?:migrate:(?:fresh|refresh|reset|rollback)|db:wipe)\b
        .*(?:--env[=\s]|APP_ENV=)(?:prod|live|staging)
mix:
    destroy-remote remote \becto\.(?:drop|reset|rollback)\b.*MIX_ENV=(?:prod|live|staging)
prisma:
    destroy-remote remote --force-reset|--accept-data-loss
    destroy-remote remote \bmigrate\s+reset\b.*DATABASE_URL=\w+://(?:[^@\s]*@)?(?!127\.)
        [\w\-]+\.\w
alembic:
    destroy-remote remote \bdowngrade\s+base\b
flask:
    destroy-remote remote \bdb\s+downgrade\s+base\b
sequelize sequelize-cli:
    destroy-remote remote \bdb:drop\b|:undo:all\b
knex:
    destroy-remote remote \bmigrate:rollback\b.*--all
typeorm:
    destroy-remote remote \bschema:drop\b
kafka-topics kafka-topics.sh kafka-consumer-groups kafka-consumer-groups.sh:
    destroy-remote remote ^(?!.*--bootstrap-server[\s=](?:localhost|127\.)).*--delete\b
influx:
    destroy-remote remote (?:^|\s)delete\b
dmsetup:
    delete disk \b(?:remove(?:_all)?|wipe_table|clear)\b
    configure system \b(?:create|load|reload|suspend|resume|rename|message|mknodes)\b
chezmoi:
    delete home \b(?:purge|destroy|remove|rm|forget)\b
    configure home \b(?:apply|update|init)\b
trash-empty trash-rm:
    delete home
gio:
    delete home \btrash\b.*--empty
npm pnpm yarn:
    install system ^(?:-\S+\s+)*(?:i|in|ins|install|add|un|uninstall|rm|remove|update|up|link)\b
        .*(?:^|\s)(?:-g|--global|--location[=\s]global)(?:\s|$)
    install system ^(?:-g|--global)\s+(?:i|install|add|un|uninstall|remove|update)\b
    install system ^global\s+(?:add|remove|upgrade)\b
brew:
    install system ^(?:install|reinstall|uninstall|remove|rm|upgrade|untap|tap|link|unlink
        |cleanup|autoremove|services)\b
k3d:
    delete outside \bdelete\b.*(?:--all|-a\b)
minikube kind:
    delete outside \bdelete\b.*(?:--all|--purge)
""")
"""What more a program does, by its arguments; no row speaks for what the program does else."""


_BY_ENVIRONMENT: Final = names("rails rake php mix prisma")
_ENVIRONMENTS: Final = ("RAILS_ENV", "RACK_ENV", "APP_ENV", "MIX_ENV", "DATABASE_URL")
"""Variables that say whose data a tool works on."""


def follow_signs(call: Call) -> None:
    """Note what the first row of a program that matches says, beside all else."""
    rows = SIGNS.get(call.name)
    if not rows:
        return
    given = {**call.shell.variables, **call.variables} if call.name in _BY_ENVIRONMENT else {}
    settings = "".join(f" {n}={given[n].plain}" for n in _ENVIRONMENTS if n in given)
    row = first_match(rows, call.text + settings)
    if row is not None:
        call.shell.note(row.kind, row.where, call.part)
