"""map_model_error: what the exceptions mean that the fake provider cannot provoke."""

import datetime as dt
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core import exceptions as langchain
from langchain_core.messages import HumanMessageChunk

from coding_agent_sdk.core.accumulate import StreamAccumulator
from coding_agent_sdk.core.error_facts import parse_retry_after
from coding_agent_sdk.core.model_errors import map_model_error
from coding_agent_sdk.errors import (
    AuthenticationError,
    BadResponseError,
    ConnectionLostError,
    ContextTooLongError,
    InvalidRequestError,
    ModelError,
    ModelTimeoutError,
    OverloadedError,
    RateLimitedError,
)


def mapped(error, **options):
    return map_model_error(error, **{"provider": "openai", "model": "gpt", **options})


def raised(function, *args):
    """Return what a function raises, with its traceback."""
    try:
        function(*args)
    except Exception as error:
        return error
    raise AssertionError("it raised nothing")


class Answered(Exception):
    """An exception as an integration that nobody knows may raise it."""

    def __init__(self, status=None, *, body=None, headers=None, text="no"):
        super().__init__(text)
        self.body = body
        self.response = httpx.Response(status or 200, headers=headers)
        if status:
            self.status_code = status


def test_an_error_of_the_sdk_stays_what_it_is():
    error = RateLimitedError("wait", provider="x", model="y")
    assert mapped(error) is error


def test_the_cause_the_provider_and_the_model_are_kept():
    error = Answered(429)
    told = mapped(error)
    assert told.__cause__ is error
    assert (told.provider, told.model) == ("openai", "gpt")
    assert str(told).startswith("openai:gpt: the rate limit was reached (429): no")


def test_a_model_without_a_provider_is_named_alone():
    assert str(mapped(Answered(500), provider="")).startswith("gpt: ")
    assert str(mapped(Answered(500), provider="", model="")).startswith("the model: ")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), ModelTimeoutError),
        (httpx.ConnectTimeout("x"), ModelTimeoutError),
        (httpx.PoolTimeout("x"), ModelTimeoutError),
        (httpx.ConnectError("x"), ConnectionLostError),
        (httpx.LocalProtocolError("x"), ConnectionLostError),
        (httpx.StreamClosed(), ConnectionLostError),
        (httpx.TooManyRedirects("x"), BadResponseError),
        (httpx.DecodingError("x"), BadResponseError),
        (httpx.InvalidURL("x"), BadResponseError),
        (ConnectionResetError(), ConnectionLostError),
        (BrokenPipeError(), ConnectionLostError),
        (EOFError(), ConnectionLostError),
        (OSError(-2, "Name or service not known"), ConnectionLostError),
        (json.JSONDecodeError("x", "", 0), BadResponseError),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), BadResponseError),
        (langchain.ModelRateLimitError("x"), RateLimitedError),
        (langchain.ModelAuthenticationError("x"), AuthenticationError),
        (langchain.ModelPermissionDeniedError("x"), AuthenticationError),
        (langchain.ModelTimeoutError("x"), ModelTimeoutError),
        (langchain.ModelConnectionError("x"), ConnectionLostError),
        (langchain.ModelAPIError("x"), OverloadedError),
        (langchain.ModelInvalidRequestError("x"), InvalidRequestError),
        (langchain.ModelNotFoundError("x"), InvalidRequestError),
        (langchain.ContextOverflowError("x"), ContextTooLongError),
        (langchain.OutputParserException("x"), BadResponseError),
        (langchain.LangChainException("x"), ModelError),
        (TypeError("create() got an unexpected keyword argument 'x'"), InvalidRequestError),
        (ValueError("a slip in the caller's own model"), ModelError),
        (RuntimeError("whatever"), ModelError),
        (Answered(), ModelError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_an_exception_is_judged_by_its_class(error, kind):
    assert type(mapped(error)) is kind


def test_a_vendor_that_stumbles_had_a_bad_answer():
    stumble = raised(httpx.Headers.__init__, object(), 5)
    assert type(stumble).__module__ == "builtins"
    assert type(mapped(stumble)) is BadResponseError


def test_the_same_slip_in_a_model_of_the_users_is_not_tried_again():
    slip = raised(list.__getitem__, [], 0)
    assert type(mapped(slip)) is ModelError
    assert not mapped(slip).retryable


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"type": "overloaded_error", "message": "busy"}}, OverloadedError),
        ({"type": "error", "error": {"type": "rate_limit_error"}}, RateLimitedError),
        ({"code": "context_length_exceeded", "message": "long"}, ContextTooLongError),
        ({"code": "server_error"}, OverloadedError),
        ([{"error": {"status": "UNAVAILABLE"}}], OverloadedError),
        ({"error": {"status": "DEADLINE_EXCEEDED"}}, ModelTimeoutError),
        ({"error": {"type": "not_known_to_anybody"}}, ModelError),
        ({"error": {"type": 5}}, ModelError),
        ([], ModelError),
        ("text", ModelError),
    ],
)
def test_without_a_status_the_body_says_what_it_is(body, kind):
    assert type(mapped(Answered(body=body))) is kind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"details": [{"reason": "API_KEY_INVALID"}]}}, AuthenticationError),
        (400, {"error": {"message": "API key not valid. Pass a valid one."}}, AuthenticationError),
        (413, {"error": {"message": "prompt is too long"}}, ContextTooLongError),
        (500, {"error": {"message": "prompt is too long"}}, OverloadedError),
        (418, {}, InvalidRequestError),
        (402, {}, InvalidRequestError),
        (599, {}, OverloadedError),
    ],
)
def test_a_body_may_make_a_status_exact(status, body, kind):
    assert type(mapped(Answered(status, body=body))) is kind


def test_what_the_provider_says_is_the_message_and_is_kept_short():
    told = mapped(Answered(400, body={"error": {"message": "x" * 5000}}))
    assert 500 < len(str(told)) < 700
    assert str(mapped(TimeoutError())).endswith("no answer came in time: TimeoutError")


def test_an_empty_account_is_not_tried_again():
    told = mapped(Answered(429, body={"code": "insufficient_quota"}))
    assert isinstance(told, RateLimitedError)
    assert not told.retryable
    assert mapped(Answered(429)).retryable


def test_an_unknown_model_lists_the_known_ones():
    told = mapped(Answered(404), model="gpt-41", known_models=["gpt-4.1", "o3"])
    assert "known models: 'gpt-4.1', 'o3'; did you mean 'gpt-4.1'?" in str(told)
    assert "known models" not in str(mapped(Answered(404)))


def test_the_cause_of_an_exception_is_read_too():
    outer = RuntimeError("wrapped")
    outer.__cause__ = Answered(429, headers={"retry-after": "3", "x-request-id": "r1"})
    told = mapped(outer)
    assert type(told) is RateLimitedError
    assert (told.retry_after, told.request_id) == (3.0, "r1")


def test_a_suppressed_context_is_not_read():
    def outer():
        try:
            raise Answered(429)
        except Answered:
            raise RuntimeError("on its own") from None

    assert type(mapped(raised(outer))) is ModelError


def test_a_chain_of_causes_that_has_no_end_ends():
    first, second = RuntimeError("a"), RuntimeError("b")
    first.__cause__, second.__cause__ = second, first
    assert type(mapped(first)) is ModelError


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("server_error: it broke", OverloadedError),
        ("rate_limit_exceeded: slow down", RateLimitedError),
        ("ResponseError(code='server_error', message='it broke')", OverloadedError),
    ],
)
def test_the_error_of_a_responses_stream_is_read_from_its_text(text, kind):
    assert type(mapped(ValueError(text))) is kind


# -- how long to wait ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"retry-after": "2.5"}, None, 2.5),
        ({"retry-after": "2", "retry-after-ms": "1500"}, None, 1.5),
        ({"retry-after": "soon"}, None, None),
        ({}, {"error": {"details": [{"retryDelay": "17s"}]}}, 17),
        ({}, {"error": {"details": [{"reason": "x"}, "odd", {"retryDelay": 5}]}}, None),
        ({}, {"error": {"details": None}}, None),
        ({}, None, None),
    ],
)
def test_the_time_to_wait_comes_from_header_or_body(headers, body, seconds):
    assert mapped(Answered(429, body=body, headers=headers)).retry_after == seconds


def test_a_response_without_headers_tells_no_time():
    error = Answered(429)
    error.response = object()
    assert mapped(error).retry_after is None


NOW = dt.datetime(2026, 10, 21, 7, 28, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("-5", 0),
        ("inf", None),
        ("nan", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30),
        ("Wed, 21 Oct 2026 07:28:30 -0000", 30),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0),
        ("Wed, 99 Oct 2026 07:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert parse_retry_after(value, now=NOW) == seconds


def test_a_date_is_counted_from_now():
    assert parse_retry_after("Fri, 01 Jan 2100 00:00:00 GMT") > 1e9


@given(st.text())
def test_no_header_breaks_the_reading(value):
    seconds = parse_retry_after(value)
    assert seconds is None or seconds >= 0


def test_a_lost_connection_says_where_was_asked_without_a_password():
    request = httpx.Request("POST", "http://user:word@127.0.0.1:9/v1/chat?key=abc")
    error = map_model_error(
        httpx.ConnectError("refused", request=request), provider="compatible", model="m"
    )
    assert str(error) == (
        "compatible:m: the connection failed: refused; it was asked at http://127.0.0.1:9: is its "
        "server there, and base_url right?"
    )
    without = map_model_error(httpx.ConnectError("refused"), provider="compatible", model="m")
    assert str(without) == "compatible:m: the connection failed: refused"


def test_a_message_of_another_role_is_an_answer_that_cannot_be_read():
    with pytest.raises(BadResponseError, match="a message of the role 'HumanMessageChunk'"):
        StreamAccumulator().add(HumanMessageChunk(content="hi"))


def test_a_vendor_that_stumbles_over_an_answer_could_not_read_it():
    vendor = {"__name__": "langchain_openai.chat_models.base"}
    exec("def read():\n    assert False, 'role'", vendor)
    assert type(mapped(raised(vendor["read"]))) is BadResponseError
