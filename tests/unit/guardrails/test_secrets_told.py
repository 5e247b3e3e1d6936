"""Passwords as programs, statements, languages and people tell them; what only looks alike."""

from __future__ import annotations

import pytest

from coding_agent_sdk.middleware.guardrails import find_secrets, redact
from coding_agent_sdk.middleware.guardrails.secrets import MASK
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

from .made_up import MadeUp

draw = MadeUp(53)
SECRET = draw.password()
COOKIE = draw.text(32)

TOLD = [
    "rdesktop -u ann -p {} 10.1.1.1",
    "evil-winrm -i 10.1.1.1 -u ann -p '{}'",
    "az sql server create -u ann -p '{}'",
    "cqlsh -u ann -p {} h1",
    "xfreerdp /u:ann /p:{} /v:10.1.1.1",
    "lftp -u ann,{} ftp.corp.io",
    "unrar x -hp{} a.rar",
    "rar a -p{} b.rar f",
    "sqlplus ann/{}@db1",
    "keytool -importkeystore -srcstorepass {}",
    "nmcli dev wifi connect Home password {}",
    "wpa_passphrase Home {}",
    "rclone config create r sftp user ann pass {}",
    "snmpget -v3 -A {} host",
    "net user ann {} /add",
    "kinit ann <<< '{}'",
    "echo '{}' | kinit ann@CORP.IO",
    "printf '%s' '{}' | docker login --username ann --password-stdin",
    "kubectl create secret generic a --from-literal=admin={}",
    "chpasswd:\n  list: |\n    root:{}\n",
    "rootpw --plaintext {}\n",
    "d-i passwd/user-password password {}\n",
    "username ann password 0 {}\n",
    "rocommunity {} 10.0.0.0/8\n",
    "[smtp.corp.io]:587 ann:{}\n",
    "SET PASSWORD FOR 'ann'@'%' = '{}';",
    "INSERT INTO users (name, password) VALUES ('ann', '{}');",
    "insert into app.users (id, name, pass_word, age)\nvalues (1, 'a, b', '{}', 3), (2, 'x', 'y', 4)",
    "<AdministratorPassword><Value>{}</Value></AdministratorPassword>",
    'parser.add_argument("--password", default="{}")',
    'PASSWORD: Final = "{}"',
    'let api_secret: Option<String> = "{}"',
    'ENV["SECRET_KEY_BASE"] ||= "{}"',
    'basic_auth "ann", "{}"',
    '.basic_auth("ann", Some("{}"))',
    'DBI->connect($dsn, "ann", "{}")',
    '{{default_pass, <<"{}">>}}',
    "Use user ann and password {} to log in.",
    "password for staging: {}",
    "the password was changed to {}",
    "**Password:** `{}`",
    'logger.info("password={}")',
    "passwordConfirm: '{}'",
    "pass: !!str {}",
    "DB_PASSWORD?={}",
    "Wachtwoord: {}",
    "has\u0142o: {}",
    "\u041f\u0430\u0440\u043e\u043b\u044c: {}",
    "\u5bc6\u7801\uff1a{}",
    "\u30d1\u30b9\u30ef\u30fc\u30c9: {}",
]
SESSIONS = [
    'curl -b "session={}" https://x.io',
    "curl https://x.io -b sessionid={}",
    'cookies = {{"session": "{}"}}',
    "requests.get(url, cookies={{'auth_token': '{}'}})",
    'driver.cookies.set("session_id", "{}")',
]
NONE = [
    "curl -b cookies.txt -c jar1.txt https://x.io",
    "cookies = {'theme': 'dark-mode-2'}; cookies.set('lang', 'en-US')",
    "unrar x a-p1.rar; rar a -r b1.rar dir",
    "ssh -u ann -p 2222 host; docker run -u 1000 -p 8080:80 web",
    "tool -u ann -p $DB_PASSWORD; tool -u ann -p <password>",
    "sqlplus ann/$PW@db1; sqlplus /nolog",
    "kinit -kt /etc/krb5.keytab ann",
    "echo 'ready 2 go' | kinit-all; printf '%s' 'v1.2.3' | docker build",
    "kubectl create secret generic a --from-literal=username=admin",
    "INSERT INTO users (name, password_hash) VALUES ('ann', '$2b$12$abcdefghijklmnopqrstuv');",
    "INSERT INTO t (name, password) VALUES (?, ?), ($1, $2), ('a', 'password')",
    "password: Passwort2",
    'log("password=" + password1); f("password={{password1}}"); q("password=secret1")',
    "passwordConfirm: password2; password_confirm = form.password2",
    "Wachtwoord vergeten? Mot de passe oubli\u00e9 ?",
    "\u5bc6\u7801\uff1a\u81f3\u5c118\u4e2a\u5b57\u7b26",
    'parser.add_argument("--password", default=None)',
    'token: Final = "access"',
    "username ann password 5 $1$abcd$efghijklmnopqrstuvwxyz1234",
    "did:key:z6MkTfWIi11FYhyfa3fWa7FuUahRiMNflKRuhxgZ0kOLvNAC",
]


@pytest.mark.parametrize("form", TOLD)
def test_a_password_that_is_told_is_found_and_nothing_else(form):
    text = form.format(SECRET)
    assert [text[found.start : found.end] for found in find_secrets(text)] == [SECRET]


@pytest.mark.parametrize("form", SESSIONS)
def test_a_session_that_is_sent_is_found(form):
    text = form.format(COOKIE)
    assert [text[found.start : found.end] for found in find_secrets(text)] == [COOKIE]


@pytest.mark.parametrize("text", NONE)
def test_what_only_looks_alike_is_let_be(text):
    assert find_secrets(text) == []


@pytest.mark.parametrize("form", [*TOLD, *SESSIONS])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_in_pieces_nothing_of_it_leaks(form, size):
    value = COOKIE if form in SESSIONS else SECRET
    text, redactor, out = form.format(value), SecretRedactor(), ""
    whole = redact(text)
    for at in range(0, len(text), size):
        out += redactor.feed(text[at : at + size])
        assert whole.startswith(out)
    assert out + redactor.close() == whole
    assert value not in whole


@pytest.mark.parametrize("form", TOLD)
@pytest.mark.parametrize("value", ["Tr7! x9Kd q2!", "my dog Rex 42!"])
def test_nothing_is_let_go_that_later_text_makes_a_part_of_a_password(form, value):
    text, redactor, out = f"before it\n{form.format(value)}\nand after it\n", SecretRedactor(), ""
    whole = redact(text)
    for character in text:
        out += redactor.feed(character)
        assert whole.startswith(out)
    assert out + redactor.close() == whole


def test_rows_far_behind_their_columns_are_masked_in_pieces_too():
    row = "('ann', 'a note that fills the row with some more words', '{}')"
    text = "INSERT INTO users (name, note, password)\nVALUES\n" + ",\n".join([row] * 20)
    text = text.replace("{}", SECRET)
    redactor = SecretRedactor()
    assert "".join([*map(redactor.feed, text), redactor.close()]) == redact(text)
    assert SECRET not in redact(text)


@pytest.mark.parametrize(
    "where",
    [
        'bob pptpd "{}" *\n',
        "ACL SETUSER worker on >{} ~cache:* +@read\n",
        'expect "assword:"\nsend "{}\\r"\n',
        "child.expect('assword:')\nchild.sendline('{}')\n",
        "schtasks /create /tn x /sc daily /ru CORP\\svc /rp {}\n",
        "sqlplus bob.k/{}@//db1:1521/ORDERS\n",
        "default login bob.k password {}\n",
        "use the temporary password {} to sign in\n",
        "wifi of the office: ssid Engine, pw {}\n",
        "identifiant bob, mot de passe {}\n",
        "la contrase\u00f1a del servidor es {}, gracias\n",
        "  user bob insecure-password {}\n",
        "snmpwalk -v3 -A 'aB3x9Kq7Lm' -X '{}' host\n",
        'ok = red:auth("{}")\n',
        'resource "aws_ssm_parameter" "a" {{\n  type  = "SecureString"\n  value = "{}"\n}}\n',
    ],
)
def test_what_a_tool_or_a_person_calls_a_password_is_masked(where):
    value = "Qz8!mPr4vTx"
    text = where.format(value)
    assert value not in redact(text)
    redactor = SecretRedactor()
    assert "".join([*map(redactor.feed, text), redactor.close()]) == redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "click on >Settings2\n",
        "systemctl restart pptpd now\n",
        "the tests pass PR#1234Ab\n",
        "a password SHA256withRSA is hashed\n",
        "PASSWORD=`openssl rand -base64 24`\n",
        "login ok password=[FILTERED] ip=10.0.0.11\n",
        "new Commit('9b74c9897bac770ffc029102a200c5de9b74c989')\n",
        'cache: { key: "9b74c9897bac770ffc029102a200c5de" }\n',
        "password_salt: 9b74c9897bac770ffc029102a200c5de\n",
    ],
)
def test_what_only_looks_so_stays(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    "where",
    [
        "const c = new Vendor('{}')\n",
        'client = Client("AC26640b443ae15ec954a46362415009d3", "{}")\n',
        'ENCRYPTION_KEY = bytes.fromhex("{}")\n',
        "'crypt' => ['key' => '{}'],\n",
        "MJ_APIKEY_PRIVATE={}\n",
    ],
)
def test_a_drawn_key_that_a_call_or_a_nested_name_holds_is_masked(where):
    value = "9b74c9897bac770ffc029102a200c5de"
    assert value not in redact(where.format(value))


def test_the_private_members_of_a_web_key_are_masked():
    key = '{"kty":"EC","crv":"P-256","x":"4amK8gPAClJlrK2hZuMmo6","d":"Y-Dk0BEGIqLNaCH1Kxliw92"}'
    safe = redact(key)
    assert "4amK8gPAClJlrK2hZuMmo6" in safe
    assert "Y-Dk0BEG" not in safe


def test_the_cookie_of_an_archive_of_requests_is_masked():
    line = '{"name": "Cookie", "value": "PHPSESSID=kus1y9nlj4zzelztfsp30k6dkk; theme=dark"}'
    assert "kus1y9nlj4" not in redact(line)


def test_a_private_key_of_ssh2_is_masked_whole():
    body = "\n".join("aB3+" * 17 for _ in range(5))
    kind = "SSH2 ENCRYPTED PRIVATE KEY"
    text = f'a\n---- BEGIN {kind} ----\nComment: "x"\n{body}\n---- END {kind} ----\nb\n'
    assert redact(text) == f"a\n{MASK}\nb\n"
    redactor = SecretRedactor()
    assert "".join([*map(redactor.feed, text), redactor.close()]) == redact(text)
