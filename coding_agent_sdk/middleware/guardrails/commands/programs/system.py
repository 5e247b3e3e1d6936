"""Programs that change the machine: disks, users, services, power, firewalls, schedules."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, NOTHING, Value
from coding_agent_sdk.middleware.guardrails.findings import EffectKind, Where

_SECURITY: Final = re.compile(
    r"(?i)auditd|rsyslog|syslog|journald|falcon|crowdstrike|apparmor|selinux|ufw|firewalld|iptables|nftables|fail2ban|clam|ossec|wazuh|sshguard|osquery|sysmon|aide|tripwire|samhain|snort|suricata|falco|mdatp|defender|sentinel|carbon|cbdaemon|xagt|cylance|sophos|eset|esets|rkhunter|chkrootkit|logrotate|auditbeat|filebeat|elastic-agent|datadog-agent|tanium|qualys|nessus|unattended-upgrades|apport|ids$|edr"
)
_Row = tuple[str, EffectKind, Where]

# program: (pattern of its arguments, effect, place), the first that matches counts; none: a read
TABLE: Final[dict[str, tuple[_Row, ...]]] = {
    "shutdown": ((r"^(?:-c|--help|--show)$", "read", "none"), ("", "stop-machine", "system")),
    **dict.fromkeys(("reboot", "halt", "poweroff", "kexec"), (("^--help$", "read", "none"), ("", "stop-machine", "system"))),
    **dict.fromkeys(("init", "telinit"), ((r"^[0156sS]\b", "stop-machine", "system"), ("", "configure", "system"))),
    "systemctl": (
        (r"\b(?:poweroff|reboot|halt|kexec|suspend|hibernate|emergency|rescue|isolate|exit|default)\b", "stop-machine", "system"),
        (rf"\b(?:stop|disable|mask|kill)\b.*(?:{_SECURITY.pattern[4:]})", "tamper", "system"),
        (r"--user\b.*\b(?:enable|link)\b", "persist", "home"),
        (r"\b(?:start|stop|restart|reload|enable|disable|mask|unmask|kill|daemon-reload|daemon-reexec|edit|set-\w+|link|preset|reset-failed|try-restart|condrestart)\b", "configure", "system"),
    ),
    "service": (
        (rf"(?:{_SECURITY.pattern[4:]})\S*\s+stop", "tamper", "system"),
        (r"\b(?:start|stop|restart|reload)\b", "configure", "system"),
    ),
    "rc-service": ((r"\bstop\b", "configure", "system"),),
    "launchctl": ((r"\b(?:load|bootstrap|submit)\b", "persist", "home"), (r"\b(?:unload|remove|bootout|reboot)\b", "configure", "system")),
    "iptables": ((r"(?:^|\s)(?:-F|--flush|-X|-P\s+\w+\s+ACCEPT)", "tamper", "system"), (r"(?:^|\s)-[ADIRP]\b", "configure", "system")),
    "nft": ((r"\bflush\b", "tamper", "system"), (r"\b(?:add|delete|insert|-f)\b", "configure", "system")),
    "ufw": ((r"\b(?:disable|reset)\b", "tamper", "system"), (r"\b(?:allow|deny|enable|delete|default)\b", "configure", "system")),
    "firewall-cmd": ((r"--panic-on|--remove|--set-default-zone=trusted", "tamper", "system"), (r"--(?:add|permanent|reload)", "configure", "system")),
    "pfctl": ((r"-d|-F", "tamper", "system"), ("", "configure", "system")),
    "setenforce": (("0|(?i:permissive)", "tamper", "system"), ("", "configure", "system")),
    **dict.fromkeys(("aa-disable", "aa-teardown", "aa-complain"), (("", "tamper", "system"),)),
    "auditctl": ((r"-D|-e\s*0|-d", "tamper", "system"), ("^-[ls]", "read", "none"), ("", "configure", "system")),
    "spctl": ((r"--(?:master|global)-disable", "tamper", "system"),),
    "csrutil": ((r"disable|clear", "tamper", "system"),),
    "tccutil": (("", "tamper", "system"),),
    "dmesg": ((r"-[cC]\b|--clear|-D\b", "tamper", "system"),),
    "journalctl": ((r"--vacuum|--rotate|--flush|--relinquish", "tamper", "system"),),
    "logrotate": ((r"-f", "tamper", "system"), ("", "configure", "system")),
    **dict.fromkeys(("utmpdump", "wtmpclean"), ((r"-r|-[a-z]*c", "tamper", "system"),)),
    "ip": ((r"\blink\s+set\b.*\bdown\b|\bdown\b.*\blink\b", "stop-machine", "system"), (r"\broute\s+(?:flush|del)|\baddr(?:ess)?\s+(?:flush|del)", "stop-machine", "system"), (r"\b(?:add|set|replace|del|delete|change)\b", "configure", "system")),
    "ifconfig": ((r"\bdown\b", "stop-machine", "system"), (r"\b(?:up|netmask|inet)\b", "configure", "system")),
    **dict.fromkeys(("ifdown", "wg-quick"), (("", "stop-machine", "system"),)),
    "nmcli": ((r"\boff\b|\bdisconnect\b|\bdown\b", "stop-machine", "system"), (r"\b(?:add|modify|delete|up|connect)\b", "configure", "system")),
    "rfkill": ((r"\bblock\b", "stop-machine", "system"),),
    "route": ((r"\b(?:del|delete|flush)\b", "stop-machine", "system"), (r"\badd\b", "configure", "system")),
    "sysctl": ((r"randomize_va_space=0|panic|sysrq=1|core_pattern=|ptrace_scope=0|modules_disabled", "tamper", "system"), (r"-w|=|-p", "configure", "system")),
    **dict.fromkeys(("insmod", "modprobe", "rmmod"), (("", "escalate", "system"),)),
    **dict.fromkeys(("nsenter", "capsh", "setcap"), (("", "escalate", "system"),)),
    **dict.fromkeys(("mount", "umount", "losetup", "swapoff", "swapon"), (("^$|^-l$", "read", "none"), (r"--bind\s+/\s|-o\s*\S*remount,rw\s+/(?:\s|$)", "escalate", "system"), ("", "configure", "system"))),
    **dict.fromkeys(("useradd", "adduser"), ((r"-u\s*0\b|--uid[ =]0\b|\b(?:sudo|wheel|root|docker|admin)\b", "escalate", "system"), ("", "configure", "system"))),
    "usermod": ((r"\b(?:sudo|wheel|root|docker|admin|adm|lxd|disk|shadow)\b|-u\s*0", "escalate", "system"), ("", "configure", "system")),
    **dict.fromkeys(("gpasswd", "addgroup", "groupmod", "groupadd"), ((r"\b(?:sudo|wheel|root|docker|admin|lxd|disk)\b", "escalate", "system"), ("", "configure", "system"))),
    **dict.fromkeys(("userdel", "deluser", "groupdel"), (("", "configure", "system"),)),
    **dict.fromkeys(("passwd", "chpasswd", "visudo", "vipw", "vigr", "chage", "chsh", "usermod.sh"), (("^-S|--status", "read", "none"), ("", "escalate", "system"))),
    **dict.fromkeys(("fdisk", "gdisk", "cfdisk"), ((r"^(?:-l|--list)\b", "read", "none"), ("", "write", "disk"))),
    "parted": ((r"\bprint\b|^-l", "read", "none"), ("", "write", "disk")),
    **dict.fromkeys(("sfdisk", "sgdisk"), ((r"^(?:-l|-d|-p|--list|--dump|--print)\b", "read", "none"), ("", "write", "disk"))),
    **dict.fromkeys(("wipefs", "blkdiscard", "mke2fs", "mkfs", "mkswap", "badblocks", "hdparm", "sg_format", "nvme", "pvremove", "vgremove", "lvremove", "mdadm", "zpool", "zfs", "flash_erase", "flashrom", "tune2fs", "e2fsck", "fsck", "newfs", "newfs_hfs", "debugfs", "xfs_repair", "resize2fs"), ()),
    "cryptsetup": ((r"luksFormat|erase|luksErase|luksRemoveKey|luksKillSlot|reencrypt", "write", "disk"), (r"^(?:status|luksDump|isLuks)", "read", "none"), ("", "configure", "system")),
    "diskutil": ((r"(?i)erase|partition|zero|secureErase|apfs\s+delete", "delete", "disk"), ("", "read", "none")),
    "grub-install": (("", "write", "disk"),),
    "update-grub": (("", "configure", "system"),),
    "efibootmgr": ((r"-[bBcoOD]\b|--delete", "configure", "system"),),
    "loadkeys": (("", "configure", "system"),),
    **dict.fromkeys(("update-alternatives", "dpkg-reconfigure", "ldconfig", "update-ca-certificates", "localectl", "pam-auth-update", "systemd-sysusers", "alternatives", "scutil", "networksetup", "defaults", "pmset", "nvram", "systemsetup"), ((r"^(?:-h|--help|--list|--display|read|-g|-get\w*)", "read", "none"), ("", "configure", "system"))),
    "loginctl": ((r"terminate|kill|poweroff|reboot", "stop-machine", "system"),),
    "security": ((r"find-|dump-keychain|export", "read-secret", "credential"), (r"add-trusted-cert|delete-|unlock", "configure", "system")),
    "secret-tool": (("lookup|search", "read-secret", "credential"), ("", "configure", "home")),
    "pass": ((r"^(?:show|-c|\w+/)|^[\w./-]+$", "read-secret", "credential"), ("", "configure", "home")),
    "gpg": ((r"--export-secret|--delete-secret", "read-secret", "credential"),),
    "ssh-add": ((r"^-[lL]", "read", "none"), ("", "exec", "none")),
    "crontab": ((r"^-l|-u\s+\S+\s+-l", "read", "none"), (r"-r", "delete", "home")),
    "at": ((r"^-l|-c", "read", "none"),),
    "atq": (("", "read", "none"),),
    "xset": (("", "exec", "none"),),
    "xdg-open": (("", "exec", "none"),),
    "open": (("", "exec", "none"),),
    "keyctl": ((r"print|read|dump", "read-secret", "credential"),),
    "fuser": ((r"-k.*(?:\s/(?:\s|$)|\s/\w+$)|-\w*k\w*m", "stop-machine", "system"), (r"-\w*k", "exec", "none")),
    "swaymsg": (("", "exec", "none"),),
    "tcpdump": (("", "configure", "system"),),
    "tshark": (("", "configure", "system"),),
    "stress": (("", "configure", "system"),),
    "stress-ng": (("", "configure", "system"),),
    "memtester": (("", "configure", "system"),),
    "eject": (("", "configure", "system"),),
    "xinput": (("", "configure", "system"),),
    "xev": (("", "read", "none"),),
    "logkeys": (("", "attack", "system"),),
    "screencapture": (("", "write", "inside"),),
    "osqueryi": (("", "read", "none"),),
}  # fmt: skip
"""What programs that change the machine do, by their arguments."""

_DEVICE_PROGRAMS: Final = frozenset("wipefs blkdiscard mke2fs mkfs mkswap badblocks hdparm sg_format nvme pvremove vgremove lvremove mdadm zpool zfs flash_erase flashrom tune2fs e2fsck fsck newfs newfs_hfs debugfs xfs_repair resize2fs".split())
_ALL_PROCESSES: Final = re.compile(r"(?:^|\s)(?:-1|1)(?:\s|$)")
_VITAL: Final = re.compile(r"(?:^|\s)(?:-u\s*root|init|systemd\S*|sshd|dbus-daemon|Xorg|gnome-shell|login|NetworkManager|containerd|dockerd|auditd|rsyslogd|falcon-sensor|\.|\.\*|'')(?:\s|$)")


def _by_table(call: Call) -> Value:
    text = " ".join(call.words)
    handler = call.value_of("-z") if call.name == "tcpdump" else None
    if handler is not None:
        call.shell.run_text(handler, part=call.part)
    for pattern, kind, where in TABLE[call.name]:
        if re.search(pattern, text):
            call.shell.note(kind, where, call.part)
            return ANYTHING.tainted("secret") if kind == "read-secret" else ANYTHING
    call.shell.note("read", "none", call.part)
    return ANYTHING


def device(call: Call) -> Value:
    """Programs that make, check or wipe file systems: on an image file of the workspace they may."""
    shell = call.shell
    operands = call.operands({"-t", "-L", "-b", "-N", "-m", "-U", "-O", "-E", "-o", "-R"})
    if call.name in {"zpool", "zfs", "nvme", "mdadm"}:
        if re.search(r"\b(?:destroy|labelclear|format|rollback|sanitize)\b|--zero-superblock|--stop", " ".join(call.words)):
            shell.note("delete", "disk", call.part)
        elif re.search(r"\b(?:list|status|get|smart-log|id-ctrl)\b|--detail|--examine", " ".join(call.words)):
            shell.note("read", "none", call.part)
        else:
            shell.note("configure", "system", call.part)
        return NOTHING
    if call.name in {"lvremove", "vgremove", "pvremove"} and operands:
        shell.note("delete", "disk", call.part)
    for operand in operands:
        if operand.text.startswith(("/", ".", "~")) or not operand.text.replace(".", "").isalnum():
            place = shell.locate(operand.text)
            shell.note("write", "disk" if place.where in {"system", "root", "unknown"} else place.where, call.part)
    shell.note("exec", "none", call.part)
    return NOTHING


def make_file_system(call: Call) -> Value:
    """`mkfs.ext4 device`."""
    return device(call)


def kill(call: Call) -> Value:
    """`kill`, `killall`, `pkill`: one process is daily work, all of them stop the machine."""
    text = " ".join(call.words)
    pids = call.operands({"-s", "-n", "-u", "-U", "-t", "-P", "-g"})
    if call.name == "kill" and (any(p.text in {"1", "-1"} for p in pids) or re.search(r"(?:^|\s)(?:--\s+)?-1\s*$", text) and len(call.words) > 1):
        call.shell.note("stop-machine", "system", call.part)
    elif call.name == "killall5" or call.name in {"pkill", "killall"} and _VITAL.search(f" {text} "):
        call.shell.note("stop-machine", "system", call.part)
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
    content = shell.read(operands[0], call.part) if call.name == "crontab" and operands and operands[0].text != "-" else call.stdin
    if content.text and content.known:
        for line in content.text.splitlines():
            command = re.sub(r"^\s*(?:@\w+|(?:[\d*,/A-Za-z-]+\s+){5})", "", line) if call.name == "crontab" else line
            if command.strip() and not command.lstrip().startswith("#"):
                shell.run_text(Value(command, content.taints), part=call.part)
    elif "net" in content.taints:
        shell.note("net-exec", "remote", call.part)
    return NOTHING


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(TABLE, _by_table),
    **dict.fromkeys(_DEVICE_PROGRAMS, device),
    **dict.fromkeys(("mkfs.ext2", "mkfs.ext3", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "mkfs.fat", "mkfs.ntfs", "mkfs.exfat", "mkfs.f2fs", "mkntfs", "mkdosfs"), make_file_system),
    **dict.fromkeys(("kill", "killall", "pkill", "killall5", "skill", "xkill", "tskill"), kill),
    **dict.fromkeys(("crontab", "at", "batch"), schedule),
    **dict.fromkeys(("ip6tables", "iptables-legacy", "ebtables"), lambda call: _by_table(Call(name="iptables", arguments=call.arguments, stdin=call.stdin, shell=call.shell))),
}
