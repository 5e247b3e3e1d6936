"""Output of commands as harmless text: decoded, without terminal control sequences."""

from __future__ import annotations

import codecs
import re
from typing import Final

from coding_agent_sdk.text.floods import unflooded
from coding_agent_sdk.text.plain import LOOSE_JOINER, SEQUENCE

_BEGUN: Final = re.compile(
    r"(?:\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\x80-\x9f]*\x1b?|[ -/]*)?"
    r"|\x9b[0-?]*[ -/]*|[\x90\x98\x9d-\x9f][^\x07\x1b\x80-\x9f]*\x1b?)\Z"
)
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_OVERSTRUCK: Final = re.compile("(.)\b(?:\\1|_)|_\b(.)")
_RETURNS: Final = re.compile("\r+\n?")
_MAX_BEGUN: Final = 4096


def harmless(text: str) -> str:
    r"""Return *text* without control sequences, control and invisible characters.

    Newlines and tabs stay, `\r\n` becomes a newline. Of a line with `\r` in it (a progress bar)
    the last state stays, as on a screen; of a letter that is struck over for bold or underlined,
    the letter. Of very many marks on one letter the first few stay.
    """
    text = SEQUENCE.sub("", text).replace("\r\n", "\n")
    if "\r" in text:
        text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return _plain(text)


def _plain(text: str) -> str:
    if "\b" in text:
        text = _OVERSTRUCK.sub(lambda found: found[1] or found[2], text)
    text = _CONTROL.sub("", text)
    if text.isascii():
        return text
    text = text.replace("\u2028", "\n").replace("\u2029", "\n")
    return LOOSE_JOINER.sub("", unflooded(text))


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
        return _plain(_RETURNS.sub("\n", SEQUENCE.sub("", text[:cut])))

    def close(self) -> str:
        """Return the rest."""
        text = self._held + self._decoder.decode(b"", final=True)
        self._held = ""
        return harmless(text)
