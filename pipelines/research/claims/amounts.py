"""Printed numbers: what "$1.716bn", "5.64亿", "over 90 %" or "2.7 % a month" say, and how exactly.

Here is parsing, printing, and when a figure agrees with a printed number; no evidence, no verdicts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from fractions import Fraction

CAP = Decimal("0.05")  # half a printed unit says at most this share of the figure
_MAGNITUDE = {
    **dict.fromkeys(("k", "thousand", "千"), 3),
    "万": 4,
    **dict.fromkeys(("m", "mn", "mln", "mio", "million", "millions", "百万"), 6),
    "千万": 7,
    "亿": 8,
    **dict.fromkeys(("b", "bn", "bln", "billion", "billions", "十亿"), 9),
    **dict.fromkeys(("t", "tn", "trillion", "万亿"), 12),
}
_UNIT = {
    **dict.fromkeys(("$", "us$", "usd", "usdt", "dollar", "dollars", "美元"), "usd"),
    **dict.fromkeys(("%", "％", "percent", "pct", "per cent", "percentage points", "pp"), "pct"),
    **dict.fromkeys(("€", "eur", "euro", "euros"), "eur"),
    **dict.fromkeys(("¥", "cny", "rmb", "yuan", "元", "人民币"), "cny"),
    **dict.fromkeys(("accounts", "account", "traders", "trader", "people", "人"), "accounts"),
    **dict.fromkeys(("x", "times", "fold", "倍"), "times"),
    **dict.fromkeys(("bps", "bp", "basis points"), "bp"),
    **dict.fromkeys(("btc", "bitcoin", "bitcoins"), "BTC"),
    **dict.fromkeys(("eth", "ether"), "ETH"),
    **dict.fromkeys(("coin", "coins"), "coin"),
}
_BOUND = {
    ">": "more than|over|above|exceeding|exceeds|beyond|at least|no less than|upwards of|>=|>|≥|超过|超|逾|至少",
    "<": "less than|under|below|at most|up to|no more than|<=|<|≤|不到|低于|至多",
    "~": "about|around|roughly|some|nearly|almost|close to|approximately|approx\\.?|circa|ca\\.?|~|≈|约|近|大约",
}
_WORDS = {
    "half": ("1/2", "="),
    "one half": ("1/2", "="),
    "a third": ("1/3", "="),
    "one third": ("1/3", "="),
    "two thirds": ("2/3", "="),
    "a quarter": ("1/4", "="),
    "three quarters": ("3/4", "="),
    **dict.fromkeys(("most", "mostly", "a majority", "majority", "more than half"), ("1/2", ">")),
    **dict.fromkeys(("less than half", "a minority", "minority"), ("1/2", "<")),
    **dict.fromkeys(("all", "every"), ("1/1", "=")),
    **dict.fromkeys(("none", "no"), ("0/1", "=")),
    **dict.fromkeys(("double", "twice"), ("2/1x", "=")),
    "triple": ("3/1x", "="),
}
_HOURS_A_YEAR = 8760
_PER_YEAR = {"day": Fraction(365), "week": Fraction(365, 7), "month": Fraction(12), "year": Fraction(1)}
_PERIOD = {
    **dict.fromkeys(
        ("annualised", "annualized", "annual", "annually", "yearly", "apr", "p.a.", "pa"), "year"
    ),
    "monthly": "month",
    "weekly": "week",
    "daily": "day",
    "hourly": "1h",
}
_PER = re.compile(
    r"(?:per|a|an|each|every|/|by the)\s*(?P<n>\d+)?\s*-?(?P<p>hours?|hrs?|h|days?|d|weeks?|months?|mo|years?|yr|y)\b"
)
_LARGEST = 18  # powers of ten, either way
_BAND = re.compile(r"\s+(?:to|and|[-–—])\s+|(?<=[\d%mbnk亿万])\s*[–—]\s*|(?<=\d)-(?=\d)|至|到")
_NUMBER = re.compile(
    r"(?P<sign>[-+−–]?)\s*(?P<digits>(?:\d[\d,_' ]*\d|\d)?(?:\.\d+)?)(?:e(?P<exp>[-+]?\d+))?"
)
_FRACTION = re.compile(r"(\d+)\s*(?:/|out of|of)\s*(\d+)(x?)")


class AmountError(ValueError):
    """A text that is no printed number; the message says what was not understood."""


class Agreement(IntEnum):
    NO = 0
    ROUNDED = 1  # right when rounded to the printed digits, or within a coarse last digit
    EXACT = 2  # within half a unit of the last printed digit


@dataclass(frozen=True)
class Amount:
    """A printed number: its value, half a unit of its last printed digit, and what it is counted in.

    `unit` is usd, pct, times, accounts, a currency or coin, or None where none was printed;
    `per` the interval of a rate (8h, day, month, year) or None; `bound` is =, >, < or ~.
    """

    value: Decimal
    half_unit: Decimal
    digits: int  # significant ones; zeros that end an integer do not count
    unit: str | None
    per: str | None
    bound: str
    text: str

    def __str__(self) -> str:
        return self.text

    def scaled(self, factor: Decimal) -> Amount:
        return replace(self, value=self.value * factor, half_unit=self.half_unit * abs(factor))

    def with_per(self, per: str | None) -> Amount:
        return self if self.per or not per else replace(self, per=per, text=f"{self.text} per {per}")

    @property
    def magnitude(self) -> Amount:
        """The same number without its sign, for falls that are printed as positive numbers."""
        return replace(self, value=abs(self.value))


def per_year(per: str) -> Fraction:
    """How many intervals of this kind a year has."""
    return _PER_YEAR[per] if per in _PER_YEAR else Fraction(_HOURS_A_YEAR, int(per.removesuffix("h")))


def parse_amount(text: object) -> Amount:
    """The number that a journalist printed; raises AmountError naming what is not understood."""
    if isinstance(text, Amount):
        return text
    printed = str(text).strip()
    rest = " ".join(printed.lower().replace("\xa0", " ").split())
    if not rest:
        raise AmountError("an empty number")
    if rest in _WORDS:
        fraction, bound = _WORDS[rest]
        return _fraction(printed, fraction, bound)
    bound, rest = _take_bound(rest)
    if rest in _WORDS:
        return _fraction(printed, _WORDS[rest][0], bound)
    if match := _FRACTION.fullmatch(rest):
        return _fraction(printed, "".join((match[1], "/", match[2], match[3])), bound)
    lead, rest = _take(rest)
    match = _NUMBER.match(rest)
    if not match or not match["digits"]:
        raise AmountError(f"{printed!r} holds no number; write for example $1.7 bn or 42 %")
    digits = re.sub(r"[,_' ]", "", match["digits"])
    if re.fullmatch(r"\d{5,}\.0", digits) and match.end() == len(rest):
        digits = digits[:-2]  # a float that some program wrote, nobody prints it so
    rest = rest[match.end() :].strip()
    power, rest = _take_magnitude(rest)
    power += int(match["exp"] or 0)
    per, rest = _take_period(rest)
    tail, rest = _take(rest)
    if not per:
        per, rest = _take_period(rest)
    after, rest = _take_bound(rest)  # "90 % or more" is not read, "1 bn+" is
    if rest in {"+", "plus", "or more"}:
        after, rest = ">", ""
    if rest.strip(" .,;"):
        raise AmountError(f"{printed!r}: {rest.strip()!r} is not understood")
    scale = Decimal(10) ** power
    value = Decimal(digits) * scale * (-1 if match["sign"] in {"-", "−", "–"} else 1)
    if value and abs(value.adjusted()) > _LARGEST:
        raise AmountError(f"{printed!r} is beyond any figure of a market")
    decimals = len(digits.partition(".")[2])
    unit = tail or lead
    if unit == "bp":
        unit, value, scale = "pct", value / 100, scale / 100
    significant = digits.replace(".", "").lstrip("0")
    if "." not in digits:
        significant = significant.rstrip("0")
    return Amount(
        value=value,
        half_unit=scale * Decimal(10) ** -decimals / 2,
        digits=max(len(significant), 1),
        unit=unit,
        per=per,
        bound=bound if bound != "=" else after,
        text=printed,
    )


def parse_band(text: object) -> tuple[Amount, Amount]:
    """A band such as "20 to 30 %" or "500 m - 1 bn", low end first."""
    parts = _BAND.split(str(text).strip())
    if len(parts) != 2:
        raise AmountError(f"{text!r} is no band; write for example 500 m to 1 bn")
    low_text, high_text = re.sub(r"^between\s+", "", parts[0].strip(), flags=re.I), parts[1]
    high, low = parse_amount(high_text), parse_amount(low_text)
    if not low.unit:
        low = replace(low, unit=high.unit)
    if not _power_of(low_text) and abs(low.value) < abs(high.value):
        low = low.scaled(Decimal(10) ** _power_of(high_text))  # "500 to 800 m" means millions twice
    if abs(low.value) > abs(high.value):
        low, high = high, low
    return low, high


def agree(said: Amount, figure: Decimal) -> Agreement:
    """How a figure in the same unit stands to a printed number."""
    if said.bound == ">":
        return Agreement.EXACT if figure >= said.value else Agreement.NO
    if said.bound == "<":
        return Agreement.EXACT if figure <= said.value else Agreement.NO
    distance, cap = abs(said.value - figure), CAP * abs(figure)
    if distance <= min(said.half_unit, cap) or distance == 0:
        return Agreement.EXACT
    if distance <= said.half_unit or (said.bound == "~" and distance <= cap):
        return Agreement.ROUNDED
    if said.digits >= 2 and round_significant(figure, said.digits) == said.value:
        return Agreement.ROUNDED
    return Agreement.NO


def round_significant(value: Decimal, digits: int) -> Decimal:
    """Rounded half up to that many significant digits."""
    if value == 0:
        return value
    return value.quantize(Decimal((0, (1,), value.adjusted() - digits + 1)), ROUND_HALF_UP)


def show(value: Decimal | float, unit: str | None = "usd") -> str:
    """A figure for people: 1.716 bn USD, 76.9 %, 94150.05 USD."""
    value = Decimal(str(value))
    if unit in {"pct", "share"}:
        return f"{_plain(round(value * (100 if unit == 'share' else 1), 1))} %"
    suffix = {"usd": " USD", "times": " times", None: ""}.get(unit, f" {unit}")
    if unit == "accounts":
        return f"{_plain(value)}{suffix}"
    for power, word in ((9, "bn"), (6, "m")):
        if abs(value) >= 10**power:
            return f"{_plain(round(value / 10**power, 4))} {word}{suffix}"
    return f"{_plain(round(value, 2))}{suffix}"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _fraction(printed: str, fraction: str, bound: str) -> Amount:
    top, bottom = fraction.removesuffix("x").split("/")
    if int(bottom) == 0:
        raise AmountError(f"{printed!r} divides by zero")
    times = fraction.endswith("x")
    value = Decimal(int(top)) / int(bottom) * (1 if times else 100)
    half = value * CAP if times else Decimal("0.05")
    return Amount(value, half, 6, "times" if times else "pct", None, bound, printed)


def _take_bound(text: str) -> tuple[str, str]:
    for bound, words in _BOUND.items():
        if match := re.match(rf"(?:{words})(?=[\s\d$€¥.+−-]|$)\s*", text):
            return bound, text[match.end() :].strip()
    return "=", text


def _take(text: str) -> tuple[str | None, str]:
    for word in sorted(_UNIT, key=len, reverse=True):
        edge = r"(?![a-z])" if word[-1].isalpha() and word.isascii() else ""
        if match := re.match(rf"{re.escape(word)}{edge}\s*", text):
            return _UNIT[word], text[match.end() :].strip()
    return None, text


def _power_of(text: str) -> int:
    return _take_magnitude(re.sub(r"^[^\d]*[\d.,]*\s*", "", text.lower()))[0]


def _take_magnitude(text: str) -> tuple[int, str]:
    for word in sorted(_MAGNITUDE, key=len, reverse=True):
        edge = r"(?![a-z])" if word.isascii() else ""
        if match := re.match(rf"{re.escape(word)}{edge}\s*", text):
            return _MAGNITUDE[word], text[match.end() :].strip()
    return 0, text


def _take_period(text: str) -> tuple[str | None, str]:
    for word in sorted(_PERIOD, key=len, reverse=True):
        if match := re.match(rf"{re.escape(word)}(?![a-z])\s*", text):
            return _PERIOD[word], text[match.end() :].strip()
    if match := _PER.match(text):
        name, count = match["p"], int(match["n"] or 1)
        rest = text[match.end() :].strip()
        if name.startswith("h"):
            return f"{count}h", rest
        word = next(p for p in ("day", "week", "month", "year") if p.startswith(name[0]))
        if count != 1:
            raise AmountError(f"{text!r}: write the rate per hour(s), day, week, month or year")
        return word, rest
    return None, text
