"""Programs that only read, and what turns them into programs that write or run others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.braces import MAX_FIELDS
from coding_agent_sdk.middleware.guardrails.commands.programs.files import is_huge
from coding_agent_sdk.middleware.guardrails.commands.programs.reader_options import (
    PAGERS,
    follow_reading_options,
    list_elsewhere,
)
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    ELSEWHERE,
    ENDLESS,
    HIDDEN,
    NOTHING,
    SECRET,
    STAR,
    UNKNOWN,
    Value,
    join,
)
from coding_agent_sdk.middleware.guardrails.commands.words import EVALUATING

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

# name: options that take a value, options whose value is a written file, options that take a
# command, number of leading operands that are data and no files
_READERS: Final[dict[str, tuple[str, str, str, int]]] = {
    "cat": ("", "", "", 0),
    "tac": ("-s", "", "", 0),
    "nl": ("-b -v -w -s", "", "", 0),
    "head": ("-n -c --lines --bytes", "", "", 0),
    "tail": ("-n -c --lines --bytes --pid -s", "", "", 0),
    "wc": ("--files0-from", "", "", 0),
    "ls": ("-I -w -T --color --time-style", "", "", 0),
    "ll": ("", "", "", 0),
    "dir": ("", "", "", 0),
    "exa": ("-L -s -I", "", "", 0),
    "eza": ("-L -s -I", "", "", 0),
    "lsd": ("", "", "", 0),
    "tree": ("-L -I -P", "-o", "", 0),
    "file": ("-m -f -F", "", "", 0),
    "stat": ("-c -f --format --printf", "", "", 0),
    "du": ("-d --max-depth -t --exclude", "", "", 0),
    "diff": ("-U -C -I --label -x --exclude", "--output", "", 0),
    "cmp": ("-n -i", "", "", 0),
    "comm": ("", "", "", 0),
    "sdiff": ("", "-o --output", "", 0),
    "diff3": ("", "", "", 0),
    "colordiff": ("", "", "", 0),
    "delta": ("", "", "--pager", 0),
    "sort": (
        "-k -t -S -T --key --field-separator --parallel",
        "-o --output",
        "--compress-program",
        0,
    ),
    "shuf": ("-n -i", "-o --output", "", 0),
    "uniq": ("-f -s -w", "", "", 0),
    "cut": ("-d -f -c -b --delimiter --fields", "", "", 0),
    "paste": ("-d", "", "", 0),
    "join": ("-t -j -1 -2 -o", "", "", 0),
    "column": ("-t -s -c -o -N", "", "", 0),
    "fold": ("-w", "", "", 0),
    "fmt": ("-w", "", "", 0),
    "expand": ("-t", "", "", 0),
    "unexpand": ("-t", "", "", 0),
    "pr": ("-l -w -h", "", "", 0),
    "od": ("-A -t -j -N", "", "", 0),
    "hexdump": ("-n -s -e -f", "", "", 0),
    "hd": ("", "", "", 0),
    "strings": ("-n -e", "", "", 0),
    "grep": (
        "-A -B -C -m -e --include --exclude --exclude-dir -d --color --max-count --context",
        "",
        "",
        1,
    ),
    "egrep": ("-A -B -C -m -e --include --exclude --exclude-dir", "", "", 1),
    "fgrep": ("-A -B -C -m -e --include --exclude --exclude-dir", "", "", 1),
    "zgrep": ("-A -B -C -m -e", "", "", 1),
    "rg": (
        (
            "-A -B -C -g -t -T -m -e -r -j --glob --type --max-count --sort --replace "
            "--iglob --max-depth -d"
        ),
        "",
        "--pre --hostname-bin",
        1,
    ),
    "ag": ("-A -B -C -G -m --ignore", "", "--pager", 1),
    "ack": ("-A -B -C --type -m", "", "--pager", 1),
    "pt": ("", "", "", 1),
    "ugrep": ("-A -B -C -e", "", "--filter --pager", 1),
    "ast-grep": ("-p -l -r --pattern --lang", "", "", 0),
    "less": ("-p -P -x", "-o -O --log-file --LOG-FILE", "", 0),
    "more": ("-n", "", "", 0),
    "most": ("", "", "", 0),
    "bat": ("-l -r --language --style --theme --line-range -H", "", "--pager", 0),
    "batcat": ("-l -r --language --style --theme --line-range -H", "", "--pager", 0),
    "jq": ("--indent -f --from-file -L", "", "", 1),
    "gron": ("", "", "", 0),
    "xmllint": ("--xpath --schema --encode", "--output", "", 0),
    "md5sum": ("", "", "", 0),
    "sha1sum": ("", "", "", 0),
    "sha224sum": ("", "", "", 0),
    "sha256sum": ("", "", "", 0),
    "sha384sum": ("", "", "", 0),
    "sha512sum": ("", "", "", 0),
    "b2sum": ("", "", "", 0),
    "shasum": ("-a", "", "", 0),
    "cksum": ("-a", "", "", 0),
    "md5": ("", "", "", 0),
    "readlink": ("", "", "", 0),
    "realpath": ("--relative-to", "", "", 0),
    "namei": ("", "", "", 0),
    "nm": ("", "", "", 0),
    "objdump": ("-M -j", "", "", 0),
    "readelf": ("", "", "", 0),
    "ldd": ("", "", "", 0),
    "size": ("", "", "", 0),
    "uuencode": ("", "", "", 0),
    "cloc": ("--exclude-dir --include-lang", "--out --report-file", "", 0),
    "tokei": ("-e -t -o", "", "", 0),
    "scc": ("", "-o", "", 0),
    "zcat": ("", "", "", 0),
    "bzcat": ("", "", "", 0),
    "xzcat": ("", "", "", 0),
    "zless": ("", "", "", 0),
    "zipinfo": ("", "", "", 0),
    "lsattr": ("", "", "", 0),
    "getfacl": ("", "", "", 0),
    "vdir": ("", "", "", 0),
    "numfmt": ("--to --from --suffix --padding", "", "", 99),
    "look": ("", "", "", 1),
    "iconv": ("-f -t", "-o --output", "", 0),
    "glow": ("-s -w", "", "", 0),
    "mdcat": ("", "", "", 0),
    "fzf": ("-q --query --height", "", "--preview --bind", 99),
    "tsort": ("", "", "", 0),
    "ncdu": ("", "-o", "", 0),
    "dust": ("-d -n", "", "", 0),
    "pdftotext": ("-f -l", "", "", 0),
    "exiftool": ("", "-o", "", 0),
    "identify": ("-format", "", "", 0),
    "ffprobe": ("-v -show_entries -of -i", "", "", 0),
}

# programs that tell something of the machine and touch no file
_TELLERS: Final = names(
    "true : false pwd whoami id groups uname arch cal uptime nproc free df ps pstree top htop btop"
    " vmstat iostat mpstat sar lsof pgrep pidof tty sleep test [ [[ expr bc dc factor which whereis"
    " type whatis apropos locale getconf lscpu lsblk lsusb lspci lsmod lshw dmidecode who w last ss"
    " netstat tput stty clear reset yes return exit break continue jobs fg bg times umask"
    " ulimit help dirs let local readonly shopt getopts shift mktemp info tldr cheat figlet"
    " cowsay fortune getent uuidgen pwgen sw_vers logname users lsb_release nvidia-smi sensors acpi"
    " watchman strftime sync disown suspend"
)

# those that arguments of this form make do more
_TELLERS_THAT_SET: Final = {
    "hostname": r"^[^-]",
    "hostnamectl": r"^set",
    "date": r"^(?:-s|--set|\d{8})",
    "timedatectl": r"^set",
    "man": r"^-[^-]*[PH]|--pager|--html",
}


_SILENT: Final = names("true false : test [ [[ sleep wait exit return break continue sync disown")
_OUTSIDE_ONLY: Final = names(
    "ls ll dir vdir exa eza lsd tree stat du wc file readlink realpath lsattr getfacl"
)
_LISTERS: Final = names("ls ll dir vdir tree exa eza lsd du ncdu dust rg ag ack cloc tokei scc")


def _reader(row: tuple[str, str, str, int]) -> Program:
    with_value = frozenset(" ".join(row[:3]).split())
    written, commands = row[1].split(), row[2].split()

    def read(call: Call) -> Value:
        follow_reading_options(call, written, commands, with_value)
        if call.name == "head" and is_huge(call.value_of("-c", "--bytes")):
            call.shell.note("exhaust", "inside", call.part)
        operands = call.operands(with_value)
        skipped = 0 if row[3] and call.has("-e", "-f", "--regexp", "--files") else row[3]
        return _read_files(call, operands[skipped:])

    return read


def _read_files(call: Call, files: list[Value]) -> Value:
    shell = call.shell
    if not files and call.name in _LISTERS and not call.stdin.text:
        files = [Value(".")]
    if not files:
        shell.note("read", "none", call.part)
        return _filtered(call, call.stdin)
    if call.name == "uniq":
        for target in files[1:]:
            shell.write(target, call.part)
        files = files[:1]
    contents = [_content(call, file) for file in files if file.text != "-"]
    if call.name in {"realpath", "readlink"} and len(files) == 1 and files[0].known:
        return Value(shell.locate(files[0].text).path + "\n")
    if call.name in {"ls", "dir", "tree", "rg"}:
        whole, shown = call.has("-d"), join(contents).taints
        return Value(
            "\n".join(f.text if whole or STAR in f.text else f"./{UNKNOWN}" for f in files),
            shown if ELSEWHERE in shown else frozenset(),
        )
    return _filtered(call, join(contents) if contents else call.stdin)


def _content(call: Call, file: Value) -> Value:
    """Read a file; to list or count one of the workspace shows nothing of its secrets."""
    shell = call.shell
    if call.name in _OUTSIDE_ONLY and shell.locate(file.text).where == "credential":
        place = shell.locate(file.text)
        if place.path.startswith(f"{shell.locate('.').path}/"):
            shell.note("read", "inside", call.part)
            return ANYTHING
    listed = list_elsewhere(call, file)
    return listed if listed is not None else shell.read(file, call.part)


def _filtered(call: Call, value: Value) -> Value:
    """Return what is known of the text after the program: `cat` changes nothing, others do."""
    if call.name == "head" and ENDLESS in value.taints:
        value = Value(value.text, value.taints - {ENDLESS})
    if call.name in {"cat", "more", "less", "bat", "batcat"}:
        return value
    if (
        call.name in {"head", "tail", "sort", "uniq", "nl"}
        and value.known
        and value.text.count("\n") <= 1
    ):
        return value
    if call.name in {"jq", "yq"} and call.has("-n", "--null-input"):
        # A program that is a text alone prints it.
        found = re.fullmatch(r'\s*"((?:[^"\\]|\\.)*)"\s*', next(iter(call.operands()), value).plain)
        return Value(found[1] + "\n", frozenset({HIDDEN})) if found else ANYTHING.tainted(HIDDEN)
    if call.name == "jq" and value.known and call.has("-r"):
        return Value(value.text.strip().strip('"'), value.taints | {"hidden"})
    if call.name == "cut" and value.known:
        return _cut(call, value)
    prefix = re.match(r"[\w./~-]*/(?=\ue000)", value.text)
    if call.name in {"tail", "grep", "egrep"} and value.text == f"./{UNKNOWN}":
        return Value(f"./found-{UNKNOWN}", value.taints)  # some of the files
    if call.name in {"head", "tail", "sort", "uniq", "grep", "egrep"} and prefix:
        return Value(prefix[0] + UNKNOWN, value.taints)
    return ANYTHING.tainted(*value.taints)


def _cut(call: Call, value: Value) -> Value:
    characters, delimiter, fields = call.value_of("-c"), call.value_of("-d"), call.value_of("-f")
    wanted = characters or fields
    found = re.fullmatch(r"(\d{1,4})?(-)?(\d{1,4})?", wanted.text) if wanted else None
    if found is None or not (found[1] or found[3]):
        return ANYTHING.tainted("hidden", *value.taints)
    first = int(found[1] or 1) - 1
    last = int(found[3]) if found[3] else (None if found[2] else first + 1)
    lines = []
    for line in value.text.rstrip("\n").split("\n"):
        if characters:
            lines.append(line[first:last])
        else:
            sign = delimiter.plain[:1] if delimiter and delimiter.plain else "\t"
            lines.append(sign.join(line.split(sign)[first:last]))
    return Value("\n".join(lines) + "\n", value.taints | {"hidden"})


def _teller(pattern: str) -> Program:
    more = re.compile(pattern) if pattern else None

    def tell(call: Call) -> Value:
        if call.name in PAGERS:
            follow_reading_options(call, [], [])
        if more and any(more.search(word) for word in call.words):
            command = call.value_of("-P", "--pager", "-H", "--html")
            if command is not None:
                return call.shell.run_text(command, part=call.part)
            call.shell.note("configure", "system", call.part)
            return NOTHING
        call.shell.note("read", "none", call.part)
        if call.name == "pwd":
            return Value((call.shell.folder or UNKNOWN) + "\n")
        if call.name == "yes":
            return Value((" ".join(call.words) or "y") + "\n", call.taints | {ENDLESS})
        if call.name == "mktemp":
            return _temporary(call)
        if call.name in {"which", "type"} and call.arguments:
            return Value(f"/usr/bin/{call.arguments[-1].plain}\n")
        return NOTHING if call.name in _SILENT else ANYTHING

    return tell


def _temporary(call: Call) -> Value:
    """Return a path that `mktemp` makes: below a folder given, or among the temporary files."""
    template = next((o.plain for o in call.operands({"-p", "--suffix"})), "tmp.XXX")
    folder = call.value_of("-p", "--tmpdir")
    for path in (folder, Value(template) if "/" in template else None):
        if path is not None and path.text and not path.text.startswith(UNKNOWN):
            call.shell.write(path, call.part)
    stem, found, _ = template.partition("XXX")
    place = folder.text if folder is not None and folder.text else ""
    if (
        not place
        and not ("/" in stem and not call.has("-t"))
        and (template == "tmp.XXX" or call.has("-t", "--tmpdir"))
    ):
        place = "/tmp"  # noqa: S108  where it puts them
    return Value(f"{place}/{stem}{UNKNOWN}\n" if place else f"{stem}{UNKNOWN if found else ''}\n")


def _environment(call: Call) -> Value:
    """`printenv`: one variable, or all of them, which holds what is secret."""
    call.shell.note("read", "none", call.part)
    if call.arguments:
        return call.shell.variables.get(call.words[0], ANYTHING.tainted("secret-variable"))
    return ANYTHING.tainted(SECRET)


def _read_builtin(call: Call) -> Value:
    """`read a b`: variables get what comes in, word by word."""
    call.shell.note("read", "none", call.part)
    names = call.operands({"-p", "-d", "-n", "-N", "-t", "-u", "-i", "-a"})
    whole = _words_of(call.stdin)
    words = whole.text.split(None, len(names) - 1) if whole.known and names else []
    for index, name in enumerate(names):
        call.shell.evaluate(name, call.part)
        piece = Value(words[index] if index < len(words) else "", whole.taints)
        call.shell.variables[name.plain] = piece if whole.known else whole
        call.shell.note_variable(name.plain, call.shell.variables[name.plain])
    array = call.value_of("-a")
    if array is not None and whole.known:
        call.shell.arrays[array.plain] = [Value(w, whole.taints) for w in whole.text.split()]
    return NOTHING


def _words_of(stdin: Value) -> Value:
    if stdin.known and stdin.text and "\n" not in stdin.text.strip():
        return Value(stdin.text.strip(), stdin.taints)
    prefix = re.match(r"[\w./~-]*/(?=\ue000)", stdin.text)
    return Value(prefix[0] + UNKNOWN, stdin.taints) if prefix else ANYTHING.tainted(*stdin.taints)


def _test(call: Call) -> Value:
    """`test`, `let`: words that are names or arithmetic are evaluated."""
    if call.name == "let" or EVALUATING.intersection(call.words):
        for argument in call.arguments:
            call.shell.evaluate(argument, call.part)
    call.shell.note("read", "none", call.part)
    return NOTHING


def _mapfile(call: Call) -> Value:
    callback = call.value_of("-C")
    if callback is not None:
        call.shell.run_text(callback, part=call.part)
    for name in call.operands({"-C", "-c", "-d", "-n", "-O", "-s", "-u"}) or [Value("MAPFILE")]:
        call.shell.evaluate(name, call.part)
        if call.stdin.known:
            lines = call.stdin.text.splitlines()[:MAX_FIELDS]
            call.shell.arrays[name.plain] = [Value(line, call.stdin.taints) for line in lines]
    call.shell.note("read", "none", call.part)
    return NOTHING


PROGRAMS: dict[str, Program] = {
    **{name: _reader(row) for name, row in _READERS.items() if name != "tac"},
    **{name: _teller("") for name in _TELLERS},
    **{name: _teller(pattern) for name, pattern in _TELLERS_THAT_SET.items()},
    "printenv": _environment,
    "read": _read_builtin,
    **dict.fromkeys(("test", "[", "let"), _test),
    "mapfile": _mapfile,
    "readarray": _mapfile,
}
