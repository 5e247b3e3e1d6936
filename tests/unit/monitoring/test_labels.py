"""Label values: few, short, on one line, whatever somebody is called."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest

from coding_agent_sdk.middleware.monitoring.labels import LABEL_CHARS, OTHER, BoundedLabel, clean


def test_the_first_values_keep_a_label_and_the_rest_share_one():
    label = BoundedLabel(2)
    assert [label(name) for name in ("a", "b", "c", "a", "d", "b")] == [
        "a", "b", OTHER, "a", OTHER, "b",
    ]  # fmt: skip


def test_without_room_all_share_one():
    assert BoundedLabel(0)("ada") == OTHER


def test_nobody_has_a_name_of_his_own():
    assert BoundedLabel(5)("") == "none"
    assert BoundedLabel(5, empty="anonymous")("") == "anonymous"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada", "ada"),
        ("ada lovelace", "ada lovelace"),
        ("Ünïcødé", "Ünïcødé"),
        ("a\nb", "a?b"),
        ("a\x1b[31mb", "a?[31mb"),
        ("a\x00b", "a?b"),
        ("a\ud800b", "a?b"),
        ("a\u00a0b", "a?b"),
        ("c\ufffdd", "c?d"),
        ("a\u2028b", "a?b"),
        ("x" * 1_000_000, "x" * LABEL_CHARS),
        ('a"b\\c', 'a"b\\c'),
    ],
)
def test_a_label_is_short_printable_and_can_be_encoded(text, expected):
    assert clean(text) == expected
    registry = CollectorRegistry()
    Counter("c", "x", ["l"], registry=registry).labels(clean(text)).inc()
    body = generate_latest(registry).decode()
    (line,) = [line for line in body.splitlines() if line.startswith("c_total{")]
    assert line.endswith(" 1.0")


def test_values_that_are_cut_alike_are_one():
    label = BoundedLabel(1)
    assert label("x" * 100) == label("x" * 200) == "x" * LABEL_CHARS
