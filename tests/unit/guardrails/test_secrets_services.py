"""Secrets whose shape only the service, or the file that gives them, explains."""

from __future__ import annotations

import pytest

from coding_agent_sdk.middleware.guardrails import find_secrets, redact
from coding_agent_sdk.middleware.guardrails.secrets import MASK
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

from .made_up import MadeUp

draw = MadeUp(59)
UUID = "-".join(draw.hex(size) for size in (8, 4, 4, 4, 12))
WORD = draw.password()
HALF = draw.text(40)
KEY_ID = "LTAI" + draw.text(20)

GIVEN = {
    "an AppRole of Vault": ("role_id: a\nsecret_id: {}\n", UUID),
    "a part of Vault's own key": ("Unseal Key 1: {}", draw.text(44)),
    "members of Consul": ('encrypt = "{}"', draw.text(43) + "="),
    "an agent of Consul": ('acl {{ tokens {{ default = "{}" }} }}', UUID),
    "a function of Azure": ("https://x.azurewebsites.net/api/f?a=1&code={}&b=2", draw.text(54)),
    "PagerDuty": ("pagerduty_configs:\n  - routing_key: {}\n", draw.hex(32)),
    "a session of a client": ('session = APISession("{}")', draw.text(20)),
    "OmniAuth": ("provider :github, 'Iv1.e0def2cb808e1c80', '{}'", draw.hex(40)),
    "OpenWeather": ("curl https://api.x.org/v1?lat=1&appid={}&units=metric", draw.hex(32)),
    "Hardhat": ('accounts: ["{}"]', "0x" + draw.hex(64)),
    "HAProxy": ("  user root insecure-password {}\n", WORD),
    "HAProxy's page": ("  stats auth ops:{}\n", WORD),
    "OpenVPN": ("<auth-user-pass>\nbranch3\n{}\n</auth-user-pass>", WORD),
    "sssd": ("ldap_default_authtok = {}\n", WORD),
    "an answer file": ("<AdminPassword>\n  <Value>{}</Value>\n</AdminPassword>", WORD),
    "FileZilla": ('<Pass encoding="base64">{}</Pass>', draw.text(16)),
    "a share with its user": (r"net use Z: \\nas\share /user:CORP\bob {} /persistent:no", WORD),
    "a traced call": ('execve("/usr/bin/mysql", ["mysql", "-ucrm", "-p{}", "crm"])', WORD),
    "a dump without columns": ("INSERT INTO `access_tokens` VALUES (1,'{}','web',2);", draw.hex(40)),
    "Mailgun": ("define('MG_KEY', '{}');", f"{draw.hex(32)}-{draw.hex(8)}-{draw.hex(8)}"),
    "Gmail": ('s.login("ann@corp.io", "{}")', "xfot vjlh fzso fsng"),
    "a settings file": ("[client]\nuser = ann\npassword = {}\n", "kolibri1987"),
    "Portuguese": ('{{"senha": "{}", "porta": 1}}', WORD),
    "Turkish": ("db.sifre={}\n", WORD),
    "French": ('$motdepasse = "{}";', WORD),
    "Russian, in Latin letters": ('PAROL = "{}"', WORD),
    "Russian": ("\u043f\u0430\u0440\u043e\u043b\u044c \u043e\u0442 \u0441\u0435\u0440\u0432\u0435\u0440\u0430, \u0442\u0435\u043f\u0435\u0440\u044c: {}", WORD),
    "a German table": ("| Host | Kennwort |\n|---|---|\n| h1 | {} |\n", WORD),
    "MinIO's client": ("mc alias set prod https://s3.corp.io bob {}", draw.text(40)),
    "a router": (" ip ospf message-digest-key 1 md5 {}\n", WORD),
    "a router's server": ("tacacs-server key {}\n", WORD),
    "PPP": ('# chap-secrets\n"ann@isp" * "{}" *\n', WORD),
    "strongSwan": ('bob : EAP "{}"\n', WORD),
    "Terraform's state": ('{{"bcrypt_hash":"$2a$10$AE7hgfO4aqv.YgcrJlSw9M","result":"{}","special":true}}', WORD),
    "OpenWeather, by name": ('OPENWEATHER_APPID = "{}"', draw.hex(32)),
    "htpasswd": ("htpasswd -b -B /etc/nginx/users ann {}", WORD),
    "Sourcegraph": ("http --auth-type bearer --auth {} GET https://x.io", f"sgp_{draw.hex(16)}_{draw.hex(40)}"),
    "Backblaze": ("[b2]\ntype = b2\nkey = {}\n", "K000" + draw.text(27)),
    "a prompt of Python": (">>> settings.dd_api_key\n'{}'\n>>> 1", draw.hex(32)),
    "Pulumi": ("config:\n  reports:webhookToken: {}\n", draw.hex(48)),
    "a chat": ("user deployer, password: {}\n", "Marble.Saffron5539"),
    "PHP": ("define('DB_PASSWORD', '{}');", "ggsl[BG+6W*=[Y*%Dj"),
    "Opsgenie": ("export OPSGENIE_KEY={}", UUID),
    "Elasticsearch": ("Password for the [elastic] user successfully reset.\nNew value: {}\n", draw.text(20)),
    "Polish, in Latin letters": ("db.haslo={}\n", WORD),
    "a page of PHP": ("<td class=\"e\">$_ENV['DB_PASSWORD']</td><td class=\"v\">{}</td>", WORD),
    "Visual Basic": ('Const DB_PWD As String = "{}"', "WillowBasalt.8922"),
    "PPP, below its heading": ('# client  server  secret  IP\nroadwarrior  *  "{}"  *\n', WORD),
    "what is sent as Basic": ("const auth = 'Basic ' + Buffer.from('svc:{}').toString('base64')", draw.text(16)),
    "OpenWrt": ("\toption key '{}'\n", "MapleThunder.1427"),
    "WebSphere": ('<authData user="db2inst1" password="{}" description="DB2"/>', "{xor}TWFwbGVQZWxpY2FuITQwMDc="),
    "a microcontroller": ("wlan.connect('Halle7', '{}')", "pelican-biscuit-bronze-6187"),
    "Arduino": ('WiFi.begin("Halle7", "{}");', WORD),
    "Honeycomb": ("    headers:\n      x-honeycomb-team: {}\n", draw.text(22)),
    "an example that is none": ('name: X-API-Key\n  example: "{}"', draw.hex(32)),
    "an output of Terraform": ('{{"admin_password":{{"sensitive":true,"type":"string","value":"{}"}}}}', WORD),
    "a switch": ("tacacs server ISE1\n address ipv4 10.1.9.5\n key {}\n", WORD),
    "Laravel": ("'key' => 'base64:{}',\n'cipher' => 'AES-256-CBC'", draw.text(43) + "="),
    "restic": ('restic --password-command "echo {}" snapshots', WORD),
    "a key store of Java": ('ks.load(in, "{}".toCharArray());', "Basalt!135L"),
    "a personal access token, by its name": ('$env:AZURE_DEVOPS_EXT_PAT = "{}"', "dxkp123nfy9mvt9xzzegrxdnzb4reb1fa7bk71j6io3c3pmuwg8f"),
    "ldap.conf": ("BINDDN cn=reader,dc=uni\nBINDPW {}\n", "wvioOvliuMmHI8G"),
    "Kaggle": ('{{"username":"tidalfan","key":"{}"}}', draw.hex(32)),
    "two words in a chat": ("[09:15] tobi: admin / {}\n", "Qp*!OPvXu9YGv"),
    "Oracle's rman": ("rman target sys/{}@ORCL cmdfile=full", WORD),
    "wandb in a notebook": ('"wandb.login(key=\\"{}\\")"', draw.hex(40)),
    "ABAP": ("c_password TYPE string VALUE '{}'.", "Copper-5745#"),
    "the control language of IBM i": ("DCL VAR(&PWD) TYPE(*CHAR) LEN(10) VALUE('{}')", "PJRXBQT1F9"),
    "a table with quoted headings": ('"Account","Login Name","Password","Site"\n"a","b","{}","c"\n', "Wolke*Velvet4688#"),
    "Caddy": ("tls {{\n\tdns cloudflare {}\n}}", "gOXP-rFrZXvF1gqH2nJesEEEeLNlV7lxGx-2UTw9"),
    "what hashes are keyed with": ("HASH_SECRET={}\n", draw.text(40)),
    "what files are encrypted with": ('ENCRYPT_PASSWORD = "{}"', WORD),
    "a key of data": ('DATA_KEY = "{}"', draw.text(40)),
    "a password that begins with a sign of patterns": ('password = "{}"', "^Tr0ub4dor&3xK"),
    "a name that ends with its service": ('PASSWORD_FTP = "{}"', WORD),
}  # fmt: skip

LET_BE = [
    "routing_key: orders.created.eu",
    '<assemblyIdentity name="Newtonsoft.Json" publicKeyToken="30ad4fe6b2a6aeed" culture="neutral" />',
    '"forgot_password": "\u00bfOlvidaste tu contrase\u00f1a?"',
    "encryptedData:\n  password: " + "AgBy3i4OJSWK" + draw.text(120),
    "spring.datasource.password=ENC(" + draw.text(43) + "=)",
    "db_password: ENC[AES256_GCM,data:Fj,iv:" + draw.text(43) + "=,tag:" + draw.text(23) + "=]",
    '$pw = ConvertTo-SecureString $env:PW -AsPlainText; $pw = Get-Content "a.txt"',
    "TELEGRAM_TOKEN=123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11",
    "mongodb+srv://<username>:<password>@cluster0.example.org/?retryWrites=true",
    "secretId: " + UUID,
    'encrypt = "$GOSSIP_KEY"; encrypt = true',
    'tokens { default = "${var.token}" }',
    "INSERT INTO colors VALUES (1,'" + draw.hex(40) + "');",
    's.login("ann@corp.io", "this must have been")',
    "<Password>\n  <MinLength>12</MinLength>\n</Password>",
    "ca-certs: sha256~" + draw.hex(64),
    "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" + draw.text(300),
    "sonar.projectKey=globex_telemetry",
    "enable secret 9 $9$QF5LAlfQ0dbqBy$yx/nIV3yFm.YFe87BYyyngsz9OnjuQhYrTWMW6z9IoF",
    r"const pwd = /^(?=.*[a-z])(?=.*[A-Z])[A-Za-z\d@$!%*?&]{8,}$/;",
    "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?required}",
    '"ApiKey": "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/ApiKey/8c60b2111)"',
    ">>> settings.api_key\n>>> 'other-value-12'",
    '"hashed_secret": "' + draw.hex(40) + '"',
    "applicationServerKey = decode('BfPdxDdlgW3jcePK_A2qQ0JDztGT4n_RY_7j8nohSTw4eL9xT7domU06WJJLP8pF6mdiwI6wHF3rc1h2JfKWYWp');",
    "SECRET=your-256-bit-secret node sign.js",
    "acme.io. IN DNSKEY 257 3 13 " + draw.text(86) + "==",
    '<input class="css-f24rjv-password" data-key="a44f87e8" type="password" />',
    "ecdsa-sha2-nistp256 AAAAE2VjZHNh/Av0ZPccsTYXqElPW1= ops@bastion",
    'murmur3_x64_128("token") = ' + draw.hex(32),
    "checksum/secret: " + draw.hex(64),
    "aws s3api list-objects-v2 --starting-token eyJDb250aW51YXRpb25Ub2tlbiI6IG51bGwsICJib3RvX3Ry",
    "OPENAI_ORG=org-7U2JS0eRvihDn2U9kgUoXQEs",
    "apiVersion: v1\nkind: Secret\ndata:\n  username: YXBw\n",
    "_key: \n${PASSWORD:",
    "function login(t,e){return t.password===e.token&&(t.key=e.key,!0)}",
    "user.signingkey=F1D122C263CED775",
    ":root{--token-primary:#3b82f6;--token-muted:#64748bcc;--key-shadow:0 1px}",
    "spring.security.user.password={bcrypt}$2a$12$EaqyrbOzghDKinnxFPnG0jkfs4Z5UdZSq3yqwC8qSFgc95ncYT0Yh",
    "opts.password = argv[++i];",
    "export const CLEAR_PASSWORD = 'auth/CLEAR_PASSWORD';",
    "MOT_DE_PASSE=votre_mot_de_passe",
    "https://x.org/key-cutting-machine.pdf?versionId=Ne6kfr75XKFvoIdbzuDKE6xaTWuETZtQ",
    "https://x.org/search?q=reset+token&ved=0ahUKE7qOME3iv1NACoWPATiRbEI9MXfTjnaYcRDx2Jpyd",
    "account_key: DE-WHS-0042",
    "def __init__(self, mlkem_key: mlkem.MLKEM768PrivateKey, x25519_key: x25519.X25519PublicKey,",
    """token = r"[-!#$%&'*+.^_`|~0-9a-zA-Z]+\"""",
    "def parole(): ...\nparole = hearing2.date",
    "https://x.azurewebsites.net/api/f?code=404",
]


@pytest.mark.parametrize("name", GIVEN)
def test_what_a_service_is_given_is_found_and_nothing_else(name):
    form, value = GIVEN[name]
    text = form.format(value)
    assert [text[found.start : found.end] for found in find_secrets(text)] == [value]


@pytest.mark.parametrize(
    "between", [",", ":", '", "', " / ", "\t"], ids=["CSV", "colon", "call", "slash", "tab"]
)
def test_the_secret_half_right_behind_the_other_is_found(between):
    text = f'f("{KEY_ID}{between}{HALF}")'
    assert HALF not in redact(text)
    assert HALF in redact(f'f("{HALF}")')


def test_a_static_key_of_openvpn_is_masked_whole():
    lines = "\n".join(draw.hex(32) for _ in range(16))
    kind = "OpenVPN Static key V1"
    key = f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----"
    assert redact(f"<tls-auth>\n{key}\n</tls-auth>\nport 1194\n") == (
        f"<tls-auth>\n{MASK}\n</tls-auth>\nport 1194\n"
    )
    redactor = SecretRedactor()
    out = "".join(redactor.feed(character) for character in f"a\n{key}\nb\n")
    assert out + redactor.close() == f"a\n{MASK}\nb\n"


@pytest.mark.parametrize("text", LET_BE)
def test_what_only_looks_alike_is_let_be(text):
    assert [text[found.start : found.end] for found in find_secrets(text)] == []


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("size", [1, 5])
def test_in_pieces_nothing_of_it_leaks(name, size):
    form, value = GIVEN[name]
    text = f"before it\n{form.format(value)}\nand after it\n"
    redactor, whole, out = SecretRedactor(), redact(text), ""
    for at in range(0, len(text), size):
        out += redactor.feed(text[at : at + size])
        assert whole.startswith(out)
    assert out + redactor.close() == whole
    assert value not in whole
