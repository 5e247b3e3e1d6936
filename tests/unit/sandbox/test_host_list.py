"""Hosts that commands may reach: what a list means, and where a name may lead."""

from __future__ import annotations

import pytest

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.sandbox.host_list import allows_address, find_host, normal_host, parse_hosts


def reaches(listed, host, port):
    return find_host(parse_hosts([listed]), host, port) is not None


@pytest.mark.parametrize(
    ("listed", "host", "port"),
    [
        ("example.org", "example.org", 443),
        ("example.org", "example.org", 80),
        ("Example.ORG.", "example.org", 443),
        ("example.org:8443", "example.org", 8443),
        ("*.example.net", "files.example.net", 443),
        ("*.example.net", "a.b.example.net", 443),
        ("localhost:8000", "localhost", 8000),
        ("10.0.0.7:5000", "10.0.0.7", 5000),
        ("[::1]:80", "::1", 80),
        ("bücher.example", "xn--bcher-kva.example", 443),
    ],
)
def test_what_is_listed_is_reached(listed, host, port):
    assert reaches(listed, host, port)


@pytest.mark.parametrize(
    ("listed", "host", "port"),
    [
        ("example.org", "evil.org", 443),
        ("example.org", "example.org.evil.org", 443),
        ("example.org", "notexample.org", 443),
        ("example.org", "files.example.org", 443),
        ("example.org", "example.org", 22),
        ("example.org:8443", "example.org", 443),
        ("*.example.net", "example.net", 443),
        ("*.example.net", "evilexample.net", 443),
        ("localhost:8000", "127.0.0.1", 8000),
    ],
)
def test_what_is_not_listed_is_not_reached(listed, host, port):
    assert not reaches(listed, host, port)


@pytest.mark.parametrize(
    "listed",
    ["", "*", "*.", "*.org", "*.10.0.0.1", "https://example.org", "example.org/simple", "a b", "example.org:0",
     "example.org:70000", "user@host", "1.2", "0x7f.1", "0x7f000001", "127.1", "a:٣", "a..b", "-a.org", "::1"],
)  # fmt: skip
def test_what_is_no_host_is_told_with_what_one_looks_like(listed):
    with pytest.raises(ConfigError, match=r"is no host; write a name \(example\.org\)"):
        parse_hosts([listed])


def test_a_name_has_one_spelling():
    assert normal_host("EXAMPLE.org.") == "example.org"
    assert normal_host("[::0001]") == "::1"
    assert normal_host("fe80::1%eth0") is None
    assert normal_host("a" * 300) is None


@pytest.mark.parametrize(
    ("listed", "address", "allowed"),
    [
        ("example.org", "151.101.0.223", True),
        ("registry.corp", "10.1.2.3", True),  # its owner's own network, by its whole name
        ("*.corp.example", "10.1.2.3", False),
        ("*.example.net", "151.101.0.223", True),
        ("example.org", "127.0.0.1", False),
        ("example.org", "::1", False),
        ("example.org", "::ffff:127.0.0.1", False),
        ("example.org", "169.254.169.254", False),
        ("example.org", "0.0.0.0", False),
        ("example.org", "fe80::1%2", False),
        ("example.org", "fd00:ec2::254", False),
        ("example.org", "168.63.129.16", False),
        ("example.org", "64:ff9b::a9fe:a9fe", False),
        ("example.org", "64:ff9b::7f00:1", False),
        ("example.org", "2002:7f00:1::", False),
        ("example.org", "::7f00:1", False),
        ("example.org", "fec0::1", False),
        ("*.example.net", "64:ff9b::a01:203", False),
        ("example.org", "64:ff9b::9765:df", True),
        ("localhost", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.1", True),
    ],
)  # fmt: skip
def test_no_name_leads_to_this_machine_or_its_link(listed, address, allowed):
    (host,) = parse_hosts([listed])
    assert allows_address(host, address) is allowed


def test_the_narrowest_line_decides_where_a_name_may_lead():
    hosts = parse_hosts(["*.corp.example", "a.corp.example"])
    found = find_host(hosts, "a.corp.example", 443)
    assert allows_address(found, "10.1.2.3")
