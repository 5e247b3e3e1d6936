"""Lists how statements tell a password: of shells, of SQL, of files of settings, of people."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.secrets.names import FOREIGN
from coding_agent_sdk.middleware.guardrails.secrets.services import SERVICES
from coding_agent_sdk.middleware.guardrails.secrets.statement import (
    BLANK,
    GAP,
    VALUE,
    Statement,
)

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
    *SERVICES,
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
        pattern=re.compile(rf"(?:schtasks|psexec){GAP}(?:/rp|-p){BLANK}{{1,4}}(?![*/-]){VALUE}"),
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
        hints=("signtool",),
        pattern=re.compile(rf"signtool{GAP}/p{BLANK}{{1,4}}{VALUE}"),
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
        hints=FOREIGN,
        pattern=re.compile(
            rf"(?i:{'|'.join(FOREIGN)})(?:\u00f1a)?"
            r"(?:(?:[ ][\w.-]{1,24},?){0,6}"
            r"(?:[ ](?:es|ist|lautet|est|\u00e9|is|to|jest|-)|:)[ ]{1,2}"
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
        hints=("admin / ", "root / ", "user / "),
        pattern=re.compile(
            r"(?:admin|root|user) / (?P<b>(?=\S{0,64}[a-z])(?=\S{0,64}[A-Z])[^\s\"'`/]{8,128}+)"
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
