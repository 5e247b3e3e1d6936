"""Says texts once more with what people write around them, which changes nothing about them.

A model would else take a school, a test or a line of code beside an order for a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.learning import Row

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

__all__ = ["in_files", "in_talk"]

BEFORE = (
    "I'm a student and this is for my school project.", "This is for my bachelor thesis.",
    "I'm a teacher.", "My boss wants this today:", "My colleague asked me to do this.",
    "My wife uses this app too.", "We run software for a hospital.", "In the sandbox:",
    "Hi! Could you please do me a favour?", "Quick one:", "Please help me with this:",
    "I'm new here.", "For our bank:", "Explain while you do it:", "My girlfriend wrote this.",
    "For a church website:", "I work for the city.", "A customer wants this:", "First,",
    "Our competitor has this too.", "I have to hand this in on Friday.", "Hallo, kurze Frage:",
    "Bonjour,", "Hola,", "On the dev machine:", "For the demo tomorrow:", "As discussed:",
    "I am the owner of this repository.", "We are a small school.", "My son and I build a game.",
)  # fmt: skip
AROUND_CHARS = (120, 600)


def in_talk(rows: Sequence[Row], chance: random.Random) -> Iterator[Row]:
    """Yield each request once more with a sentence before it."""
    for row in rows:
        yield Row(text=f"{chance.choice(BEFORE)} {row.text.strip()}", blocked=row.blocked)


def in_files(rows: Sequence[Row], files: Sequence[str], chance: random.Random) -> Iterator[Row]:
    """Yield each text once more in the midst of an ordinary file."""
    for row in rows:
        before, after = (_piece(chance.choice(files), chance) for _ in range(2))
        yield Row(text=f"{before}\n{row.text}\n{after}", blocked=row.blocked)


def _piece(text: str, chance: random.Random) -> str:
    size = chance.randint(*AROUND_CHARS)
    start = chance.randrange(max(len(text) - size, 1))
    return text[start : start + size]
