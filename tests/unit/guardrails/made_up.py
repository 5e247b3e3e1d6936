"""Secrets that are drawn anew for each test, so that no literal of one stands in the repository."""

from __future__ import annotations

import random
import re
import string
from re import _constants as sre
from re import _parser as parser

ALPHANUMERIC = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


class MadeUp:
    """Draws secrets; the same seed draws the same ones."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)

    def text(self, length: int, alphabet: str = ALPHANUMERIC) -> str:
        """Return so many characters, small and capital letters and digits among them."""
        return "".join(self._random.choices(alphabet, k=length - 3)) + "qZ7"

    def hex(self, length: int) -> str:
        return "".join(self._random.choices(HEX, k=length))

    def password(self) -> str:
        return self.text(9) + "#k2"

    def pem(self, lines: int = 6) -> str:
        body = "\n".join(self.text(64) for _ in range(lines))
        return f"-----BEGIN RSA PRIVATE KEY-----\n{body}\nQmFzZQ==\n-----END RSA PRIVATE KEY-----"

    def matching(self, pattern: str) -> str:
        """Return a text that a pattern matches; what looks around is passed over."""
        return "".join(self._piece(op, value) for op, value in parser.parse(pattern))

    def _piece(self, op, value) -> str:
        if op is sre.LITERAL:
            return chr(value)
        if op is sre.IN:
            return self._one_of(value)
        if op in {sre.MAX_REPEAT, sre.POSSESSIVE_REPEAT}:
            least, most, inner = value
            count = min(most, least + 2) if most is not sre.MAXREPEAT else least + 2
            return "".join(self._piece(*item) for _ in range(count) for item in inner)
        if op is sre.SUBPATTERN:
            return "".join(self._piece(*item) for item in value[-1])
        if op is sre.BRANCH:
            return "".join(self._piece(*item) for item in self._random.choice(value[1]))
        assert op in {sre.ASSERT, sre.ASSERT_NOT, sre.AT}, op
        return ""

    def _one_of(self, items) -> str:
        characters = ""
        for op, value in items:
            if op is sre.LITERAL:
                characters += chr(value)
            elif op is sre.RANGE:
                characters += "".join(map(chr, range(value[0], value[1] + 1)))
            else:
                assert value in {sre.CATEGORY_DIGIT, sre.CATEGORY_WORD}, value
                characters += string.digits if value is sre.CATEGORY_DIGIT else ALPHANUMERIC
        return self._random.choice(characters)


def least_width(pattern: re.Pattern[str]) -> int:
    """Return the length of the shortest text that a pattern matches."""
    return parser.parse(pattern.pattern).getwidth()[0]
