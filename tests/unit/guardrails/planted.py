"""Texts with planted secrets of many formats in many places, written from public documentation.

All of them are drawn anew; the same seed draws the same texts.
"""

from __future__ import annotations

import base64
import random
import re
import string
from dataclasses import dataclass

ALPHANUMERIC = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
DIGITS = "0123456789"
BASE64 = ALPHANUMERIC + "+/"
URL = ALPHANUMERIC + "-_"
SMALL = string.ascii_lowercase + string.digits
CAPITAL = string.ascii_uppercase + string.digits
SIGNS = "!@#$%^&*"

_draw = random.Random(20261129)


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A text, and where its secrets stand."""

    kind: str
    text: str
    spans: tuple[tuple[int, int], ...]


def text(length: int, alphabet: str = ALPHANUMERIC) -> str:
    return "".join(_draw.choices(alphabet, k=length))


def uuid() -> str:
    return "-".join(text(n, HEX) for n in (8, 4, 4, 4, 12))


def password() -> str:
    kind = _draw.randrange(3)
    if kind == 0:
        return text(_draw.randint(10, 20))
    if kind == 1:
        return text(6) + _draw.choice("!@#$%^&*_-.") + text(6) + _draw.choice("!@#$%")
    word = _draw.choice(["Harbor", "Tango", "Velvet", "Copper", "Orbit"])
    number = str(_draw.randint(100, 9999))
    return word + _draw.choice("-_.!#$") + number + _draw.choice(["", "!", "x", "Zq"])


KEYS = {  # vendor: key
    "aws_id": lambda: "AKIA" + text(16, CAPITAL),
    "gcp_api": lambda: "AIza" + text(35, URL),
    "gcp_secret": lambda: "GOCSPX-" + text(28, URL),
    "gcp_oauth": lambda: "ya29.a0" + text(150, URL),
    "azure_cs": lambda: text(3) + "8Q~" + text(34, ALPHANUMERIC + "_~.-"),
    "azure_devops": lambda: text(52, SMALL),
    "azure_cosmos": lambda: text(86, BASE64) + "==",
    "github": lambda: "ghp_" + text(36),
    "github_fg": lambda: "github_pat_" + text(22) + "_" + text(59),
    "gitlab": lambda: "glpat-" + text(20, URL),
    "gitlab_new": lambda: "glpat-" + text(27, URL) + ".01." + text(9, SMALL),
    "gitlab_ci": lambda: "glcbt-64_" + text(20, URL),
    "bitbucket": lambda: "ATBB" + text(32),
    "bb_app": lambda: "ATCTT3xFfG" + text(170, URL + "=") + "=" + text(8, CAPITAL),
    "slack_bot": lambda: f"xoxb-{text(12, '0123456789')}-{text(13, '0123456789')}-{text(24)}",
    "slack_app": lambda: f"xapp-1-A{text(10, CAPITAL)}-{text(13, '0123456789')}-{text(64, HEX)}",
    "slack_hook": lambda: (
        f"https://hooks.slack.com/services/T{text(8, CAPITAL)}/B{text(10, CAPITAL)}/{text(24)}"
    ),
    "discord_hook": lambda: (
        f"https://discord.com/api/webhooks/{text(18, '123456789')}/{text(68, URL)}"
    ),
    "discord_bot": lambda: f"MT{text(24)}.{text(6, URL)}.{text(38, URL)}",
    "telegram": lambda: f"{text(10, '123456789')}:AA{text(33, URL)}",
    "teams_hook": lambda: (
        f"https://acme.webhook.office.com/webhookb2/{uuid()}@{uuid()}/IncomingWebhook/{text(32, HEX)}/{uuid()}"
    ),
    "stripe": lambda: "sk_live_51" + text(97),
    "stripe_r": lambda: "rk_live_51" + text(97),
    "stripe_wh": lambda: "whsec_" + text(32),
    "square": lambda: "sq0atp-" + text(22, URL),
    "square2": lambda: "EAAA" + "l" + text(59, URL),
    "paypal": lambda: "access_token$production$" + text(16, SMALL) + "$" + text(32, HEX),
    "adyen": lambda: "AQE" + text(100, BASE64),
    "twilio_key": lambda: "SK" + text(32, HEX),
    "sendgrid": lambda: f"SG.{text(22, URL)}.{text(43, URL)}",
    "mailgun": lambda: "key-" + text(32, HEX),
    "mailgun2": lambda: text(32, HEX) + "-" + text(8, HEX) + "-" + text(8, HEX),
    "mailchimp": lambda: text(32, HEX) + "-us12",
    "postmark": uuid,
    "brevo": lambda: "xkeysib-" + text(64, HEX) + "-" + text(16),
    "openai": lambda: "sk-proj-" + text(74, URL) + "T3BlbkFJ" + text(74, URL),
    "openai_old": lambda: "sk-" + text(20) + "T3BlbkFJ" + text(20),
    "openai_admin": lambda: "sk-admin-" + text(58, URL) + "T3BlbkFJ" + text(58, URL),
    "anthropic": lambda: "sk-ant-api03-" + text(93, URL) + "AA",
    "anthropic_admin": lambda: "sk-ant-admin01-" + text(93, URL) + "AA",
    "cohere": lambda: text(40),
    "hf": lambda: "hf_" + text(34, string.ascii_letters),
    "replicate": lambda: "r8_" + text(37),
    "mistral": lambda: text(32),
    "groq": lambda: "gsk_" + text(52),
    "together": lambda: text(64, HEX),
    "perplexity": lambda: "pplx-" + text(48),
    "deepseek": lambda: "sk-" + text(32, HEX),
    "openrouter": lambda: "sk-or-v1-" + text(64, HEX),
    "xai": lambda: "xai-" + text(80),
    "elevenlabs": lambda: "sk_" + text(48, HEX),
    "stability": lambda: "sk-" + text(48),
    "langfuse": lambda: "sk-lf-" + uuid(),
    "deepgram": lambda: text(40, HEX),
    "cerebras": lambda: "csk-" + text(48, SMALL),
    "fal": lambda: uuid() + ":" + text(32, HEX),
    "runpod": lambda: "rpa_" + text(46),
    "modal": lambda: "as-" + text(22),
    "nvidia": lambda: "nvapi-" + text(64, URL),
    "pinecone": lambda: "pcsk_" + text(6) + "_" + text(63),
    "weaviate": lambda: text(36),
    "tavily": lambda: "tvly-" + text(32),
    "serpapi": lambda: text(64, HEX),
    "unstructured": lambda: text(30),
    "datadog": lambda: text(32, HEX),
    "datadog_app": lambda: text(40, HEX),
    "newrelic": lambda: "NRAK-" + text(27, CAPITAL),
    "nr_lic": lambda: text(36, HEX) + "NRAL"[0:4],
    "sentry": lambda: "sntrys_eyJ" + text(120, BASE64) + "_" + text(43, BASE64),
    "grafana": lambda: "glsa_" + text(32) + "_" + text(8, HEX),
    "grafana_c": lambda: "glc_eyJ" + text(140, BASE64),
    "honeycomb": lambda: "hcaik_" + text(58, SMALL),
    "honeycomb2": lambda: text(22),
    "splunk": uuid,
    "logzio": lambda: text(32),
    "pagerduty": lambda: "u+" + text(18, URL),
    "opsgenie": uuid,
    "rollbar": lambda: text(32, HEX),
    "bugsnag": lambda: text(32, HEX),
    "dynatrace": lambda: "dt0c01." + text(24, CAPITAL) + "." + text(64, CAPITAL),
    "elastic": lambda: base64.b64encode((text(20) + ":" + text(22)).encode()).decode(),
    "npm": lambda: "npm_" + text(36),
    "pypi": lambda: "pypi-AgEIcHlwaS5vcmc" + text(150, URL),
    "rubygems": lambda: "rubygems_" + text(48, HEX),
    "nuget": lambda: "oy2" + text(43, SMALL),
    "crates": lambda: "cio" + text(32),
    "docker": lambda: "dckr_pat_" + text(27, URL),
    "jfrog": lambda: "AKCp" + text(69),
    "jfrog_ref": lambda: "cmVmdGtuOjAxOj" + text(50),
    "sonar": lambda: "sqp_" + text(40, HEX),
    "nexus": lambda: text(44, BASE64),
    "cloudsmith": lambda: text(40, HEX),
    "packagist": lambda: "packagist_uut_" + text(68, HEX),
    "vault": lambda: "hvs.CAES" + text(90, URL),
    "doppler": lambda: "dp.pt." + text(43),
    "infisical": lambda: f"st.{text(24, HEX)}.{text(32, HEX)}.{text(32, HEX)}",
    "tfc": lambda: text(14) + ".atlasv1." + text(67),
    "pulumi": lambda: "pul-" + text(40, HEX),
    "do": lambda: "dop_v1_" + text(64, HEX),
    "linode": lambda: text(64, HEX),
    "hetzner": lambda: text(64),
    "vultr": lambda: text(36, CAPITAL),
    "scaleway": uuid,
    "cloudflare": lambda: text(40, URL),
    "cf_global": lambda: text(37, HEX),
    "fastly": lambda: text(32, URL),
    "heroku": uuid,
    "heroku2": lambda: "HRKU-AA" + text(58, URL),
    "netlify": lambda: "nfp_" + text(36),
    "vercel": lambda: text(24),
    "fly": lambda: "fo1_" + text(43, URL),
    "render": lambda: "rnd_" + text(32),
    "railway": uuid,
    "supabase": lambda: "sbp_" + text(40, HEX),
    "planetscale": lambda: "pscale_tkn_" + text(43, URL),
    "neon": lambda: "napi_" + text(60, SMALL),
    "databricks": lambda: "dapi" + text(32, HEX),
    "snowflake": password,
    "confluent": lambda: text(64, BASE64),
    "mongo_atlas": uuid,
    "cockroach": lambda: text(22, URL),
    "tailscale": lambda: "tskey-auth-" + text(17) + "-" + text(32),
    "ngrok": lambda: "2" + text(26) + "_" + text(20),
    "1password": lambda: "ops_eyJ" + text(250, URL),
    "airtable": lambda: "pat" + text(14) + "." + text(64, HEX),
    "linear": lambda: "lin_api_" + text(40),
    "notion": lambda: "ntn_" + text(46),
    "notion_old": lambda: "secret_" + text(43),
    "figma": lambda: "figd_" + text(40, URL),
    "asana": lambda: (
        "2/" + text(16, "123456789") + "/" + text(16, "123456789") + ":" + text(32, HEX)
    ),
    "jira": lambda: "ATATT3xFfGF0" + text(172, URL) + "=" + text(8, CAPITAL),
    "hubspot": lambda: "pat-na1-" + uuid(),
    "intercom": lambda: "dG9rO" + text(56) + "=",
    "zendesk": lambda: text(40),
    "shopify": lambda: "shpat_" + text(32, HEX),
    "dropbox": lambda: "sl.u." + text(140, URL),
    "algolia": lambda: text(32, HEX),
    "mapbox": lambda: "sk.eyJ" + text(80, URL) + "." + text(22, URL),
    "postman": lambda: "PMAK-" + text(24, HEX) + "-" + text(34, HEX),
    "contentful": lambda: "CFPAT-" + text(43, URL),
    "launchdarkly": lambda: "sdk-" + uuid(),
    "segment": lambda: "sgp_" + text(64),
    "posthog": lambda: "phx_" + text(43),
    "buildkite": lambda: "bkua_" + text(40, HEX),
    "circleci": lambda: "CCIPAT_" + text(22) + "_" + text(40, HEX),
    "okta": lambda: "00" + text(40, URL),
    "auth0": lambda: text(64, URL),
    "twitch": lambda: text(30, SMALL),
    "twitter": lambda: "AAAAAAAAAAAAAAAAAAAAA" + text(90, ALPHANUMERIC + "%"),
    "facebook": lambda: "EAA" + text(180),
    "jwt": lambda: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ" + text(80, URL) + "." + text(43, URL),
    "age": lambda: "AGE-SECRET-KEY-1" + text(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
    "generic": lambda: text(32),
    "generichex": lambda: text(40, HEX),
    "django": lambda: "django-insecure-" + text(50, SMALL + "!@#$%^&*(-_=+)"),
}
"""How keys are drawn, by vendor."""

NAMELESS = {
    "azure_devops",
    "azure_cosmos",
    "cohere",
    "mistral",
    "together",
    "deepgram",
    "fal",
    "weaviate",
    "serpapi",
    "unstructured",
    "datadog",
    "datadog_app",
    "honeycomb2",
    "splunk",
    "logzio",
    "pagerduty",
    "opsgenie",
    "rollbar",
    "bugsnag",
    "elastic",
    "postmark",
    "mailgun2",
    "cloudsmith",
    "nexus",
    "linode",
    "hetzner",
    "vultr",
    "scaleway",
    "cloudflare",
    "cf_global",
    "fastly",
    "heroku",
    "vercel",
    "railway",
    "snowflake",
    "confluent",
    "mongo_atlas",
    "cockroach",
    "zendesk",
    "algolia",
    "okta",
    "auth0",
    "twitch",
    "generic",
    "generichex",
    "django",
    "modal",
    "ngrok",
    "intercom",
    "sentry_dsn",
    "twitter",
    "runpod",
}
"""Vendors whose keys only a name gives away."""

NAMES = {
    "azure_cosmos": "COSMOS_ACCOUNT_KEY",
    "postmark": "POSTMARK_SERVER_TOKEN",
    "splunk": "SPLUNK_HEC_TOKEN",
    "django": "SECRET_KEY",
    "snowflake": "SNOWFLAKE_PASSWORD",
    "sentry_dsn": "SENTRY_DSN",
    "cockroach": "COCKROACH_PASSWORD",
    "twitter": "TWITTER_BEARER_TOKEN",
    "ngrok": "NGROK_AUTHTOKEN",
    "heroku": "HEROKU_API_KEY",
    "railway": "RAILWAY_TOKEN",
    "scaleway": "SCW_SECRET_KEY",
    "mongo_atlas": "ATLAS_PRIVATE_KEY",
}
"""Names other than `VENDOR_API_KEY`."""

PLACES = [
    ("env", "# svc\nPORT=8080\n{N}={S}\nLOG_LEVEL=debug\n"),
    ("export", 'export {N}="{S}"\n./run --migrate\n'),
    ("yaml", "svc:\n  env:\n    {N}: {S}\n    TZ: UTC\n"),
    ("yamlq", 'svc:\n  {n}: "{S}"\n'),
    ("json", '{{"name": "svc", "{c}": "{S}", "replicas": 2}}'),
    ("jsonnest", '{{\n  "services": {{\n    "x": {{\n      "{n}": "{S}"\n    }}\n  }}\n}}\n'),
    ("toml", '[svc]\nenabled = true\n{n} = "{S}"\n'),
    ("ini", "[svc]\n{n}={S}\nregion=eu\n"),
    ("props", "spring.application.name=svc\nsvc.{n}={S}\nserver.port=80\n"),
    (
        "xml",
        '<configuration>\n  <appSettings>\n    <add key="{N}" value="{S}" />\n  </appSettings>\n</configuration>',
    ),
    ("xmlel", "<server>\n  <{c}>{S}</{c}>\n</server>"),
    ("py", 'import os\n\nclass Settings:\n    {n} = "{S}"  # TODO\n    x = 1\n'),
    ("pycall", 'client = Client({n}="{S}", retries=2)\n'),
    ("pydict", 'cfg = {{"{n}": "{S}", "a": 1}}\n'),
    ("pyenv", 'os.environ["{N}"] = "{S}"\n'),
    ("pyget", 'KEY = os.getenv("{N}", "{S}")\n'),
    ("js", 'const {c} = "{S}";\n'),
    ("jsobj", "const cfg = {{\n  service: 'x',\n  {c}: '{S}',\n}};\n"),
    ("jsenv", 'process.env.{N} = "{S}";\n'),
    ("jsor", 'const k = process.env.{N} || "{S}";\n'),
    ("go", 'const {c} = "{S}"\n\nfunc New() *Client {{ return nil }}\n'),
    ("gostruct", 'c := Config{{\n\t{C}: "{S}",\n}}\n'),
    ("java", 'private static final String {N} = "{S}";\n'),
    ("javaset", 'builder.set{C}("{S}").build();\n'),
    ("cs", 'public string {C} {{ get; set; }} = "{S}";\n'),
    ("php", "define('{N}', '{S}');\n"),
    ("phparr", "return [\n    '{n}' => '{S}',\n];\n"),
    ("ruby", "config.{n} = '{S}'\n"),
    ("rust", 'let {n} = "{S}";\n'),
    ("rustc", 'const {N}: &str = "{S}";\n'),
    ("kotlin", 'val {c} = "{S}"\n'),
    ("swift", 'let {c}: String = "{S}"\n'),
    ("tfvars", '{n} = "{S}"\n'),
    ("tfvar", 'variable "{n}" {{\n  type    = string\n  default = "{S}"\n}}\n'),
    ("k8senv", '        env:\n        - name: {N}\n          value: "{S}"\n'),
    ("k8ssd", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\nstringData:\n  {n}: {S}\n"),
    ("docker", "FROM python:3.12\nENV {N}={S}\nCOPY . .\n"),
    ("docker2", "FROM python:3.12\nENV {N} {S}\nCOPY . .\n"),
    ("dockerrun", "docker run -e {N}={S} -p 80:80 img:1\n"),
    ("compose", "services:\n  a:\n    environment:\n      - {N}={S}\n"),
    ("ansible", '- hosts: all\n  vars:\n    {n}: "{S}"\n'),
    ("gha", "jobs:\n  d:\n    steps:\n      - run: make\n        env:\n          {N}: {S}\n"),
    ("helm", "helm upgrade x ./c --set auth.{c}={S} -n prod\n"),
    ("flag", "tool deploy --{k} {S} --region eu\n"),
    ("flageq", "tool deploy --{k}={S} --region eu\n"),
    ("diff", '@@ -3,6 +3,7 @@\n import os\n+{N} = "{S}"\n app = 1\n'),
    ("diffm", "-{N}={S}\n+{N}=${{{N}}}\n"),
    ("log", "2026-10-14T08:12:44Z WARN svc request rejected {n}={S} status=403 dur=10ms\n"),
    ("trace", "  File \"/srv/x/client.py\", line 12, in __init__\nAuthError: 401 for {n}='{S}'\n"),
    ("hdr", "X-Api-Key: {S}\nAccept: */*\n"),
    ("bearer", 'curl -sS https://api.x.io/v2 -H "Authorization: Bearer {S}" | jq .\n'),
    ("bearerpy", 'headers = {{"Authorization": "Bearer {S}"}}\n'),
    ("token", "Authorization: Token {S}\n"),
    ("url", "GET /v1/x?{n}={S}&page=2 HTTP/1.1\n"),
    ("prose", "the {p} is {S} - please rotate it\n"),
    ("prosebt", "Use `{S}` as the {p}.\n"),
    ("kubectl", "kubectl create secret generic x --from-literal={n}={S}\n"),
    ("set", "npm config set {n} {S}\n"),
    ("csv", "id,owner,{n}\n34,w,{S}\n"),
    ("md", "| {N} | `{S}` |\n"),
    ("ghset", 'gh secret set {N} --body "{S}"\n'),
    ("herokuset", "heroku config:set {N}={S} -a app\n"),
    ("sql", "INSERT INTO settings (name, value) VALUES ('{N}', '{S}');\n"),
    ("yamlblock", "svc:\n  {n}: |\n    {S}\n"),
    ("makefile", "{N} := {S}\n"),
    ("ps", '$env:{N} = "{S}"\n'),
    ("bat", "set {N}={S}\n"),
    ("fish", "set -gx {N} {S}\n"),
    ("proptest", "ok {S} is what the login printed\n"),
]
"""Where keys and passwords stand: {S} is the secret, the others are its name as it is spelt there."""

PASSWORDS = [
    "DB_PASSWORD",
    "SMTP_PASS",
    "ADMIN_PWD",
    "REDIS_PASSWORD",
    "KEYSTORE_PASSWORD",
    "LDAP_BIND_PASSWORD",
    "POSTGRES_PASSWORD",
    "MYSQL_ROOT_PASSWORD",
    "ROOT_PW",
    "PASSPHRASE",
    "SSH_PASSPHRASE",
    "SERVICE_ACCOUNT_PASSWORD",
]

LINES = [
    "postgres://svc:{S}@db.acme.io:5432/app",
    "postgresql+asyncpg://svc:{S}@10.2.3.4/app?sslmode=require",
    "mysql://root:{S}@mysql.acme.io/app",
    "mongodb+srv://svc:{S}@cluster0.abcde.mongodb.net/app?retryWrites=true",
    "redis://:{S}@cache.acme.io:6379/0",
    "rediss://default:{S}@cache.acme.io:6380",
    "amqp://svc:{S}@mq.acme.io:5672/%2f",
    "amqps://svc:{S}@mq.acme.io",
    "smtp://mailer:{S}@smtp.acme.io:587",
    "ftp://up:{S}@ftp.acme.io/in",
    "sftp://up:{S}@ftp.acme.io/in",
    "ldap://cn=admin:{S}@ldap.acme.io",
    "clickhouse://svc:{S}@ch.acme.io:9000/d",
    "neo4j+s://neo4j:{S}@x.databases.neo4j.io",
    "kafka://svc:{S}@k.acme.io:9092",
    "mssql+pyodbc://sa:{S}@sql.acme.io/app?driver=x",
    "https://bot:{S}@git.acme.io/a/b.git",
    "socks5://u:{S}@proxy.acme.io:1080",
    "couchdb://admin:{S}@couch.acme.io:5984",
    "git clone https://oauth2:{S}@gitlab.acme.io/x.git",
    "jdbc:mysql://db.acme.io:3306/app?user=svc&password={S}",
    "jdbc:sqlserver://sql.acme.io:1433;databaseName=app;user=sa;password={S};encrypt=true",
    "jdbc:postgresql://db.acme.io/app?user=u&password={S}&ssl=true",
    "jdbc:oracle:thin:scott/{S}@ora.acme.io:1521:XE",
    "jdbc:db2://db.acme.io:50000/app:user=db2;password={S};",
    "Server=tcp:x.database.windows.net,1433;Initial Catalog=app;User ID=svc;Password={S};Encrypt=True;",
    "Data Source=sql;Initial Catalog=app;User Id=sa;Pwd={S};",
    "Driver={{ODBC Driver 18 for SQL Server}};Server=sql;Database=app;Uid=sa;Pwd={S};",
    "host=db.acme.io port=5432 dbname=app user=svc password={S} sslmode=require",
    "Host=db;Username=svc;Password={S};Database=app",
    "AccountEndpoint=https://x.documents.azure.com:443/;AccountKey={K};",
    "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={K};EndpointSuffix=core.windows.net",
    "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={K4}",
    "HostName=x.azure-devices.net;DeviceId=d;SharedAccessKey={K4}",
    "InstrumentationKey={U};IngestionEndpoint=https://x/",
    "https://acme.blob.core.windows.net/c/a.tar?sv=2024-11-04&se=2027-01-01&sr=b&sp=r&sig={SIG}",
    "db.acme.io:5432:app:svc:{S}",
    "*:*:*:postgres:{S}",
    "[client]\nuser=root\npassword={S}\n",
    '[mysqldump]\nuser = b\npassword = "{S}"\n',
    "machine api.acme.io login bot password {S}\n",
    "machine git.acme.io\n  login bot\n  password {S}\n",
    "default login anonymous password {S}\n",
    "//registry.example.com/:_authToken={T}\n",
    "//npm.acme.io/:_password={B}\n",
    "registry=https://npm.acme.io/\n_auth={BA}\nalways-auth=true\n",
    "[pypi]\nusername = __token__\npassword = pypi-AgEIcHlwaS5vcmc{L}\n",
    "[distutils]\n[acme]\nrepository: https://pypi.acme.io\nusername: bot\npassword: {S}\n",
    '{{"auths": {{"r.acme.io": {{"auth": "{BA}"}}}}}}',
    '{{"https://index.docker.io/v1/": {{"auth": "{BA}", "email": "a@b.c"}}}}',
    '{{"auths":{{"r.acme.io":{{"username":"bot","password":"{S}"}}}}}}',
    "Cookie: sessionid={T}; theme=dark",
    "Set-Cookie: session={T}; Path=/; HttpOnly",
    "Cookie: _ga=GA1.2.3; auth_token={T}; lang=en",
    "Authorization: Basic {BA}",
    '-H "Authorization: Basic {BA}"',
    "Proxy-Authorization: Basic {BA}",
    "Authorization: Bearer {T}",
    "Authorization: ApiKey {T}",
    "Authorization: token {T}",
    "X-Auth-Token: {T}",
    "X-Vault-Token: {T}",
    "PRIVATE-TOKEN: {T}",
    "X-Api-Key: {T}",
    "Ocp-Apim-Subscription-Key: {H32}",
    "X-Amz-Security-Token: IQoJb3JpZ2luX2Vj{L}",
    "DD-API-KEY: {H32}",
    "X-Shopify-Access-Token: {H32}",
    "api-key: {H32}",
    "x-functions-key: {T}",
    'Authorization: Digest username="b", realm="x", response="{H32}"',
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ntype: Opaque\ndata:\n  password: {BP}\n",
    "apiVersion: v1\ndata:\n  tls.key: {BP}\nkind: Secret\n",
    "apiVersion: v1\nkind: Secret\nstringData:\n  password: {S}\n",
    "mysql -h db -u root -p{S} app < d.sql",
    "mysql -u root --password={S} app",
    "mysqldump --user=b --password={S} app",
    "mariadb -uroot -p{S}",
    "PGPASSWORD={S} psql -h db -U svc app",
    "psql 'postgresql://svc:{S}@db/app'",
    "redis-cli -h c -a {S} ping",
    "redis-cli -u redis://:{S}@c.acme.io:6379",
    'mongosh "mongodb://svc:{S}@m.acme.io/app"',
    "mongodump -u b -p {S} --db app",
    "curl -u bot:{S} https://x.io",
    "curl --user bot:{S} https://x.io",
    'curl -H "X-Api-Key: {T}" https://x.io',
    "curl -d 'grant_type=password&username=b&password={S2}' https://x.io/token",
    'curl "https://x.io/v1?access_token={T}"',
    "wget --user=b --password={S} https://x.io/a",
    "http -a bot:{S} GET x.io/a",
    "docker login -u bot -p {S} r.acme.io",
    "echo {S} | docker login -u bot --password-stdin r.acme.io",
    "podman login -u bot -p {S} r.acme.io",
    "helm registry login r.acme.io -u bot -p {S}",
    "az login -u a@acme.io -p {S}",
    "az login --service-principal -u {U0} -p {S} --tenant t",
    "sshpass -p {S} ssh root@h",
    'sshpass -p"{S}" ssh root@h',
    "SSHPASS={S} sshpass -e ssh root@h",
    'sqlcmd -S h -U sa -P {S} -Q "x"',
    "bcp t out f -U sa -P{S}",
    "ldapsearch -x -D cn=admin -w {S} -b dc=x",
    "smbclient //h/s -U bot%{S}",
    "net use Z: \\\\h\\s {S} /user:bot",
    "ipmitool -H h -U a -P {S} power on",
    "openssl enc -aes-256-cbc -k {S} -in a",
    "openssl pkcs12 -in a.p12 -passin pass:{S}",
    "keytool -list -keystore k.jks -storepass {S}",
    "gpg --batch --passphrase {S} -d a.gpg",
    "zip -P {S} a.zip a",
    "7z x a.7z -p{S}",
    "unzip -P {S} a.zip",
    'ansible-playbook x.yml -e "ansible_password={S}"',
    "vault login {VT}",
    "vault kv put secret/x password={S}",
    "aws configure set aws_secret_access_key {A40}",
    "export AWS_SECRET_ACCESS_KEY={A40}",
    "aws_secret_access_key = {A40}",
    '"SecretAccessKey": "{A40}"',
    "AWS_SESSION_TOKEN=IQoJb3JpZ2luX2Vj{L}",
    'secretAccessKey: "{A40}"',
    "gcloud auth activate --password {S}",
    "twine upload -u bot -p {S} dist/*",
    "npm login --_auth={BA}",
    "svn co --username b --password {S} svn://x",
    "rabbitmqctl add_user bot {S}",
    "htpasswd -b f bot {S}",
    "useradd -p {S} bot",
    'echo "root:{S}" | chpasswd',
    "CREATE USER bot WITH PASSWORD '{S}';",
    "CREATE USER 'b'@'%' IDENTIFIED BY '{S}';",
    "ALTER ROLE bot PASSWORD '{S}';",
    "ALTER LOGIN sa WITH PASSWORD = '{S}';",
    "GRANT ALL ON *.* TO 'b'@'h' IDENTIFIED BY '{S}'",
    "SET PASSWORD FOR 'b'@'h' = PASSWORD('{S}');",
    'create user scott identified by "{S}";',
    "the admin password is {S}",
    'My password is "{S}", please log in',
    "password: {S}\nusername: bob\n",
    "login with bob / {S}",
    "user bob, password {S}",
    "creds: admin/{S}",
    "credentials are admin:{S}",
    "The wifi password for the office is {S}.",
    "pw={S}",
    "Das Passwort lautet {S}",
    "mot de passe : {S}",
    "contraseña: {S}",
    "default_pass: {S}",
    "requirepass {S}\n",
    "masterauth {S}\n",
    "rpcpassword={S}\n",
    "auth_pass {S}\n",
    "passwd: {S}\n",
    'server.login("bot@acme.io", "{S}")',
    'auth=("svc", "{S}")',
    'HTTPBasicAuth("svc", "{S}")',
    '.auth("svc", "{S}")',
    'new NetworkCredential("svc", "{S}")',
    'mysqli_connect("db", "svc", "{S}", "app");',
    'new PDO("mysql:host=db", "svc", "{S}");',
    'DriverManager.getConnection(url, "svc", "{S}");',
    'sql.Open("mysql", "svc:{S}@tcp(db:3306)/app")',
    'dsn = "svc:{S}@tcp(10.0.0.4:3306)/app?parseTime=true"',
    'client.connect("h", username="b", password="{S}")',
    'ssh.connect(host, 22, "b", "{S}")',
    'hmac.new(b"{T}", msg)',
    'jwt.encode(payload, "{T}", algorithm="HS256")',
    'jwt.sign(payload, "{T}")',
    'app.secret_key = b"{S}"',
    "SECRET_KEY = '{DJ}'",
    "'SECRET_KEY': '{DJ}'",
    'session({{ secret: "{T}" }})',
    'Fernet(b"{FK}")',
    "<password>{S}</password>",
    "<server><id>x</id><username>b</username><password>{S}</password></server>",
    '<connectionStrings><add name="x" connectionString="Server=s;User Id=sa;Password={S};" /></connectionStrings>',
    '<add key="ApiKey" value="{T}"/>',
    '<property name="hibernate.connection.password">{S}</property>',
    '<property name="password" value="{S}"/>',
    '<entry key="db.password">{S}</entry>',
    '<string name="api_key">{T}</string>',
    "<key>password</key><string>{S}</string>",
    '"value": "{S}", "name": "DB_PASSWORD"',
    '{{"name": "DB_PASSWORD", "value": "{S}"}}',
    '{{"key": "api_token", "value": "{T}"}}',
    '{{"Name":"ApiKey","Value":"{T}"}}',
    '"master_password": "{S}",',
    '"password": "{S}", "sensitive": true',
    "ansible_become_pass={S}",
    "ansible_ssh_pass: {S}",
    'admin_password = "{S}"\nsku = 1',
    'password = var.x == "" ? "{S}" : var.x',
    "environment:\n  POSTGRES_PASSWORD: ${{PW:-{S}}}\n",
    'PASSWORD="${{PASSWORD:-{S}}}"',
    "--build-arg NPM_TOKEN={T}",
    "-Dspring.datasource.password={S} -jar a.jar",
    "-Djavax.net.ssl.keyStorePassword={S}",
    'JAVA_OPTS="-Ddb.password={S}"',
    'credential "x" {{\n  secret = "{T}"\n}}',
    "GET /x?api_key={T} HTTP/1.1",
    "GET /cb?code=1&client_secret={T}&x=1",
    "POST /login\n\nusername=bob&password={S2}",
    '{{"username":"bob","password":"{S}"}}',
    "wss://x.io/ws?token={T}",
    "https://x.io/reset?token={T}",
    "https://maps.googleapis.com/maps/api/js?key=AIza{G35}",
    'config :app, secret_key_base: "{T}"',
    "secret_key_base: {HX128}",
    "Rails master key: {H32}",
    "WP: define( 'AUTH_KEY', '{DJ}' );",
    "$cfg['Servers'][$i]['password'] = '{S}';",
    '$wgDBpassword = "{S}";',
    'sasl.jaas.config=x required username="b" password="{S}";',
    "bind_password: {S}",
    "smtp_auth_password: '{S}'",
    "wpa_passphrase={S}",
    'psk="{S}"',
    "preshared_key = {K4}",
    "PrivateKey = {K4}",
    "PresharedKey = {K4}",
    "snmp-server community {S} RW",
    "enable secret 0 {S}",
    "client_secret: {T}",
    '"client_secret":"GOCSPX-{G28}"',
    '"refresh_token": "1//0{G40}"',
    '"private_key_id": "{HX40}", "private_key": "-----BEGIN PRIVATE KEY-----\\n{PEM}\\n-----END PRIVATE KEY-----\\n"',
]
"""Lines that need no name: what is in braces is drawn."""

WITHOUT_PASSWORD = {"hdr", "bearer", "bearerpy", "token", "prosebt", "proptest", "md", "sql"}
WITHOUT_PREFIX = {"proptest", "prosebt", "bearer", "token", "md", "sql"}


def _spelt(name: str) -> dict[str, str]:
    """Return a name as different languages spell it."""
    small = name.lower()
    first, *rest = small.split("_")
    camel = first + "".join(map(str.title, rest))
    return {
        "N": name, "n": small, "c": camel, "C": camel[0].upper() + camel[1:],
        "k": small.replace("_", "-"), "p": small.replace("_", " "),
    }  # fmt: skip


def _planted(kind: str, template: str, drawn: dict[str, str], secret: set[str]) -> Planted:
    """Fill a template in, and note where what is *secret* of it stands."""
    template = template.replace("{{", "\1").replace("}}", "\2")
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    at = done = 0
    for found in re.finditer(r"\{(\w+)\}", template):
        for piece, is_secret in (
            (template[done : found.start()], False),
            (drawn[found[1]], found[1] in secret),
        ):
            if is_secret:
                spans.append((at, at + len(piece)))
            parts.append(piece)
            at += len(piece)
        done = found.end()
    parts.append(template[done:])
    whole = "".join(parts).replace("\1", "{").replace("\2", "}")
    return Planted(kind=kind, text=whole, spans=tuple(spans))


def _parts() -> dict[str, str]:
    """Draw what stands in the braces of `LINES`."""
    return {
        "S": password(), "S2": text(14), "T": text(_draw.choice([24, 32, 40])), "K": text(86, BASE64) + "==",
        "K4": text(43, BASE64) + "=", "U": uuid(), "U0": "00000000-aaaa-4bbb-8ccc-000000000001",
        "SIG": text(42) + "%3D", "B": base64.b64encode(password().encode()).decode(),
        "BA": base64.b64encode(f"bot:{password()}".encode()).decode(),
        "BP": base64.b64encode(password().encode()).decode(), "L": text(150), "H32": text(32, HEX),
        "HX40": text(40, HEX), "HX128": text(128, HEX), "VT": "hvs.CAES" + text(90, URL),
        "A40": text(40, BASE64), "DJ": text(50, SMALL + "!@#$%^&*(-_=+)"), "FK": text(43, URL) + "=",
        "G35": text(35, URL), "G28": text(28, URL), "G40": text(60, URL),
        "PEM": "\\n".join(text(64, BASE64) for _ in range(6)),
    }  # fmt: skip


def planted() -> list[Planted]:
    """Return all texts."""
    _draw.seed(20261129)
    texts: list[Planted] = []
    for vendor, key in KEYS.items():
        name = NAMES.get(vendor) or vendor.upper().replace("2", "") + "_API_KEY"
        for place, template in _draw.sample(PLACES, 14):
            if vendor not in NAMELESS or place not in WITHOUT_PREFIX:
                drawn = {"S": key(), **_spelt(name)}
                texts.append(_planted(f"{vendor} in {place}", template, drawn, {"S"}))
    for place, template in PLACES:
        for name in () if place in WITHOUT_PASSWORD else _draw.sample(PASSWORDS, 4):
            drawn = {"S": password(), **_spelt(name)}
            texts.append(_planted(f"password in {place}", template, drawn, {"S"}))
    for line in LINES:
        for _ in range(3):
            texts.append(_planted(line[:40], line, _parts(), set(_parts()) - {"U0", "HX40"}))
    return texts
