"""The commands that only read, each with the options that would make it write or run something.

Whoever adds one reads its whole manual: an option that writes a file, runs a program, follows
links or takes names from a file must be refused, in its short form, its long form and, since GNU
and git take abbreviations, every beginning of the long form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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
        flags: Letters of its short options that take no value.
        files_only: Whether folders are refused: it would follow links in them.
        accepts: A further condition on the arguments.
        shows: Whether git shows with these arguments what is in files that it chooses itself.
    """

    short: str = ""
    long: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    reads: bool = False
    recurses: Callable[[Sequence[str]], bool] | None = None
    flags: str = ""
    files_only: bool = False
    accepts: Callable[[Sequence[str]], bool] | None = None
    shows: Callable[[Sequence[str]], bool] | None = None

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


_SURE_OPTION: Final = re.compile(
    r"-[ABCm]\d+|--(include|exclude|exclude-dir|color|max-count|context)=.*"
    r"|--(recursive|ignore-case|line-number|count|files-with-matches|word-regexp|fixed-strings)"
)


def paths_after_pattern(flags: str, arguments: Sequence[str]) -> Sequence[str]:
    """Return where grep and rg certainly look; nothing where it may be the current folder.

    Only where no option can have taken the next word for its value is the first word certainly
    the pattern, and are all others paths.
    """
    options = [a for a in arguments if a.startswith("-")]
    for option in options:
        if set(option[1:]) - set(flags) and not _SURE_OPTION.fullmatch(option):
            return ()
    return [a for a in arguments if not a.startswith("-")][1:]


def _always(_arguments: Sequence[str]) -> bool:
    return True


def _one_file(arguments: Sequence[str]) -> bool:
    """Return whether at most one file is given: uniq writes to the second; `-` is one, too."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    before = [a for a in arguments[:end] if a == "-" or not a.startswith("-")]
    return len(before) + len(arguments[end + 1 :]) <= 1


def _only(*allowed: str) -> Callable[[Sequence[str]], bool]:
    return lambda arguments: len(arguments) == 1 and arguments[0] in allowed


_TAIL_START: Final = re.compile(r"\+\d+[bcl]?")


def _ends(arguments: Sequence[str]) -> bool:
    """Return whether tail comes to an end: `+1f`, as old as it is, follows the file."""
    return all(_TAIL_START.fullmatch(a) for a in arguments if a.startswith("+"))


_SED_PRINT: Final = re.compile(r"\d+(,(\d+|\$))?p")


def _sed_prints(arguments: Sequence[str]) -> bool:
    wanted = list(arguments[:2])
    if len(wanted) < 2 or wanted[0] != "-n" or not _SED_PRINT.fullmatch(wanted[1]):  # noqa: PLR2004  option and script
        return False
    return not any(a.startswith("-") for a in arguments[2:])


_PLAIN: Final = Rule()
# `-v` is no version everywhere: Python runs with it what it is piped.
_PYTHON_VERSION: Final = Rule(accepts=_only("--version", "-V"))

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
        short="CSfmpzZ",
        long=(
            "compile", "files-from", "magic-file", "uncompress", "no-sandbox", "preserve-date",
        ),
    ),
    "find": Rule(
        words=(
            "-H", "-L", "-follow", "-delete", "-exec", "-execdir", "-ok", "-okdir", "-fls",
            "-fprint", "-fprint0", "-fprintf", "-files0-from",
        )
    ),
    "grep": Rule(
        short="RdDfOS",
        long=("dereference-recursive", "directories", "devices", "file"),
        reads=True,
        recurses=_grep_recurses,
        flags="rnilcvwHhoEFGPsqaIx",
    ),
    "head": Rule(reads=True),
    "ls": Rule(short="LH", long=("dereference",)),
    "node": Rule(accepts=_only("--version", "-v")),
    "nl": Rule(reads=True),
    "pip": _PYTHON_VERSION,
    "pwd": _PLAIN,
    "python": _PYTHON_VERSION,
    "python3": _PYTHON_VERSION,
    "rg": Rule(
        short="LfguZz.",
        long=(
            "pre", "pre-glob", "hostname-bin", "search-zip", "file", "ignore-file", "follow",
            "hidden", "unrestricted", "no-ignore", "no-ignore-dot", "no-ignore-exclude",
            "no-ignore-files", "no-ignore-global", "no-ignore-parent", "no-ignore-vcs", "debug",
            "trace", "glob", "iglob", "type-add",
        ),
        reads=True,
        recurses=_always,
        flags="nilcvwHhoFPqaIxSNs",
    ),
    "sed": Rule(reads=True, accepts=_sed_prints),
    "sort": Rule(
        short="oTS",
        long=("output", "temporary-directory", "compress-program", "files0-from", "random-source"),
        reads=True,
    ),
    "stat": Rule(short="L", long=("dereference",)),
    "tail": Rule(short="fF", long=("follow", "retry"), reads=True, accepts=_ends),
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
    "submodule", "untracked-cache", "stdin", "untracked", "dirty", "broken",
    "remerge-diff", "diff-merges",
)  # fmt: skip


def _lists_branches(arguments: Sequence[str]) -> bool:
    listing = {"--list", "-l", "--contains", "--merged", "--no-merged", "--points-at"}
    flags = {"-a", "-r", "-v", "-vv", "-av", "-avv", "-rv", "--all", "--remotes", "--verbose",
             "--show-current", "--no-color", *listing}  # fmt: skip
    options = [a for a in arguments if a.startswith("-")]
    names = len(arguments) - len(options)
    known = all(option.partition("=")[0] in flags for option in options)
    return known and (names == 0 or any(o.partition("=")[0] in listing for o in options))


_TAG_OPTION: Final = re.compile(
    r"-[li]|-n\d*|--(list|contains|merged|no-merged|points-at|ignore-case|column)|--sort=.*"
)


def _lists_tags(arguments: Sequence[str]) -> bool:
    if not arguments:
        return True
    options = [a for a in arguments if a.startswith("-")]
    return arguments[0] in {"-l", "--list"} and all(map(_TAG_OPTION.fullmatch, options))


def _lists_remotes(arguments: Sequence[str]) -> bool:
    return not arguments  # with -v it shows URLs, which can hold tokens


def _lists_stashes(arguments: Sequence[str]) -> bool:
    return list(arguments) == ["list"]


def _checks_no_signature(arguments: Sequence[str]) -> bool:
    return not any("%G" in argument for argument in arguments)  # a format that runs gpg


_BRIEF: Final = re.compile(r"--(stat|shortstat|numstat|name-only|name-status|no-patch)")
_LISTS: Final = re.compile(
    r"-n|-n?\d+|-[se]n?|--|--(oneline|graph|all|decorate|no-decorate|no-merges|merges|reverse"
    r"|first-parent|follow|date-order|no-color|abbrev-commit|branches|tags)"
    r"|--(since|until|after|before|author|grep|format|pretty|date|max-count|decorate|skip)=.*"
)


def _shows_patch(arguments: Sequence[str]) -> bool:
    options = [a for a in arguments if a.startswith("-")]
    return not all(_LISTS.fullmatch(o) or _BRIEF.fullmatch(o) for o in options)


def _shows_content(arguments: Sequence[str]) -> bool:
    return _shows_patch(arguments) or not any(map(_BRIEF.fullmatch, arguments))


_GIT: Final = Rule(long=_GIT_LONG, short="O", accepts=_checks_no_signature)
_GIT_LOG: Final = replace(_GIT, shows=_shows_patch)
_GIT_SHOW: Final = replace(_GIT, shows=_shows_content)

GIT_COMMANDS: Final[Mapping[str, Rule]] = {
    "blame": Rule(long=_GIT_LONG, short="OS"),
    "branch": Rule(accepts=_lists_branches),
    "describe": _GIT,
    "diff": _GIT_SHOW,
    "grep": Rule(long=(*_GIT_LONG, "no-exclude-standard"), short="Of", shows=_always),
    "log": _GIT_LOG,
    "ls-files": Rule(long=("exclude-from", "recurse-submodules"), short="X"),
    "merge-base": _GIT,
    "remote": Rule(accepts=_lists_remotes),
    "rev-list": _GIT,
    "rev-parse": _GIT,
    "shortlog": _GIT_LOG,
    "show": _GIT_SHOW,
    "stash": Rule(accepts=_lists_stashes),
    "status": Rule(long=(*_GIT_LONG, "verbose"), short="Ov"),
    "tag": Rule(accepts=_lists_tags),
}
