"""Lists how services, and the files of their servers, are told a secret."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.secrets.statement import (
    BLANK,
    GAP,
    VALUE,
    Statement,
)

_UUID: Final = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

SERVICES: Final = (
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
        hints=("codecov",),
        pattern=re.compile(rf"codecov(?:\.io/[\w/]{{1,24}}\)?)?{GAP}-t{BLANK}{{1,4}}(?!-){VALUE}"),
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
        hints=("chpasswd:",),
        pattern=re.compile(
            r"chpasswd:[ \t]{0,4}\n(?:[ \t]{1,16}expire:[^\n]{0,16}\n)?"
            r"[ \t]{1,16}list:[ \t|]{0,4}\n[ \t-]{1,24}[\w.-]{1,64}:(?P<b>[^\s\"']{4,128}+)"
        ),
    ),
    Statement(
        hints=("]:25 ", "]:465 ", "]:587 "),
        pattern=re.compile(
            r"\]:\d{2,3}[ \t]{1,8}[\w.@+-]{1,128}:(?P<b>[^\s\"':]{4,128}+)(?=\s|\Z)"
        ),
    ),
    Statement(
        hints=("secret_id",),  # of Vault's AppRole; elsewhere a UUID is none
        pattern=re.compile(rf"secret_id[\"']?[ ]?[:=][ ]?[\"']?(?P<b>{_UUID})(?![\w-])"),
    ),
    Statement(
        hints=("mc alias set ", "mc config host add "),
        pattern=re.compile(
            rf"mc{BLANK}(?:alias{BLANK}set|config{BLANK}host{BLANK}add){BLANK}[\w-]{{1,40}}{BLANK}"
            rf"\S{{1,120}}{BLANK}[\w.-]{{3,64}}{BLANK}{VALUE}"
        ),
    ),
    Statement(
        hints=(
            "message-digest-key ",
            "-server key ",
            "-server host ",
            "key-string ",
            "isakmp key ",
        ),
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
        pattern=re.compile(
            r"(?i:openweather\w{0,16})[\"']?[ ]{0,4}[:=][ ]{0,4}[\"'](?P<b>[0-9a-f]{32})\b"
        ),
    ),
    Statement(
        hints=("unseal key", "recovery key"),
        pattern=re.compile(
            r"(?i:unseal|recovery)[ ](?i:key)[ ]?\d{0,2}[ ]?[:=][ ]{0,2}"
            r"(?P<b>[A-Za-z0-9+/]{40,96}={0,2})"
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
            rf"\s{{0,4}}[:=]\s{{0,4}}[\"'](?P<b>{_UUID})(?=[\"'])"
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
        hints=("tacacs server ", "radius server "),
        pattern=re.compile(
            r"(?:tacacs|radius) server \S{1,64}[ \t]{0,4}\r?\n(?:[ ][^\n]{0,120}\n){0,4}?"
            rf"[ ]{{1,4}}key(?:{BLANK}[07])?{BLANK}{VALUE}"
        ),
    ),
    Statement(
        hints=("# client",),  # the heading of chap-secrets
        pattern=re.compile(
            r"# client[ \t]{1,16}server[ \t]{1,16}secret[^\n]{0,80}\n"
            r"\S{1,64}[ \t]{1,16}\S{1,64}[ \t]{1,16}"
            r"[\"']?(?P<b>[^\s\"']{4,128}+)"
        ),
    ),
    Statement(
        hints=("successfully reset",),  # of Elasticsearch
        pattern=re.compile(r"successfully reset\.\s{1,4}New value: (?P<b>\S{6,128})"),
    ),
    Statement(
        hints=("buffer.from(", "btoa(", "b64encode("),
        pattern=re.compile(
            r"(?:Buffer\.from|btoa|b64encode)\(b?[\"'`][\w.@-]{1,64}:(?P<b>[^\s\"'`$:]{6,128}+)(?=[\"'`])"
        ),
    ),
    Statement(
        hints=("option key ",),  # of OpenWrt
        pattern=re.compile(rf"option key{BLANK}{{1,4}}{VALUE}"),
    ),
    Statement(
        hints=(
            "wifi.begin(",
            "wifi.connect(",
            "wlan.connect(",
            "sta_if.connect(",
            "station.connect(",
        ),
        pattern=re.compile(
            r"(?i:wifi|wlan|sta_if|station)\.(?:begin|connect)\(\s{0,8}(?:\"[^\"\n]{1,40}\"|'[^'\n]{1,40}'|\w{1,32})"
            r"\s{0,4},\s{0,8}(?:\"(?P<d>[^\s\"]{8,63})\"|'(?P<s>[^\s']{8,63})')"
        ),
    ),
    Statement(
        hints=("x-honeycomb-team",),
        pattern=re.compile(
            r"(?i:x-honeycomb-team)[\"']?[ ]?[:=][ ]?[\"']?(?P<b>[A-Za-z0-9]{22,64})(?![A-Za-z0-9])"
        ),
    ),
    Statement(
        hints=('"sensitive":',),  # of an output of Terraform
        pattern=re.compile(
            r'"sensitive":\s?true,\s{0,16}"type":\s{0,2}"string",\s{0,16}"value":\s{0,2}"(?P<b>[^\s"]{6,256}+)'
        ),
    ),
    Statement(
        hints=("password-command", "passcommand"),
        pattern=re.compile(
            rf"(?:password-command|passcommand)[ =][\"']?(?:echo|printf(?:{BLANK}%s)?){BLANK}"
            r"(?P<b>[^\s\"']{4,128}+)"
        ),
    ),
    Statement(
        hints=("key",),  # of Laravel
        pattern=re.compile(
            r"key[\"']?\s{0,4}(?:=>|[=:])\s{0,4}[\"']?base64:(?P<b>[A-Za-z0-9+/]{43}=)(?![A-Za-z0-9+/=])"
        ),
    ),
    Statement(
        hints=("load(",),  # of a key store of Java
        pattern=re.compile(r'load\(\w{1,32},\s?"(?P<d>[^\s"]{6,128})"\.toCharArray'),
    ),
    Statement(
        hints=('"username":',),  # of Kaggle
        pattern=re.compile(r'"username":\s?"[^"\s]{1,64}",\s?"key":\s?"(?P<b>[0-9a-f]{32})(?=")'),
    ),
    Statement(
        hints=("wandb.login(",),
        pattern=re.compile(r"wandb\.login\(\s{0,8}key=\\{0,3}[\"'](?P<b>[0-9a-f]{40})(?![0-9a-f])"),
    ),
    Statement(
        hints=("dns cloudflare ",),  # of Caddy
        pattern=re.compile(r"dns cloudflare (?P<b>[A-Za-z0-9_-]{40})(?![\w-])"),
    ),
    Statement(
        hints=("target ", "catalog "),  # of Oracle's rman
        pattern=re.compile(r"(?:target|catalog) [\w$#]{1,64}/(?P<b>[^\s@\"'/]{4,128})(?=@)"),
    ),
    Statement(
        hints=("var(&p",),  # of the control language of IBM i
        pattern=re.compile(
            r"(?i:var\(&p(?:wd|w|ass\w{0,8})\))[^\n]{0,60}?(?i:value)\('(?P<s>[^\s']{4,128})'"
        ),
    ),
)
"""What a service or a file names in a way of its own, which no assignment has."""
