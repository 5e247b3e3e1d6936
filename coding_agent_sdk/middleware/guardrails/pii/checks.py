"""Check digits and rules of numbers that countries and banks give out."""

from __future__ import annotations

import re
from typing import Final

_MOD: Final = 97
_VARIETY: Final = 3

IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
    "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
    "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
    "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
    "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
"""How many characters an account number of each country has."""

_BRANDS: Final = re.compile(
    r"""(?x)
      4 \d{12} (?: \d{3} (?: \d{3} )? )?                                   # Visa
    | (?: 5[1-5]\d\d | 222[1-9] | 22[3-9]\d | 2[3-6]\d\d | 27[01]\d | 2720 ) \d{12}  # Mastercard
    | 3[47] \d{13}                                                         # American Express
    | (?: 6011 | 65\d\d | 64[4-9]\d | 622\d ) \d{12} (?: \d{3} )?          # Discover, UnionPay
    | 62 \d{14} (?: \d{3} )?
    | 3 (?: 0[0-5] | [68]\d ) \d{11}                                       # Diners
    | (?: 2131 | 1800 | 35\d{3} ) \d{11} | 35(?:2[89]|[3-8]\d) \d{12}      # JCB
    | (?: 50(?:18|20|38) | 5893 | 63(?:04|90) | 67\d\d | 56\d\d ) \d{8,15} # Maestro
    | 220[0-4] \d{12}                                                      # Mir
    | 9792 \d{12} | (?: 60(?:69|70) | 508[56] | 6521 ) \d{12}              # Troy, RuPay
    """
)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) << (index & 1)
        total += sum(divmod(value, 10))
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """Whether a number has the beginning, the length and the check digit of a payment card."""
    if len(set(digits)) < _VARIETY:
        return False
    return _BRANDS.fullmatch(digits) is not None and luhn(digits)


def is_iban(text: str) -> bool:
    """Whether an account number, in capital letters and without blanks, is right."""
    if IBAN_LENGTHS.get(text[:2]) != len(text) or not text[2:4].isdigit():
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % _MOD == 1


def is_ssn(digits: str, *, itin: bool = False) -> bool:
    """Whether nine digits can be a social security number.

    Args:
        digits: The digits.
        itin: Whether a taxpayer's number, which begins with 9, is meant, too.
    """
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if area in {"000", "666"} or group == "00" or serial == "0000":
        return False
    if digits in {"123456789", "078051120", "219099999", "111111111", "987654321", "457555462"}:
        return False
    if len(set(digits)) == 1:
        return False
    return area < "900" or (itin and group not in {"00", "89", "93"} and group >= "50")
