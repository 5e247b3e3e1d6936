"""Questions in German: told by their little words, which say nothing by themselves.

Left in, they would weigh as much as what is asked for, since hardly a document has them. They are
taken out of questions alone: in an English text `man`, `mit` and `die` are words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["is_german", "is_little"]

_ASKING: Final = frozenset({
    "wann", "warum", "welche", "welchem", "welchen", "welcher", "welches", "wem", "wen", "wer",
    "weshalb", "wessen", "wie", "wieso", "wieviel", "wieviele", "wodurch", "woher", "wohin",
    "womit", "woran", "worauf", "wozu",
})  # fmt: skip
"""What a question begins with that is German beyond doubt."""

_CLEAR: Final = _ASKING | {
    "aber", "alle", "auch", "auf", "aus", "bei", "beim", "bitte", "damit", "dann", "das", "dass",
    "dein", "deine", "dem", "der", "dieser", "dieses", "doch", "durch", "ein", "eine", "einem",
    "einen", "einer", "eines", "für", "gibt", "haben", "ich", "ihr", "ihre", "ist", "kann",
    "kein", "keine", "können", "mehr", "mein", "meine", "meinem", "meinen", "meiner", "mich",
    "muss", "müssen", "nach", "nicht", "noch", "nur", "oder", "ob", "oft", "ohne", "sein",
    "seine", "sich", "sie", "sind", "soll", "sollen", "sollte", "über", "und", "uns", "unser",
    "unsere", "unserem", "unseren", "unter", "vom", "von", "vor", "wenn", "werde", "werden", "wird",
    "wir", "wurde", "wurden", "zum", "zur", "zwischen",
}  # fmt: skip
_LITTLE: Final = _CLEAR | {
    "am", "an", "als", "bin", "darf", "den", "des", "die", "diese", "du", "er", "es", "etwas",
    "euch", "gelten", "gilt", "habe", "hat", "hatte", "hier", "hoch", "im", "immer", "in", "ins",
    "jetzt", "lange", "mache", "machen", "macht", "man", "mir", "mit", "schon", "so", "um", "viel",
    "viele", "war", "waren", "was", "weil", "will", "wo", "zu",
}  # fmt: skip


def is_german(words: Sequence[str]) -> bool:
    """Return whether a question is in German, by its words in lower case."""
    first = words[0] if words else ""
    clear = len(_CLEAR.intersection(words))
    return first in _ASKING or clear > 1 or (first == "was" and clear > 0)


def is_little(word: str) -> bool:
    """Return whether a word of a German question, in lower case, says nothing by itself."""
    return word in _LITTLE
