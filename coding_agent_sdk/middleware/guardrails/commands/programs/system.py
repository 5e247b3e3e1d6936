"""Programs that change the machine: disks, users, services, power, firewalls, schedules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.tables import (
    follow_rows,
    named,
    names,
    read_table,
)
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    GUARD,
    HIDDEN,
    NOTHING,
    PARENT,
    UNKNOWN,
    Value,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

_DEVICE_PROGRAMS: Final = names(
    "wipefs blkdiscard mke2fs mkfs mkswap badblocks hdparm sg_format nvme "
    "pvremove vgremove lvremove mdadm zpool zfs flash_erase flashrom tune2fs "
    "e2fsck fsck newfs newfs_hfs debugfs xfs_repair resize2fs"
)
_ALL_PROCESSES: Final = re.compile(r"(?:^|\s)(?:-1|1)(?:\s|$)")
_VITAL: Final = re.compile(
    r"(?:^|\s)(?:-u\s*root|init|systemd\S*|sshd|dbus-daemon|Xorg|gnome-shell|login"
    r"|NetworkManager|containerd|dockerd|auditd|rsyslogd|falcon-sensor|\.|\.\*"
    r"|'')(?:\s|$)"
)


_GUARDS: Final = re.compile(
    r"(?:^|\s)(?:auditd|r?syslogd?|rsyslogd|journald|falco(?:d|ctl|-\S+)?|falcon(?:d|-sensor\S*)|crowdstrike\S*|wazuh\S*"
    r"|ossec\S*|osqueryd?|sysmon|fail2ban\S*|clamd|clamav\S*|snort|suricata|samhain|mdatp\S*"
    r"|wdavdaemon|sentinel(?:one|d)\S*|cbdaemon|xagt|auditbeat|filebeat|elastic-agent|tetragon"
    r"|apparmor\S*|firewalld|sshguard|aide)(?:\s|$)"
)
_BROAD: Final = re.compile(r"\^?(?:python[\d.]*|(?:ba|z|da|k)?sh|tmux|screen|sudo|coding-agent)\$?")
"""Names of which the agent itself, its shells and its terminal may be processes."""


TABLE: Final = read_table(r"""
shutdown:
    read none ^(?:-c|--help|--show)$
    stop-machine system
reboot halt poweroff kexec:
    read none ^--help$
    stop-machine system
init telinit:
    stop-machine system ^[0156sS]\b
    configure system
systemctl:
    stop-machine system \b(?:poweroff|reboot|halt|kexec|suspend|hibernate|emergency|rescue|isolate
        |exit|default)\b
    tamper system \b(?:stop|disable|mask|kill)\b.*(?:auditd|rsyslog|syslog|journald|falcon
        |crowdstrike|apparmor|selinux|ufw|firewalld|iptables|nftables|fail2ban|clam|ossec|wazuh
        |sshguard|osquery|sysmon|aide|tripwire|samhain|snort|suricata|falco|mdatp|defender
        |sentinel|carbon|cbdaemon|xagt|cylance|sophos|eset|esets|rkhunter|chkrootkit|logrotate
        |auditbeat|filebeat|elastic-agent|datadog-agent|tanium|qualys|nessus|unattended-upgrades
        |apport|ids$|edr)
    persist home --user\b.*\b(?:enable|link)\b
    configure system \b(?:start|stop|restart|reload|enable|disable|mask|unmask|kill|daemon-reload
        |daemon-reexec|edit|set-\w+|link|preset|reset-failed|try-restart|condrestart)\b
service:
    tamper system (?:auditd|rsyslog|syslog|journald|falcon|crowdstrike|apparmor|selinux|ufw
        |firewalld|iptables|nftables|fail2ban|clam|ossec|wazuh|sshguard|osquery|sysmon|aide
        |tripwire|samhain|snort|suricata|falco|mdatp|defender|sentinel|carbon|cbdaemon|xagt
        |cylance|sophos|eset|esets|rkhunter|chkrootkit|logrotate|auditbeat|filebeat
        |elastic-agent|datadog-agent|tanium|qualys|nessus|unattended-upgrades|apport|ids$
        |edr)\S*\s+stop
    configure system \b(?:start|stop|restart|reload)\b
rc-service:
    configure system \bstop\b
launchctl:
    persist home \b(?:load|bootstrap|submit)\b
    configure system \b(?:unload|remove|bootout|reboot)\b
iptables:
    tamper system (?:^|\s)(?:-F|--flush|-X|-P\s+\w+\s+ACCEPT)
    configure system (?:^|\s)-[ADIRP]\b
nft:
    tamper system \bflush\b
    configure system \b(?:add|delete|insert|-f)\b
ufw:
    tamper system \b(?:disable|reset)\b
    configure system \b(?:allow|deny|enable|delete|default)\b
firewall-cmd:
    tamper system --panic-on|--remove|--set-default-zone=trusted
    configure system --(?:add|permanent|reload)
pfctl:
    tamper system -d|-F
    configure system
setenforce:
    tamper system 0|(?i:permissive)
    configure system
apparmor_parser:
    tamper system -R\b|--remove
    configure system
aa-disable aa-teardown aa-complain tccutil:
    tamper system
auditctl:
    tamper system -D|-e\s*0|-d
    read none ^-[ls]
    configure system
spctl:
    tamper system --(?:master|global)-disable
csrutil:
    tamper system disable|clear
dmesg:
    tamper system -[cC]\b|--clear|-D\b
journalctl:
    tamper system --vacuum|--rotate|--flush|--relinquish
logrotate:
    tamper system -f
    configure system
utmpdump wtmpclean:
    tamper system -r|-[a-z]*c
ip:
    stop-machine system \blink\s+set\b.*\bdown\b|\bdown\b.*\blink\b
    stop-machine system \blink\s+del
    stop-machine system \broute\s+(?:flush|del)|\baddr(?:ess)?\s+(?:flush|del)
    configure system \b(?:add|set|replace|del|delete|change)\b
ifconfig:
    stop-machine system \bdown\b
    configure system \b(?:up|netmask|inet)\b
ifdown wg-quick:
    stop-machine system
nmcli:
    stop-machine system \boff\b|\bdisconnect\b|\bdown\b
    configure system \b(?:add|modify|delete|up|connect)\b
rfkill:
    stop-machine system \bblock\b
route:
    stop-machine system \b(?:del|delete|flush)\b
    configure system \badd\b
sysctl:
    tamper system randomize_va_space=0|panic|sysrq=1|core_pattern=|ptrace_scope=0|modules_disabled
    configure system -w|=|-p
insmod modprobe rmmod nsenter capsh setcap:
    escalate system
mount umount losetup swapoff swapon:
    read none ^$|^-l$
    escalate system --bind\s+/\s|-o\s*\S*remount,rw\s+/(?:\s|$)
        |(?:--r?bind|--move|-o\s*\S*bind\S*)\s+\S+\s+/(?:usr|etc|bin|sbin|lib\w*|boot|root)\b
    configure system
useradd adduser:
    escalate system -u\s*0\b|--uid[\s=]0\b|\b(?:sudo|wheel|root|docker|admin)\b
    configure system
usermod:
    escalate system \b(?:sudo|wheel|root|docker|admin|adm|lxd|disk|shadow)\b|-u\s*0
    configure system
gpasswd addgroup groupmod groupadd:
    escalate system \b(?:sudo|wheel|root|docker|admin|lxd|disk)\b
    configure system
userdel deluser groupdel update-grub loadkeys tcpdump tshark stress stress-ng memtester eject
xinput:
    configure system
visudo:
    read none ^(?:-c|--check)\b
    escalate system
passwd chpasswd vipw vigr chage chsh usermod.sh:
    read none ^-S|--status
    escalate system
fdisk gdisk cfdisk:
    read none ^(?:-l|--list)\b
    write disk
parted:
    read none \bprint\b|^-l
    write disk
sfdisk sgdisk:
    read none ^(?:-l|-d|-p|--list|--dump|--print)\b
    write disk
cryptsetup:
    write disk luksFormat|erase|luksErase|luksRemoveKey|luksKillSlot|reencrypt
    read none ^(?:status|luksDump|isLuks)
    configure system
diskutil:
    delete disk (?i)erase|partition|zero|secureErase|apfs\s+delete
    read none
flashrom:
    write disk -w|--write|-E|--erase
    read none
grub-install:
    write disk
efibootmgr:
    configure system -[bBcoOD]\b|--delete
ldconfig:
    read none ^(?:-p|--print-cache|-V|--version)$
    configure system
update-alternatives dpkg-reconfigure update-ca-certificates localectl pam-auth-update
systemd-sysusers alternatives scutil networksetup defaults pmset nvram systemsetup:
    read none ^(?:-h|--help|--list|--display|read|-g|-get\w*)
    configure system
loginctl:
    stop-machine system terminate|kill|poweroff|reboot
security:
    read-secret credential find-|dump-keychain|export
    configure system add-trusted-cert|delete-|unlock
secret-tool:
    read-secret credential lookup|search
    configure home
pass:
    read-secret credential ^(?:show|-c|\w+/)|^[\w./-]+$
    configure home
gpg:
    read-secret credential --export-secret|--delete-secret
ssh-add:
    read none ^-[lL]
    exec none
crontab:
    read none ^-l|-u\s+\S+\s+-l
    delete home -r
at:
    read none ^-l|-c
atq xev osqueryi:
    read none
xset xdg-open open swaymsg:
    exec none
keyctl:
    read-secret credential print|read|dump
fuser:
    stop-machine system -k.*(?:\s/(?:\s|$)|\s/\w+$)|-\w*k\w*m
    exec none -\w*k
logkeys:
    attack system
screencapture:
    write inside
""")
"""What programs that change the machine do, by their arguments; without a match they tell."""


def by_table(call: Call) -> Value:
    """Follow a program by the table."""
    handler = call.value_of("-z") if call.name == "tcpdump" else None
    if handler is not None:
        call.shell.run_text(handler, part=call.part)
    found = follow_rows(call, TABLE[call.name])
    if found is None:
        call.shell.note("read", "none", call.part)
    decrypts = call.name == "gpg" and call.has("-d", "--decrypt")
    return (found or ANYTHING).tainted(*call.stdin.taints, *({HIDDEN} if decrypts else ()))


def device(call: Call) -> Value:
    """Programs that make, check or wipe file systems: on a file of the workspace they may."""
    shell = call.shell
    operands = call.operands(names("-t -L -b -N -m -U -O -E -o -R"))
    if call.name in {"zpool", "zfs", "nvme", "mdadm"}:
        if re.search(
            r"\b(?:destroy|labelclear|format|rollback|sanitize)\b|--zero-superblock|--stop",
            call.text,
        ):
            shell.note("delete", "disk", call.part)
        elif re.search(r"\b(?:list|status|get|smart-log|id-ctrl)\b|--detail|--examine", call.text):
            shell.note("read", "none", call.part)
        else:
            shell.note("configure", "system", call.part)
        return NOTHING
    if call.name in {"lvremove", "vgremove", "pvremove"} and operands:
        shell.note("delete", "disk", call.part)
    for operand in operands:
        if operand.text.startswith(("/", ".", "~")) or not operand.text.replace(".", "").isalnum():
            place = shell.locate(operand.text)
            shell.note(
                "write",
                "disk" if place.where in {"system", "root", "unknown"} else place.where,
                call.part,
            )
    shell.note("exec", "none", call.part)
    return NOTHING


def is_guard(text: str) -> bool:
    """Whether words name a process that protects the machine or keeps its logs."""
    return _GUARDS.search(text) is not None


def find_processes(call: Call) -> Value:
    """`pgrep`, `pidof`: numbers of processes, of which some are not for killing."""
    call.shell.note("read", "none", call.part)
    text = call.text
    if is_guard(text):
        return ANYTHING.tainted(GUARD)
    if any(_BROAD.fullmatch(operand.plain) for operand in call.operands()):
        return ANYTHING.tainted(PARENT)
    return ANYTHING


def kill(call: Call) -> Value:
    """`kill`, `killall`, `pkill`: one process is daily work, all of them stop the machine."""
    text = call.text
    pids = call.operands({"-s", "-n", "-u", "-U", "-t", "-P", "-g"})
    if (
        call.name == "kill"
        and (
            any(p.text in {"1", "-1"} for p in pids)
            or (re.search(r"(?:^|\s)(?:--\s+)?-1\s*$", text) and len(call.words) > 1)
        )
    ) or (
        call.name == "killall5"
        or (call.name in {"pkill", "killall"} and _VITAL.search(f" {text} "))
    ):
        call.shell.note("stop-machine", "system", call.part)
    elif any(GUARD in p.taints for p in pids) or (
        call.name in {"pkill", "killall"} and is_guard(text)
    ):
        call.shell.note("tamper", "system", call.part)
    elif any(PARENT in p.taints for p in pids) or (
        call.name in {"pkill", "killall"} and any(_BROAD.fullmatch(p.plain) for p in pids)
    ):
        call.shell.note("stop-processes", "unknown", call.part)
    elif call.name in {"pkill", "killall"} and not pids and not call.has("-f") and call.has("-u"):
        call.shell.note("configure", "system", call.part)
    else:
        call.shell.note("exec", "none", call.part)
    return NOTHING


def schedule(call: Call) -> Value:
    """`crontab file`, `crontab -`, `at now`: what is given runs later."""
    shell = call.shell
    if call.has("-l") or call.words[:1] == ["-c"]:
        shell.note("read", "none", call.part)
        return ANYTHING
    if call.has("-r"):
        shell.note("delete", "home", call.part)
        return NOTHING
    shell.note("persist", "home", call.part)
    operands = call.operands({"-u", "-f", "-q", "-t"})
    content = (
        shell.read(operands[0], call.part)
        if call.name == "crontab" and operands and operands[0].text != "-"
        else call.stdin
    )
    if content.text.strip(UNKNOWN + "\n"):
        for line in content.text.replace(UNKNOWN, "\n").splitlines():
            command = (
                re.sub(r"^\s*(?:@\w+|(?:[\d*,/A-Za-z-]+\s+){5})", "", line)
                if call.name == "crontab"
                else line
            )
            if command.strip() and not command.lstrip().startswith("#"):
                shell.run_text(Value(command, content.taints), part=call.part)
    elif "net" in content.taints:
        shell.note("net-exec", "remote", call.part)
    return NOTHING


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(TABLE, by_table),
    **dict.fromkeys(_DEVICE_PROGRAMS, device),
    **named("kill killall pkill killall5 skill xkill tskill", kill),
    **named("pgrep pidof", find_processes),
    **named("crontab at batch", schedule),
}
