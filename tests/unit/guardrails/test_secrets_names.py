"""Values that a name, a flag, a header, a URL or a column gives away."""

from __future__ import annotations

import base64
from itertools import pairwise

import pytest

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets import MASK, find_secrets, merge, redact
from coding_agent_sdk.middleware.guardrails.secrets.names import tier

from .made_up import MadeUp

draw = MadeUp()
PASSWORD = draw.password()
TOKEN = draw.text(32)
HEX40 = draw.hex(40)


def _stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "where",
    [
        "DB_PASSWORD={}",
        "export DB_PASSWORD='{}'",
        'set "DB_PASSWORD={}"',
        "ENV SMTP_PASSWORD={}",
        "password: {}",
        '  "password": "{}",',
        '{{\\"password\\": \\"{}\\"}}',
        "spring.datasource.password={}",
        "<password>{}</password>",
        '<add key="SmtpPassword" value="{}" />',
        "define('DB_PASSWORD', '{}');",
        '$db_pass = "{}";',
        'private String password = "{}";',
        'const char* password = "{}";',
        'password: str = "{}"',
        'pub const PASSWORD: &str = "{}";',
        'os.environ["DB_PASSWORD"] = "{}"',
        'os.getenv("DB_PASSWORD", "{}")',
        "login(user='bob', password='{}')",
        'setPassword("{}")',
        "Data Source=x;User Id=sa;Password={};Database=y",
        "the admin password is {}.",
        "My password was `{}`",
        "--password={} --host x",
        "--password {} --host x",
        '--password "{}" --host x',
        '["--password", "{}"]',
        'psql "host=db user=x password={} dbname=y"',
        "auth request failed (user=bob password={})",
    ],
)
def test_a_password_is_masked_wherever_a_name_announces_it(where):
    assert redact(where.format(PASSWORD)) == where.format(MASK)


@pytest.mark.parametrize(
    "where",
    [
        "API_KEY={}",
        "x-api-key: {}",
        "curl -H 'X-Auth-Token: {}' https://a.b",
        "client_secret={}&grant_type=x",
        "https://api.x.io/v1?key=1&api_key={}",
        "jwtSecret: {}",
        'apiKey := "{}"',
        "token={}, user=bob",
        "//registry.example.org/:_authToken={}",
        "AccountKey={};EndpointSuffix=x",
        "--token {} --server x",
        "token = SecretStr('{}')",
        "the API key is {}",
    ],
)
@pytest.mark.parametrize("value", [TOKEN, HEX40], ids=["mixed", "hex"])
def test_a_token_is_masked_wherever_a_name_announces_it(where, value):
    assert redact(where.format(value)) == where.format(MASK)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('export OPENAI_API_KEY="sk-proj-abcdefghijklmnop"', "sk-proj-abcdefghijklmnop"),
        ('{"api_key": "abc123"}', "abc123"),
        ("DB_PASSWORD=s3cr3t", "s3cr3t"),
        ("password: hunter2", "hunter2"),
        ('  password: "hunter2"  # of the test stage', "hunter2"),
        ("API_KEY=sk-123", "sk-123"),
        ("PASSWORD=123456", "123456"),
        ("Password123=Password123!x", "Password123!x"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("aws_access_key_id = AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ('auth_token = "deadbeefcafe"', "deadbeefcafe"),
        ("my password is hunter2", "hunter2"),
        ("Log in as bob, password: hunter2", "hunter2"),
        ('{"username": "bob", "password": "hunter2"}', "hunter2"),
        ("pass=m8Kq2ldP host=x", "m8Kq2ldP"),
        ("client_secret: abcd1234", "abcd1234"),
        ("postgres://admin:hunter2@db.internal:5432/prod", "hunter2"),
        ("curl -u admin:hunter2 https://x", "hunter2"),
        ("mysql -u root -phunter2 app", "hunter2"),
        ("sshpass -p hunter2 ssh x", "hunter2"),
        ("PRIVATE_KEY=0x" + "abc123def456" * 5 + "abcd", "0x" + "abc123def456" * 5 + "abcd"),
    ],
)  # fmt: skip
def test_what_people_make_up_is_masked_in_settings(text, value):
    assert redact(text) == text.replace(value, MASK)


@pytest.mark.parametrize(
    "text",
    [
        "API_KEY=XXXX",
        "API_KEY=...",
        "API_KEY=<token>",
        "API_KEY=changeme",
        "API_KEY=your-key-here",
        'api_key: "YOUR_API_KEY"',
        "API_KEY=example",
        'API_KEY="sk-..."',
        'API_KEY="sk-<your key>"',
        'OPENAI_API_KEY="sk-xxxxxxxxxxxxxxxxxxxxxxxx"',
        "password=None",
        'password=""',
        'password="***"',
        "password: '********'",
        f"token: {MASK}",
        '"password": "string"',
        "ANTHROPIC_API_KEY=dummy",
        "ANTHROPIC_API_KEY=none",
        "POSTGRES_PASSWORD: postgres",
        "api_key=API_KEY",
    ],
)
def test_placeholders_stay(text):
    _stays(text)


@pytest.mark.parametrize(
    "text",
    [
        "API_KEY=$VAR",
        "API_KEY=${OPENAI_API_KEY}",
        "password: ${{ secrets.DB_PASSWORD }}",
        'password: "{{ vault_db_password }}"',
        "PASSWORD=$(vault kv get -field=password secret/etl)",
        "set API_KEY=%OPENAI_KEY1%",
        'api_key = os.environ["OPENAI_API_KEY"]',
        'SECRET_KEY = env.str("DJANGO_SECRET_KEY1")',
        "apiKey: process.env.API_KEY1,",
        "token = get_token()",
        "token = await refresh2(x)",
        "token = tokens[0]",
        "token = self.token2",
        "password = password1",
        "secret = user_token_v2",
        'token = m["x1"]',
        'token = f"{a}-{b1}"',
        "secretKeyRef:\n  key: password\n  name: db-secret",
        "PASSWORD_FILE=/run/secrets/db_password1",
        "token: !vault secret/1",
    ],
)
def test_references_and_code_stay(text):
    _stays(text)


@pytest.mark.parametrize(
    "text",
    [
        'password = "test"',
        "r = client.post('/login', data={'username': 'alice', 'password': 'hunter2'})",
        "User.objects.create_user('bob', password='password123')",
        'assert token == "abc123"',
        "password: str",
        "token: Optional[str] = None",
        "api_key: str | None = None",
        "token: uint256",
        "password: z.string().min(8)",
        "max_tokens: 4096",
        "token_count=123456789",
        "password_hash: 5f4dcc3b5aa765d61d8327deb882cf99",
        'cache_key = "user:42:0b99dbe86754"',
        "primary_key=True, sort_key='created_at#2024'",
        "token: the smallest unit of text",
        '"password": "Your password must have 8 characters"',
        '"login": {"password": "Mot de passe :"}',
        "The password is sha256-hashed, the key is 32 bytes.",
        "Passwords: at least 8 characters, 1 digit",
        "Rotate the API key every 72 days and never commit passwords.",
        'get_secret("prod/db-1")',
        "secret_arn = 'arn:aws:secretsmanager:eu-west-1:198178235330:secret:etl'",
        "auth_token_url = 'https://auth.acme.io/oauth/token1'",
        "PUBLIC_KEY=MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8xOUetsCa8EfOlDEBAfREhJqspDo",
        "idempotency_key = 8ea1173e-c4db-4644-8a9b-153fffffa19e",
        "commit 5f596039b14419de38a1307ec1dc439d8ad42db7",
        "sha256:b64380a7d665d9f8e1c100ceba840de880fa42b7689c7a6f95e53d5a567cd203",
        "password: $2b$12$KIXQ0Jd6Xv1c8Jd6Xv1c8OeJd6Xv1c8Jd6Xv1c8Jd6Xv1c8Jd6Xv",
        "page_token=1, next_token = 'abc123def'",
        "token: 2024-01-02T10:00:00Z",
        "key: ctrl+shift+p1",
        "mkdir -p src/app1 && cp -p a1 b1",
        "You may pass `strict=False1` here",
        "if data['password'] != data['confirm1']:",
        "def __init__(self, user='', passwd='', acct='a1'):",
        "FunctionPass::skipFunction1(x)",
        "Pass *ResultPass = Resolver1->get()",
        "SEC_ERROR_INVALID_PASSWORD = (SEC_ERROR_BASE + 15)",
        "    private_key: ed25519.Ed25519PrivateKey",
        "    def sign(self, private_key: SSHCertPrivateKeyTypes)",
        "names = ['PKPass', 'PKPassLibrary', 'TKToken', 'TKTokenAuthOperation']",
        '"master_user_password": source_instance._master_user_password',
        "credentials = '{0}:{1}'.format(user, password)",
        "#define sk_X509_POLICY_NODE_new_null() x",
        '#define PEM_STRING_SM2PRIVATEKEY "SM2 PRIVATE KEY"',
        'LockToken: "f17743f7-0000-0000-0000-19a8b93bfb01"',
        "--auth-key: #bd325e; --token: #a4bcc43c",
        "gpg --recv-keys C82FA3AE1CBEDC6BE46B9360C43CEC45C17AB93C",
        '"AWS::IAM::AccessKey": "72c2d9dd90025459"',
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:MyTestSecret-a1b2c3",
        "passphrase: &#x3C;string1",
        "`Authorization: AWS4-HMAC-SHA256` is the scheme",
        "the nextToken: " + MadeUp(5).text(40),
        "IsLoopNestPass = std::move(RHS.IsLoop1)",
        "apt\tpasswd\napt\tdconf-gsettings-backend:amd64\n",
        "password=&token=;",
        "ssh -p 2222 host && psql -p 5432",
    ],
)
def test_what_only_looks_like_a_secret_stays(text):
    _stays(text)


# -- command lines, headers, URLs ------------------------------------------------------------------


@pytest.mark.parametrize(
    "where",
    [
        "mysql -uroot -p{} app",
        "mysqldump -u root -p'{}' db > x.sql",
        "redis-cli -h r -a {} ping",
        "docker login -u bob -p {} reg.io",
        "mongosh -u admin -p {} --host x",
        "sqlcmd -S srv -U sa -P {} -Q q",
        "ldapsearch -D cn=x -w {} -b dc=y",
        "smbclient //h/s -U bob%{}",
        "ipmitool -H h -U a -P {} power on",
        "zip -r -P {} out.zip in",
        "7z a -p{} out.7z in",
        "curl -u admin:{} https://a.io",
        "openssl rsa -in k -passin pass:{}",
        "machine github.com login bob password {}",
        "machine github.com\n  login bob\n  password {}\n",
        "echo 'root:{}' | chpasswd",
        "CREATE USER app WITH PASSWORD '{}';",
        "ALTER USER 'a'@'%' IDENTIFIED BY '{}';",
        "db.io:5432:app:bob:{}",
    ],
)
def test_passwords_on_command_lines_are_masked(where):
    password = draw.text(12)
    assert redact(where.format(password)) == where.format(MASK)


@pytest.mark.parametrize(
    "where",
    [
        "Authorization: Bearer {}",
        "headers['Authorization'] = 'token {}'",
        '{{"Authorization": "ApiKey {}"}}',
        "authorization: {}",
        "sent bearer {}.",
        "Cookie: theme=dark; sessionid={}; x=1",
        "Set-Cookie: auth_token={}; Path=/",
    ],
)
def test_credentials_in_headers_are_masked(where):
    token = draw.text(36)
    assert redact(where.format(token)) == where.format(MASK)


def test_basic_credentials_are_masked_when_they_decode_to_user_and_password():
    live = base64.b64encode(f"bob:{PASSWORD}".encode()).decode()
    assert redact(f"Authorization: Basic {live}") == f"Authorization: Basic {MASK}"
    assert redact(f'"auth": "{live}"') == f'"auth": "{MASK}"'
    for other in (base64.b64encode(b"no colon here at all").decode(), "<credentials>", "RFC7617"):
        _stays(f"Authorization: Basic {other}")


@pytest.mark.parametrize(
    "where",
    [
        "postgres://u:{}@db.acme.io/x",
        "mongodb+srv://app:{}@cluster0.mongodb.net/db",
        "redis://:{}@cache:6379/0",
        "jdbc:oracle:thin:app/{}@db.acme.io:1521:X",
        "https://a.blob.core.windows.net/c?sv=1&sig={}%3D",
    ],
)
def test_passwords_and_signatures_in_urls_are_masked(where):
    password = draw.text(24)
    redacted = redact(where.format(password))
    assert password not in redacted
    assert redacted.startswith(where.split("{}")[0] + MASK)


def test_a_token_alone_before_the_host_is_masked():
    assert redact(f"git clone https://{TOKEN}@github.com/a/b") == (
        f"git clone https://{MASK}@github.com/a/b"
    )


def test_an_amazon_signature_is_masked():
    text = f"https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature={draw.hex(64)}&x=1"
    assert draw.hex(64) not in redact(text)
    assert redact(text).endswith(f"X-Amz-Signature={MASK}&x=1")


@pytest.mark.parametrize(
    "text",
    [
        "postgres://postgres:postgres@localhost/db",
        "postgres://user:pass@host:5432/db",
        "postgresql://<user>:<password>@localhost:5432/dbname",
        "postgres://$USER:$PASSWORD@db.acme.io/x",
        "redis://localhost:6379/0",
        "https://user@example.com/path",
        "git@github.com:acme/x.git",
        "http://a:xxx@b.io",
        "jdbc:oracle:thin:app/*@db.acme.io:1521:X",
        "mysql://app:dev@127.0.0.1/x",
    ],
)
def test_urls_without_a_live_password_stay(text):
    _stays(text)


def test_a_short_word_is_a_password_for_a_host_on_the_net_only():
    assert redact("ftp://bob:zebra@files.acme.io/x") == f"ftp://bob:{MASK}@files.acme.io/x"
    _stays("ftp://bob:zebra@localhost/x")
    _stays("ftp://bob:zebra@example.com/x")


# -- across lines ----------------------------------------------------------------------------------


def _manifest(kind: str, value: str, *, kind_first: bool = True) -> str:
    head = f"apiVersion: v1\nkind: {kind}\n" if kind_first else "apiVersion: v1\n"
    tail = "" if kind_first else f"kind: {kind}\n"
    return f"{head}metadata:\n  name: x\ndata:\n  one: {value}\n{tail}"


def test_the_data_of_a_kubernetes_secret_is_masked():
    value = base64.b64encode(b"river!42").decode()
    assert redact(_manifest("Secret", value)) == _manifest("Secret", MASK)
    assert redact(_manifest("Secret", value, kind_first=False)) == (
        _manifest("Secret", MASK, kind_first=False)
    )
    _stays(_manifest("ConfigMap", "plain-value"))
    certificate = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nxyz").decode()
    _stays(_manifest("Secret", certificate))
    _stays("kind: Secret\ndata:\n  one: abc\nstringData:\nspec: c29tZXRleHQh\n")
    _stays("kind: Deployment\ndata:\n  one: /////w==\n")


def test_a_value_below_its_name_is_masked():
    assert (
        redact(f"- name: API_TOKEN\n  value: {TOKEN}\n") == f"- name: API_TOKEN\n  value: {MASK}\n"
    )
    terraform = 'variable "db_password" {{\n  type = string\n  default = "{}"\n}}\n'
    assert redact(terraform.format(PASSWORD)) == terraform.format(MASK)
    _stays("- name: LOG_LEVEL\n  value: abc123def456\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_column_of_a_table_is_masked(delimiter):
    rows = [["user", "password", "mail"], ["bob", PASSWORD, "x"], ["eve", TOKEN, "y"]]
    text = "".join(delimiter.join(row) + "\n" for row in rows)
    assert redact(text) == text.replace(PASSWORD, MASK).replace(TOKEN, MASK)


def test_a_table_ends_where_its_rows_have_other_cells_and_a_new_heading_begins_a_new_one():
    text = f"user,token\nbob,abcdefgh1\nsome other line\nbob,{TOKEN}\nkey name,api_key\nx,{HEX40}\n"
    redacted = redact(text)
    assert TOKEN in redacted
    assert HEX40 not in redacted


def test_a_sentence_with_commas_is_no_heading():
    _stays("First, the token is read\nlater, abc123def456ghi789\n")


def test_an_unknown_token_near_a_word_for_keys_is_masked():
    assert redact(f"log in with {TOKEN}, please") == f"log in with {TOKEN}, please"
    assert redact(f"your new key: {TOKEN}") == f"your new key: {MASK}"
    assert redact(f"401 for `{TOKEN}`") == f"401 for `{MASK}`"
    _stays(f"the digest of the key {TOKEN} is")
    _stays(f"the key of req_{TOKEN} is")


# -- the whole -------------------------------------------------------------------------------------


def test_text_that_was_redacted_stays_as_it_is():
    text = f"API_KEY={TOKEN}\npassword: {PASSWORD}\npostgres://u:{PASSWORD}@h.io/x\n"
    once = redact(text)
    assert once.count(MASK) == 3
    assert redact(once) == once


def test_a_letter_that_grows_in_small_letters_moves_nothing():
    text = f"\u0130\u0130 API_KEY={TOKEN}"
    (finding,) = find_secrets(text)
    assert text[finding.start : finding.end] == TOKEN


def test_findings_that_overlap_or_touch_are_one_with_the_surest_type():
    found = merge(
        [
            Finding(start=5, end=9, type="b", rule="r", confidence=0.5),
            Finding(start=1, end=5, type="a", rule="r", confidence=0.9),
            Finding(start=20, end=22, type="c", rule="r"),
            Finding(start=2, end=3, type="d", rule="r", confidence=0.1),
        ]
    )
    assert [(f.start, f.end, f.type) for f in found] == [(1, 9, "a"), (20, 22, "c")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dbPassword", "password"), ("DB_PASSWORD_PROD", "password"), ("passphrase", "password"),
        ("seed_phrase", "password"), ("API_KEY", "token"), ("apiKey2", "token"), ("awsSecret", "token"),
        ("token_ttl", "none"), ("password_hash", "none"), ("cache_key", "none"), ("key", "none"),
        ("nextToken", "none"), ("by_pass", "none"), ("fooKey", "key"), ("_auth", "key"),
        ("AWS_ACCESS_KEY_ID", "key"), ("signature", "none"), ("", "none"), ("my_password_value", "password"),
        ("httppasswd", "password"),
    ],
)  # fmt: skip
def test_the_last_word_of_a_name_decides(name, expected):
    assert tier(name) == expected


LINEAR = [
    "password = ", "pwd", "key=", "key ", 'token="', "--token ", "a:", ":", "://", "://a:b@", "://a:/", 'x="',
    "'", '"', "\\", '\\\\\\"', "A" * 9, "eyJa.", "M.", "sig=", "sk-", "re_", "SG.", "KEY", "1/0", "s.a1B", ":AA",
    "-----BEGIN ", "-----BEGIN RSA PRIVATE KEY-----\n", "AAAAAAAAAAAAAAAAAAAAAAAA\n", "Private-Lines: 1\n",
    "cookie: sid=", "cookie=a;", "authorization: a ", "basic a", "mysql -p", "curl -u ", "echo a:b12 ", "login ",
    "user a password b1 ", "identified by '", "token,key\n", "a,b\n", "  a: abcd\ndata:\n", "name: key\n", "name:\n",
    'variable "x" {\n', "my password is ", "password='" + "a b " * 100, "token=" + "{a" * 200 + " ",
    "password:\n  ", "password: |\n", "ENV KEY ", "git config key ", "auth=('a', ", "auth('a','", "pdo('a','b',", "=",
    "A=a1B2c3D4e5F6g7H8\n", "= a1B2", "\0KEY=", "key</key><string>", "key || ", "key { get; ", "key --body ", "@tcp(",
    "a:b@tcp(", "rabbitmqctl add_user ", "htpasswd -b a ", "password for a is ", "credentials are a:", "jwt.sign(a,",
    "https://hooks.slack.com/services/", "a/api/webhooks/1", ".abcdef.", "M.abcdef.", "Q~", "|", "-us1", ":5432:", ":*:a",
    "401 ", "key a1B2c3d4e5", "'authorization', '", "0.", "st.", "/", "a1B2", "x-amz-signature=", "`", "{", "<", "\u00e9",
]  # fmt: skip


# In a run without a blank each of these is looked at with the whole window around it.
WITH_WINDOW = {
    "pwd", "KEY", 'token="', "key=", "  a: abcd\ndata:\n", "Q~", "\0KEY=", "key</key><string>", "auth('a','",
    "a:b@tcp(",
}  # fmt: skip


@pytest.mark.parametrize("piece", LINEAR)
def test_the_time_is_linear_in_the_length(piece):
    """A quadratic rule would not end within the limit of a test."""
    size = 200_000 if piece in WITH_WINDOW else 1_000_000
    found = find_secrets(piece * (size // len(piece)))
    assert all(one.end <= other.start for one, other in pairwise(found))
