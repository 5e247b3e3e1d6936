"""Lists how statements tell a password: of shells, of SQL, of files of settings, of people."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.names import FOREIGN

if TYPE_CHECKING:
    from collections.abc import Iterable

VALUE: Final = (
    r"""(?:"(?P<d>[^"\n]{1,256})"|'(?P<s>[^'\n]{1,256})'|(?P<b>[^\s"'`|;<>()]{1,256}+))"""
)
"""A word, maybe in quotes, where a shell or a file of settings has one."""

BLANK: Final = r"[ \t]"
"""What stands between words of one line."""

_GAP: Final = r"(?![\w./-])[^\n|;]{0,240}?[ \t]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """How a password is told in a statement.

    Attributes:
        hints: words (lower case) with one of which the pattern begins.
        pattern: matches from the hint to the password.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]


PAIRS: Final = (
    Statement(
        hints=(" -u ", " --user ", " --username ", " -username "),
        pattern=re.compile(
            rf"[ ]--?u(?:ser(?:name)?)?{BLANK}{{1,4}}(?!-)[\"']?[\w.@\\$%/-]{{1,64}}[\"']?"
            rf"{BLANK}{{1,4}}"
            rf"-(?:p|P|-?pass(?:word)?|pw|w)[ =]{{1,4}}(?!-){VALUE}"
        ),
    ),
)
"""How any program is given a password right behind a user's name."""

STATEMENTS: Final = (
    Statement(
        hints=("pptpd", "l2tpd"),
        pattern=re.compile(rf"(?:pptpd|l2tpd){BLANK}{{1,16}}{VALUE}(?={BLANK})"),
    ),
    Statement(
        hints=("securestring",),
        pattern=re.compile(
            r"""(?x)
            (?i:securestring) ["']? ,? \s{1,24}+
            (?: --[\w-]{1,24}+ [ ] (?<!--value[ ]) \S{1,100}+ [ ]
              | [\w.-]{1,32}+ [ \t]{0,8}+ [=:] [ \t]{0,8}+ "[^"\n]{0,100}" ,? \s{1,24}+
            ){0,2}?
            ["']? (?:--)? (?:value|Value|insecure_value) ["']?
            (?: [ \t]{0,8} [=:] [ \t]{0,4} | [ ]{1,4} )
            ["']? (?P<b>[^\s"'`]{4,256}+)
            """
        ),
    ),
    Statement(
        hints=("user",),
        pattern=re.compile(r"(?i:user)[ ]\S{1,64}[ ]on[ ]>(?P<b>[^\s\"'<>]{4,256}+)"),
    ),
    Statement(
        hints=("assword:",),
        pattern=re.compile(
            r"assword:[ ]?\*?[\"'}]\)?;?\s{0,8}[{]?\s{0,8}"
            r"(?:send[ ](?:--[ ])?|[\w.]{0,24}send(?:line)?\()[\"'](?P<b>[^\s\"'\\$]{4,128}+)"
        ),
    ),
    Statement(
        hints=("schtasks", "psexec"),
        pattern=re.compile(rf"(?:schtasks|psexec){_GAP}(?:/rp|-p){BLANK}{{1,4}}(?![*/-]){VALUE}"),
    ),
    Statement(
        hints=("codecov",),
        pattern=re.compile(rf"codecov(?:\.io/[\w/]{{1,24}}\)?)?{_GAP}-t{BLANK}{{1,4}}(?!-){VALUE}"),
    ),
    Statement(
        hints=(
            "snyk auth ",
            "wandb login ",
            "vault login ",
            "doctl auth ",
            "authtoken ",
            "service install ",
        ),
        pattern=re.compile(
            rf"(?:snyk auth|(?:wandb|vault) login|doctl auth init(?: -t| --access-token)?"
            rf"|authtoken|service install){BLANK}{{1,4}}(?!-)(?=\S{{0,24}}\d){VALUE}"
        ),
    ),
    Statement(
        hints=("pass:",),
        pattern=re.compile(r"(?<![\w-])pass:(?P<b>[^\s\"'`]{4,256}+)"),
    ),
    Statement(
        hints=("echo",),
        pattern=re.compile(
            rf"echo{BLANK}[^\n|]{{0,4}}?[\"']?[\w.-]{{1,64}}:(?P<b>[^\s\"'|]{{4,128}}+)[\"']?"
            rf"{BLANK}{{0,4}}\|{BLANK}{{0,4}}(?:sudo{BLANK})?chpasswd"
        ),
    ),
    Statement(
        hints=("echo", "printf"),
        pattern=re.compile(
            rf"(?:echo{BLANK}(?:-n{BLANK})?|printf{BLANK}(?:[\"']?%s(?:\\\\n)?[\"']?{BLANK})?)"
            rf"[\"']?(?P<b>[^\s\"'|]{{4,128}}+)[\"']?{BLANK}{{0,4}}\|{BLANK}{{0,4}}"
            rf"(?:sudo{BLANK}-S|(?:sudo{BLANK})?(?:passwd{BLANK}--stdin|kinit|(?:docker|podman|buildah|oras"
            rf"|crane|skopeo|helm{BLANK}registry|vault|npm|gh{BLANK}auth|az|cf){BLANK}login))(?![\w-])"
        ),
    ),
    Statement(
        hints=("kinit", "chpasswd"),
        pattern=re.compile(
            rf"(?:kinit|chpasswd){BLANK}[^\n|;<]{{0,120}}<<<{BLANK}?[\"']?(?:[\w.-]{{1,64}}:)?"
            r"(?P<b>[^\s\"'|]{4,128}+)"
        ),
    ),
    Statement(
        hints=("chpasswd:",),
        pattern=re.compile(
            r"chpasswd:[ \t]{0,4}\n(?:[ \t]{1,16}expire:[^\n]{0,16}\n)?"
            r"[ \t]{1,16}list:[ \t|]{0,4}\n[ \t-]{1,24}[\w.-]{1,64}:(?P<b>[^\s\"']{4,128}+)"
        ),
    ),
    Statement(
        hints=("sqlplus", "expdp", "impdp", "sqlldr"),
        pattern=re.compile(
            rf"(?:sqlplus|expdp|impdp|sqlldr){BLANK}{{1,4}}(?:-\w{{1,8}}{BLANK}{{1,4}}){{0,3}}(?:userid=)?"
            r"[\"']?[\w$#.]{1,64}/(?P<b>[^\s@\"'/]{4,128}+)"
        ),
    ),
    Statement(
        hints=("wpa_passphrase", "rootpw", "-password password "),
        pattern=re.compile(
            rf"(?:wpa_passphrase{BLANK}{{1,4}}[^\s=<]{{1,64}}|rootpw(?:{BLANK}--plaintext)?"
            rf"|-password{BLANK}password){BLANK}{{1,4}}(?!-){VALUE}"
        ),
    ),
    Statement(
        hints=("]:25 ", "]:465 ", "]:587 "),
        pattern=re.compile(
            r"\]:\d{2,3}[ \t]{1,8}[\w.@+-]{1,128}:(?P<b>[^\s\"':]{4,128}+)(?=\s|\Z)"
        ),
    ),
    Statement(
        hints=("freerdp", "nmcli", "rclone"),
        pattern=re.compile(
            rf"(?:freerdp|nmcli|rclone)(?:\.exe)?{BLANK}[^\n|;]{{0,160}}?(?<=[ \t])"
            rf"(?:/p:|(?:wifi-sec\.psk|pass(?:word)?){BLANK}{{1,4}}(?!-)){VALUE}"
        ),
    ),
    Statement(
        hints=("--from-literal=",),
        pattern=re.compile(rf"--from-literal=[\"']?[\w.-]{{1,64}}={VALUE}"),
    ),
    Statement(
        hints=("net use",),
        pattern=re.compile(
            rf"net{BLANK}(?:user{BLANK}{{1,4}}[\w.-]{{1,64}}"
            rf"|use{BLANK}[^\n|]{{0,60}}?\\\\[\w.$\\-]{{1,80}}(?:{BLANK}{{1,4}}/user:\S{{1,64}})?)"
            rf"{BLANK}{{1,4}}(?!/){VALUE}"
        ),
    ),
    Statement(
        hints=("secret_id",),  # of Vault's AppRole; elsewhere a UUID is none
        pattern=re.compile(
            r"secret_id[\"']?[ ]?[:=][ ]?[\"']?"
            r"(?P<b>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?![\w-])"
        ),
    ),
    Statement(
        hints=("mc alias set ", "mc config host add "),
        pattern=re.compile(
            rf"mc{BLANK}(?:alias{BLANK}set|config{BLANK}host{BLANK}add){BLANK}[\w-]{{1,40}}{BLANK}"
            rf"\S{{1,120}}{BLANK}[\w.-]{{3,64}}{BLANK}{VALUE}"
        ),
    ),
    Statement(
        hints=("message-digest-key ", "-server key ", "-server host ", "key-string ", "isakmp key "),
        pattern=re.compile(
            rf"(?:message-digest-key{BLANK}\d{{1,3}}{BLANK}md5|-server(?:{BLANK}host{BLANK}\S{{1,64}})?{BLANK}key"
            rf"|key-string|isakmp{BLANK}key)(?:{BLANK}[07])?{BLANK}{VALUE}"
        ),
    ),
    Statement(
        hints=('" * "',),  # of chap-secrets and pap-secrets
        pattern=re.compile(r'"[ ]\*[ ]"(?P<b>[^\s"]{6,128}+)"'),
    ),
    Statement(
        hints=(": eap ", ": xauth "),
        pattern=re.compile(rf":{BLANK}(?:EAP|XAUTH){BLANK}{{1,4}}{VALUE}"),
    ),
    Statement(
        hints=("bcrypt_hash",),  # of a password that Terraform drew
        pattern=re.compile(r'bcrypt_hash"[^{}]{0,480}?"result"\s?:\s?"(?P<b>[^\s"]{6,128}+)"'),
    ),
    Statement(
        hints=("openweather",),
        pattern=re.compile(r"(?i:openweather\w{0,16})[\"']?[ ]{0,4}[:=][ ]{0,4}[\"'](?P<b>[0-9a-f]{32})\b"),
    ),
    Statement(
        hints=("unseal key", "recovery key"),
        pattern=re.compile(
            r"(?i:unseal|recovery)[ ](?i:key)[ ]?\d{0,2}[ ]?[:=][ ]{0,2}(?P<b>[A-Za-z0-9+/]{40,96}={0,2})"
        ),
    ),
    Statement(
        hints=("encrypt",),  # what the members of Consul, Nomad and Serf share
        pattern=re.compile(
            r"encrypt[\"']?[ ]{0,4}[:=][ ]{0,4}[\"'](?P<b>[A-Za-z0-9+/]{22,43}={1,2})(?=[\"'])"
        ),
    ),
    Statement(
        hints=("tokens",),  # of Consul
        pattern=re.compile(
            r"tokens[\"']?\s{0,4}[:=]?\s{0,4}\{[^{}]{0,240}?[\"']?"
            r"(?:default|agent|master|initial_management|agent_recovery|replication)[\"']?"
            r"\s{0,4}[:=]\s{0,4}[\"'](?P<b>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})(?=[\"'])"
        ),
    ),
    Statement(
        hints=("accounts",),  # of Hardhat and its like
        pattern=re.compile(
            r"accounts[\"']?\s{0,4}[:=]\s{0,4}\[\s{0,16}[\"'](?P<b>0x[0-9a-f]{64})(?=[\"'])"
        ),
    ),
    Statement(
        hints=("appid=",),
        pattern=re.compile(r"appid=(?P<b>[0-9a-f]{32})(?![0-9A-Za-z])"),
    ),
    Statement(
        hints=("insecure-password", "stats auth "),
        pattern=re.compile(
            rf"(?:insecure-password{BLANK}{{1,4}}|stats{BLANK}auth{BLANK}{{1,4}}[^\s:]{{1,64}}:)"
            r"(?P<b>[^\s\"']{4,128}+)"
        ),
    ),
    Statement(
        hints=("<auth-user-pass>",),
        pattern=re.compile(
            r"<auth-user-pass>[ \t]{0,4}\r?\n\S{1,64}[ \t]{0,4}\r?\n(?P<b>[^\s<>]{4,128}+)"
        ),
    ),
    Statement(
        hints=("provider :",),
        pattern=re.compile(
            r"provider :\w{1,40},\s{1,8}[\"'][^\s\"']{6,128}[\"'],\s{1,8}"
            r"(?:'(?P<s>[^\s']{8,128})'|\"(?P<d>[^\s\"]{8,128})\")"
        ),
    ),
    Statement(
        hints=("signtool",),
        pattern=re.compile(rf"signtool{_GAP}/p{BLANK}{{1,4}}{VALUE}"),
    ),
    Statement(
        hints=("convertto-securestring",),
        pattern=re.compile(
            rf"(?i:convertto-securestring)(?:{BLANK}{{1,4}}-(?i:string|asplaintext|force)){{0,3}}"
            rf"{BLANK}{{1,4}}(?:\"(?P<d>[^\"\n]{{1,256}})\"|'(?P<s>[^'\n]{{1,256}})')"
        ),
    ),
    Statement(
        hints=("secret set",),
        pattern=re.compile(
            rf"secret{BLANK}set{BLANK}\S{{1,64}}{BLANK}(?:--?[a-z]{{1,16}}{BLANK}[\w./-]{{1,64}}{BLANK}){{0,3}}"
            rf"(?:--body|-b)[ \t=]{{1,4}}{VALUE}"
        ),
    ),
    Statement(
        hints=("identified", "password", "set password"),
        pattern=re.compile(
            r"""(?xi)
            (?: (?: identified[ ] (?:with[ ][\w']{1,40}[ ])? by | password ) [ ]{1,4}
              | set[ ]password[^\n=]{0,80}= [ ]{0,4} )
            (?:password\()? [EN]? (?: '(?P<s>[^'\n]{1,256})' | (?<=by[ ])"(?P<d>[^"\s]{1,256})" )
            """
        ),
    ),
    Statement(
        hints=("rabbitmqctl", "htpasswd"),
        pattern=re.compile(
            rf"(?:rabbitmqctl{BLANK}(?:add_user|change_password)"
            rf"|htpasswd(?:{BLANK}-[a-zA-Z]{{1,8}}){{0,4}}{BLANK}-[a-zA-Z]*b[a-zA-Z]*"
            rf"(?:{BLANK}-[a-zA-Z]{{1,8}}){{0,4}}{BLANK}\S{{1,128}})"
            rf"{BLANK}[\w.@-]{{1,64}}{BLANK}{VALUE}"
        ),
    ),
    Statement(
        hints=(
            "requirepass",
            "masterauth",
            "auth_pass",
            "enable ",
            "snmp-server",
            "username ",
            "rocommunity",
            "rwcommunity",
        ),
        pattern=re.compile(
            rf"(?:requirepass|masterauth|auth_pass|(?:enable|username{BLANK}[\w.-]{{1,64}}"
            rf"(?:{BLANK}privilege{BLANK}\d{{1,2}})?){BLANK}(?:secret|password){BLANK}\d"
            rf"|snmp-server{BLANK}community|r[ow]community6?){BLANK}{{1,8}}{VALUE}"
        ),
    ),
    Statement(
        hints=FOREIGN,
        pattern=re.compile(
            rf"(?i:{'|'.join(FOREIGN)})(?:\u00f1a)?"
            r"(?:(?:[ ][\w.-]{1,24},?){0,6}(?:[ ](?:es|ist|lautet|est|\u00e9|is|to|jest|-)|:)[ ]{1,2}"
            r"|[\"'`]?[ ]?[:=\uff1a][ ]{0,2}|[ ](?=[^\s]{0,40}[0-9])(?=[^\s]{0,40}[!#$%&*+?@^~=]))"
            r"[\"'`]?(?P<b>[^\W_]?[!#-&(-_a-~]{5,127}+)"
        ),
    ),
    Statement(
        hints=("pass",),
        pattern=re.compile(
            r"pass(?:word|phrase|code)[ ](?:(?:for|of|to)[ ](?:[\w'-]{1,24}[ ]){0,4}[\w'-]{1,24}"
            r"(?:[ ]is(?:[ ]now)?:?|:)|(?:(?:was|is|has[ ]been)[ ])?(?:changed|set|reset|updated"
            r"|rotated)[ ]to:?)[ ][\"'`]?(?P<b>(?=[^\s]{0,64}\d)[^\s\"'`]{6,128}+)"
        ),
    ),
    Statement(
        hints=("cred", "login", "log in"),
        pattern=re.compile(
            r"(?i:credentials|creds|login|log[ ]in)[ ]?(?:are|is|with|as|:)[ ]"
            r"[\w.@-]{1,64}[ ]?[:/][ ]?(?P<b>(?=[^\s]{0,64}\d)[^\s\"'`]{6,128}+)"
        ),
    ),
    Statement(
        hints=("login", "user"),
        pattern=re.compile(
            r"""(?x)
            (?:login|user|username) \s{1,8} (?:[^\s,;:.]|[.:](?=\S)){1,128} [,;]? \s{1,8}
            (?:(?:and|with)\s(?:the\s)?)? (?:account \s \S{1,64} \s)?
            pass(?:word|wd) \s{1,8} (?P<b>[^\s"']{1,256}+)
            """
        ),
    ),
)
"""What holds a word that begins with `pass`, or `chpasswd`, or `identified`."""

STATEMENT_HINTS: Final = tuple(hint for option in STATEMENTS for hint in option.hints)
"""Words (lower case) after which a statement may give a password, which looks like one."""

OPEN_ECHO: Final = re.compile(
    rf"(?:echo|printf{BLANK}[\"']?%s(?:\\\\n)?[\"']?){BLANK}"
    rf"(?:[^\n|]{{0,4}}?[\"']?[\w.-]{{1,64}}:|(?:-n{BLANK})?[\"']?)[^\s\"'|]{{4,128}}+[\"']?"
    rf"{BLANK}{{0,4}}(?:\|{BLANK}{{0,4}}(?:[a-z]{{1,8}}{BLANK}){{0,2}})?[a-zS-]{{0,8}}\Z"
)
"""A line whose end decides whether it pipes a password into a program."""


def by_hint(statements: Iterable[Statement]) -> dict[str, list[Statement]]:
    """Return the statements by the words with which they begin."""
    grouped: defaultdict[str, list[Statement]] = defaultdict(list)
    for statement in statements:
        for hint in statement.hints:
            grouped[hint].append(statement)
    return dict(grouped)
