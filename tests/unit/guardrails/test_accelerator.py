"""With the extra `guardrails-fast`, each text gives the very findings that it gives without it."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails.secrets import firstlook
from coding_agent_sdk.middleware.guardrails.secrets.detection import findings_in
from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places, lowered
from coding_agent_sdk.middleware.guardrails.secrets.vendors import AROUND, PREFIXED

from .made_up import MadeUp

accelerated = pytest.importorskip(
    "coding_agent_sdk.middleware.guardrails.secrets.accelerated",
    reason="hyperscan, of the extra guardrails-fast, is not installed",
    exc_type=ImportError,
)

HERE = Path(__file__).parent
SOURCES = [*HERE.glob("*.py"), *Path(firstlook.__file__).parent.glob("*.py")]
draw = MadeUp(23)


@pytest.fixture(params=["with a first look", "without one"])
def both(request, monkeypatch):
    """Return what is found by plain searches and by the accelerator."""

    def of(text):
        found = []
        for places_in in (_plainly, accelerated.scan):
            with monkeypatch.context() as patch:
                patch.setattr(detection_module(), "places_in", places_in)
                found.append(findings_in(text))
        return found

    def _plainly(text):
        if request.param == "with a first look":
            return (
                firstlook._Search().places_in(text)
                if len(text) <= firstlook.SHORT
                else Places(text, lowered(text))
            )
        return Places(text, lowered(text))

    return of


def detection_module():
    from coding_agent_sdk.middleware.guardrails.secrets import detection

    return detection


def keys() -> list[str]:
    """Return a key of each format."""
    return [
        (draw.matching(rule.head.pattern) if rule.head else "") + draw.matching(rule.tail.pattern)
        for rule in (*PREFIXED, *AROUND)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_sources_and_tests_give_the_same(path, both):
    plain, fast = both(path.read_text(encoding="utf-8"))
    assert plain == fast


def test_each_line_of_the_tests_gives_the_same(both):
    for path in HERE.glob("test_secrets*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            plain, fast = both(line)
            assert plain == fast, line


@pytest.mark.parametrize("around", ["{}", "é{}é", "x {} y", "ß={};", "\u212a{}\u0130", "日本{}"])
def test_a_key_of_each_vendor_gives_the_same(around, both):
    found = 0
    for key in keys():
        plain, fast = both(around.format(key))
        assert plain == fast, key
        found += len(fast)
    assert found > len(PREFIXED) // 2


PIECES = [
    "password", "PASSWORD=", "to\u212aen", "Api_\u212aey: ", "api_key", ": ", " = ", "=", '"', "'", "\n", " ", "\t", "-",
    "name: ", "value: ", "  data:\n", "kind: Secret\n", "mysql -p", "curl -u a:", "https://a:", "@b.c/", "sig=", "eyJ",
    "Cookie: sid=", "Basic ", "BEARER ", "-----BEGIN PRIVATE KEY-----\n", "Private-Lines: 2\n", "a:5432:b:c:", "*:*:*:*:",
    "MAILER=", "auth=('a', '", "login(", "PDO(", "401 ", "|", "-us1", "Q~", ":AA", "X-Amz-Signature=", "M", ".", "é", "İ",
    "ENV ", "set ", 'variable "', "identified by '", "echo a:", "echo ", " | sudo -S", "| docker login", "signtool /p ",
    "ConvertTo-SecureString ", "secret set X -b ", "\nbind_password ", "passwords:\n", "  - ", "tokens = [",
    "\nuser, pw = ", "stringData:\n", "secrets:\n", "  db: ", "| password |\n|---|\n| ", "\n| Password | ", "log in: bob/", "--cookie ", "unrar x -p", "jdbc:oracle:thin:a/", draw.text(20), draw.hex(32),
    draw.text(40), draw.password(), "日本", "\0", "\udc80",
    "\x1b[1m", "pass\u200bword: ", "&quot;", "%3D", "\\u003d", "\uff1a", "tok\u0435n=", "password = <<EOF\n", "&p ", "<td>password</td><td>",
    ' + "', "mnemonic: ", "seed phrase: ", "army van defense carry jealous true garbage claim echo media make crunch", "passphrase: ", 'PASSWORD="',
    "correct horse battery staple", "mnem\u00adonic: ", "\xa0", "\x85", "१२३",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    text=st.lists(st.sampled_from([*PIECES, *keys()]) | st.text(max_size=4), max_size=20).map(
        "".join
    )
)
def test_any_text_gives_the_same(text):
    plain = _found(text, Places(text, lowered(text)))
    places = accelerated.scan(text)
    assert plain == ([] if places is None else _found(text, places))
    seen = firstlook._Search().places_in(text[: firstlook.SHORT])
    if len(text) <= firstlook.SHORT:
        assert plain == ([] if seen is None else _found(text, seen))


def _found(text, places):
    detection = detection_module()
    return detection.merge(
        one for one in detection._candidates(places) if not detection._touches_mask(text, one)
    )


def test_a_long_text_is_looked_through_by_the_accelerator():
    search = firstlook._Search()
    assert isinstance(search.places_in("token " * 100), Places)
    assert isinstance(search.places_in("token " * 1000), accelerated.ScannedPlaces)
    assert isinstance(search.places_in("token " * 100), accelerated.ScannedPlaces)
    assert search.places_in("word " * 1000) is None


def test_without_the_package_the_plain_search_takes_its_place(monkeypatch):
    monkeypatch.setattr(firstlook, "find_spec", lambda name: None)
    search = firstlook._Search()
    assert type(search.places_in("token " * 1000)) is Places


def test_threads_look_at_the_same_time():
    texts = [f"{'x ' * 4000}TOKEN=ghp_{draw.text(36)} {'y ' * n}" for n in range(40)]
    expected = [findings_in(text) for text in texts]
    found: dict[int, list] = {}

    def look(order):
        for n in order:
            found[threading.get_ident(), n] = findings_in(texts[n])

    threads = [
        threading.Thread(target=look, args=(random.Random(seed).sample(range(40), 40),))
        for seed in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(expected[n] == result for (_, n), result in found.items())
    assert len(found) >= len(texts)
