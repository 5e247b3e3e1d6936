"""Output of commands as harmless text: decoded, without terminal control sequences."""

from __future__ import annotations

import codecs
import re
from typing import Final

_CONTROL_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC and other strings: titles, links, clipboard
    r"|\x1b[ -/]*[0-~]"
    r"|[\x80-\x9f]",  # controls of one byte
)
_BEGUN: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?\Z")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_MAX_BEGUN: Final = 4096


def harmless(text: str) -> str:
    r"""Return *text* without control sequences and control characters.

    Newlines and tabs stay, `\r\n` becomes a newline. Of a line with `\r` in it (a progress bar)
    the last state stays, as on a screen.
    """
    text = _CONTROL_SEQUENCE.sub("", text).replace("\r\n", "\n")
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _CONTROL.sub("", text)


class TerminalText:
    """Makes harmless text of output that comes in pieces of bytes, cut anywhere."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""

    def feed(self, data: bytes) -> str:
        """Take more output, and return the text that is complete."""
        text = self._held + self._decoder.decode(data)
        begun = _BEGUN.search(text)
        cut = begun.start() if begun and len(text) - begun.start() < _MAX_BEGUN else len(text)
        if text[:cut].endswith("\r"):  # it may be the half of a newline
            cut -= 1
        self._held = text[cut:]
        shown = _CONTROL_SEQUENCE.sub("", text[:cut]).replace("\r\n", "\n").replace("\r", "\n")
        return _CONTROL.sub("", shown)

    def close(self) -> str:
        """Return the rest."""
        text = self._held + self._decoder.decode(b"", final=True)
        self._held = ""
        return harmless(text)
