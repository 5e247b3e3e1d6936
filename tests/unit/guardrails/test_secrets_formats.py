"""Keys whose format a vendor documents, and private key blocks."""

from __future__ import annotations

import base64

import pytest

from coding_agent_sdk.middleware.guardrails.secrets import MASK, find_secrets, redact, runs
from coding_agent_sdk.middleware.guardrails.secrets.vendors import AROUND, PREFIXED, VendorRule

from .made_up import MadeUp, least_width

KEYS = 12


def _keys(rule: VendorRule) -> list[str]:
    """Return keys of the format."""
    draw = MadeUp(sum(map(ord, rule.anchor)))
    head = rule.head.pattern if rule.head else ""
    return [draw.matching(head) + draw.matching(rule.tail.pattern) for _ in range(KEYS)]


@pytest.mark.parametrize("rule", PREFIXED, ids=lambda rule: f"{rule.type}-{rule.anchor}")
def test_keys_of_each_vendor_are_masked_whole(rule):
    """One in a hundred short keys without digits looks like words by chance."""
    places = ("take {} now", '("{}")', "\n{}\n", "API_TOKEN={}") * 3
    masked = [
        redact(p.format(key)) == p.format(MASK) for p, key in zip(places, _keys(rule), strict=True)
    ]
    assert sum(masked) >= KEYS - 2


@pytest.mark.parametrize("rule", AROUND, ids=lambda rule: f"{rule.type}-{rule.anchor}")
def test_a_key_that_holds_its_anchor_inside_is_masked(rule):
    for key in _keys(rule):
        redacted = redact(f"use {key} now")
        found = rule.tail.search(key)
        assert MASK in redacted
        assert found.group(1 if rule.tail.groups else 0) not in redacted


def test_the_gate_lets_every_format_through():
    """The rules are not even asked where no run of characters is as long as the shortest key."""
    for rule in PREFIXED:
        assert least_width(rule.tail) >= runs.SHORTEST, rule.anchor
        for key in _keys(rule):
            assert set(key) <= set(runs.WITH_SEPARATORS), rule.anchor
            starts = [start for start, _ in runs.long_runs(key)]
            # A made-up one may have a dot wherever one can stand; those of vendors have one or two.
            assert starts[:1] == [0] or "." in key[len(rule.anchor) :], rule.anchor


@pytest.mark.parametrize(
    "key",
    [
        "ghp_1234567890abcdefghijklmnopqrstuvwxyz12",
        "sk-proj-abcdefghijklmnop",
        "sk-ant-api03-abcdefghijklmnopqrstuvwxyz",
        "sk_live_abcdefghijklmnopqrstuvwx",
        "glpat-abcdefghijklmnopqrst",
        "hf_abcdefghijklmnopqrstuvwxyzabcdefgh",
        "SG.abcdefghijklmnop.qrstuvwxyzabcdefghijklmnop",
        "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyA1234567890abcdefghijklmnopqrstuvw",
        "xoxb-123456789012-1234567890123-abcdefghijklmnopqrstuvwx",
    ],
)
def test_a_made_up_key_in_a_vendors_format_is_masked(key):
    assert redact(f"the key {key} is there") == f"the key {MASK} is there"


@pytest.mark.parametrize(
    "text",
    [
        "sk-learn-feature-selection-module",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-your-key-goes-here-please",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAXXXXXXXXXXXXXXXX",
        "os.path.join(self.root, name)",
        "hf_hub_download_from_the_main_branch_of_repo",
        "task-sk-abc1",
        "s.connect((host, port))",
        "pk_test_is_published_anyway",
    ],
)
def test_words_that_begin_like_keys_stay(text):
    assert redact(text) == text


def test_a_web_token_is_masked_with_its_signature():
    draw = MadeUp()
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    token = f"{head}.{draw.text(60)}.{draw.text(43)}"
    assert redact(f"got {token}, then") == f"got {MASK}, then"
    encrypted = f"{head}..{draw.text(16)}.{draw.text(60)}.{draw.text(22)}"
    assert draw.text(60) not in redact(encrypted)
    assert redact(encrypted) == MASK


def test_a_discord_token_is_masked():
    draw = MadeUp(3)
    token = f"M{draw.text(25)}.{draw.text(6)}.{draw.text(38)}"
    assert redact(f"login({token!r})") == f"login('{MASK}')"


# -- private keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "spell", "after"),
    [
        ("", lambda pem: pem, "\n"),
        ("key: |\n  ", lambda pem: pem.replace("\n", "\n  "), "\nnext: 1\n"),
        ('{"k": "', lambda pem: pem.replace("\n", "\\n"), '"}'),
        ("x = '", lambda pem: pem.replace("\n", " "), "'"),
        ("", lambda pem: pem.replace("\n", "\r\n"), "\r\n"),
        ("k = (\n", lambda pem: '"' + pem.replace("\n", '"\n"') + '"', "\n)"),
    ],
)
def test_a_private_key_is_masked_however_its_lines_are_written(before, spell, after):
    pem = spell(MadeUp().pem())
    redacted = redact(before + pem + after)
    assert MASK in redacted
    assert redacted.replace(MASK, "").replace('"', "") == (before + after).replace('"', "")


def test_a_private_key_that_is_cut_off_is_masked_to_its_end():
    pem = MadeUp().pem(lines=8)
    for end in range(120, len(pem), 37):
        assert redact(pem[:end]).startswith(MASK)
        assert pem[60:100] not in redact(pem[:end])


def test_encrypted_and_pgp_keys_are_masked_with_their_headers():
    draw = MadeUp()
    encrypted = (
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123AB\n\n"
        f"{draw.text(64)}\n{draw.text(64)}\n-----END RSA PRIVATE KEY-----"
    )
    assert redact(f"{encrypted}\nrest") == f"{MASK}\nrest"
    pgp = (
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n{draw.text(64)}\n{draw.text(30)}\n"
        "=ab12\n-----END PGP PRIVATE KEY BLOCK-----"
    )
    assert redact(f"{pgp}\nrest") == f"{MASK}\nrest"


def test_a_putty_key_is_masked():
    draw = MadeUp()
    text = (
        "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 2\n"
        f"{draw.text(64)}\n{draw.text(20)}\nPrivate-MAC: {draw.hex(64)}\n"
    )
    redacted = redact(text)
    assert f"Private-Lines: 2\n{MASK}\nPrivate-MAC" in redacted


@pytest.mark.parametrize("kind", ["PUBLIC KEY", "CERTIFICATE", "RSA PUBLIC KEY"])
def test_public_keys_and_certificates_stay(kind):
    text = f"-----BEGIN {kind}-----\n{MadeUp().text(64)}\n-----END {kind}-----\n"
    assert redact(text) == text


def test_words_about_private_keys_stay():
    text = "A file that begins with -----BEGIN RSA PRIVATE KEY----- holds a key.\n"
    assert redact(text) == text


# -- findings -----------------------------------------------------------------------------------


def test_a_finding_never_shows_the_secret():
    key = "ghp_" + MadeUp().text(36)
    (finding,) = find_secrets(f"a {key}")
    assert (finding.type, finding.rule) == ("github_pat", "vendor")
    assert key not in repr(finding)
    assert key not in str(finding)


def test_hex_of_the_wrong_length_is_no_vendors_key():
    text = f"twilio SK{MadeUp().hex(20)}"
    assert redact(text) == text
