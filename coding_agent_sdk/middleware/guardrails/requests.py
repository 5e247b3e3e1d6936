"""Checks that a request is text: not empty, not too long, nothing in it that hides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

ProblemKind = Literal["empty", "too-long", "control-characters", "surrogates", "hidden-characters"]

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_JOINED: Final = (  # scripts whose letters need joiners: Arabic to Khmer, Mongolian, Arabic forms
    r"\u0590-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u18af\ufb1d-\ufdff\ufe70-\ufefc"
)
_PICTURES: Final = (  # emoji, their skin tones, arrows and signs that have a coloured form
    r"\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-\u27bf"
    r"\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_CHINESE: Final = r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TAG_FLAG: Final = r"\U0001f3f4[\U000e0020-\U000e007e]{1,16}\U000e007f"
_HIDDEN: Final = re.compile(
    rf"""(?x)
      {_TAG_FLAG}  # the flag of Wales is spelt in tags: it is passed over
    | (?P<bidi> [\u202a-\u202e\u2066-\u2069] )
    | (?P<hidden>
          [\u200b\u2060-\u2064\u180e\U000e0000-\U000e007f]
        | (?<!\A) \ufeff
        | [\u200c\u200d] (?<! [{_JOINED}{_PICTURES}\ufe0f\u20e3] [\u200c\u200d] )
        | [\ufe00-\ufe0f] (?<! [{_PICTURES}{_CHINESE}{_JOINED}\#*0-9] [\ufe00-\ufe0f] )
        | [\U000e0100-\U000e01ef] (?<! [{_CHINESE}] [\U000e0100-\U000e01ef] )
      )
    """
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """What is wrong with a text.

    Attributes:
        kind: what was found.
        message: what was found, where and how often, and what to do.
        blocks: whether the text cannot be used; otherwise it is worth a warning.
    """

    kind: ProblemKind
    message: str
    blocks: bool


def check_text_format(text: str, *, max_chars: int) -> Problem | None:
    """Return the first thing that is wrong with a request's text, the blocking ones first.

    Characters that turn the order of writing, and invisible ones, are reported without
    blocking: they can hide what a text says, but they also come with pasted text. Joiners and
    variation selectors that an emoji or a script needs are none of them.

    Args:
        text: the request; the time is linear in its length.
        max_chars: how many characters are allowed.
    """
    if not text or text.isspace():
        what = "is empty" if not text else f"holds nothing but {len(text)} blank characters"
        return _blocking("empty", f"the request {what}; say what is to be done")
    if len(text) > max_chars:
        return _blocking(
            "too-long",
            f"the request has {len(text)} characters, {max_chars} are allowed; shorten it, or put"
            " the long part into a file of the workspace and name the file",
        )
    return _control(text) or _surrogates(text) or _hidden(text)


def _blocking(kind: ProblemKind, message: str) -> Problem:
    return Problem(kind=kind, message=message, blocks=True)


def _control(text: str) -> Problem | None:
    first = _CONTROL.search(text)
    if first is None:
        return None
    count = len(_CONTROL.findall(text))
    return _blocking(
        "control-characters",
        f"the request has {_times(count, 'control character', 'control characters')},"
        f" the first is {_code(first)} at position {first.start()}; remove them (line breaks and"
        " tabs may stay)",
    )


def _surrogates(text: str) -> Problem | None:
    first = _SURROGATE.search(text)
    if first is None:
        return None
    count = len(_SURROGATE.findall(text))
    return _blocking(
        "surrogates",
        f"the request has {_times(count, 'lone surrogate', 'lone surrogates')}, the first"
        f" is {_code(first)} at position {first.start()}; it was decoded wrongly, give it as"
        " valid Unicode",
    )


def _hidden(text: str) -> Problem | None:
    if text.isascii():
        return None
    found = [hit for hit in _HIDDEN.finditer(text) if hit.lastgroup]
    if not found:
        return None
    turned = sum(hit.lastgroup == "bidi" for hit in found)
    kinds = [
        _times(count, *forms)
        for count, forms in (
            (turned, ("bidirectional override", "bidirectional overrides")),
            (len(found) - turned, ("invisible character", "invisible characters")),
        )
        if count
    ]
    return Problem(
        kind="hidden-characters",
        message=(
            f"the request has {' and '.join(kinds)}, the first is {_code(found[0])} at position"
            f" {found[0].start()}; check that it says what it seems to say"
        ),
        blocks=False,
    )


def _times(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _code(found: re.Match[str]) -> str:
    return f"U+{ord(found.group()[0]):04X}"
