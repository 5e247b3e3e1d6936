"""Says where a path of a command leads: into the workspace, a home, the system, to credentials."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.middleware.guardrails.commands.values import BRACKET, MARK, STAR, UNKNOWN

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Where

_WILD: Final = re.compile(f"[{UNKNOWN}{STAR}{MARK}{BRACKET}]")
_CLASS: Final = re.compile(rf"{BRACKET}[^\]]*\]?")
_GLOB: Final = str.maketrans({UNKNOWN: "*", STAR: "*", MARK: "?", BRACKET: "["})
_ANYTHING: Final = re.compile(rf"[{UNKNOWN}{STAR}{MARK}.]*")
_DEVICE: Final = re.compile(
    r"/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|mapper/|dm-|md\d|loop\d|sr\d|mem$"
    r"|kmem$|port$|nbd|zd\d|block/|raw)"
)
_HARMLESS: Final = re.compile(
    r"/dev/(?:null|stdin|stdout|stderr|tty\w*|fd(?:/\d+)?|zero|full|u?random|ptmx"
    r"|pts(?:/\d+)?)$|/proc/self/fd"
)
_SCRATCH: Final = re.compile(r"(?:/private)?/(?:tmp|var/tmp|var/folders|dev/shm)(?=/.)")
_SCRATCH_ROOT: Final = re.compile(r"(?:/private)?/(?:tmp|var/tmp|var/folders|dev/shm)/?$")
_HOME: Final = re.compile(r"/(?:home|Users)/[^/]+|/root(?=/|$)|[A-Za-z]:/Users/[^/]+")
_SYSTEM: Final = re.compile(
    r"/(?:bin|boot|dev|etc|lib|lib32|lib64|libx32|proc|run|sbin|sys|usr(?!/local/.)"
    r"|var(?!/www/.)|System|Library|Applications|private|Windows|nix|efi)(?:/|$)"
)
_DOTS: Final = re.compile(r"/\.{1,2}(?:/|$)")
_ONE_LEVEL: Final = re.compile(r"/[^/]*$")
_LONGEST: Final = 4096
_WINDOWS: Final = re.compile(r"(?i)(?:%\w+%|[a-z]:)(?:[\\/].*)?$")

_SECRET_IN_HOME: Final = re.compile(
    r"""(?x) (?:^|/)
    (?: \.ssh (?!/(?:config|known_hosts|[^/]+\.pub)$) | \.aws | \.gnupg | \.azure | \.kube | \.oci
      | \.password-store | \.netrc | _netrc | \.npmrc | \.yarnrc(?:\.yml)? | \.pypirc | \.pgpass
      | \.my\.cnf | \.mylogin\.cnf | \.git-credentials | \.vault-token | \.boto | \.s3cfg | \.fly
      | \.docker/config\.json | \.docker$ | \.databrickscfg | \.snowsql | \.terraformrc
      | \.config/(?:gcloud|gh|hub|doctl|op|rclone|heroku|configstore|fly|stripe|composer/auth
          |filezilla|google-chrome|chromium|BraveSoftware)
      | \.cargo/credentials | \.gem/credentials | \.terraform\.d/credentials | \.m2/settings
      | \.gradle/gradle\.properties | \.mozilla | \.thunderbird | \.purple | AppData
      | \.bitcoin | \.ethereum | \.electrum | \.local/share/keyrings | Library/Keychains
      | Library/Application[ ]Support/(?:Google|Firefox|BraveSoftware)
      | \.huggingface | \.cache/huggingface/token | \.anthropic | \.claude\.json | \.codex/auth
    ) (?:/|\.|$)
    """
)
_SECRET_ANYWHERE: Final = re.compile(
    r"""(?xi) (?:^|/)
    (?: id_(?:rsa|dsa|ecdsa|ed25519)(?:_\w+)? | \.netrc | \.pgpass | \.git-credentials | \.htpasswd
      | \.env(?:\.(?!example|sample|template|dist|test|tpl|defaults?)[\w-]+)?
      | wallet\.dat | login[ ]data | cookies\.sqlite | key[34]\.db | logins\.json | master\.key
      | \.?credentials(?:\.(?:json|ya?ml|ini|toml|csv))? | service[-_]account[\w-]*\.json
      | secrets?\.(?:ya?ml|json|toml|env) | terraform\.tfstate | kubeconfig | kube/config
      | [\w.-]+\.(?:p12|pfx|jks|keystore|kdbx|ppk|ovpn) | privkey\.pem | .*private.*\.pem
      | (?:private|privkey|server|tls|client|ca)[\w-]*\.key
    )$
    """
)
_SECRET_OF_SYSTEM: Final = re.compile(
    r"/etc/(?:shadow|gshadow|sudoers|ssh/ssh_host\w*key$|ssl/private|krb5\.keytab"
    r"|security/opasswd|kubernetes|rancher)|/proc/[^/]+/(?:environ|mem|maps)"
    r"|/(?:var/)?run/secrets|/var/lib/(?:kubelet|vault)|/etc/letsencrypt"
)
_LOGS: Final = re.compile(
    r"/var/log(?:/|$)|_history$|/\.(?:zsh|bash|python|psql|mysql|node_repl)_?history$"
    r"|/(?:wtmp|btmp|utmp|lastlog)$|/fish/fish_history$"
)
_USER_FOLDER: Final = re.compile(
    r"/(?:Documents|Desktop|Downloads|Pictures|Music|Movies|Videos|Public|Library|Dropbox|OneDrive"
    r"|\.config|\.local)$"
)
_START_FILES: Final = re.compile(
    r"/(?:\.bashrc|\.bash_profile|\.bash_login|\.bash_aliases|\.bash_logout|\.profile"
    r"|\.zshrc|\.zshenv|\.zprofile|\.zlogin|\.kshrc|\.cshrc|\.inputrc|\.vimrc"
    r"|\.config/fish/config\.fish|\.config/autostart/.*|\.config/systemd/.*"
    r"|LaunchAgents/.*|\.xinitrc|\.xprofile|\.pam_environment|\.gitconfig"
    r"|\.config/git/.*)$"
)


_HOOK: Final = re.compile(
    r"/\.git/(?:modules/.+/)?(?:hooks/(?!.*\.sample$).|hooks$|config$)|/\.git$"
)
_NO_SIGNS: Final = dict.fromkeys(map(ord, (STAR, MARK, BRACKET)))
_LITERALS: Final = 2
_SECRET_NAMES: Final = (
    ".env", ".env.local", ".env.production", ".netrc", ".pgpass", "id_rsa",
    "id_ed25519", "credentials.json", "secrets.yml", "secrets.yaml", "secrets.json",
)  # fmt: skip
_PROCESS_SECRETS: Final = ("environ", "mem", "maps")
_SETTING: Final = re.compile(
    r"/etc/(?!passwd|shadow|group|gshadow|sudoers|fstab|cron|ssh|pam|ld\.|hosts"
    r"|resolv|profile|bash|environment|init|rc|security|selinux|shells|login|nsswitch"
    r"|modprobe|modules|kernel|default/grub|audit|rsyslog|apparmor|polkit|dbus"
    r"|X11)[^/]+/."
)


class Place(NamedTuple):
    """Where a path leads.

    Attributes:
        where: the kind of place.
        path: the resolved path, as far as it is known.
        complete: whether nothing of the path is a gap or a pattern.
    """

    where: Where
    path: str
    complete: bool = True


_INSTALLED: Final = re.compile(r"/(?:opt|usr/local|snap|Applications|Library)/")


def is_elsewhere(place: Place) -> bool:
    """Whether a place is neither in the workspace nor one where programs are installed."""
    if place.where == "outside":
        return _INSTALLED.match(place.path) is None
    return place.where in {"home", "root", "disk"}


def is_all(text: str) -> bool:
    """Whether a pattern stands for all files of a folder."""
    return re.fullmatch(rf"[{STAR}.]+|{UNKNOWN}", text.rstrip("/").rpartition("/")[2]) is not None


class Places:
    """Sorts paths by where they lead, seen from one workspace."""

    def __init__(self, workspace: str, home: str) -> None:
        self.home = home
        self.workspace = os.path.realpath(workspace)
        self._ancestors = _ancestors(self.workspace)
        self._inside = self.workspace + "/"
        self._sorted: dict[str, Place] = {}

    def locate(self, text: str, folder: str | None) -> Place:
        """Say where *text* leads for a shell in *folder* (None where that is not known)."""
        if "\0" in text or len(text) > _LONGEST:
            return Place("unknown", text[:80], complete=False)
        if _may_show_process(text):
            return Place("credential", text, complete=_WILD.search(text) is None)
        wild = _WILD.search(text)
        known = text[: wild.start()] if wild else text
        if not known.startswith("/"):
            if _WINDOWS.match(known):
                return Place("system" if len(known) > len("C:/x") else "root", known)
            if folder is None or (wild and wild.start() == 0 and text[0] == UNKNOWN):
                return Place("unknown", text, complete=False)
            known = f"{folder}/{known}"
        return self._sort(known) if wild is None else self._locate_wild(text, known, wild.start())

    def _locate_wild(self, text: str, known: str, start: int) -> Place:
        """Say where a path leads of which only the beginning is known, *text* up to *start*."""
        head, _, stem = known.rpartition("/")
        rest = stem + text[start:]
        first = _CLASS.sub(MARK, rest.split("/")[0])
        everything = UNKNOWN in first or _ANYTHING.fullmatch(first) is not None
        if ".." in rest.split("/"):
            return Place("unknown", known, complete=False)
        if _has_secret_name(rest) or _may_be_secret(rest):
            return Place("credential", known, complete=False)
        folder_place = self._sort(head or "/")
        if everything or folder_place.where in {"system", "credential", "disk"}:
            return self._inside_of(folder_place, stem)
        return self._sort(f"{head}/{stem}-")._replace(complete=False)

    def _inside_of(self, place: Place, stem: str) -> Place:
        """Say where all that lies in a folder leads; of a home, that is the home itself."""
        if place.path == "/dev" or (stem and _DEVICE.match(f"{place.path}/{stem}")):
            return Place("disk", place.path, complete=False)
        if _SCRATCH_ROOT.match(place.path):
            named = f"{place.path}/{stem}-" if stem else place.path
            return Place("scratch", named, complete=False)
        return place._replace(complete=False)

    def _sort(self, path: str) -> Place:
        place = self._sorted.get(path)
        if place is None:
            place = self._sorted[path] = self._sort_new(path)
        return place

    def _sort_new(self, path: str) -> Place:
        try:
            virtual = path.startswith(("/dev/", "/proc/"))
            path = os.path.normpath(path) if virtual else self._resolved(path)
        except (OSError, ValueError):
            return Place("unknown", path, complete=False)
        if path.startswith("//"):
            path = path[1:]
        return Place(self._kind(path), path)

    def _resolved(self, path: str) -> str:
        """Return a path without links; of the workspace it is known already that it has none."""
        if not path.startswith(self._inside) or _DOTS.search(path):
            return os.path.realpath(path)
        names = [name for name in path[len(self._inside) :].split("/") if name]
        reached = self.workspace
        for name in names:
            reached = f"{reached}/{name}"
            try:
                kind = os.lstat(reached).st_mode
            except OSError:
                break  # what is not there is no link
            if stat.S_ISLNK(kind):
                return os.path.realpath(path)
        return "/".join([self.workspace, *names])

    def _kind(self, path: str) -> Where:
        if self.is_own(path):
            secret = _has_secret_name(path[len(self.workspace) :])
            return "credential" if secret else "inside"
        if path in self._ancestors:
            return "root"
        device = _kind_of_device(path) if path.startswith("/dev/") else None
        if device is not None:
            return device
        if _SECRET_OF_SYSTEM.match(path) or _has_secret_name(path):
            return "credential"
        home = _HOME.match(path)
        if home or path == self.home or path.startswith(self.home + "/"):
            return _kind_at_home(path[home.end() if home else len(self.home) :])
        return _kind_of_system(path)

    def holds(self, path: str) -> bool:
        """Whether a path without links lies below the workspace."""
        return path.startswith(self._inside)

    def is_own(self, path: str) -> bool:
        """Whether a path without links is the workspace, or lies below it."""
        return path == self.workspace or self.holds(path)

    def is_scratch_root(self, path: str) -> bool:
        """Whether the path is a folder of temporary files itself, which everybody shares."""
        return _SCRATCH_ROOT.match(path) is not None

    def is_home(self, path: str) -> bool:
        """Whether the path is a home folder itself."""
        found = _HOME.fullmatch(path)
        return found is not None or path == self.home

    def is_user_folder(self, path: str) -> bool:
        """Whether the path is a folder of a home in which a person's own documents lie."""
        return _USER_FOLDER.search(path) is not None and self.is_home(path.rpartition("/")[0])

    def is_setting(self, path: str) -> bool:
        """Whether the path is the configuration of a service that the system can miss."""
        return _SETTING.match(path) is not None

    def is_log(self, path: str) -> bool:
        """Whether the path is a log of the system or a history of commands."""
        return _LOGS.search(path) is not None

    def is_hook(self, path: str) -> bool:
        """Whether git runs what stands in the file, later and unasked."""
        return _HOOK.search(path) is not None

    def is_start_file(self, path: str) -> bool:
        """Whether later sessions run what stands in the file."""
        return _START_FILES.search(path) is not None


def _has_secret_name(path: str) -> bool:
    """Whether a file is one of secrets by its name, and perhaps that of its folder."""
    folder = path.rfind("/", 0, max(0, path.rfind("/")))
    return _SECRET_ANYWHERE.search(path[folder:] if folder > 0 else path) is not None


def _may_be_secret(text: str) -> bool:
    """Whether a pattern such as `.e*` stands for the name of a file of secrets, among others."""
    last = text.rpartition("/")[2]
    stem = last[: found.start()] if (found := _WILD.search(last)) else last
    if (
        UNKNOWN in last
        or not stem
        or (stem == "." and STAR in last)
        or len(last.translate(_NO_SIGNS)) < _LITERALS
    ):
        return False
    pattern = last.translate(_GLOB)
    return any(fnmatch.fnmatchcase(name, pattern) for name in _SECRET_NAMES)


def _may_show_process(text: str) -> bool:
    """Whether a path with gaps may be the environment or the memory of a process."""
    found = re.match(r"/proc/[^/]+/(?:task/[^/]+/)?([^/]+)$", text)
    if found is None:
        return False
    pattern = found[1].translate(_GLOB)
    return any(fnmatch.fnmatchcase(name, pattern) for name in _PROCESS_SECRETS)


def _kind_of_device(path: str) -> Where | None:
    if _HARMLESS.match(path):
        return "none"
    if path.startswith(("/dev/tcp/", "/dev/udp/")):
        return "remote"
    return "disk" if _DEVICE.match(path) else None


def _kind_at_home(rest: str) -> Where:
    if not rest:
        return "root"
    return "credential" if _SECRET_IN_HOME.search(rest) else "home"


def _kind_of_system(path: str) -> Where:
    if _SCRATCH.match(path) or _SCRATCH_ROOT.match(path):
        return "scratch"
    if _SYSTEM.match(path):
        return "system"
    return "root" if _ONE_LEVEL.match(path) else "outside"


@lru_cache(maxsize=64)
def _ancestors(path: str) -> frozenset[str]:
    return frozenset({"/", *map(str, PurePath(path).parents)})
