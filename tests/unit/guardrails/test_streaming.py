"""Text that comes in pieces is masked as if it had come at once, and ordinary text does not wait."""

from __future__ import annotations

import base64
import json
import random
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails.secrets import MASK, mask, redact
from coding_agent_sdk.middleware.guardrails.secrets.holding import PlainWords
from coding_agent_sdk.middleware.guardrails.secrets.known import LONGEST, KnownValues
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor
from coding_agent_sdk.middleware.guardrails.secrets.windows import CONTEXT, RUN, find_everywhere
from coding_agent_sdk.protocols import Redactor

from .made_up import MadeUp

draw = MadeUp()
KEY = "ghp_" + draw.text(36)
PASSWORD = draw.password()
KNOWN = KnownValues(["blue moon over water", "zz9/plural+z", "aabaabaab", "line one\nline two"])

PROSE = (
    "The function reads the file, splits it into lines, and returns those that match. "
    "Nothing else is changed by it (see below); the tests still pass.\n\n"
    "1. First, open the keyboard settings.\n2. Then author a new passage: it is a monkey's task.\n"
)
CODE = (
    "def total(items: list[int], *, start: int = 0) -> int:\n"
    '    """Return the sum of *items*."""\n'
    "    result = start\n"
    "    for index, item in enumerate(items):\n"
    "        result += item * (index % 3)  # every third counts nothing\n"
    "    return result\n\n\n"
    "class Author(Base):\n    name = Column(String(40), primary_key=True)\n"
)


def _pieces(text: str, sizes) -> list[str]:
    pieces = []
    at = 0
    while at < len(text):
        size = next(sizes)
        pieces.append(text[at : at + size])
        at += size
    return pieces


def _stream(pieces, known: KnownValues = KNOWN) -> str:
    redactor = SecretRedactor(known)
    return "".join([*map(redactor.feed, pieces), redactor.close()])


def _batch(text: str, known: KnownValues = KNOWN) -> str:
    return mask(text, find_everywhere(text, known))


def _every(size: int):
    while True:
        yield size


def test_it_is_a_redactor():
    assert isinstance(SecretRedactor(), Redactor)


# -- every split gives the same --------------------------------------------------------------------

FRAGMENTS = [
    "password", "PASSWORD=", "api_key", ": ", " = ", "=", '"', "'", "`", '\\"', "hunter2", "abc123", "is ", "was now ",
    "secret value", KEY, KEY[:20], PASSWORD, "the ", "token", " --token ", "-p", " -p ", "mysql ", "curl -u a:b12345 ",
    "str = ", "Optional[str] = ", "os.getenv(", "Authorization: Bearer ", "Basic ", "Cookie: ", "sessionid=", "; ",
    "://bob:", "@db.acme.io/x", "echo 'root:", "' | sudo chpasswd", 'echo "', '" | sudo -S id', " | docker login ",
    "signtool /p ", "ConvertTo-SecureString ", "gh secret set X --body ", "\nbind_password ", "set ", "--cookie ",
    "passwords:\n", "  - ", "passwords = [", "secrets:\n", "  db: ", "\nuser, pw = ", "stringData:\n", "kind: Secret\n",
    "DB_PASSWORD=\\\n", "| user | password |\n|---|---|\n", "| bob | ", "\n| Password | ", "pA7!vq2Lx9",
    "IDENTIFIED BY ", "login bob ", "password ",
    "-----BEGIN ", "RSA PRIVATE KEY-----", "\n" + draw.text(64), "\n" + draw.text(64), "\n-----END RSA PRIVATE KEY-----",
    "Private-Lines: 2\n", "name: ", "API_TOKEN\n", "  value: ", "user,token\n", "bob," + draw.text(12) + "\n",
    "apiVersion: v1\nkind: Secret\ndata:\n", "  one: cml2ZXIhNDI=\n", 'variable "db_password" {\n  default = "',
    "blue moon over water", "blue moon", " over water", "zz9%2Fplural%2Bz", "zz9/plural", "aabaab", "aab", "line one\n",
    "line two", MASK, "***", "\r\n", "\n", "\t", " ", "   ", ", ", ";", "eyJhbGciOiJIUzI1NiJ9.", draw.text(30), "\u0130",
    "é", "()", "{", "}", "key", "deadbeef" * 5, "sk-", "sk-proj-abcdefghijklmnop", "user", "ok.", "changeme", "<pw>",
    "\x1b[1m", "\x1b[0;33m", "pass\u200bword: ", "\u200b", "&quot;", "&#34;", "&quot;a b9X-Lmq77 c&quot;", "%3D", "%22", "\\u003d", "\\u0022",
    "\uff1a", "\uff1d", "tok\u0435n", "\u00a0", "\u201c", "\u201d", "password = <<EOF\n", "EOF\n", "&p ", "!!str ", "!unsafe ",
    "<td>password</td><td>", "</td>\n", "<b>", "</b>", '<span class="s">', ' + "', '" + "', "' . '", "' '", "\\\n", "= (\n  ",
    "mnemonic: ", "seed phrase: ", "passphrase: ", 'PASSWORD="', "army van defense carry jealous true ", "garbage claim echo media make crunch",
    "1. army\n2. van\n", "correct horse battery staple", 'password = """\n',
]  # fmt: skip

texts = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=24).map("".join)


@settings(max_examples=400, deadline=None)
@given(text=texts, seed=st.integers(0, 2**16), largest=st.sampled_from([1, 2, 5, 20]))
def test_every_split_gives_what_the_whole_gives(text, seed, largest):
    drawn = random.Random(seed)
    pieces = _pieces(text, iter(lambda: drawn.randint(1, largest), None))
    assert _stream(pieces) == _batch(text)


TALK = ["the ", "well, net ", "use, ", "lines ", "of it, ", "Then ", "all of them; ", "words ", "in a file.\n"]  # fmt: skip
TELLING = ["password ", "token: ", "bearer ", "echo ", "basic ", "pass", "word, ", "---- begin ", "x9! "]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**16), rare=st.sampled_from([5, 30, 200]))
def test_what_was_searched_for_hints_need_not_be_searched_again(seed, rare):
    drawn = random.Random(seed)
    growing, text, done = PlainWords(), "", 0
    for _ in range(300):
        piece = drawn.choice(TALK if drawn.randrange(rare) else TELLING)
        text += piece
        end = len(text) if piece[-1:].isspace() else done
        if end > done:
            assert growing.fill(text, done, end) == PlainWords().fill(text, done, end)
        done = drawn.choice([done, end])


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**16), rare=st.sampled_from([30, 200]))
def test_long_talk_with_a_telling_word_now_and_then_is_the_same_in_pieces(seed, rare):
    drawn = random.Random(seed)
    told = [*TELLING, *FRAGMENTS]
    words = [drawn.choice(TALK if drawn.randrange(rare) else told) for _ in range(3_000)]
    assert _stream(words) == _batch("".join(words))


@settings(max_examples=150, deadline=None)
@given(text=texts, seed=st.integers(0, 2**16))
def test_what_was_let_go_is_never_taken_back(text, seed):
    """What came out so far begins the result for any way in which the text may go on."""
    drawn = random.Random(seed)
    cut = drawn.randint(0, len(text))
    redactor = SecretRedactor(KNOWN)
    out = "".join(redactor.feed(c) for c in text[:cut])
    for rest in (text[cut:], "", " ", "\n", '" x', KEY, "=hunter2 "):
        assert _batch(text[:cut] + rest).startswith(out)


@settings(max_examples=150, deadline=None)
@given(before=texts, after=texts, seed=st.integers(0, 2**16))
def test_a_key_leaks_at_no_moment(before, after, seed):
    drawn = random.Random(seed)
    text = f"{before} {KEY} {after}"
    if KEY in _batch(text):  # for instance inside of a public key block
        return
    out = ""
    redactor = SecretRedactor(KNOWN)
    for piece in _pieces(text, iter(lambda: drawn.randint(1, 9), None)):
        out += redactor.feed(piece)
        tail = out[-len(KEY) :]
        assert not any(tail.endswith(KEY[:n]) for n in range(8, len(KEY))) or KEY[:8] in before
    assert KEY not in out + redactor.close() or KEY in before + after


def _documents() -> dict[str, str]:
    pem = draw.pem(30)
    secret = base64.b64encode(b"river!42").decode()
    return {
        "a key in a file": f"key:\n{pem}\nafter it\n",
        "a key with other line ends": pem.replace("\n", "\r\n") + " x y",
        "a key in YAML": "k: |\n" + "".join(f"    {line}\n" for line in pem.split("\n")) + "b: 1\n",
        "a key in JSON": json.dumps({"key": pem, "b": 1}),
        "a key that is cut off": pem[:900],
        "two keys": f"{pem}\n{pem}\n",
        "a long table": "user,token,x\n" + f"bob,{draw.text(12)},1\n" * 120,
        "a long manifest": "kind: Secret\ndata:\n" + f"  one: {secret}\n" * 160,
        "a long cookie": "Cookie: " + "a=b; " * 390 + f"sessionid={draw.text(32)}; x=1\nnext",
        "a Terraform variable": f'variable "db_password" {{\n  description = "{"x " * 99}"\n'
        f'  default = "{PASSWORD}"\n}}\n',
        "a long line": "password is " + "abc defg " * 1500 + f'api_key="{draw.text(20)}" end',
        "prose and code": (PROSE + CODE) * 4 + f"TOKEN={KEY}\n" + (PROSE + CODE) * 4,
        "quotes": "password = 'a b " * 100,
    }


@pytest.mark.parametrize("name", _documents())
@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_long_documents_give_the_same_however_they_are_cut(name, size):
    text = _documents()[name]
    assert _stream(_pieces(text, _every(size))) == _batch(text)


# -- how long text waits ---------------------------------------------------------------------------


def _most_held(text: str, known: KnownValues = KNOWN) -> int:
    redactor = SecretRedactor(known)
    given_out = most = 0
    for index, character in enumerate(text, start=1):
        given_out += len(redactor.feed(character))
        most = max(most, index - given_out)
    assert redactor.close() == text[given_out:]
    return most


@pytest.mark.parametrize("text", [PROSE * 3, CODE * 3], ids=["prose", "code"])
def test_ordinary_text_waits_for_the_end_of_its_word_only(text):
    assert _most_held(text) <= max(map(len, text.split())) + 1 <= 20


def test_a_word_for_secrets_does_not_hold_the_line():
    text = (
        "The key takeaway: every token of the password policy is explained by its author below.\n"
    )
    assert _most_held(text) <= 12


def test_quoted_text_waits_only_where_a_name_makes_a_value_of_it():
    plain = 'print("a sentence of many words in quotes", name)\n'
    assert _most_held(plain) <= 12
    assert _most_held('password = "please enter the password here"\n') <= 34
    assert _most_held("password = '" + "word " * 300 + "\n") <= 700


def test_a_value_goes_out_with_the_blank_behind_it():
    redactor = SecretRedactor()
    assert redactor.feed(f"TOKEN={KEY}") == ""
    assert redactor.feed(" ") == f"TOKEN={MASK} "


def test_a_key_block_waits_for_its_end():
    redactor = SecretRedactor()
    pem = draw.pem()
    assert redactor.feed(f"here: {pem[:-9]}") == "here: "
    assert redactor.feed(pem[-9:] + "\nnext ") == f"{MASK}\nnext "


@pytest.mark.parametrize(
    "piece",
    ["abcdefgh1234", "abc ", "key x1, ", '"k', 'password = "a b ', "'", "-----BEGIN ", "aab", "\n"],
)
def test_what_is_held_is_bounded(piece):
    redactor = SecretRedactor(KNOWN)
    most = 0
    for _ in range(150_000 // (len(piece) * 100)):
        redactor.feed(piece * 100)
        most = max(most, len(redactor._text))
    assert most <= RUN + 3 * CONTEXT + 100 * len(piece)


def test_an_endless_key_block_is_one_mask_and_held_in_bounds():
    redactor = SecretRedactor()
    out = redactor.feed("-----BEGIN PRIVATE KEY-----\n")
    most = 0
    for _ in range(4000):
        out += redactor.feed(draw.text(64) + "\n")
        most = max(most, len(redactor._text))
    out += redactor.feed("-----END PRIVATE KEY-----\nand on\n") + redactor.close()
    assert out == f"{MASK}\nand on\n"
    assert most < 120_000


# -- runs without a blank --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [(30_000, 30_000), (RUN // 2 - 20, 50_000), (RUN - 20, 50_000), (70_000, 9)],
)
def test_a_key_inside_of_a_long_run_is_masked_wherever_it_is_cut(before, after):
    text = "x='" + "ab," * (before // 3) + f"'{KEY}'" + ",cd" * (after // 3) + f" {KEY} end"
    expected = text.replace(KEY, MASK)
    assert redact(text) == expected
    for size in (997, 20_000):
        assert _stream(_pieces(text, _every(size))) == expected


def test_a_secret_longer_than_the_window_is_swallowed_to_its_end():
    token = f"eyJ{draw.text(60)}.{draw.text(90_000)}.{draw.text(40)}"
    text = f"a {token} b {KEY} c"
    assert redact(text) == f"a {MASK} b {MASK} c"
    assert _stream(_pieces(text, _every(1013))) == f"a {MASK} b {MASK} c"
    assert _stream(_pieces(text[:80_000], _every(1013))) == f"a {MASK}"
    assert redact(text[:80_000]) == f"a {MASK}"


def test_a_long_run_after_a_key_block_belongs_to_it():
    text = "-----BEGIN PRIVATE KEY-----\n" + draw.text(50_000) + "\n-----END PRIVATE KEY-----\nok\n"
    redacted = redact(text)
    assert redacted.startswith(MASK)
    assert len(redacted) < 80
    assert _stream(_pieces(text, _every(501))) == redacted


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**16), size=st.sampled_from([311, 4096, 40_000]))
def test_long_runs_give_the_same_however_they_are_cut(seed, size):
    drawn = random.Random(seed)
    parts = []
    for _ in range(drawn.randint(2, 9)):
        sign = drawn.choice(["a1B", "x", '"k":"v",', ",", "=", "eyJhb.", "/"])
        parts += [sign * (drawn.randint(1, 24_000) // len(sign)), drawn.choice(FRAGMENTS)]
    text = "".join(parts)
    assert _stream(_pieces(text, _every(size))) == _batch(text)


# -- known values ----------------------------------------------------------------------------------

WEIRD = 'p"/w\\ é~?&=x+\ty'


SPELLINGS = {
    "plain": lambda value: value,
    "url": lambda value: quote(value, safe=""),
    "url path": quote,
    "url query": quote_plus,
    "url in small letters": lambda value: (
        quote(value, safe="/ ").lower().replace("/", "%2f").replace(" ", "%20")
    ),
    "json": lambda value: json.dumps(value)[1:-1],
    "json in unicode": lambda value: json.dumps(value, ensure_ascii=False)[1:-1],
    "json in json": lambda value: json.dumps(json.dumps({"a": value}))[1:-1],
    "json with escaped slashes": lambda value: json.dumps(value)[1:-1].replace("/", "\\/"),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_known_value_is_masked_in_every_spelling(name):
    spell = SPELLINGS[name]
    known = KnownValues([WEIRD])
    text = f"before {spell(WEIRD)} after"
    expected = "before " + MASK + " after"
    if "{" in text:
        expected = 'before {\\"a\\": \\"' + MASK + '\\"} after'
    assert _stream([text], known) == expected
    assert _stream(list(text), known) == expected


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "u", "us", "use", "user"])
@pytest.mark.parametrize("after", ["", ":", "::", ":::"])
def test_a_known_value_is_masked_in_base64_at_every_alignment(encode, before, after):
    value = "correct>horse?battery"
    known = KnownValues([value])
    text = "x " + encode(f"{before}{value}{after}".encode()).decode() + " y"
    redacted = _stream(list(text), known)
    assert MASK in redacted
    assert _stream([text], known) == redacted
    # What is left decodes to nothing of the value: at most one character on each side.
    assert len(redacted) - len(MASK) - 4 <= -(-4 * len(before) // 3) + -(-4 * len(after) // 3) + 6


def test_short_known_values_are_passed_over():
    known = KnownValues(["a", "1234567", ""])
    assert not known
    assert _stream(["a 1234567 b"], known) == "a 1234567 b"


def test_known_values_that_overlap_or_follow_each_other_are_one_mask():
    assert _stream(list("x aabaabaabaab y")) == f"x {MASK} y"
    assert _stream(["x aabaabaabaabaabaab y"]) == f"x {MASK} y"
    assert _stream(list("blue moon over waterblue moon over water.")) == f"{MASK}."


def test_the_beginning_of_a_known_value_waits_and_goes_out_when_it_is_none():
    redactor = SecretRedactor(["blue moon over water"])
    assert redactor.feed("see blue moon ") == "see "
    assert redactor.feed("over ") == ""
    assert redactor.feed("land ") == "blue moon over land "


def test_a_known_value_longer_than_a_piece_is_masked_piece_by_piece():
    value = draw.text(LONGEST + 500)
    assert _stream([f"a {value} b"], KnownValues([value])) == f"a {MASK} b"


def test_nothing_shows_known_values_or_what_is_held():
    redactor = SecretRedactor(KNOWN)
    redactor.feed(KEY)
    shown = repr(redactor) + repr(KNOWN)
    assert KEY not in shown
    assert "blue" not in shown
    assert repr(redactor) == "SecretRedactor(holding 40 characters)"


# -- the rest --------------------------------------------------------------------------------------


def test_an_empty_text_stays_empty():
    redactor = SecretRedactor()
    assert redactor.feed("") == ""
    assert redactor.close() == ""


def test_a_closed_redactor_begins_anew():
    redactor = SecretRedactor()
    first = redactor.feed(f"TOKEN={KEY}") + redactor.close()
    assert first == f"TOKEN={MASK}"
    assert redactor.feed("hunter2 ") + redactor.close() == "hunter2 "


def test_a_long_text_without_blanks_is_looked_through_a_few_times_and_not_once_for_each_part(
    monkeypatch,
):
    """Counted in characters: a request of four million of them once took the square of that."""
    from coding_agent_sdk.middleware.guardrails.secrets import windows

    seen = 0

    class Counting:
        def __init__(self, pattern):
            self.pattern = pattern

        def search(self, text, start=0, end=None):
            nonlocal seen
            found = self.pattern.search(text, start, len(text) if end is None else end)
            seen += (found.end() if found else len(text) if end is None else end) - start
            return found

    def count(text):
        nonlocal seen
        seen += len(text)
        return []

    monkeypatch.setattr(windows, "_BLANK", Counting(windows._BLANK))
    monkeypatch.setattr(windows, "findings_in", count)
    text = "q" * (64 * RUN)
    find_everywhere(text)
    assert len(text) < seen < 4 * len(text)


def test_a_text_that_comes_at_once_is_looked_through_once(monkeypatch):
    from coding_agent_sdk.middleware.guardrails.secrets import windows

    looks = []
    real = windows.findings_in
    monkeypatch.setattr(windows, "findings_in", lambda text: looks.append(len(text)) or real(text))
    text = (PROSE + CODE) * 20
    redactor = SecretRedactor()
    assert redactor.feed(text) + redactor.close() == text
    assert looks == [len(text)]


def test_pieces_cost_the_same_early_and_late(monkeypatch):
    from coding_agent_sdk.middleware.guardrails.secrets import windows

    looked = 0
    real = windows.findings_in

    def count(text):
        nonlocal looked
        looked += len(text)
        return real(text)

    monkeypatch.setattr(windows, "findings_in", count)
    redactor = SecretRedactor(KNOWN)

    def characters_looked_at() -> int:
        before = looked
        for piece in _pieces(CODE * 10, _every(5)):
            redactor.feed(piece)
        return looked - before

    characters_looked_at()
    first = characters_looked_at()
    for _ in range(4):
        last = characters_looked_at()
    assert 0 < last <= 1.1 * first


# -- values of fields ------------------------------------------------------------------------------


BASIC = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()


@pytest.mark.parametrize(
    ("field", "value", "redacted"),
    [
        ("password", "hunter2", MASK),
        ("DB_PASSWORD", PASSWORD, MASK),
        ("apiKey", draw.text(32), MASK),
        ("password", f"two lines\nof {KEY}", f"two lines\nof {MASK}"),
        ("password", 'with "quotes" 4 you', MASK),
        ("Authorization", f"Basic {BASIC}", f"Basic {MASK}"),
        ("authorization", "hunter2-abcdefgh", MASK),
        ("Cookie", f"sid={KEY[:30]}; theme=dark", f"sid={MASK}; theme=dark"),
        ("author", "Ada Lovelace", "Ada Lovelace"),
        ("password", "${PASSWORD}", "${PASSWORD}"),
        ("password", "", ""),
        ("password", MASK, MASK),
        ("password_hash", "5f4dcc3b5aa765d6", "5f4dcc3b5aa765d6"),
        ("path", "hunter2", "hunter2"),
        ("content", f"password = '{PASSWORD}'", f"password = '{MASK}'"),
        ("cache_key", draw.text(32), None),
        ("password", "1 " * 1000, None),
    ],
)
def test_the_value_of_a_field_is_masked_as_its_name_says(field, value, redacted):
    assert SecretRedactor().redact_field(field, value) == (value if redacted is None else redacted)
