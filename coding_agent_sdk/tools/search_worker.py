"""Searches texts for a regular expression, in a process of its own that can be killed.

A search by `re` holds the whole interpreter, and one that backtracks tries exponentially many
ways; so each line has its share of processor time, and is given up after it. Run by path, without
the package: it reads one JSON line `{"pattern", "keep", "width"}` and answers with `{"pattern",
"why_plain", "matches_empty"}`; then it reads for each file a JSON line `{"path", "size"}` and that
many bytes, and answers with one JSON line for each file that has matches or lines that were given
up. It ends early where too many were. The last line is `{"ended": true}`.

It starts with each search, so it imports little: `typing` alone would take a tenth of its start.
"""

from __future__ import annotations

import json
import re
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import IO, Any

_TICK = 0.1
"""Seconds of processor time between two looks at where the search is."""

_TICKS = 5
"""So many looks find the search at the same line before it is given up."""

_MOST_GIVEN_UP = 5
"""Lines that are given up before the whole search is: one such line tells enough."""


class _TooLongError(Exception):
    """The search in one text has taken its share of processor time."""


class Watch:
    """Breaks off a search that stays at one line: `re` looks for signals while it searches.

    As a context it looks at the search every now and then.
    """

    def __init__(self) -> None:
        self._begun = 0
        self._at_last_tick = 0
        self._ticks = 0
        self._searching = False

    def search(self, regex: re.Pattern[str], text: str) -> re.Match[str] | None:
        """Search *text*.

        Raises:
            _TooLongError: It took too long.
        """
        self._begun += 1
        self._searching = True
        try:
            return regex.search(text)
        finally:
            self._searching = False

    def __enter__(self) -> None:
        """Begin to look."""
        self._before = signal.signal(signal.SIGPROF, self._tick)
        signal.setitimer(signal.ITIMER_PROF, _TICK, _TICK)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Look no more."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, self._before)

    def _tick(self, *_: object) -> None:
        same = self._begun == self._at_last_tick
        self._ticks = self._ticks + 1 if same else 0
        self._at_last_tick = self._begun
        if self._searching and self._ticks >= _TICKS:
            self._searching, self._ticks = False, 0
            raise _TooLongError


def matches(
    regex: re.Pattern[str], text: str, *, keep: int, width: int, watch: Watch
) -> dict[str, Any]:
    """Return which lines of *text* match: how many, and the first *keep* with their numbers.

    Those that were given up are told, too, up to a few; the rest of the text is left out then.
    """
    count = 0
    kept: list[tuple[int, str]] = []
    given_up: list[int] = []
    for number, line in enumerate(lines_of(text), start=1):
        try:
            found = watch.search(regex, line)
        except _TooLongError:
            given_up.append(number)
            if len(given_up) >= _MOST_GIVEN_UP:
                break
            continue
        if found is None:
            continue
        count += 1
        if len(kept) < keep:
            kept.append((number, _around(line, found.start(), width)))
    return {"count": count, "lines": kept, "given_up": given_up}


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, counted as `read_file` counts them."""
    if "\n" not in text:
        return text.split("\r")
    return [line.removesuffix("\r") for line in text.split("\n")]


def understood(pattern: str) -> tuple[re.Pattern[str], str]:
    """Return a pattern as it is searched for, and why it is plain text, where it is."""
    try:
        return re.compile(pattern), ""
    except (re.error, RecursionError, OverflowError) as error:
        # A space that is not escaped is a space to ripgrep, too.
        return re.compile(re.escape(pattern).replace("\\ ", " ")), str(error)


def serve(source: IO[bytes], target: IO[bytes]) -> None:
    """Answer until the input ends, or too many lines were given up."""
    watch = Watch()
    order = json.loads(source.readline())
    regex, why_plain = understood(order["pattern"])
    with watch:
        known = {"pattern": regex.pattern, "why_plain": why_plain}
        _answer(target, {**known, "matches_empty": _matches_empty(regex, watch)})
        keep, width, given_up = order["keep"], order["width"], 0
        while given_up < _MOST_GIVEN_UP and (line := source.readline()):
            file = json.loads(line)
            text = source.read(file["size"]).decode("utf-8", "replace")
            found = matches(regex, text, keep=keep, width=width, watch=watch)
            keep -= len(found["lines"])
            given_up += len(found["given_up"])
            if found["count"] or found["given_up"]:
                stopped = given_up >= _MOST_GIVEN_UP
                _answer(target, {"path": file["path"], **found, "stopped": stopped})
    _answer(target, {"ended": True})


def _matches_empty(regex: re.Pattern[str], watch: Watch) -> bool:
    try:
        return watch.search(regex, "") is not None
    except _TooLongError:
        return True  # nobody knows: then it is not relied on


def _answer(target: IO[bytes], answer: dict[str, Any]) -> None:
    target.write(json.dumps(answer).encode() + b"\n")
    target.flush()


def _around(line: str, place: int, width: int) -> str:
    if len(line) <= width:
        return line
    start = max(0, min(place - width // 4, len(line) - width))
    end = start + width
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
