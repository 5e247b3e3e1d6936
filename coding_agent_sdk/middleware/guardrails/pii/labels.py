"""Says what a value is called: by the word before it, or by the heading of its column."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final, Literal

Label = Literal["phone", "ssn", "card", "iban", "ip"]

REACH: Final = 2000
"""How far back, in characters, a heading may begin."""

_NEAR: Final = 80
_HINT: Final = 12  # characters of the longest part of a label that is looked for
_LINE: Final = 160

_WORDS: Final[dict[Label, str]] = {
    "phone": (
        r"phones?|[Pp]hone(?=[A-Z_])|telephone|t[eé]l[eé]phone|telefon[oe]?|telefonnummer|telefax|mobiles?|mobil|"
        r"mobiltelefon|m[oó]vil|celular|cellulare|cell|cellphone|tel|fax|handy|handynummer|"
        r"rufnummer|portable|contact[_ -]?(?:number|num|no|nr|phone)|whats[ _-]?app|sms|msisdn|"
        r"hotline|landline|callback|pager|durchwahl|fon|numtel|gsm|viber|signal|tfno|tlfn?o?|telf"
    ),
    "ssn": (
        r"ssns?|social|social[_ -]?sec(?:urity)?(?:[_ -]?(?:number|num|no|nr))?|"
        r"ss[_ -]?n(?:umber|um|o)|ss[ ]?\#|ref\*sy|"
        r"tax[_ -]?(?:payer)?[_ -]?(?:id|ids|identifier|number|no)|tins?|itins?|us[_ -]?ssn"
    ),
    "card": (
        r"cards?|credit[_ -]?card|debit[_ -]?card|card[_ -]?(?:number|num|no|nr|pan)|"
        r"cc|ccn|pan|cc[_ -]?(?:number|num|no)|"
        r"visa|master[_ -]?card|amex|american express|kreditkarte(?:nnummer)?|carte|tarjeta|payment"
    ),
    "iban": r"iban|konto|account|kontonummer|bank[_ -]?account|compte|conto",
    "ip": (
        r"ips?|ip[_ -]?v?[46]|ip[_ -]?addr(?:ess)?|addr(?:ess)?|remote|"
        r"remote[_ -]?(?:addr|ip|host)|peer|"
        r"client|client[_ -]?(?:ip|addr|address)|host|hosts|server|src|dst|source|destination|"
        r"source[_ -]?ip|x-forwarded-for|forwarded|x-real-ip|endpoint|listen|bind|"
        r"connect(?:ed|ing)?|"
        r"ping|ssh|nameserver|gateway|dns|visitor|last[_ -]?login|user[_ -]?ip|banned?|"
        r"block(?:ed)?|"
        r"allow|deny|unban|attacker|rhost|raddr|laddr"
    ),
}
_TAIL: Final = (
    r"(?:[_ -]?(?:number|numbers|num|no|nr|primary|home|work|office|private|main|alt|raw|e164|"
    r"value|[0-9]))?"
)
_JOIN: Final = (
    r"[\\\"'`\])}*]{0,6}\s{0,4}(?:[:=,|#.>(-]|=>|:=|==|->|is|was|are|at|to|on|under|unter|au|auf|n[°o]\.?)?"
    r"\s{0,4}[\\\"'`<(\[{*]{0,6}\+?\s{0,2}\(?"
)
_CALL: Final = (
    r"(?:call(?:ed|ing)?|ring|dial(?:ed|ing)?|text|reach|phone|contact|sms|message|fax|notify|page|"
    r"anrufen|ruf|appel(?:er|ez)?|llamar)\b[^\n0-9]{0,48}?\b(?:at|to|on|unter|au|via|:)\s{0,2}"
)
_START: Final = r"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))"


_BEFORE: Final = {
    label: re.compile(rf"{_START}(?:(?i:{words}))(?i:{_TAIL}){_JOIN}$")
    for label, words in _WORDS.items()
}
_SENTENCE: Final = re.compile(rf"(?<![A-Za-z])(?i:{_CALL})[\"'`(<]{{0,3}}\+?$")
_CELL: Final = {
    label: re.compile(rf"(?i)(?:\w*[_ .-])?(?:{words}){_TAIL}") for label, words in _WORDS.items()
}
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HINTS: Final[dict[Label, re.Pattern[str]]] = {
    "phone": re.compile(
        r"(?i)phone|t[eé]l|mobi|m[oó]vil|cel|fax|handy|rufn|anruf|ruf|porta|contact|what|sms|msisdn|fon|gsm|"
        r"call|dial|ring|text|reach|message|noti|page|appel|llam|line|durchw|viber|signal|tfn|tlf"
    ),
    "ssn": re.compile(r"(?i)soc|ss|tax|tin|sy"),
    "card": re.compile(r"(?i)card|cc|pan|visa|amex|ameri|kart|carte|tarj|paym"),
    "iban": re.compile(r"(?i)iban|kont|acc|cont|compte"),
    "ip": re.compile(r"(?i)[a-z]"),
}
"""What is in every word for a label, and quickly looked for."""

_HEADS: Final = {
    label: re.compile(
        rf"(?im)(?:^|[,;|(\t\"'`])[ ]?(?:[a-z0-9]{{1,24}}[_ .-]){{0,3}}(?:{words})"
        rf"{_TAIL}[\"'`]?[ ]?(?=[,;|)\t\r\n\"'`])"
    )
    for label, words in _WORDS.items()
}
"""The heading of a column, where it stands among others."""

_INSERT: Final = re.compile(
    r"(?i)\binto\s+[^\s()]{1,120}\s*\((?P<names>[^()]{1,600})\)\s*values\s*"
)
_COPY: Final = re.compile(
    r"(?im)^copy\s+[^\s()]{1,120}\s*\((?P<names>[^()]{1,600})\)\s*from\s+stdin[^\n]{0,80}\n"
)
_QUOTED: Final = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_NAME: Final = re.compile(r"\s*[\"'`]?[A-Za-zÀ-ɏ_][\w .()/-]{0,40}[\"'`]?\s*")
_MOST_LINES: Final = 60


class Labels:
    """Looks for labels in one text; where it has none of their words, that costs nothing."""

    __slots__ = ("_columns", "_heads", "_hints", "_run", "_second", "_seen", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._heads: dict[Label, list[int]] = {}
        self._seen: dict[Label, int] = {}
        self._hints: dict[Label, tuple[int, int]] = {}
        self._run = self._second = len(text)
        self._columns: dict[Label, bool] = {}

    def enter(self, start: int, second: int) -> None:
        """Be asked next about numbers that have nothing but signs between them.

        Only the first two can have a word before them, and all are in one column.

        Args:
            start: where the first of them begins.
            second: where the second does.
        """
        self._run, self._second, self._columns = start, second, {}

    def before(self, start: int, label: Label) -> bool:
        """Whether the words right before *start*, in its line, say that it is one."""
        if start > self._second or not self._hinted(start, label):
            return False
        line = self._line(start, _NEAR)
        if _BEFORE[label].search(line):
            return True
        return label == "phone" and _SENTENCE.search(line) is not None

    def named(self, start: int, label: Label) -> bool:
        """Whether the word right before *start*, or the heading of its column, is the label."""
        near = start <= self._second and self._hinted(start, label)
        if near and _BEFORE[label].search(self._line(start, _NEAR)):
            return True
        return self.column(start, label)

    def in_line(self, start: int, label: Label) -> bool:
        """Whether the label stands anywhere before *start* in its line."""
        line = self._line(start, _LINE)
        return _HINTS[label].search(line) is not None and any(
            _CELL[label].fullmatch(word) is not None
            for word in re.split(r"[^\w-]+", _CAMEL.sub("_", line))
        )

    def column(self, start: int, label: Label) -> bool:
        """Whether the heading of the column at *start* is the label."""
        if start <= self._run:
            return self._is_column(start, label)
        found = self._columns.get(label)
        if found is None:
            found = self._columns[label] = self._is_column(start, label)
        return found

    def _is_column(self, start: int, label: Label) -> bool:
        if not self._headed(start, label):
            return False
        name = self._heading(start).strip(" \t\"'`\r")
        return bool(name) and _CELL[label].fullmatch(_CAMEL.sub("_", name)) is not None

    def any(self, start: int, label: Label) -> bool:
        """Whether the word before it or the heading of its column is the label."""
        return self.before(start, label) or self.column(start, label)

    def _hinted(self, start: int, label: Label) -> bool:
        """Whether a part of a label is near; in the order of the text each place is seen once."""
        seen, last = self._hints.get(label, (0, -1))
        if start < seen:
            return _HINTS[label].search(self._text, max(0, start - _NEAR), start) is not None
        for found in _HINTS[label].finditer(self._text, max(0, seen - _HINT, start - _NEAR), start):
            last = found.start()
        self._hints[label] = start, last
        return last >= start - _NEAR

    def _headed(self, start: int, label: Label) -> bool:
        """Whether any heading with the label is near; each part of a text is looked at once."""
        heads = self._heads.setdefault(label, [])
        begin = max(self._seen.get(label, 0), start - REACH)
        if begin < start:
            heads += (head.end() for head in _HEADS[label].finditer(self._text, begin, start))
            self._seen[label] = start
        first = bisect_left(heads, start - REACH)
        return first < len(heads) and heads[first] < start

    def _line(self, start: int, reach: int) -> str:
        low = max(0, start - reach)
        return self._text[max(low, self._text.rfind("\n", low, start) + 1) : start]

    def _heading(self, start: int) -> str:
        low = max(0, start - REACH)
        for pattern, find in ((_INSERT, _in_values), (_COPY, _in_copy)):
            statements = list(pattern.finditer(self._text, low, start))
            if statements:
                index = find(self._text[statements[-1].end() : start])
                return _nth(statements[-1]["names"], index)
        return _in_table(self._text[low:start])


def _nth(names: str, index: int) -> str:
    parts = names.split(",")
    return parts[index] if 0 <= index < len(parts) else ""


def _in_values(rows: str) -> int:
    """Return the index of the value that follows in a tuple of `VALUES`."""
    bare = _QUOTED.sub("", rows)
    opening = bare.rfind("(")
    if opening < 0 or ";" in bare:
        return -1
    row = bare[opening + 1 :]
    quote = max(row.rfind("'"), row.rfind('"'))
    return -1 if ")" in row else row[: quote if quote >= 0 else len(row)].count(",")


def _in_copy(rows: str) -> int:
    if "\\." in rows:
        return -1
    return rows[rows.rfind("\n") + 1 :].count("\t")


def _in_table(before: str) -> str:
    """Return the heading of the column that the text ends in; empty where it is no table."""
    block = before[before.rfind("\n\n") + 1 :].split("\n")
    row = _QUOTED.sub("", block.pop())
    for delimiter in ("\t", ",", ";", "|"):
        index = row.count(delimiter)
        if index == 0 and not block:
            continue
        for line in block[:_MOST_LINES]:
            cells = line.split(delimiter)
            if len(cells) > max(index, 1) and all(map(_NAME.fullmatch, filter(str.strip, cells))):
                return cells[index]
    return ""
