"""What a statement does beside reading and writing rows, in the words of the judge."""

from __future__ import annotations

from typing import NamedTuple


class Deed(NamedTuple):
    """One thing that a statement does.

    Attributes:
        kind: `destroy`, `configure`, `run`, `read`, `write`, `attach`, `send`, `secret`, `stop`,
            `hidden` (a file that is not said), `unreadable` or `unknown`; between the readers
            also `statement` (a text that runs as SQL) and `set` (the name of a setting).
        what: the statement or the function; of `read`, `write` and `run` the path or the text.
    """

    kind: str
    what: str
