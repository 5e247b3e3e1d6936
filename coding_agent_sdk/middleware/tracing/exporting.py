"""Exporters at work: each in a daemon thread of its own, behind a bounded queue.

No run ever waits here. What does not fit, or cannot be sent, is dropped and counted.
"""

from __future__ import annotations

import atexit
import collections
import itertools
import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.tracing.answers import SpansRejectedError
from coding_agent_sdk.text.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coding_agent_sdk.middleware.tracing.conventions import SpanMaker
    from coding_agent_sdk.middleware.tracing.drafts import Draft
    from coding_agent_sdk.protocols import SpanExporter
    from coding_agent_sdk.types.spans import AttributeValue, Span

__all__ = ["ExportThread", "Exporters"]

logger = logging.getLogger(__name__)

BATCH: Final = 256
"""Spans that are exported together at most."""

PORTION: Final = 32
"""Spans that are worked out before others may run: Python would let the thread go on for 5 ms."""

PAUSE: Final = 0.0005

MOST_TEXT: Final = 32_000_000
"""Characters of text that may wait: a span that waits holds its texts uncut."""

EXPORT_SECONDS: Final = 10.0
"""How long one export may take while the agent is in use."""

SHARE_AT_THE_END: Final = 0.8
"""Part of the time left that the last export may take, so that it can say why it failed."""

LEAST_SECONDS: Final = 0.05

WIDTH: Final = 500
"""Characters of the log that a reason may take: others write it."""

_LOOK_SECONDS: Final = 0.005
"""How often is looked whether all has been exported that somebody waits for."""


class ExportThread:
    """One exporter and the thread in which it works; it is opened when there is a first span.

    Args:
        name: What the exporter is called in messages.
        exporter: The exporter; it is called by the thread alone.
        maker: Works drafts out into spans.
        resource: Who sends.
        capacity: Spans that may wait.
        interval: Seconds for which spans are gathered.

    Attributes:
        dropped: Spans that were lost so far.
        reported: How many of them have been told of.
    """

    def __init__(
        self,
        name: str,
        exporter: SpanExporter,
        *,
        maker: SpanMaker,
        resource: Mapping[str, AttributeValue],
        capacity: int,
        interval: float,
    ) -> None:
        self.name = name
        self._exporter = exporter
        self._maker = maker
        self._resource = resource
        self._capacity = capacity
        self._interval = interval
        self._queue: collections.deque[Draft] = collections.deque()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._closing = threading.Event()
        self._deadline = 0.0
        self._overflowed = 0  # written by the giver alone
        self._lost = 0  # written by the thread alone, and by `abandon` after it
        self._given = 0  # characters of text: two counts, so that each has one writer
        self._taken = 0
        self._under_way = 0
        self._accepted = 0  # spans, each with one writer as well
        self._done = 0
        self._abandoned = False
        self._failing = False
        self._logged = 0
        self.reported = 0
        self._thread = threading.Thread(
            target=self._work, name=f"coding-agent-spans-{name.partition(':')[0]}", daemon=True
        )
        self._thread.start()  # now: it would hold up the run that gives the first span

    @property
    def dropped(self) -> int:
        """Number of spans that were lost."""
        return self._overflowed + self._lost

    def give(self, draft: Draft) -> None:
        """Take a span that has ended; returns at once, whatever the exporter does."""
        text = _length(draft)
        waiting = len(self._queue) + self._under_way
        full = waiting >= self._capacity or self._given - self._taken + text > MOST_TEXT
        if full or self._closing.is_set():
            self._overflowed += 1
            return
        self._given += text
        self._queue.append(draft)
        self._accepted += 1
        if not self._wake.is_set():
            self._wake.set()

    def flush(self, deadline: float) -> bool:
        """Have what has been given exported now, until *deadline* on the monotonic clock.

        Returns:
            Whether none of it waits any more.
        """
        given = self._accepted  # what comes later is not waited for: it may never end
        while self._done < given:
            if time.monotonic() >= deadline or not self._thread.is_alive():
                return False
            self._hurry.set()
            time.sleep(_LOOK_SECONDS)
        return True

    # -- the end -----------------------------------------------------------------------------

    def stop(self, deadline: float) -> None:
        """Have the thread export what waits and end, until *deadline* on the monotonic clock."""
        self._deadline = deadline
        self._closing.set()
        self._hurry.set()
        self._wake.set()

    def join(self) -> None:
        """Wait until the thread has ended, or the deadline of `stop` is over."""
        self._thread.join(max(self._deadline - time.monotonic(), 0.0))
        if self._thread.is_alive():
            self._abandon()
        if self.dropped > self._logged:
            logger.warning("tracing: exporter %r lost %d spans in all", self.name, self.dropped)

    def _abandon(self) -> None:
        """Leave a thread that is still busy: it is a daemon, and the process need not wait."""
        self._abandoned = True
        self._lost += len(self._queue) + self._under_way
        self._queue.clear()

    # -- the thread --------------------------------------------------------------------------

    def _work(self) -> None:
        self._wake.wait()
        if not self._queue:
            return
        problem = self._open()
        while True:
            self._wake.wait()
            self._hurry.wait(self._interval)
            self._hurry.clear()
            self._wake.clear()
            last = self._closing.is_set()  # else a span may have come behind what was exported
            self._drain(problem)
            if last:
                break
        if problem is None:
            self._close()

    def _open(self) -> Exception | None:
        """Return why the exporter cannot be used; None where it can."""
        try:
            self._exporter.open(self._resource)
        except Exception as error:  # noqa: BLE001  an exporter may be anybody's, and may raise anything
            return error
        return None

    def _drain(self, problem: Exception | None) -> None:
        while self._queue and not self._abandoned:
            taken = [self._queue.popleft() for _ in range(len(self._queue))]
            self._under_way = len(taken)
            spans = _by_run(taken)
            for start in range(0, len(spans), BATCH):
                self._send(spans[start : start + BATCH], problem)
            self._done += len(taken)

    def _send(self, batch: Sequence[Draft], problem: Exception | None) -> None:
        if self._abandoned:
            return
        self._taken += sum(map(_length, batch))
        if problem is not None:
            self._tell(problem, lost=len(batch))
        lost = len(batch) if problem is not None else self._export(batch)
        if not self._abandoned:
            self._lost += lost
        self._under_way -= len(batch)

    def _export(self, batch: Sequence[Draft]) -> int:
        """Export spans, and return how many of them were lost."""
        seconds = EXPORT_SECONDS
        if self._closing.is_set():
            seconds = (self._deadline - time.monotonic()) * SHARE_AT_THE_END
            if seconds < LEAST_SECONDS:
                return len(batch)
        try:
            self._exporter.export(self._spans(batch), seconds=seconds)
        except Exception as error:  # noqa: BLE001  see _open
            rejected = error.count if isinstance(error, SpansRejectedError) else len(batch)
            lost = min(rejected, len(batch))
            self._tell(error, lost=lost)
            return lost
        if self._failing:
            self._failing = False
            logger.info("tracing: exporter %r works again", self.name)
        return 0

    def _spans(self, batch: Sequence[Draft]) -> list[Span]:
        spans: list[Span] = []
        for start in range(0, len(batch), PORTION):
            if start and not self._closing.is_set():
                time.sleep(PAUSE)
            spans += map(self._maker.span, batch[start : start + PORTION])
        return spans

    def _tell(self, error: Exception, *, lost: int) -> None:
        """Say once that an exporter fails, not at each batch."""
        if self._failing or self._abandoned:
            return
        self._failing = True
        self._logged = self.dropped + lost
        words = one_line(f"{type(error).__name__}: {error}", width=WIDTH)
        logger.warning("tracing: exporter %r lost %d spans: %s", self.name, lost, words)

    def _close(self) -> None:
        try:
            self._exporter.close()
        except Exception as error:  # noqa: BLE001  see _open
            self._tell(error, lost=0)


def _length(draft: Draft) -> int:
    return len(getattr(draft.ended, "text", ""))


def _by_run(drafts: Sequence[Draft]) -> list[Draft]:
    """Put the spans of a run together, the run that ended a span first before the others.

    Spans of runs side by side come in turns, and whoever keeps a file for each run would open it
    for each span.
    """
    runs: dict[str, list[Draft]] = {}
    for draft in drafts:
        runs.setdefault(draft.run.trace.root_run_id, []).append(draft)
    return list(itertools.chain.from_iterable(runs.values()))


class Exporters:
    """The exporters of one agent.

    Args:
        threads: One for each.
        exit_seconds: How long their end may take, all together.
    """

    def __init__(self, threads: Sequence[ExportThread], *, exit_seconds: float) -> None:
        self.threads = tuple(threads)
        self._exit_seconds = exit_seconds
        self._closed = False
        atexit.register(self.close)

    def give(self, draft: Draft) -> None:
        """Hand a span that has ended to all."""
        for thread in self.threads:
            thread.give(draft)

    def flush(self, name: str) -> None:
        """Export what waits for the exporters of that name now.

        Raises:
            TimeoutError: It took longer than exporters may take at the end.
        """
        deadline = time.monotonic() + self._exit_seconds
        for thread in self.threads:
            if thread.name.partition(":")[0] == name and not thread.flush(deadline):
                raise TimeoutError(
                    f"exporter {thread.name!r} has not kept all spans yet; try again"
                )

    def close(self) -> None:
        """Export what waits, and wait for it no longer than the time that was set.

        Called by the end of the process, too, where an agent was never closed.
        """
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        deadline = time.monotonic() + self._exit_seconds
        for thread in self.threads:
            thread.stop(deadline)
        for thread in self.threads:
            thread.join()
