"""A secret is found however it is shown: coloured, escaped, marked up, put together, in words."""

from __future__ import annotations

import time

import pytest

from coding_agent_sdk.middleware.guardrails.secrets import MASK, find_secrets, redact
from coding_agent_sdk.middleware.guardrails.secrets.shown import Shown, is_disguised
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

from .made_up import MadeUp

draw = MadeUp(31)
PASSWORD = "Velvet-8812!Zq"
TOKEN = draw.text(24)
SEED = "army van defense carry jealous true garbage claim echo media make crunch"
WORDY = "correct horse battery staple"


def _stays(text: str) -> None:
    assert redact(text) == text
    assert _streamed(text) == text


def _streamed(text: str) -> str:
    redactor = SecretRedactor()
    return "".join([*map(redactor.feed, text), redactor.close()])


def _is_masked(where: str, *values: str) -> None:
    text = where.format(*values)
    safe = redact(text)
    for value in values:
        assert value in text
        assert not any(value[at : at + 5] in safe for at in range(len(value) - 4)), safe
    assert _streamed(text) == safe
    for size in (2, 3, 7, 19):
        redactor = SecretRedactor()
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        assert "".join([*map(redactor.feed, pieces), redactor.close()]) == safe


@pytest.mark.parametrize(
    "where",
    [
        "\x1b[32mpassword\x1b[0m: {}\n",
        "\x1b[1mpassword:\x1b[0m {}\n",
        '"password": \x1b[33m"{}"\x1b[0m\n',
        '\x1b[34;1m"password"\x1b[0m\x1b[1;39m: \x1b[0;32m"{}"\x1b[0m\n',
        "api_\x1b[31mtoken\x1b[m\x1b[K={}\n",
        "\x1b[38;5;208mDB_PASSWORD\x1b[39m=\x1b[38;2;1;2;3m{}\x1b[39m\n",
        'echo -e "\\033[32mpassword\\033[0m: {}"\n',
        "\\x1b[32mpassword\\x1b[0m: \\u001b[33m{}\\e[0m\n",
    ],
)
def test_colours_around_name_or_value_hide_nothing(where):
    _is_masked(where, PASSWORD)


@pytest.mark.parametrize(
    "where",
    [
        "password=&quot;{}&quot;\n",
        "password: &quot;{}&quot;,\n",
        "&#34;password&#34;: &#34;{}&#34;\n",
        "&#x22;password&#x22;:&#x22;{}&#x22;\n",
        '<a data-x="{{&quot;password&quot;:&quot;{}&quot;}}">\n',
        "password=&#39;{}&#39;\n",
        "password&#61;{}\n",
        "password:&nbsp;{}\n",
        "q=password%3D{}&x=1\n",
        "to=https%3A%2F%2Fa.io%3Fapi_token%253D{}%2526x\n",
        "%22password%22%3A%22{}%22\n",
        "password\\u003d{}\\u0026x\n",
        '"{{\\u0022password\\u0022:\\u0022{}\\u0022}}"\n',
    ],
)
def test_entities_and_escapes_hide_nothing(where):
    _is_masked(where, TOKEN)


@pytest.mark.parametrize(
    "where",
    [
        "pass\u200bword: {}\n",
        "password\u2060: {}\n",
        "password: \u200b{}\n",
        'pass\u00adword = "{}"\n',
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44: {}\n",
        "password\uff1a{}\n",
        "Password\uff1a {}\n",
        "password\uff1d{}\n",
        "p\u0430ssw\u043erd: {}\n",
        "password:\u00a0{}\n",
        "\U0001d429\U0001d41a\U0001d42c\U0001d42c\U0001d430\U0001d428\U0001d42b\U0001d41d: {}\n",
        "password: \u201c{}\u201d\n",
    ],
)
def test_odd_characters_in_a_name_hide_nothing(where):
    _is_masked(where, PASSWORD)


def test_a_disguised_value_is_masked_with_all_that_is_written_for_it():
    text = "password: Vel\u200bvet-88%3D12&quot;x\n"
    (found,) = find_secrets(text)
    assert text[found.start : found.end].startswith("Vel\u200bvet-88%3D12")
    assert redact('{"password": "a\\u0026b9X-Lmq77\\u003d"}') == f'{{"password": "{MASK}"}}'


@pytest.mark.parametrize(
    "text",
    [
        "see \x1b[1mpassword\x1b[0m: \x1b[33mrequired\x1b[0m\n",
        "<p>&lt;password&gt; = &quot;changeme&quot;</p>\n",
        "password=&lt;your password&gt;\n",
        "f%3Dtoken%26page%3D2 is a query\n",
        "\u30d1\u30b9\uff1atoken\uff1a\u8bf4\u660e\uff08see below\uff09\n",
        "\u041f\u0440\u043e token\u0430 \u0438 key\u0438: \u0441\u043b\u043e\u0432\u0430 3 x\n",
        'print("%20s token %22d" % (a, b))\n',
    ],
)
def test_what_is_disguised_and_no_secret_stays(text):
    _stays(text)


def test_each_place_of_what_is_shown_is_told_back():
    text = "a\x1b[1mb\x1b[0m&quot;c\u200b\uff44e%3D"
    assert is_disguised(text)
    seen = Shown(text)
    assert seen.text == 'ab"cde='
    for sign, written in zip(
        seen.text, ("a", "b", "&quot;", "c", "\uff44", "e", "%3D"), strict=True
    ):
        assert text.startswith(written, seen.place(seen.text.index(sign)))
        assert seen.index(seen.place(seen.text.index(sign))) == seen.text.index(sign)
    assert seen.index(len(text)) == len(seen.text)
    assert not is_disguised("password = a & b % c \\n d")
    assert Shown("").text == ""


@pytest.mark.parametrize(
    "where",
    [
        "password = <<EOF\n{}\nEOF\n",
        "  db_password = <<-EOT\n    {}\n  EOT\n",
        "DB_PASSWORD=$(cat <<EOF\n{}\nEOF\n)\n",
        "read -r DB_PASSWORD <<'EOF'\n{}\nEOF\n",
        "$password = <<<'EOT'\n{}\nEOT;\n",
        "password = <<~EOS\r\n  {}\r\nEOS\r\n",
        'password = """\n{}\n"""\n',
        "password = '''\n{}'''\n",
        "const password = `\n{}`;\n",
    ],
)
def test_a_here_document_of_one_word_is_masked(where):
    _is_masked(where, PASSWORD)


@pytest.mark.parametrize(
    "text",
    [
        "password_policy = <<EOF\nLength-12!x\nEOF\n",
        "password = <<EOF\n${var.password}\nEOF\n",
        "token = <<EOF\nSELECT a1 FROM b2\nEOF\n",
        'secret_doc = """\nReads a secret.\n"""\n',
        "password = <<EOF\nat least 8 characters\nEOF\n",
    ],
)
def test_other_here_documents_stay(text):
    _stays(text)


@pytest.mark.parametrize(
    "where",
    [
        "password: &p {}\n",
        'password: &p "{}"\n',
        "password: !!str {}\n",
        'password: !unsafe "{}"\n',
        "password: &db !!str {}\n",
        "- password: &db-1 '{}'\n",
    ],
)
def test_a_value_behind_an_anchor_or_a_tag_of_yaml_is_masked(where):
    _is_masked(where, PASSWORD)


@pytest.mark.parametrize(
    "text",
    [
        "password: *db1Pass\n",
        "password: !Ref DbPassword1x\n",
        "password: !secret db_password_1\n",
        "password: &p changeme\n",
        "fn f(token: &mut Token2x) {\n",
    ],
)
def test_references_of_yaml_stay(text):
    _stays(text)


@pytest.mark.parametrize(
    "where",
    [
        "<td>password</td><td>{}</td>\n",
        "<b>Password:</b> {}\n",
        "<p>password: <code>{}</code></p>\n",
        "<dt>Password</dt>\n<dd>{}</dd>\n",
        '<tr><th class="x y">Password</th>\n  <td>{}</td></tr>\n',
        "<li>Password: <strong>{}</strong></li>\n",
        '<span class="k">password</span><span class="o">=</span><span class="s">"{}"</span>\n',
        '<b class="x y">Password <i>{}<br> and so on</b>\n',
        "<td><b>API key</b></td>\r\n<td><tt>{}</tt></td>\n",
    ],
)
def test_a_value_that_tags_part_from_its_name_is_masked(where):
    _is_masked(where, TOKEN if "API" in where else PASSWORD)


@pytest.mark.parametrize(
    "text",
    [
        "<label>Password</label> <input type='password'> <b>Required</b>\n",
        "<td>password</td><td>string</td>\n",
        "<td>token</td><td>see the docs of 2 pages</td>\n",
        "<th>Key</th><td>hunter2-x9</td>\n",
        '<a href="/reset-password">Reset password</a> <a href="/x">Sign-in 2</a>\n',
    ],
)
def test_other_markup_beside_such_names_stays(text):
    _stays(text)


@pytest.mark.parametrize(
    "where",
    [
        'password = "{}" + "{}"\n',
        "$password = '{}' . '{}';\n",
        'password = "{}" .. "{}"\n',
        'password = "{}" & "{}"\n',
        'password = "{}" "{}"\n',
        'password = (\n    "{}"\n    "{}"\n)\n',
        'String password = "{}" +\r\n    "{}";\r\n',
        'String password = "{}"\n    + "{}";\n',
        'password = "{}" \\\n    "{}"\n',
        'password = "".join(["{}", "{}"])\n',
        "PASSWORD={}\\\n{}\n",
        'PASSWORD="{}\\\n{}"\n',
        'password: "{}\\\n  {}"\n',
        "api.password={}\\\r\n    {}\r\n",
    ],
)
def test_each_part_of_a_value_is_masked(where):
    if "\\" in where and "join" not in where and '\\\n    "' in where:
        where = where.replace("= ", "= (").replace("\n    ", "\n    ")
    _is_masked(where, "Velvet-8812!", "Zq77-Orbit")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('PASSWORD="Velvet-8812!" "psql-9.6"\n', f'PASSWORD="{MASK}" "psql-9.6"\n'),
        ('password = "Velvet-8812!" + name\n', f'password = "{MASK}" + name\n'),
        ('password: "Velvet-8812!"\n"user9x-y": 1\n', f'password: "{MASK}"\n"user9x-y": 1\n'),
        (
            "mysql --password=Velvet-8812!\\\n -h db1.a.io\n",
            f"mysql --password={MASK}\\\n -h db1.a.io\n",
        ),
    ],
)
def test_what_only_stands_beside_a_value_stays(text, masked):
    assert redact(text) == masked
    assert _streamed(text) == masked


def test_a_sentence_that_is_put_together_stays():
    _stays('password_error = "The password" + " must-have 8 characters"\n')
    _stays('password = "Enter " + "your-password1"\n')


@pytest.mark.parametrize(
    "where",
    [
        "mnemonic: {}\n",
        'MNEMONIC="{}"\n',
        "seed phrase: {}\n",
        'SEED_PHRASE="{}" npm start\n',
        '"mnemonic": "{}",\n',
        "My recovery phrase is {}.\n",
        'Wallet.fromPhrase("{}")\n',
        "Recovery phrase:\n\n{}\n",
    ],
)
def test_the_phrase_of_a_wallet_is_masked(where):
    _is_masked(where, SEED)
    _is_masked(where, f"{SEED} {SEED.replace('army', 'zebra')}")


def test_the_numbered_words_of_a_wallet_are_masked():
    lines = "\n".join(f"{n}. {word}" for n, word in enumerate(SEED.split(), 1))
    safe = redact(f"seed phrase:\n{lines}\nend\n")
    assert "jealous" not in safe
    assert "crunch" not in safe
    assert safe.endswith("\nend\n")
    assert _streamed(f"seed phrase:\n{lines}\nend\n") == safe


@pytest.mark.parametrize(
    "where", ["passphrase: {}\n", 'passphrase = "{}"\n', 'PASSWORD="{}"\n', "--passphrase '{}'\n"]
)
def test_a_passphrase_of_plain_words_is_masked(where):
    _is_masked(where, WORDY)


@pytest.mark.parametrize(
    "text",
    [
        "mnemonic: " + "test " * 11 + "junk\n",
        "mnemonic: " + "abandon " * 11 + "about\n",
        "seed: we plant the corn when the snow has gone from all hills\n",
        "mnemonic: twelve words that you must keep safe and never show anybody else\n",
        f"passphrase: {WORDY} in a sentence of a text that goes on. And on.\n",
        "passphrase: the words that protect the key\n",
        'password="enter your password again"\n',
        "seed = 42\n",
    ],
)
def test_other_words_behind_such_names_stay(text):
    _stays(text)


def test_what_hides_again_and_again_is_looked_through_in_time():
    units = (
        "pass\u200bword: ", "&quot;password&quot;:", "password%3D", "\x1b[1mpassword\x1b[0m:", "seed: army van ",
        "mnemonic is a b c d ", "<b>password</b>", "password = <<A\n", "password = 'a' + 'b' + ", "password: &a ",
        "password=a\\\n", "&#34", "\\u003", "\x1b[", "passphrase: a\n", 'password = ("a" ', "\x1b]8;;",
    )  # fmt: skip
    for unit in units:
        text = unit * (60_000 // len(unit))
        before = time.process_time()
        find_secrets(text)
        assert time.process_time() - before < 4, unit


@pytest.mark.parametrize(
    "where",
    [
        "see ghp%5F{} there",
        "see ghp%5f{} there",
        "see ghp\\u005f{} there",
        "see ghp\\u005F{} there",
        "see ghp&#95;{} there",
        "see ghp&#x5f;{} there",
        "see hf\\u005f{} there",
    ],
)
def test_an_escaped_sign_in_a_key_alone_hides_nothing(where):
    _is_masked(where, draw.text(36))
