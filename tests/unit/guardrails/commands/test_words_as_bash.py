"""The expansion of words, held against bash itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from coding_agent_sdk.middleware.guardrails.commands import patience
from coding_agent_sdk.middleware.guardrails.commands.paths import Places
from coding_agent_sdk.middleware.guardrails.commands.shell import Shell
from coding_agent_sdk.middleware.guardrails.commands.values import HIDDEN, UNKNOWN, Value

WORDS = [
    "a b c",
    "'a b' c",
    '"a b" c',
    "a\\ b",
    "a'b'\"c\"d",
    r"\r\m",
    "$'\\x72\\x6d'",
    "$'\\162m\\n'x",
    "$'a\\tb\\u0041\\U00000042\\cA\\q'",
    "''",
    '""x""',
    "{a,b}c",
    "a{b,c}{d,e}",
    "{1..4}",
    "{4..1}",
    "{a..d}",
    "x{a,{b,c}}y",
    "'{a,b}'",
    "{a}",
    "{}",
    "${x:-d}",
    "${x:=e}$x",
    "x=1; y=; printf '[%s]' ${x:+set} \"${y:+set}\"",
    "x='a b'; printf '[%s]' $x",
    "x='a b'; printf '[%s]' \"$x\"",
    "x=ab; y=${x}c; printf '[%s]' $y",
    "x=abcdef; printf '[%s]' ${x:1} ${x:1:2} ${x#ab} ${x%ef} ${x/cd/X} ${x^^} ${#x}",
    "x=aXbX; printf '[%s]' ${x//X/-} ${x/X}",
    "x=ABC; printf '[%s]' ${x,,} ${x,}",
    "x=y; y=z; printf '[%s]' ${!x}",
    "a=(p q 'r s'); printf '[%s]' \"${a[@]}\"",
    "a=(p q); printf '[%s]' ${a[0]} ${a[1]} ${a[-1]} $a",
    "a=(p q); printf '[%s]' ${a[5]}x",
    "set -- p 'q r'; printf '[%s]' \"$@\"",
    "set -- p q; printf '[%s]' $1 $2",
    "f() { printf '[%s]' $1 $2; }; f p q",
    "IFS=,; x=a,b; printf '[%s]' $x",
    "printf '[%s]' $((1+2*3))",
    "printf '[%s]' $(printf a)b",
    "printf '[%s]' `printf a`b",
    "printf '[%s]' \"$(printf 'a b')\"",
    "printf '[%s]' $(printf 'a b')",
    "x=$(printf 'a\\n\\n'); printf '[%s]' \"$x\"",
    "x=1; x+=2; printf '[%s]' $x",
    "x=a; for x in b c; do printf '[%s]' $x; done",
    "printf '%s-%s;' a b c",
    "printf '%b' 'a\\tb\\0101'",
    "printf '%d%%' 5",
    "printf '%x' 255",
    "printf -v v '%s' q; printf '[%s]' $v",
    "echo -n a b",
    "echo -e 'a\\tb'",
    "echo 'a\\tb'",
    "echo abc | rev",
    "echo 'a b' | tr -d ' '",
    "echo abc | tr a-c x-z",
    "echo abc | tr '[:lower:]' '[:upper:]'",
    "echo aGk= | base64 -d",
    "echo 6869 | xxd -r -p",
    "echo 'a,b,c' | cut -d, -f2",
    "echo abcdef | cut -c2-4",
    "printf '%s' a | sed 's/a/b/'",
    "basename /a/b.c .c",
    "dirname /a/b",
    "dirname a",
    "seq 3",
    "printf 'b\\na\\n' | tac",
    "cat <<E\na ${x:-y}\nE",
    "true && printf a && printf b",
    "false || printf a",
    "cat <<'E'\na $x\nE",
    "cat <<< 'a b'",
    "x=3; cat <<E\n$x \\$x\nE",
    "read a <<< 'p'; printf '[%s]' $a",
    'awk \'BEGIN{printf "%c%s",114,"m"}\'',
    "(printf a; printf b)",
    "{ printf a; }",
    "case x in x) printf a;; esac",
    "if true; then printf a; fi",
    "printf a | cat",
    "echo a > /dev/null",
    "printf '%s' ~+ | wc -l > /dev/null; printf x",
]


def followed(command: str) -> Value:
    """Return what the shell that runs nothing thinks is printed."""
    shell = Shell(Places("/srv/repo", "/home/dev"))
    return shell.run_text(Value(command), part=command)


@pytest.mark.parametrize("words", WORDS)
def test_words_expand_as_in_bash(words: str, tmp_path: Path) -> None:
    programs = ("printf", "echo", "x=", "a=", "set", "f()", "IFS", "basename", "dirname", "seq")
    others = ("cat", "read", "awk", "true", "false", "(", "{ p", "case", "if")
    direct = words.startswith((*programs, *others))
    command = words if direct else f"printf '[%s]' {words}"
    done = subprocess.run(
        ["bash", "--norc", "-c", command], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert followed(command).plain.rstrip("\n") == done.stdout.rstrip("\n")


@pytest.mark.parametrize(
    "command", ["echo $'\\x72'", "echo cm0= | base64 -d", "x=abc; echo ${x:1}", "echo a | rev"]
)
def test_what_was_assembled_is_labelled_hidden(command: str) -> None:
    assert HIDDEN in followed(command).taints


@pytest.mark.parametrize(
    "command",
    [
        "echo $UNSET",
        "echo $(date)",
        "echo ${x[$i]}",
        "echo $RANDOM",
        "echo ${x@Q}",
        "echo {1..999}",
        "true && echo y || echo n",
    ],
)
def test_what_only_running_would_tell_is_a_gap(command: str) -> None:
    assert UNKNOWN in followed(command).text


def test_a_variable_that_doubles_itself_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS", 60)  # its length is bounded, not only its time
    doubled = "a=x;" + "a=$a$a;" * 60 + "echo $a"
    assert set(followed(doubled).text.strip()) == {UNKNOWN}


def test_the_home_is_known_and_other_homes_are_guessed() -> None:
    assert followed("echo ~/x ~bob/y").plain == "/home/dev/x /home/bob/y\n"
    assert followed("echo ~- ~+").text.startswith(UNKNOWN)


def test_private_characters_in_the_source_mean_nothing() -> None:
    assert "\ue001" not in followed("echo 'a\ue001b'").text
