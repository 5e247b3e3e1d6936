"""What is personal data is found by its format; what only looks like it is not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coding_agent_sdk.middleware.guardrails import Finding, find_pii
from coding_agent_sdk.middleware.guardrails.pii.checks import (
    IBAN_LENGTHS,
    is_card,
    is_iban,
    is_ssn,
    luhn,
)


def _found(text):
    return [(text[found.start : found.end], found.type) for found in find_pii(text)]


def _hard(text):
    return [(value, kind) for value, kind in _found(text) if kind != "service_email"]


FOUND = [
    ("email", "ravi.novak82@web.de", "Author: Ravi Novak <{}>"),
    ("email", "zofia+shop@mail.orange.fr", "user={} plan=pro"),
    ("email", "anaïs.dubois@proton.me", "an {}, bitte"),
    ("email", "Paulo.Castro@Contoso.de", '"{}"'),
    ("email", "kwame@okafor.name", "mailto:{}?subject=x"),
    ("email", "sven%40gmx.net", "?mail={}&x=1"),
    ("email", "luis@telefonica.co.uk", "write to {}."),
    ("email", "ravi.novak82\uff20web.de", "an {} bitte"),
    ("email", "zofia&#64;orange.fr", "<p>{}</p>"),
    ("email", "zofia&#x40;orange.fr", "<p>{}</p>"),
    ("email", "kwame&commat;okafor.name", "mail {} ok"),
    ("email", '"paulo castro"@contoso.de', "to {} now"),
    ("email", "luis.gil at telefonica dot es", "write to {} please"),
    ("email", "sven [at] gmx [dot] net", "mail: {}"),
    ("email", "sven(at)gmx.net", "contact {}, please"),
    ("email", "sven {at} mail {dot} gmx {dot} net", "{}"),
    ("email", "zofia AT orange DOT fr", "reach {} today"),
    ("email", "anais_d <at> proton <dot> me", "reach {}"),
    ("ssn", "536-22-8726", "taxpayer id: {} on file"),
    ("phone", "+49 30 06381565", "tel {})"),
    ("phone", "+12125571404", "sms queued to {} via"),
    ("phone", "+1 (415) 607-7563", "on {} now"),
    ("phone", "+44 (0)20 7278 6882", "{}"),
    ("phone", "+55 11 96648-8623", "'{}'"),
    ("phone", "0049 30 82066794", "{}"),
    ("phone", "(512) 706-4574", "call Nadia at {}"),
    ("phone", "617-627-3934", "{} is hers"),
    ("phone", "617.627.3934", "phone={}"),
    ("phone", "415-607-7563 ext. 42", "{}, please"),
    ("phone", "06 58 15 69 24", "('{}')"),
    ("phone", "020 7220 8331", "{}\n"),
    ("phone", "0151 83046121", "mobil: {}"),
    ("phone", "(030) 1234987", "{}"),
    ("phone", "03-3581-2267", "{}"),
    ("phone", "044 668 18 00", "{}"),
    ("phone", "0406 775 902", "{}"),
    ("phone", "6176273934", '{{"phoneNumber": "{}"}}'),
    ("phone", "347 2816549", "id,name,mobile,city\n820,Aiko Ito,{},Graz\n"),
    ("phone", "605 530 503", "INSERT INTO t (id, name, mobile) VALUES (1, 'A, B', '{}');"),
    ("phone", "98997 83527", "COPY public.users (id, tel) FROM stdin;\n9706\t{}\n\\.\n"),
    ("ssn", "426-21-0991", "(social_security {})"),
    ("ssn", "017-02-8767", "invalid tax_id: '{}'"),
    ("ssn", "738-72-6337", "COPY u (id, ssn) FROM stdin;\n6216\t{}\n"),
    ("ssn", "271875452", "ssn={}"),
    ("ssn", "912-78-1234", "ITIN: {}"),
    ("ssn", "584-66-5390", "a,{},b"),
    ("credit_card", "4929 1234 5678 9015", "paid with {} exp 12/29"),
    ("credit_card", "4929123456789015", "card={}"),
    ("credit_card", "5425-2334-3010-9903", "'{}'"),
    ("credit_card", "3714 496353 98431", "Amex {}"),
    ("iban", "DE44 5001 0517 5407 3249 31", "auf {} bis Freitag"),
    ("iban", "GB33BUKB20201555555555", "iban: {}"),
    ("iban", "NL02 ABNA 0123 4567 89", "{},"),
    ("ipv4", "176.16.224.236", "peer: '{}'"),
    ("ipv4", "145.68.116.129", '{} - - [05/Oct/2026:10:16:22 +0000] "GET / HTTP/1.1"'),
    ("ipv4", "23.244.95.135", "invalid user admin from {} port 40421 ssh2"),
    ("ipv4", "5.9.12.34", "client_ip={} x"),
    ("ipv6", "2600:65f0:ef59:9e8b::8a15", "{} - - ["),
    ("ipv6", "2a02:95f3:9ff2:d851:9d1e:dfb2:1161:3636", '"ip6": "{}"'),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "frame"), FOUND, ids=[row[1] for row in FOUND])
def test_what_is_personal_is_found_whole_and_nothing_else(kind, value, frame):
    assert _found(frame.format(value)) == [(value, kind)]


SERVICE = [
    "noreply@github.com",
    "49699333+dependabot@users.noreply.github.com",
    "support@acme.io",
    "postmaster@mail.acme.io",
    "henrik@example.com",
    "user12@acme.io",
]


@pytest.mark.parametrize("address", SERVICE)
def test_the_mailbox_of_nobody_is_of_a_type_of_its_own(address):
    kinds = {kind for _, kind in _found(f"From: <{address}>")}
    assert kinds == {"service_email"}


NONE = [
    "origin\tgit@gitlab.com:team/search.git (fetch)",
    "url = ssh://git@git.acme.io:7999/core/etl.git",
    "pip install git+ssh://git@github.com/acme/etl.git@v1.5",
    "ssh deploy@db1.acme.io uptime; scp a ops@files.acme.io:/srv",
    "rsync -az x/ web@h2.acme.io:/x",
    "postgres://app:secret@db.acme.io:5432/x",
    "https://ada@git.acme.io/x.git",
    "npm i lodash@4.17.21 @types/node@22.8.0 create-api@latest",
    "uses: acme/search-action@v6.2.1",
    "@app.route('/x')\n@pytest.mark.parametrize('n', [1])\n@x.setter",
    "Message-ID: <20260801.4af@mail.gmail.com>",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJx ada@laptop.acme.io",
    "logo@2x.png q@k.T self.w@x.mean(0)",
    "look at the dot, meet at ten dot two, he is at google.com, found at index.html dot dot",
    "std::vector.at(i).dot(v) array[at].x see (at) symbol, the [at] sign; np.dot(a, b) at step 3",
    '["a", "@angular/core"] "x": "@b.com" say "yes" @home',
    "vec3 at dot product, hosted at github dot com, look at me at once",
    "root@localhost.localdomain ada@build.internal me@laptop.local",
    "mention @jonas-nakamura in the PR, kubectl -n web@cluster-3",
    "127.0.0.1 0.0.0.0 10.1.2.3 192.168.71.0/24 172.16.3.4 169.254.1.1 100.64.3.9",
    "203.0.113.9 198.51.100.7 192.0.2.1 8.8.8.8 1.1.1.1",
    "::1 [::]:7422 fe80::1 fd00:abcd::1 2001:db8:1::2 ff02::1 3fff:1::2",
    "13.32.0.0/15 2a02:26f0::/32",
    "chromium 120.0.130.101 (Official Build) Chrome/111.0.38.101",
    "assembly version 8.4.5.82, billing-kit-7.17.5.3, foo==81.17.50.3 v203.44.5.6",
    "bump driver to 84.1.16.184; <Version>72.22.178.51</Version>",
    "1.3.6.1.4.1.311.21.20 and section 3.2.1.4",
    "M0 0-1.5m0 9.5a.75.75 0 1 0 0 1.5.75.75 0 0 0 0-1c.66.62 1.33.97 2.23.97.87 0",
    "std::vector<int>::iterator it32; fe::ed::Token t; x = arr[24:189:2]",
    "ISBN 978-3-4528-2683-1, isbn=9788944684791, 0-306-40615-2",
    "ts=1779419276383 epoch_us=1742134084982728 run_id=35840915355 snowflake id 353018129250945827",
    "2026-04-01T02:32:18Z 01.02.2026 10:15 20260401-123456 22:14:56.848",
    "part 4109-1260-3046-2912, tracking number 4721440462349729, invoice ref 4611492337403347",
    "id 62858574-1384-4159-8776-416272741365",
    "71a23bb561857bf5aed9059019523b84 0x77652398 9f:2b:aa:01:cc:10",
    "00000010: 7561 9622 7594 6511 4933 4629 4349 1429",
    "7f 45 06 07 91 51 55 02 ab",
    "lat=47.737560 lon=15.551322 loss 0.5154650526 p99=4737.44 n=8971769997",
    "1 234 567,89 EUR 605 530 503 rows [9589 7620 3731 454]",
    "range(370-79-7303) timeout 300-06-1000 ssn: 123-45-6789 ssn: 000-12-3456 ssn 666-12-3456",
    "phone: +1 *** *** 8552, ssn ***-**-7722, iban DE** **** **** 1001, card ending in 3002",
    "email: m***@***.com [EMAIL_1] [PHONE_2]",
    "(555) 555-0123 +1 212 555 0142 020 7946 0958 123-456-7890",
    "stripe test card 4242 4242 4242 4242",
    "@@ -539,90 +988,44 @@\n+8922766155\n-9659222330",
    "cpu  2814118 7248 462495 98199950 00803 0 82177 0 0 0",
    "the phone call took 498 seconds, telemetry 992635915, call f at 54872258",
    "DE89 3704 0044 0532 0130 01",
]  # fmt: skip


@pytest.mark.parametrize("text", NONE, ids=range(len(NONE)))
def test_what_only_looks_like_it_is_passed_over(text):
    assert _hard(text) == []


def test_a_finding_does_not_carry_the_value():
    [found] = find_pii("mail ravi@web.de")
    assert found == Finding(start=5, end=16, type="email", rule="email", confidence=0.95)
    assert "ravi" not in repr(found)


# -- made up by the rules --------------------------------------------------------------------------


def _luhn(digits):
    return next(digits + end for end in "0123456789" if luhn(digits + end))


def _iban(draw, country):
    body = "".join(draw.choice("0123456789") for _ in range(IBAN_LENGTHS[country] - 4))
    return next(
        f"{country}{check:02}{body}"
        for check in range(2, 99)
        if is_iban(f"{country}{check:02}{body}")
    )


@pytest.mark.parametrize("country", sorted(IBAN_LENGTHS))
def test_an_account_of_every_country_is_found_plain_and_in_groups(country):
    iban = _iban(random.Random(country), country)
    grouped = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
    for value in (iban, grouped):
        assert _found(f"to {value}, please") == [(value, "iban")]
    wrong = iban[:2] + f"{(int(iban[2:4]) + 1) % 100:02}" + iban[4:]
    assert ("iban" not in dict(map(reversed, _found(f"to {wrong}, please")))) is True


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**40))
def test_a_card_is_found_where_its_check_digit_is_right(seed):
    draw = random.Random(seed)
    head = draw.choice(["4", "51", "55", "2221", "2720", "6011", "65"])
    digits = _luhn(head + "".join(draw.choice("0123456789") for _ in range(15 - len(head))))
    grouped = draw.choice(" -").join(digits[at : at + 4] for at in range(0, 16, 4))
    for value in (digits, grouped):
        assert _found(f"declined: {value} (51)") == [(value, "credit_card")]
    wrong = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    assert not is_card(wrong)
    assert _found(f"declined: {wrong} (51)") == []


def test_the_areas_of_social_security_numbers_are_known():
    assert is_ssn("426210991")
    assert not is_ssn("000210991")
    assert not is_ssn("666210991")
    assert not is_ssn("926000991")
    assert not is_ssn("426000991")
    assert not is_ssn("426210000")
    assert is_ssn("912781234", itin=True)
    assert not is_ssn("912781234")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("SS#: 767-56-8187", "767-56-8187"),
        ("REF*SY*467-54-2191~ N1*IL", "467-54-2191"),
        ("Tfno. 915 84 32 02", "915 84 32 02"),
        ("Telf: 915 84 32 02", "915 84 32 02"),
        ("IP 203.12.52.28.29196 > 10.0.0.2.443: Flags", "203.12.52.28"),
        ("IP 10.0.0.2.443 > 203.12.52.28.29196: Flags", "203.12.52.28"),
    ],
)
def test_what_forms_and_captures_call_by_short_names_is_found(text, value):
    assert [text[each.start : each.end] for each in find_pii(text)] == [value]


def test_versions_of_a_device_stay():
    assert find_pii("fw 3.6.84.180 -> 3.9.66.195 flashed") == []


# -- any text --------------------------------------------------------------------------------------

PIECES = st.sampled_from([
    *(value for _, value, _ in FOUND), "phone: ", "id,phone\n", "\n", " ", ",", "+", "(", ")", "-", ".",
    "@", "%40", "1234", "00", "a", "DE89", "::", "2600:", "VALUES ('", "İ", "٣", "\ud800", "\0",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_has_findings_in_order_and_apart(text):
    found = find_pii(text)
    ends = [0, *(each.end for each in found)]
    assert all(end <= each.start < each.end for end, each in zip(ends, found, strict=False))
    assert all(each.end <= len(text) for each in found)


ENDLESS = [
    "1", "12 ", "1.", "+1 ", "0 ", "(0", "a@", "a.b@c.d.", "@", "2600:", ":", "DE89 ", "AA11",
    "phone ", "phone,", "tel: 1", "VALUES (", "'", "(", "ssh ", "x://", "id ", "%40", "12-", "4111 ",
    "insert into t (a, b) values (1, 1234567890),\n", "id,phone\n1,6176273934\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", ENDLESS)
def test_long_texts_are_looked_through_in_linear_time(piece):
    # A quadratic way would take hours for some of these.
    find_pii(piece * (200_000 // len(piece)))
