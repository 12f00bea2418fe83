"""Scopes: of which part of the market a number speaks, and when two of them are the same part.

A scope is written as in "all venues", "venue okx asset BTC", "chain set Ethereum Base", "group altcoins".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_FIELDS = {
    **dict.fromkeys(("venue", "venues"), "venues"),
    **dict.fromkeys(("asset", "assets", "token", "tokens", "coin", "coins"), "assets"),
    **dict.fromkeys(("chain", "chains"), "chains"),
    **dict.fromkeys(("symbol", "symbols"), "symbols"),
}
_FORMS = (
    "all venues, venue okx, asset BTC, venue okx asset BTC, chain Ethereum, group altcoins, this warehouse"
)


class ScopeError(ValueError):
    """A text that is no scope; the message says what to write."""


@dataclass(frozen=True)
class Scope:
    """A part of the market; an empty set means all of them. `group` holds the names of a vendor's tile."""

    text: str = field(compare=False)
    venues: frozenset[str] = frozenset()
    assets: frozenset[str] = frozenset()
    chains: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    group: frozenset[str] = frozenset()
    warehouse: bool = False  # exactly what this warehouse measures

    def __str__(self) -> str:
        return self.text

    @property
    def whole_market(self) -> bool:
        return not (self.venues or self.assets or self.chains or self.symbols or self.group or self.warehouse)

    @property
    def slice(self) -> tuple[str, str] | None:
        """("venues", "okx") where the scope is one member along one line, else None."""
        cut = [(name, members) for name, members in self._sets().items() if members]
        if len(cut) != 1 or len(cut[0][1]) != 1 or self.group or self.warehouse:
            return None
        return cut[0][0], next(iter(cut[0][1]))

    @property
    def asset(self) -> str | None:
        """The asset, where the scope is exactly one asset (of one or all venues)."""
        return next(iter(self.assets)) if len(self.assets) == 1 else None

    def within(self, published: Scope) -> frozenset[str] | None:
        """Whether a published scope is this one: the members it has beyond, or None where it is another.

        Named groups must share a name. A group listed by its members is the published one when all
        its members are in it and make more than half of it.
        """
        if self.group or published.group:
            others = self._sets() == published._sets()
            return frozenset() if self.group & published.group and others else None
        if self == published:
            return frozenset()
        mine, theirs = self._sets(), published._sets()
        unequal = [name for name in mine if mine[name] != theirs[name]]
        if len(unequal) != 1 or self.warehouse != published.warehouse:
            return None
        said, listed = mine[unequal[0]], theirs[unequal[0]]
        if said and said < listed and 2 * len(said) > len(listed):
            return listed - said
        return None

    def contains(self, other: Scope) -> bool:
        """Whether the other scope is one part of a set that this one lists."""
        mine, theirs = self._sets(), other._sets()
        return any(theirs[n] and theirs[n] < mine[n] for n in mine) and not (self.group or other.group)

    def _sets(self) -> dict[str, frozenset[str]]:
        return {
            "venues": self.venues,
            "assets": self.assets,
            "chains": self.chains,
            "symbols": self.symbols,
        }


def parse_scope(text: str) -> Scope:
    """The scope that a text names; raises ScopeError with the forms that exist."""
    words = re.split(r"[\s,+&/]+", text.strip())
    if text.strip().lower() in {"this warehouse", "warehouse"}:
        return Scope(text, warehouse=True)
    found: dict[str, set[str]] = {}
    current, everything = None, False
    for position, word in enumerate(words):
        low = word.lower()
        if low in {"set", "and", "on", ""}:
            continue
        if low == "all":
            everything = True
        elif low in _FIELDS:
            current = None if everything else _FIELDS[low]
            everything_named, everything = everything, False
            if not everything_named:
                found.setdefault(_FIELDS[low], set())
        elif low == "group":
            found["group"] = _names(" ".join(text.split()).split(word, 1)[1])
            break
        elif current:
            found[current].add(word.upper() if current in {"assets", "symbols"} else low)
        else:
            raise ScopeError(
                f"scope {text!r}: {word!r} (word {position + 1}) is not understood; write {_FORMS}"
            )
    empty = [name for name, members in found.items() if not members]
    if empty or everything:
        raise ScopeError(f"scope {text!r} names no {(empty or ['part'])[0]}; write {_FORMS}")
    sets = {name: frozenset(members) for name, members in found.items()}
    nothing: frozenset[str] = frozenset()
    return Scope(
        text,
        venues=sets.get("venues", nothing),
        assets=sets.get("assets", nothing),
        chains=sets.get("chains", nothing),
        symbols=sets.get("symbols", nothing),
        group=sets.get("group", nothing),
    )


def _names(text: str) -> set[str]:
    """The name of a group, and what stands in quotes or brackets behind it as its other names."""
    name, _, more = text.partition("(")
    quoted = re.findall(r"[\"'“]([^\"'”]+)[\"'”]", more) or [more.strip(" )")]
    return {" ".join(n.lower().replace("-", " ").split()) for n in (name, *quoted) if n.strip(" )")}
