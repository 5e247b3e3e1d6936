"""What sessions have met is kept in memory alone, apart, bounded, and for a while."""

from __future__ import annotations

import copy
import pickle

import pytest

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets import find_secrets
from coding_agent_sdk.middleware.guardrails.vault import sessions as module
from coding_agent_sdk.middleware.guardrails.vault.naming import name_of
from coding_agent_sdk.middleware.guardrails.vault.sessions import Sessions
from coding_agent_sdk.text.masks import PLACEHOLDER
from coding_agent_sdk.types.sessions import child_session, root_session

from ..made_up import MadeUp

draw = MadeUp(31)


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def kept(now):
    return Sessions(seconds=100, clock=lambda: now[0])


def test_the_same_value_has_the_same_placeholder_in_its_session_and_in_no_other(kept):
    value = draw.password()
    mine = kept.open("ada", "s")
    first = mine.placeholder(value, "API_KEY")
    assert PLACEHOLDER.fullmatch(first)["name"] == "API_KEY"
    assert mine.placeholder(value, "OTHER") == first
    for user, session in (("ada", "t"), ("bob", "s"), ("", "s")):
        other = kept.open(user, session)
        assert other.value(first) is None
        assert other.placeholder(value, "API_KEY") != first
    assert kept.open("ada", "s").value(first) == value


def test_a_sub_agent_shares_with_the_run_that_started_it(kept):
    child = child_session(child_session("s", 0, run_id="0123456789"), 3, run_id="abcdef0123")
    assert root_session(child) == "s"
    assert kept.open("ada", child) is kept.open("ada", "s")
    assert kept.find("bob", child) is None


def test_values_are_forgotten_when_a_session_has_not_used_them_for_long(kept, now):
    made = kept.open("ada", "s").placeholder("x" * 20, "A")
    now[0] = 90
    assert kept.find("ada", "s").value(made)
    now[0] = 180
    assert kept.find("ada", "s").value(made)
    now[0] = 281
    assert kept.find("ada", "s") is None
    assert kept.open("ada", "s").value(made) is None


def test_a_users_values_are_forgotten_with_him(kept):
    for user, session in (("ada", "s"), ("ada", "t"), ("bob", "s")):
        kept.open(user, session)
    assert kept.forget("ada") == 2
    assert kept.find("ada", "s") is None
    assert kept.find("bob", "s") is not None


def test_numbers_of_values_and_sessions_are_bounded(kept):
    mine = kept.open("ada", "s")
    made = [mine.placeholder(f"value {n}", "A") for n in range(module.MOST_VALUES + 5)]
    assert mine.value(made[4]) is None
    assert mine.value(made[5]) == "value 5"
    mine.note(f"value-{n}-x{n}y" for n in range(module.MOST_VALUES + 5))
    assert repr(mine) == "SessionSecrets(512 placeholders, 512 values)"
    for n in range(module.MOST_SESSIONS):
        kept.open("bob", f"{n}")
    assert repr(kept) == "Sessions(1000 with secrets)"


def test_nothing_is_shown_pickled_or_copied(kept):
    mine = kept.open("ada", "s")
    value = draw.password()
    mine.placeholder(value, "A")
    mine.note([value])
    assert value not in repr(mine) + repr(kept) + repr(mine.bare) + str(mine)
    for each in (mine, kept):
        for refused in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="neither pickled nor copied"):
                refused(each)


@pytest.mark.parametrize(
    "value",
    ["short1", "password", "localhost", "Hunter22", "12345678", "2024-01-01", "two words 12345"],
)
def test_a_value_that_stands_for_other_things_too_is_not_masked_by_itself(kept, value):
    mine = kept.open("ada", "s")
    mine.note([value])
    assert not mine.bare
    assert mine.version == 0


def named(text):
    return [name_of(text, finding, after=0) for finding in find_secrets(text)]


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("API_KEY={}", "API_KEY"),
        ("export API_KEY='{}'", "API_KEY"),
        ('"clientSecret": "{}",', "clientSecret"),
        ("  admin_password: {}", "admin_password"),
        ('settings.api_key = "{}"', "api_key"),
        ('os.environ["API_KEY"] = "{}"', "API_KEY"),
        ("<password>{}</password>", "password"),
        ("Authorization: Bearer {}", "Authorization"),
    ],
)
def test_a_placeholder_is_called_as_its_secret_is(form, name):
    assert named(form.format(draw.text(24) + "9a")) == [name]


def test_a_name_that_may_be_a_secret_itself_is_not_repeated(kept):
    mine = kept.open("ada", "s")
    for name in ("ghp_a1b2c3d4e5f6", "", "...", "x-" + "v4lue-0f-mine"):
        assert mine.placeholder(f"v4lue-0f-mine{'' if name[:1] == 'x' else name}", name).startswith(
            "<secret:value:"
        )


def test_no_name_is_taken_from_the_secret_before():
    text = f"{'a' * 10}=b"
    finding = Finding(start=11, end=12, type="api_key", rule="assignment")
    assert name_of(text, finding, after=10) == "api_key"
