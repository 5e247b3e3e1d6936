"""The commands that only read, each with the options that would make it write or run something.

Whoever adds one reads its whole manual: an option that writes a file, runs a program, follows
links or takes names from a file must be refused, in its short form, its long form and, since GNU
and git take abbreviations, every beginning of the long form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a command must not be given.

    Attributes:
        short: Letters of short options that are refused, also inside a cluster.
        long: Long options that are refused, without dashes; beginnings of them, too.
        words: Whole arguments that are refused, as they stand.
        reads: Whether it shows what is in the files that it is given.
        recurses: Whether it reads the folders that it is given, or `.` where it is given none.
        hidden: Whether it reads hidden files where it reads a folder.
        files_only: Whether folders are refused: it would follow links in them.
        accepts: A further condition on the arguments.
    """

    short: str = ""
    long: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    reads: bool = False
    recurses: Callable[[Sequence[str]], bool] | None = None
    hidden: bool = True
    files_only: bool = False
    accepts: Callable[[Sequence[str]], bool] | None = None

    def refuses(self, argument: str) -> bool:
        """Return whether an argument that begins with `-` is refused."""
        if argument in self.words:
            return True
        if argument.startswith("--"):
            given = argument[2:].partition("=")[0]
            return bool(given) and any(name.startswith(given) for name in self.long)
        return any(letter in self.short for letter in argument[1:])


def _has_short(letters: str, arguments: Sequence[str]) -> bool:
    clusters = (a for a in arguments if a.startswith("-") and not a.startswith("--"))
    return any(letter in cluster for cluster in clusters for letter in letters)


def _grep_recurses(arguments: Sequence[str]) -> bool:
    names = (a[2:] for a in arguments if a.startswith("--"))
    long = any(name and "recursive".startswith(name) for name in names)
    return long or _has_short("r", arguments)


def _always(_arguments: Sequence[str]) -> bool:
    return True


def _one_file(arguments: Sequence[str]) -> bool:
    return sum(not a.startswith("-") for a in arguments) <= 1  # uniq writes to the second


def _version_only(arguments: Sequence[str]) -> bool:
    return len(arguments) == 1 and arguments[0] in {"--version", "-V", "-v"}


_SED_PRINT: Final = re.compile(r"\d+(,(\d+|\$))?p")


def _sed_prints(arguments: Sequence[str]) -> bool:
    wanted = list(arguments[:2])
    if len(wanted) < 2 or wanted[0] != "-n" or not _SED_PRINT.fullmatch(wanted[1]):  # noqa: PLR2004  option and script
        return False
    return not any(a.startswith("-") for a in arguments[2:])


_PLAIN: Final = Rule()
_VERSION: Final = Rule(accepts=_version_only)

COMMANDS: Final[Mapping[str, Rule]] = {
    "basename": _PLAIN,
    "cat": Rule(reads=True),
    "cut": Rule(reads=True),
    "diff": Rule(
        short="l", long=("paginate", "from-file", "to-file"), reads=True, files_only=True
    ),
    "dirname": _PLAIN,
    "du": Rule(short="DHLX", long=("dereference", "files0-from", "exclude-from")),
    "echo": _PLAIN,
    "false": _PLAIN,
    "file": Rule(
        short="CSfmzZ", long=("compile", "files-from", "magic-file", "uncompress", "no-sandbox")
    ),
    "find": Rule(
        words=(
            "-H", "-L", "-follow", "-delete", "-exec", "-execdir", "-ok", "-okdir", "-fls",
            "-fprint", "-fprint0", "-fprintf", "-files0-from",
        )
    ),
    "grep": Rule(
        short="RdDfO",
        long=("dereference-recursive", "directories", "devices", "file"),
        reads=True,
        recurses=_grep_recurses,
    ),
    "head": Rule(reads=True),
    "ls": Rule(short="LH", long=("dereference",)),
    "node": _VERSION,
    "nl": Rule(reads=True),
    "npm": _VERSION,
    "pip": _VERSION,
    "pwd": _PLAIN,
    "python": _VERSION,
    "python3": _VERSION,
    "rg": Rule(
        short="LfuZz.",
        long=(
            "pre", "pre-glob", "hostname-bin", "search-zip", "file", "ignore-file", "follow",
            "hidden", "unrestricted", "no-ignore", "no-ignore-dot", "no-ignore-exclude",
            "no-ignore-files", "no-ignore-global", "no-ignore-parent", "no-ignore-vcs", "debug",
        ),
        reads=True,
        recurses=_always,
        hidden=False,
    ),
    "sed": Rule(reads=True, accepts=_sed_prints),
    "sort": Rule(
        short="oTS",
        long=("output", "temporary-directory", "compress-program", "files0-from", "random-source"),
        reads=True,
    ),
    "stat": Rule(short="L", long=("dereference",)),
    "tail": Rule(short="fF", long=("follow", "retry"), reads=True),
    "tr": _PLAIN,
    "true": _PLAIN,
    "uniq": Rule(reads=True, accepts=_one_file),
    "wc": Rule(long=("files0-from",)),
    "which": _PLAIN,
}  # fmt: skip

# -- git ----------------------------------------------------------------------------------------

_GIT_LONG: Final = (
    "output", "output-directory", "ext-diff", "textconv", "open-files-in-pager", "no-index",
    "show-signature", "exec", "upload-pack", "contents", "ignore-revs-file", "recurse-submodules",
    "submodule", "untracked-cache",
)  # fmt: skip


def _lists_branches(arguments: Sequence[str]) -> bool:
    listing = {"--list", "-l", "--contains", "--merged", "--no-merged", "--points-at"}
    flags = {"-a", "-r", "-v", "-vv", "-av", "-avv", "-rv", "--all", "--remotes", "--verbose",
             "--show-current", "--no-color", *listing}  # fmt: skip
    options = [a for a in arguments if a.startswith("-")]
    names = len(arguments) - len(options)
    known = all(option.partition("=")[0] in flags for option in options)
    return known and (names == 0 or any(o.partition("=")[0] in listing for o in options))


def _lists_tags(arguments: Sequence[str]) -> bool:
    return not arguments or arguments[0] in {"-l", "--list"}


def _lists_remotes(arguments: Sequence[str]) -> bool:
    return not arguments  # with -v it shows URLs, which can hold tokens


def _lists_stashes(arguments: Sequence[str]) -> bool:
    return list(arguments) == ["list"]


_GIT: Final = Rule(long=_GIT_LONG, short="O")

GIT_COMMANDS: Final[Mapping[str, Rule]] = {
    "blame": Rule(long=_GIT_LONG, short="OS"),
    "branch": Rule(accepts=_lists_branches),
    "describe": _GIT,
    "diff": _GIT,
    "grep": Rule(long=(*_GIT_LONG, "no-exclude-standard"), short="Of"),
    "log": _GIT,
    "ls-files": Rule(long=("exclude-from", "recurse-submodules"), short="X"),
    "merge-base": _GIT,
    "remote": Rule(accepts=_lists_remotes),
    "rev-list": _GIT,
    "rev-parse": _GIT,
    "shortlog": _GIT,
    "show": _GIT,
    "stash": Rule(accepts=_lists_stashes),
    "status": _GIT,
    "tag": Rule(
        accepts=_lists_tags,
        long=("file", "delete", "edit", "sign", "force", "message"),
        short="dsFuefam",
    ),
}
