"""The table of key formats that vendors document: a fixed piece of text and what surrounds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SHORT: Final = {
    "<w>": "[A-Za-z0-9_-]",
    "<a>": "[A-Za-z0-9]",
    "<h>": "[0-9a-f]",
    "<uuid>": "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    "<b>": "[A-Za-z0-9+/]",
    "<c>": "[1-9A-HJ-NP-Za-km-z]",
}
"""What the table's abbreviations mean."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VendorRule:
    """A key format.

    Attributes:
        type: what the key is.
        anchor: text that every such key holds; it is looked for first, for it is cheap to find.
        tail: matches from the anchor on. Where it has a group, the group alone is the secret.
        head: matches what may stand before the anchor, up to it.
    """

    type: str
    anchor: str
    tail: re.Pattern[str]
    head: re.Pattern[str] | None = None


def _prefixed(table: str) -> tuple[VendorRule, ...]:
    """Read lines of `type anchor pattern-after-the-anchor`."""
    rules: list[VendorRule] = []
    for line in table.strip().splitlines():
        kind, anchor, pattern = line.split(None, 2)
        for short, full in _SHORT.items():
            pattern = pattern.replace(short, full)
        tail = re.compile(re.escape(anchor) + pattern)
        rules.append(VendorRule(type=kind, anchor=anchor, tail=tail))
    return tuple(rules)


_PREFIXED: Final = r"""
aws_access_key_id       ABIA            [A-Z0-9]{16}(?![A-Za-z0-9])
aws_access_key_id       ACCA            [A-Z0-9]{16}(?![A-Za-z0-9])
aws_access_key_id       AKIA            [A-Z0-9]{16}(?![A-Za-z0-9])
aws_access_key_id       ASIA            [A-Z0-9]{16}(?![A-Za-z0-9])
aws_session_token       IQoJb3JpZ2lu    [A-Za-z0-9+/=%]{40,}
aws_session_token       FwoGZXIvYXdz    [A-Za-z0-9+/=%]{40,}
aws_bedrock_key         ABSK            <b>{100,}={0,2}
aws_bedrock_key         bedrock-api-key- <b>{40,}={0,2}
gcp_api_key             AIza            <w>{35,}
gcp_oauth_token         ya29.           [A-Za-z0-9_.-]{20,}
gcp_oauth_secret        GOCSPX-         <w>{20,}
gcp_refresh_token       1//0            <w>{40,}
firebase_key            AAAA            <w>{7}:APA91<w>{100,}
github_pat              ghp_            <a>{30,}
github_oauth            gho_            <a>{30,}
github_user             ghu_            <a>{30,}
github_app              ghs_            [A-Za-z0-9_.-]{30,}
github_refresh          ghr_            <a>{30,}
github_fine_grained     github_pat_     [A-Za-z0-9_]{40,}
gitlab_pat              glpat-          [A-Za-z0-9_.-]{18,}
gitlab_deploy           gldt-           [A-Za-z0-9_.-]{18,}
gitlab_runner           glrt-           [A-Za-z0-9_.-]{18,}
gitlab_runner           glrtr-          [A-Za-z0-9_.-]{18,}
gitlab_trigger          glptt-          [A-Za-z0-9_.-]{18,}
gitlab_ci_job           glcbt-          [A-Za-z0-9_.-]{18,}
gitlab_scim             glsoat-         [A-Za-z0-9_.-]{18,}
gitlab_mail             glimt-          [A-Za-z0-9_.-]{18,}
gitlab_agent            glagent-        [A-Za-z0-9_.-]{18,}
gitlab_feed             glft-           [A-Za-z0-9_.-]{18,}
gitlab_flag_client      glffct-         [A-Za-z0-9_.-]{18,}
gitlab_oauth_app        gloas-          [A-Za-z0-9_.-]{18,}
gitlab_registration     GR1348941       <w>{18,}
bitbucket_app           ATBB            <a>{28,}
bitbucket_access        BBDC-           [A-Za-z0-9+/]{40,}
atlassian               ATATT3          [A-Za-z0-9_=-]{100,}
atlassian               ATCTT3          [A-Za-z0-9_=-]{100,}
atlassian_oauth         ATOA            [A-Za-z0-9_=-]{60,}
slack_token             xox             [a-z](?:\.xox[a-z])?-<w>{10,}
slack_app               xapp-           \d-<w>{20,}
slack_config            xoxe            (?:\.xox[bp])?-\d-<w>{40,}
stripe_secret           sk_live_        <a>{10,}
stripe_secret           sk_test_        <a>{10,}
stripe_restricted       rk_live_        <a>{10,}
stripe_restricted       rk_test_        <a>{10,}
webhook_secret          whsec_          [A-Za-z0-9+/=_-]{20,}
prefixed_secret         sk-             <w>{16,}
prefixed_secret         sk_             <a>{24,}
anthropic               sk-ant-         <w>{20,}
openai_session          sess-           <a>{40,}
groq                    gsk_            <a>{30,}
xai                     xai-            <w>{40,}
replicate               r8_             <a>{30,}
huggingface             hf_             <a>{30,}
huggingface             api_org_        <a>{30,}
perplexity              pplx-           <a>{32,}
tavily                  tvly-           (?:dev-|prod-)?<w>{20,}
pinecone                pcsk_           [A-Za-z0-9_]{30,}
langsmith               lsv2_           (?:pt|sk)_<h>{32}_<h>{10}
langsmith               ls__            <h>{32}
fireworks               fw_             <a>{20,}
nvidia                  nvapi-          <w>{40,}
cerebras                csk-            <a>{40,}
voyage                  pa-             <w>{40,}
jina                    jina_           <w>{40,}
together                tgp_v1_         <w>{30,}
friendli                flp_            <a>{30,}
e2b                     e2b_            <h>{30,}
cohere                  co_api_         <w>{20,}
exa                     exa_            <w>{24,}
firecrawl               fc-             <h>{32}
assemblyai              aai_            <a>{24,}
wandb                   wandb_v1_       <w>{40,}
npm                     npm_            <a>{30,}
pypi                    pypi-           AgE<w>{40,}
rubygems                rubygems_       <h>{40,}
cargo                   cio             <a>{32}(?![A-Za-z0-9])
docker_pat              dckr_           (?:pat|oat)_<w>{20,}
nuget                   oy2             [a-z0-9]{43}(?![A-Za-z0-9])
clojars                 CLOJARS_        [a-z0-9]{50,}
hackage                 hackage_        <a>{20,}
sendgrid                SG.             <w>{16,}\.<w>{16,}
mailgun                 key-            <h>{32}(?![A-Za-z0-9])
twilio_api_key          SK              <h>{32}(?![A-Za-z0-9])
resend                  re_             (?=\w{0,40}\d)<a>{6,}_<a>{16,}
brevo                   xkeysib-        <h>{60,}-<a>{10,}
brevo                   xsmtpsib-       <h>{60,}-<a>{10,}
mailersend              mlsn.           <h>{40,}
postmark                POSTMARK-       <uuid>
digitalocean            dop_v1_         <h>{60,}
digitalocean            doo_v1_         <h>{60,}
digitalocean            dor_v1_         <h>{60,}
databricks              dapi            <h>{32}(?:-\d)?(?![A-Za-z0-9])
databricks              dose            <h>{32}(?![A-Za-z0-9])
databricks              dkea            <h>{32}(?![A-Za-z0-9])
newrelic                NRAK-           [A-Z0-9]{20,}
newrelic                NRJS-           <h>{18,}
newrelic                NRII-           <w>{28,}
newrelic                NRIQ-           <w>{28,}
newrelic                NRSP-           <w>{20,}
newrelic                NRRA-           <h>{38,}
grafana_sa              glsa_           <a>{32}_<h>{8}
grafana_cloud           glc_            [A-Za-z0-9+/=]{30,}
grafana_key             eyJrIjoi        [A-Za-z0-9+/=_-]{40,}
vault                   hvs.            <w>{20,}
vault                   hvb.            <w>{20,}
vault                   hvr.            <w>{20,}
vault                   s.              <a>{24}(?![A-Za-z0-9_.(-])
consul                  csl_            <a>{30,}
doppler                 dp.             [a-z]{2,5}\.(?:[a-z0-9_-]{2,35}\.)?<a>{40,}
infisical               st.             <h>{24}\.<h>{32}\.<h>{32}
onepassword             ops_eyJ         <w>{100,}={0,2}
onepassword_secret      A3-             [A-Z0-9]{6}(?:-[A-Z0-9]{5,11}){4,5}
bitwarden               0.              <uuid>\.<a>{30}:<b>{22}==
pulumi                  pul-            <h>{40}
prefect                 pnu_            <a>{36}
prefect                 pnb_            <a>{36}
airtable                pat             <a>{14}\.<h>{64}
linear                  lin_api_        <a>{32,}
linear                  lin_oauth_      <h>{40,}
notion                  ntn_            <a>{40,}
notion                  secret_         <a>{43}(?![A-Za-z0-9_])
figma                   figd_           <w>{36,}
figma                   figu_           <w>{36,}
figma                   figo_           <w>{36,}
sentry                  sntrys_         [A-Za-z0-9+/=_-]{40,}
sentry                  sntryu_         <h>{60,}
sentry                  sntrya_         <h>{60,}
heroku                  HRKU-           <w>{30,}
netlify                 nfp_            <a>{30,}
netlify                 nfc_            <a>{30,}
vercel                  vcp_            <a>{24,}
vercel                  vck_            <a>{24,}
vercel                  vca_            <a>{24,}
vercel_blob             vercel_blob_rw_ [A-Za-z0-9_]{20,}
flyio                   fo1_            <w>{40,}
flyio                   fm1             [ar]_[A-Za-z0-9+/=]{80,}
flyio                   fm2_            [A-Za-z0-9+/=]{80,}
render                  rnd_            <a>{28,}
railway                 rwsk_           <w>{20,}
supabase                sbp_            (?:v0_)?<h>{40,}
supabase                sb_secret_      <w>{22,}
planetscale             pscale_         (?:tkn|pw|oauth|pass)_[A-Za-z0-9_.=-]{32,}
neon                    napi_           [a-z0-9]{40,}
neon_password           npg_            <a>{12,}
turso                   tursodb_        <w>{30,}
upstash                 AX              [A-Za-z0-9]{2}ASQg<w>{40,}={0,2}
cloudflare              v1.0-           <h>{24}-<h>{146}
cloudflare              cfut_           <w>{30,}
cloudflare              cfat_           <w>{30,}
cloudflare              cfk_            <w>{30,}
dynatrace               dt0             [a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}
datadog                 ddapp_          <a>{30,}
datadog                 ddpat_          <w>{30,}
square                  sq0             (?:csp|atp|idp|atb)-<w>{22,}
square                  EAAA            <w>{60}
shopify                 shp             (?:at|ca|pa|ss|ua|tka)_<h>{32}
plaid                   access-         (?:sandbox|development|production)-<uuid>
razorpay                rzp_live_       <a>{14,}
flutterwave             FLWSECK         (?:_TEST)?-<w>{20,}
adyen                   AQE             (?![A-Z]BQAD|FAAOC|A|DAH)[a-zA-Z0-9+/=_-]{60,}
shippo                  shippo_         (?:live|test)_<h>{40}
easypost                EZ              (?:AK|TK)<a>{54}
duffel                  duffel_         (?:live|test)_<w>{43}
lob                     live_           <h>{35}
braintree               access_token$   (?:production|sandbox)\$[0-9a-z]{16}\$<h>{32}
frameio                 fio-u-          <w>{60,}
postman                 PMAK-           <h>{24}-<h>{34}
readme                  rdme_           [a-z0-9]{60,}
sonar                   sq              [upa]_<h>{40}
artifactory             AKCp            <a>{50,}
artifactory             cmVmdGtu        <a>{40,}
age_key                 AGE-SECRET-KEY- 1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L0-9A-Z]{50,}
tailscale               tskey-          [a-z]+-<w>{12,}(?:-<a>{20,})?
ngrok                   ngrok_          <w>{30,}
contentful              CFPAT-          <w>{40,}
typeform                tfp_            [A-Za-z0-9_.-]{40,}
dropbox                 sl.             (?:u\.)?<w>{100,}
facebook                EAA             [A-Za-z0-9]{80,}
instagram               IGQV            <w>{80,}
mapbox                  sk.eyJ          <w>{40,}\.<w>{20,}
launchdarkly            sdk-            <uuid>
launchdarkly            api-            <uuid>
posthog                 phx_            <w>{40,}
posthog                 phs_            <w>{40,}
segment                 sgp_            <a>{60,}
sourcegraph             sgp_            (?:<h>{16}|local)_<h>{40}
backblaze               K00             \d<b>{27}(?![A-Za-z0-9+/])
buildkite               bkua_           <h>{38,}
buildkite               bkct_           <w>{30,}
circleci                CCIPAT_         <a>{20,}_<h>{40}
circleci                CCIPRJ_         <a>{20,}_<h>{40}
harness                 pat.            <w>{20,24}\.<h>{24}\.<a>{20}
octopus                 API-            [A-Z0-9]{25,}
alibaba                 LTAI            <a>{12,}
tencent                 AKID            <a>{32}
yandex                  AQVN            <w>{35,}
yandex                  y0_             <w>{40,}
yandex                  t1.             [A-Z0-9a-z_-]+={0,2}\.<w>{86}={0,2}
infracost               ico-            <a>{32}
openshift               sha256~         (?![0-9a-f]{43})<w>{43}
langfuse                sk-lf-          <uuid>
scalingo                tk-us-          <w>{48}
hubspot                 pat-            (?:na|eu|ap)\d-<uuid>
asana                   1/              \d{16,}(?:/\d{16,})?:<h>{32}
asana                   2/              \d{16,}(?:/\d{16,})?:<h>{32}
intra42                 s-s4t2          (?:ud|af)-<h>{60,}
bitrise                 bitpat_         <w>{30,}
depot                   depot_          (?:org|project|user)_<h>{40,}
expo                    expo_           <w>{40,}
trigger_dev             tr_             (?:dev|prod|stg|pat)_<a>{20,}
clerk                   ak_             (?:live|test)_<w>{20,}
workos                  sk_             (?:test|live)_<w>{20,}
novu                    nv-             <a>{30,}
langchain               lcl_            <w>{30,}
composio                ak_             <w>{20}(?![A-Za-z0-9_-])
elastic                 essu_           <w>{40,}={0,2}
confluent               cflt            <b>{56,}
snyk                    snyk_           (?:uat|sat|pat)\.<w>{8}\.<w>{40,}
teleport                tctl_           <w>{30,}
telnyx                  KEY             <h>{24,}_<a>{16,}
plain                   plainApiKey_    <w>{30,}
loops                   loops_          <h>{32}
stytch                  secret-         (?:live|test)-<w>{30,}=
auth0_management        auth0_          <w>{40,}
nightfall               NF-             <a>{32}
runpod                  rpa_            <a>{40,}
runway                  key_            <h>{100,}
mem0                    m0-             <a>{36,}
llamacloud              llx-            <a>{40,}
apify                   apify_api_      <a>{30,}
n8n                     n8n_api_        <w>{30,}
inngest                 signkey-        (?:prod|test|branch)-<h>{60,}
axiom                   xaat-           <uuid>
axiom                   xapt-           <uuid>
honeycomb               hcaik_          <a>{50,}
logfire                 pylf_v1_        [a-z]{2}_<a>{30,}
paddle                  pdl_            (?:live|sdbx)_apikey_<a>{20,}_<a>{16,}
polar                   polar_          (?:oat|pat)_<w>{30,}
cal_com                 cal_live_       <h>{30,}
clickup                 pk_             \d{5,12}_[A-Z0-9]{32}
deno                    ddp_            <a>{36}
deno                    ddo_            <a>{36}
aiven                   AVNS_           <w>{18,}
dbt                     dbtc_           <w>{40,}
dbt                     dbtu_           <w>{40,}
mongodb_atlas           mdb_sa_sk_      <w>{40,}
linkedin                WPL_AP1.        [A-Za-z0-9+/=_-]{16,}
trello                  ATTA            <h>{64}
brave_search            BSA             <w>{27,28}(?![A-Za-z0-9_-])
browserbase             bb_live_        <w>{24,}
daytona                 dtn_            <h>{64}
mixedbread              mxb_            <a>{30,}
packagist               packagist_      [a-z]{3}_<h>{60,}
unkey                   unkey_          <a>{20,}
anyscale                esecret_        <a>{30,}
twitter_bearer          AAAAAAAAAAAAAAAAAAAAA [A-Za-z0-9%]{60,}
clickhouse_cloud        4b1d            <a>{38}(?![A-Za-z0-9])
eraser                  ersr_           <a>{20,}
statsig                 secret-         <a>{40,}
statsig                 console-        <a>{40,}
modal                   ak-             <a>{22}(?![A-Za-z0-9])
modal                   as-             <a>{22}(?![A-Za-z0-9])
bip32_key               xprv            <c>{90,}
bip32_key               yprv            <c>{90,}
bip32_key               zprv            <c>{90,}
bip32_key               tprv            <c>{90,}
private_key             LS0tLS1CRUdJTi  <b>{2,24}(?:QUklWQVRFI|SSVZBVEUg|FJJVkFURS)<b>{40,}
"""


def _around(kind: str, anchor: str, head: str, tail: str) -> VendorRule:
    return VendorRule(
        type=kind,
        anchor=anchor,
        tail=re.compile(re.escape(anchor) + tail),
        head=re.compile(rf"(?<![A-Za-z0-9_-]){head}\Z") if head else None,
    )


PREFIXED: Final = _prefixed(_PREFIXED)
"""Formats that begin with the anchor, which stands after no letter or digit."""

AROUND: Final = (
    _around("terraform_cloud", ".atlasv1.", r"[A-Za-z0-9]{14}", r"[A-Za-z0-9_-]{40,}"),
    _around("telegram_bot", ":AA", r"\d{8,10}", r"[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])"),
    _around("salesforce_session", "!A", r"00D[A-Za-z0-9]{12,15}", r"[A-Za-z0-9._]{60,}"),
    _around("mailchimp", "-us", r"[0-9a-f]{32}", r"\d{1,2}(?![A-Za-z0-9])"),
    _around("newrelic_license", "NRAL", r"[0-9a-f]{32,36}", r"(?![A-Za-z0-9])"),
    _around("newrelic_license", "FFFFNRAL", r"[0-9a-f]{30,36}", r"(?![A-Za-z0-9])"),
    _around("azure_client_secret", "Q~", r"[A-Za-z0-9_~.]{3}\d", r"[A-Za-z0-9_~.-]{31,34}"),
    _around("azure_storage_key", "+AStA", r"[A-Za-z0-9+/]{76}", r"[A-Za-z0-9+/]{5}=="),
    _around("azure_devops", "AZDO", r"[A-Za-z0-9]{76}", r"[A-Za-z0-9]{4}(?![A-Za-z0-9])"),
    _around("azure_openai", "JQQJ99", r"[A-Za-z0-9]{52}", r"[A-Za-z0-9]{26}(?![A-Za-z0-9])"),
    _around(
        "slack_webhook",
        "hooks.slack.com/",
        r"(?:https?://)?",
        r"(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,}",
    ),
    _around(
        "discord_webhook",
        "/api/webhooks/",
        r"(?:https?://)?[\w.-]{4,64}",
        r"\d{15,20}/[A-Za-z0-9_-]{50,}",
    ),
    _around(
        "teams_webhook",
        ".webhook.office.com/",
        r"(?:https?://)?[\w-]{1,64}",
        r"webhookb2/[A-Za-z0-9@/-]{60,}",
    ),
    _around("teams_webhook", "outlook.office.com/webhook/", "", r"([A-Za-z0-9@/-]{60,})"),
    _around(
        "zapier_webhook",
        "hooks.zapier.com/hooks/catch/",
        r"(?:https?://)?",
        r"\d{4,12}/[a-z0-9]{5,16}",
    ),
    _around("ifttt_webhook", "maker.ifttt.com/trigger/", "", r"[\w-]{1,64}/with/key/([\w-]{20,})"),
    _around("pagerduty", "events.pagerduty.com/integration/", "", r"([0-9a-f]{32})(?![A-Za-z0-9])"),
    _around(
        "azure_function_key",
        ".azurewebsites.net/",
        "",
        r"[\w./-]{0,200}\?(?:[\w.%=-]{1,100}&){0,6}code=([A-Za-z0-9_%+/-]{40,}={0,2})",
    ),
    _around("alchemy", ".alchemy.com/v2/", "", r"([A-Za-z0-9_-]{32})(?![A-Za-z0-9_-])"),
    _around("infura", ".infura.io/v3/", "", r"([0-9a-f]{32})(?![A-Za-z0-9_-])"),
    _around("quicknode", ".quiknode.pro/", "", r"([0-9a-f]{40})(?![A-Za-z0-9_-])"),
    _around("ankr", "rpc.ankr.com/", "", r"[a-z_]{2,24}/([0-9a-f]{64})(?![A-Za-z0-9_-])"),
    _around("telegram_bot", "api.telegram.org/bot", "", r"(\d{8,10}:[A-Za-z0-9_-]{30,})"),
    _around("facebook_app", "|", r"\d{15,16}", r"[A-Za-z0-9_-]{27}(?![A-Za-z0-9_-])"),
)
"""Formats with the anchor inside."""

SHORTEST_AROUND: Final = 36
"""Fewest characters of a text that holds one of those, its anchor with it: a Mailchimp key has."""

DISCORD_MIDDLE: Final = re.compile(r"\.[A-Za-z0-9_-]{6}\.(?=[A-Za-z0-9_-]{27})")
DISCORD_BOT: Final = re.compile(
    r"[MNO](?<![A-Za-z0-9_.-].)[A-Za-z0-9_-]{22,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}"
    r"(?![A-Za-z0-9_-])"
)
JSON_WEB_TOKEN: Final = re.compile(
    r"""(?x)
    eyJ (?<![A-Za-z0-9_-]...) [A-Za-z0-9_-]{8,1024}+ \.
    (?: [A-Za-z0-9_-]{8,}+ (?:\.[A-Za-z0-9_-]*+)?
      | [A-Za-z0-9_-]{0,1024}+ (?:\.[A-Za-z0-9_-]++){3}  # encrypted: five parts
    )
    """
)
