"""Redactors in a chain: what one of them cannot judge is withheld."""

from __future__ import annotations

import asyncio
import gc
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk import hookimpl
from coding_agent_sdk.hooks.implementation import RunViews

from .conftest import Host, dispatcher_of, plugin


class Mask:
    """Replaces a word, holding back what may be its beginning."""

    def __init__(self, word, mask):
        self.word, self.mask, self.held = word, mask, ""

    def feed(self, text):
        self.held = (self.held + text).replace(self.word, self.mask)
        keep = max(
            (n for n in range(len(self.word)) if n and self.held.endswith(self.word[:n])), default=0
        )
        cut = len(self.held) - keep
        out, self.held = self.held[:cut], self.held[cut:]
        return out

    def close(self):
        out, self.held = self.held, ""
        return out


class Broken:
    def __init__(self, *, feed=None, close=None):
        self._feed, self._close = feed, close

    def feed(self, text):
        return self._answer(self._feed, text)

    def close(self):
        return self._answer(self._close, "")

    def _answer(self, given, text):
        if isinstance(given, Exception):
            raise given
        return text if given is None else given


def redactor(name, make):
    return plugin(name, open_redactor=hookimpl(lambda sink: make()))


def test_without_redactors_text_is_what_it_was(views):
    assert dispatcher_of().open_redactor(views, "event") is None
    assert dispatcher_of().redact(views, "event", "text") == "text"
    silent = redactor("silent", lambda: None)
    assert dispatcher_of(silent).redact(views, "event", "text") == "text"


def test_each_takes_what_the_one_before_it_gave(views):
    chain = dispatcher_of(
        redactor("a", lambda: Mask("one", "two")), redactor("b", lambda: Mask("two", "three"))
    )
    assert chain.redact(views, "event", "one and two") == "three and three"


def test_a_sink_that_a_plugin_does_not_care_for_is_let_be(views):
    def open_redactor(context, sink):
        return Mask("x", "*") if sink == "event" else None

    chain = dispatcher_of(plugin("a", open_redactor=hookimpl(open_redactor)))
    assert chain.redact(views, "event", "xyz") == "*yz"
    assert chain.redact(views, "response", "xyz") == "xyz"


@given(st.text("abc ", max_size=40), st.lists(st.integers(0, 40)))
def test_pieces_give_what_the_whole_gives_however_they_are_cut(text, cuts):
    chain = dispatcher_of(
        redactor("a", lambda: Mask("abc", "<1>")), redactor("b", lambda: Mask("ca", "<2>"))
    )
    views = RunViews(Host())
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    stream = chain.open_redactor(views, "response")
    pieces = [text[a:b] for a, b in itertools.pairwise(places)]
    out = "".join([stream.feed(piece) for piece in pieces] + [stream.close()])
    assert out == chain.redact(views, "response", text)


@pytest.mark.parametrize(
    ("broken", "late"),
    [
        pytest.param(lambda: Broken(feed=RuntimeError("secret")), False, id="feed raises"),
        pytest.param(lambda: Broken(feed=3), False, id="feed gives a number"),
        pytest.param(object, False, id="no redactor"),
        pytest.param(lambda: 1 / 0, False, id="opening raises"),
        pytest.param(lambda: Broken(close=RuntimeError("secret")), True, id="close raises"),
        pytest.param(lambda: Broken(close=b"secret"), True, id="close gives bytes"),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_one_that_fails_withholds_the_rest_and_says_so(views, broken, late, place):
    plugins = [redactor("fine", lambda: Mask("x", "*"))]
    plugins.insert(place, redactor("bad", broken))
    stream = dispatcher_of(*plugins).open_redactor(views, "response")
    fed = [stream.feed("secret"), stream.feed(" more")]
    assert fed == (["secret", " more"] if late else ["", ""])
    assert stream.close() == "[withheld: the redactor of plugin 'bad' failed]"


def test_nothing_comes_after_a_failure(views):
    class FailsSecond:
        calls = 0

        def feed(self, text):
            self.calls += 1
            if self.calls == 2:
                raise RuntimeError
            return text

        def close(self):
            return "rest"

    stream = dispatcher_of(redactor("bad", FailsSecond)).open_redactor(views, "response")
    assert [stream.feed("a"), stream.feed("b"), stream.feed("c")] == ["a", "", ""]
    assert stream.close().startswith("[withheld")


def test_whoever_gives_no_redactor_is_logged(views, caplog):
    dispatcher_of(redactor("bad", dict)).redact(views, "event", "text")
    assert "plugin 'bad' gave dict as a redactor" in caplog.text


def test_an_empty_text_needs_no_redactor(views):
    dispatcher = dispatcher_of(redactor("bad", lambda: 1 / 0))
    assert dispatcher.redact(views, "event", "") == ""


class Whole(Mask):
    """A redactor that keeps nothing of a text, and says so by `redact`."""

    def redact(self, text):
        return self.feed(text) + self.close()


def counted(name, make):
    """Return a plugin with a redactor, and the list of those that it was asked for."""
    made = []

    def open_redactor(context, sink):
        made.append(make())
        return made[-1]

    return plugin(name, open_redactor=hookimpl(open_redactor)), made


def test_one_that_keeps_nothing_serves_all_whole_texts_of_a_run_and_sink(views):
    given, made = counted("a", lambda: Whole("x", "*"))
    dispatcher = dispatcher_of(given)
    assert [dispatcher.redact(views, "event", text) for text in ("x", "yx", "x")] == [
        "*",
        "y*",
        "*",
    ]
    assert len(made) == 1
    dispatcher.redact(views, "response", "x")
    dispatcher.redact(RunViews(Host()), "event", "x")
    assert len(made) == 3


def test_one_that_may_keep_something_is_made_for_each_text(views):
    given, made = counted("a", lambda: Mask("x", "*"))
    dispatcher = dispatcher_of(given, redactor("b", lambda: Whole("y", "+")))
    assert [dispatcher.redact(views, "event", "xy") for _ in range(3)] == ["*+"] * 3
    assert len(made) == 3


def test_one_that_failed_is_not_asked_again(views):
    class FailsOnce(Whole):
        fails = True

        def redact(self, text):
            if FailsOnce.fails:
                FailsOnce.fails = False
                raise RuntimeError
            return super().redact(text)

    given, made = counted("bad", lambda: FailsOnce("x", "*"))
    dispatcher = dispatcher_of(given)
    assert dispatcher.redact(views, "event", "x").startswith("[withheld")
    assert dispatcher.redact(views, "event", "x") == "*"
    assert len(made) == 2


@pytest.mark.parametrize("error", [SystemExit, asyncio.CancelledError, GeneratorExit])
@pytest.mark.parametrize("place", ["open", "feed", "redact", "redact_field"])
def test_what_escapes_a_redactor_withholds_the_text(views, error, place):
    def escape(*_):
        raise error

    def open_redactor(sink):
        if place == "open":
            raise error
        own = {"feed": lambda self, text: text, "close": lambda self: ""}
        if place.startswith("redact"):
            own["redact"] = lambda self, text: text
        return type("Escaping", (), {**own, place: escape})()

    chain = dispatcher_of(plugin("a", open_redactor=hookimpl(open_redactor)))
    field = "token" if place == "redact_field" else ""
    withheld = "[withheld: the redactor of plugin 'a' failed]"
    assert chain.redact(views, "event", "text", field=field) == withheld


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("place", ["feed", "close", "redact"])
def test_a_coroutine_of_a_redactor_withholds_and_is_closed(views, place):
    async def later(*_):
        return ""

    own = {"feed": lambda self, text: text, "close": lambda self: "", place: later}
    kind = type("Later", (), own)
    chain = dispatcher_of(redactor("a", kind))
    assert "withheld" in chain.redact(views, "event", "text")
    gc.collect()
