"""Programs that turn text into text; where all is known, so is what they print."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.escapes import unescape_ansi
from coding_agent_sdk.middleware.guardrails.commands.tables import named
from coding_agent_sdk.middleware.guardrails.commands.values import (
    ANYTHING,
    HIDDEN,
    NET,
    NOTHING,
    UNKNOWN,
    Value,
    join,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program

_FORMAT: Final = re.compile(r"%(?:%|-?\d*(?:\.\d+)?[a-zA-Z])")
_LONGEST_COUNT: Final = 9


def echo(call: Call) -> Value:
    """Print the arguments."""
    call.shell.note("read", "none", "echo")
    arguments = list(call.arguments)
    escapes = newline = False
    while arguments and re.fullmatch(r"-[neE]+", arguments[0].text):
        escapes = escapes or "e" in arguments[0].text
        newline = newline or "n" in arguments[0].text
        arguments.pop(0)
    value = join(arguments, " ") if arguments else NOTHING
    text = unescape_ansi(value.plain) if escapes else value.plain
    taints = value.taints | ({HIDDEN} if escapes and re.search(r"\\[x0-9u]", value.text) else set())
    return Value(text + ("" if newline else "\n"), frozenset(taints))


def printf(call: Call) -> Value:
    """Print the arguments by a format."""
    call.shell.note("read", "none", "printf")
    arguments = list(call.arguments)
    if arguments[2:] and arguments[0].text == "-v":
        name = arguments[1].plain
        call.shell.evaluate(arguments[1], call.part)
        value = _formatted(arguments[2], arguments[3:])
        call.shell.variables[name] = value
        return NOTHING
    if arguments and arguments[0].text == "--":
        arguments.pop(0)
    return _formatted(arguments[0], arguments[1:]) if arguments else NOTHING


def _formatted(template: Value, arguments: list[Value]) -> Value:
    taints = set(template.taints)
    if re.search(r"\\(?:x|u|U|0?[0-7])", template.text) or "%b" in template.text:
        taints.add(HIDDEN)
    pieces: list[str] = []
    waiting = list(arguments)
    while True:
        before = len(waiting)

        def fill(found: re.Match[str]) -> str:
            if found[0] == "%%":
                return "%"
            if not waiting:
                return ""
            value = waiting.pop(0)
            taints.update(value.taints)
            return _converted(found[0][-1], value.plain)

        # The format's own escapes first: an argument's backslashes are text.
        pieces.append(_FORMAT.sub(fill, unescape_ansi(template.plain)))
        if not waiting or len(waiting) == before:
            return Value("".join(pieces), frozenset(taints))


def _converted(kind: str, text: str) -> str:
    if kind == "b":
        return unescape_ansi(re.sub(r"\\0([0-7]{1,3})", r"\\\1", text))
    if kind == "c":
        return text[:1]
    if kind in "xXo" and text.isdigit():
        return format(int(text[:12]), kind)
    return text


def _input(call: Call, operands: list[Value]) -> Value:
    """Return what the program reads: its files, or its standard input."""
    files = [operand for operand in operands if operand.text != "-"]
    if not files:
        return call.stdin
    return join([call.shell.read(file, call.part) for file in files])


def base64_program(call: Call) -> Value:
    """Encode or decode Base64 and Base32."""
    call.shell.note("read", "none", call.name)
    value = _input(call, call.operands({"-w", "--wrap", "-i", "-o"}))
    if not call.has("-d", "-D", "--decode", "-di"):
        return ANYTHING.tainted(*value.taints)
    decode = base64.b32decode if call.name == "base32" else base64.b64decode
    return _decoded(
        value, lambda text: decode(text + "=" * (-len(text) % (8 if call.name == "base32" else 4)))
    )


def _decoded(value: Value, decode: object) -> Value:
    if not value.known:
        return ANYTHING.tainted(HIDDEN, *value.taints)
    assert callable(decode)
    try:
        raw = decode(re.sub(r"\s", "", value.text))
        text = raw.decode() if isinstance(raw, bytes) else str(raw)
    except (binascii.Error, ValueError):
        return ANYTHING.tainted(HIDDEN, *value.taints)
    return Value(text, value.taints | {HIDDEN})


def xxd(call: Call) -> Value:
    """Turn text to hexadecimal and back."""
    operands = call.operands({"-c", "-l", "-s", "-g", "-o"})
    value = _input(call, operands[:1])
    for target in operands[1:2]:
        call.shell.write(target, call.part, value)
    reverse = any(w.startswith("-") and "r" in w for w in call.words)
    call.shell.note("read", "none", call.name)
    if not reverse:
        return ANYTHING.tainted(*value.taints)
    return _decoded(value, lambda text: bytes.fromhex(re.sub(r"^0x|\\x|^[0-9a-f]+:", "", text)))


def rev(call: Call) -> Value:
    """Reverse each line."""
    call.shell.note("read", "none", call.name)
    value = _input(call, call.operands())
    if not value.known:
        return ANYTHING.tainted(HIDDEN, *value.taints)
    return Value("\n".join(line[::-1] for line in value.text.split("\n")), value.taints | {HIDDEN})


def tac(call: Call) -> Value:
    """Reverse the order of lines."""
    value = _input(call, call.operands({"-s"}))
    call.shell.note("read", "none", call.name)
    return Value("\n".join(reversed(value.text.rstrip("\n").split("\n"))), value.taints | {HIDDEN})


def translate(call: Call) -> Value:
    """Replace or delete characters."""
    call.shell.note("read", "none", "tr")
    operands = call.operands()
    value = call.stdin
    if not value.known or not operands:
        return ANYTHING.tainted(*value.taints)
    first = _set(operands[0].plain)
    if call.has("-d"):
        return Value("".join(c for c in value.text if c not in first), value.taints | {HIDDEN})
    if call.has("-s", "-c") or not operands[1:]:
        return value
    second = _set(operands[1].plain)
    if not first or not second:
        return value
    second += second[-1] * (len(first) - len(second))
    table = str.maketrans(first, second[: len(first)])
    return Value(value.text.translate(table), value.taints | {HIDDEN})


def _set(text: str) -> str:
    for name, signs in (
        ("[:lower:]", "a-z"),
        ("[:upper:]", "A-Z"),
        ("[:digit:]", "0-9"),
        ("[:space:]", " \t\n"),
    ):
        text = text.replace(name, signs)
    text = unescape_ansi(text)

    def spread(found: re.Match[str]) -> str:
        first, last = ord(found[1]), ord(found[2])
        return "".join(map(chr, range(first, min(last, first + 300) + 1)))

    return re.sub(r"(.)-(.)", spread, text, flags=re.DOTALL)


def inflate(call: Call) -> Value:
    """Unpack gzip data from files or a pipe."""
    call.shell.note("read", "none", call.name)
    value = _input(call, call.operands())
    if call.name == "gunzip" and call.operands() and not call.has("-c", "-l", "-t"):
        for operand in call.operands():
            call.shell.write(operand, call.part)
    return ANYTHING.tainted(HIDDEN, *value.taints)


def openssl(call: Call) -> Value:
    """Decode by `openssl base64` and `openssl enc`; make keys and certificates."""
    words = call.words
    shell = call.shell
    verb = words[0] if words else ""
    if verb in {"s_client", "s_server"}:
        if call.stdin.text or call.stdin.taints:
            return _send(call)
        shell.note("net-receive", "remote", call.part)
        return ANYTHING.tainted(NET, "socket")
    source = call.value_of("-in")
    value = shell.read(source, call.part) if source else call.stdin
    target = call.value_of("-out") or call.value_of("-keyout")
    if target is not None:
        shell.write(target, call.part)
    elif not source:
        shell.note("exec", "none", call.part)
    if verb in {"base64", "enc"} and call.has("-d"):
        plain = verb == "base64" or not any(
            re.match(r"-(?:aes|des|rc|cast|bf|camellia|chacha)", w) for w in words
        )
        if plain:
            return _decoded(value, lambda text: base64.b64decode(text + "=" * (-len(text) % 4)))
        return ANYTHING.tainted(HIDDEN, *value.taints)
    return ANYTHING.tainted(*value.taints)


def _send(call: Call) -> Value:
    secret = call.stdin.taints & {"secret", "home"}
    call.shell.note("net-send-secret" if secret else "net-send-files", "home", call.part)
    return ANYTHING


def basename(call: Call) -> Value:
    """Return the last part of a path, or its folder."""
    call.shell.note("read", "none", call.name)
    operands = call.operands({"-s"})
    if not operands:
        return NOTHING
    if not operands[0].known and call.name == "basename":
        return Value(
            f"./{UNKNOWN}", operands[0].taints
        )  # a name in whatever folder stands before it
    text = operands[0].plain.rstrip("/")
    if call.name == "dirname":
        head = text.rpartition("/")[0]
        return Value((head or ("/" if text.startswith("/") else ".")) + "\n", operands[0].taints)
    text = text.rpartition("/")[2]
    if len(operands) > 1:
        text = text.removesuffix(operands[1].plain)
    return Value(text + "\n", operands[0].taints)


def seq(call: Call) -> Value:
    """Count."""
    call.shell.note("read", "none", "seq")
    words = call.words
    if len(words) == 1 and words[0].isdigit() and int(words[0]) <= _LONGEST_COUNT:
        return Value("\n".join(str(n + 1) for n in range(int(words[0]))) + "\n")
    return Value(UNKNOWN)


def rot13(call: Call) -> Value:
    """Shift letters by 13."""
    call.shell.note("read", "none", call.name)
    if not call.stdin.known:
        return ANYTHING.tainted(HIDDEN, *call.stdin.taints)
    return Value(codecs.encode(call.stdin.text, "rot13"), call.stdin.taints | {HIDDEN})


def decode(call: Call) -> Value:
    """Programs that decode what is not followed here."""
    call.shell.note("exec", "none", call.part)
    value = _input(call, call.operands({"-o", "-r", "-i", "--output"}))
    target = call.value_of("-o", "--output")
    if target is not None and target.text not in {"-", "/dev/stdout"}:
        call.shell.write(target, call.part, ANYTHING.tainted(HIDDEN, *value.taints))
    return ANYTHING.tainted(HIDDEN, *value.taints)


PROGRAMS: dict[str, Program] = {
    **named("uudecode basenc ascii85 unhex recode age ccrypt steghide qprint base58", decode),
    **named("base91 basez mcrypt", decode),
    "echo": echo,
    "printf": printf,
    **named("base64 base32 gbase64", base64_program),
    "xxd": xxd,
    "rev": rev,
    "tac": tac,
    "tr": translate,
    **named("zcat gunzip", inflate),
    "openssl": openssl,
    **named("basename dirname", basename),
    "seq": seq,
    **named("rot13 caesar", rot13),
}
