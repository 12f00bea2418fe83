"""Names as Floodmark writes them: venue ids, group ids and asset symbols from what upstreams say.

Only spelling is settled here; which venues exist and what they are stands in sql/reference.
"""

from __future__ import annotations

import re

from pipelines.sources.contract import Unparsable

# one venue, several spellings across upstreams and years
_VENUE_ALIASES = {"gateio": "gate", "huobi": "htx", "okex": "okx", "dydxv4": "dydx", "cryptocom": "crypto"}
_MULTIPLE = re.compile(r"^(?:1000000|100000|10000|1000|1M|k(?=[A-Z]))(?=[A-Za-z])")


def venue_id(name: str) -> str:
    """`OKX+Bybit` -> `bybit+okx`; `Gate.io` -> `gate`. Groups are their sorted members."""
    members = []
    for member in re.split(r"[+,]", name):
        word = re.sub(r"[^a-z0-9]", "", member.lower())
        if not word:
            raise Unparsable(f"a venue without a name: {name!r}")
        members.append(_VENUE_ALIASES.get(word, word))
    return "+".join(sorted(set(members)))


def asset_id(base: str) -> str:
    """`1000PEPE`, `kPEPE` -> `PEPE`; `XBT` -> `BTC`. The multiple belongs to the contract, not the asset."""
    symbol = re.sub(r"[^A-Z0-9]", "", _MULTIPLE.sub("", base.strip()).upper())
    if not symbol:
        raise Unparsable(f"an asset without a name: {base!r}")
    return {"XBT": "BTC", "XXBT": "BTC", "XDG": "DOGE"}.get(symbol, symbol)


def listed_asset(base: str) -> str | None:
    """The asset of a listed contract; None where its name is in another alphabet, which no asset here has.

    Venues list such contracts among all others: one of them must not cost the whole list.
    """
    return asset_id(base) if base.isascii() and re.search(r"[A-Za-z0-9]", base) else None
