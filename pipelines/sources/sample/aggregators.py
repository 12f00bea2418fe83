"""SAMPLE answers of the vendors of liquidations and DEX volume: Coinalyze, CoinGlass, DefiLlama.

The formats are the upstreams' own; the numbers are generated (liquidations.py, series.py).
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from pipelines.sources.sample.etf import flows
from pipelines.sources.sample.liquidations import MARKETS, VENUES, Market, by_market
from pipelines.sources.sample.series import CHAINS, dex_volume, prices
from pipelines.sources.sample.span import DAY_SECONDS, LAST_DAY, draws, unix
from pipelines.sources.sample.wire import Question, Reply, as_json, as_text, plain

# ---- Coinalyze ------------------------------------------------------------------------------------

INTERVALS = ("1min", "5min", "15min", "30min", "1hour", "2hour", "4hour", "6hour", "12hour", "daily")
MOST_SYMBOLS = 20
# listed, and rightly in no history: a dated future
DATED = "BTCUSDT_250328.A"


def coinalyze(asked: Question) -> Reply:
    """api.coinalyze.net: exchanges, future-markets, daily liquidation-history in USD."""
    match asked.path:
        case "/v1/exchanges":
            return as_json([{"name": venue.name, "code": venue.code} for venue in VENUES])
        case "/v1/future-markets":
            dated = _listing(next(m for m in MARKETS if m.symbol == "BTCUSDT_PERP.A")) | {
                "symbol": DATED,
                "symbol_on_exchange": DATED.removesuffix(".A"),
                "is_perpetual": False,
                "expire_at": unix(date(2025, 3, 28)) * 1000 + 8 * 3_600_000,
            }
            return as_json([*map(_listing, MARKETS), dated])
        case "/v1/liquidation-history":
            return _liquidation_history(asked)
    return as_json({"message": "Not Found"}, 404)


def _listing(market: Market) -> dict[str, Any]:
    return {
        "symbol": market.symbol,
        "exchange": market.venue.code,
        "symbol_on_exchange": market.on_exchange,
        "base_asset": market.base,
        "quote_asset": market.quote,
        "is_perpetual": True,
        "margined": "COIN" if market.inverse else "STABLE",
        "expire_at": 0,
        "oi_lq_vol_denominated_in": "QUOTE_ASSET" if market.inverse else "BASE_ASSET",
        "has_long_short_ratio_data": False,
        "has_ohlcv_data": False,
        "has_buy_sell_data": False,
    }


def _liquidation_history(asked: Question) -> Reply:
    symbols = [symbol for symbol in asked.params.get("symbols", "").split(",") if symbol]
    if not 1 <= len(symbols) <= MOST_SYMBOLS:
        return as_json({"message": f"Bad Request: 1 to {MOST_SYMBOLS} symbols"}, 400)
    interval = asked.params.get("interval")
    if interval not in INTERVALS:
        return as_json({"message": "Bad Request: interval is not valid"}, 400)
    if asked.params.get("convert_to_usd") != "true":
        return as_json({"message": "Bad Request: the sample knows USD only, convert_to_usd=true"}, 400)
    first, last = asked.number("from", -1), asked.number("to", -1)
    if first < 0 or last < 0:
        return as_json({"message": "Bad Request: from and to are required"}, 400)
    out = []
    for symbol in dict.fromkeys(symbols if interval == "daily" else ()):
        history = [
            {"t": unix(day), "l": plain(long), "s": plain(short)}
            for day, long, short in by_market().get(symbol, ())
            if first <= unix(day) <= last and (long or short)
        ]
        if history:
            out.append({"symbol": symbol, "history": history})
    return as_json(out)


# ---- CoinGlass ------------------------------------------------------------------------------------

# the coins and venues that the vendor has in the sample, and since when; before that it pads with 0.0
COVERED = ("BTC", "ETH", "SOL", "XRP", "DOGE", "BNB", "ADA")
PADDED_SINCE, COVERED_SINCE = date(2019, 1, 1), date(2020, 12, 23)
VENDOR_VENUES = ("binance", "okx", "bybit")
MOST_ROWS = 1000


def coinglass(asked: Question) -> Reply:
    """open-api-v4.coinglass.com: aggregated-history 1d and the flow histories of both ETFs."""
    match asked.path:
        case "/api/futures/liquidation/aggregated-history":
            return _aggregated_history(asked)
        case "/api/etf/bitcoin/flow-history":
            return _success(_flow_history("BTC"))
        case "/api/etf/ethereum/flow-history":
            return _success(_flow_history("ETH"))
    return as_json({"code": "404", "msg": "Not Found"}, 404)


def _success(data: Any) -> Reply:
    return as_json({"code": "0", "msg": "success", "data": data})


def _aggregated_history(asked: Question) -> Reply:
    asset = asked.params.get("symbol", "").upper()
    venues = [
        name.strip().lower() for name in asked.params.get("exchange_list", "").split(",") if name.strip()
    ]
    if not asset or not venues:
        return as_json({"code": "400", "msg": "Required parameter symbol or exchange_list is missing."})
    if asked.params.get("interval") != "1d":
        return as_json(
            {"code": "400", "msg": "The requested interval is not available for your current API plan."}
        )
    known = [series for venue in venues if (series := _vendor_series(asset, venue))]
    if not known:
        return _success([])
    first, last = asked.number("start_time", 0), asked.number("end_time", unix(LAST_DAY) * 1000)
    day, end = max(PADDED_SINCE, _day(first)), min(LAST_DAY, _day(last))
    rows = []
    for number in range(day.toordinal(), end.toordinal() + 1):
        at = date.fromordinal(number)
        sides = [series.get(at, (0, 0)) for series in known]
        long, short = (sum(side[n] for side in sides) / 100 for n in (0, 1))
        rows.append(
            {
                "time": unix(at) * 1000,
                "aggregated_long_liquidation_usd": long,
                "aggregated_short_liquidation_usd": short,
            }
        )
    rows = [row for row in rows if first <= row["time"] <= last]
    return _success(rows[-min(MOST_ROWS, max(1, asked.number("limit", MOST_ROWS))) :])


def _day(milliseconds: int) -> date:
    held = min(max(milliseconds // 1000, unix(PADDED_SINCE)), unix(LAST_DAY))
    return date.fromordinal(date(1970, 1, 1).toordinal() + held // DAY_SECONDS)


@cache
def _vendor_series(asset: str, venue: str) -> dict[date, tuple[int, int]]:
    """Day -> (long, short) in cents: the same market through another collector, up to 2 % off."""
    if asset not in COVERED or venue not in VENDOR_VENUES:
        return {}
    dice = draws(f"coinglass {asset} {venue}")
    out: dict[date, tuple[int, int]] = {}
    for market in MARKETS:
        if market.asset.symbol == asset and market.venue.id == venue:
            for day, long, short in by_market()[market.symbol]:
                if day >= COVERED_SINCE:
                    had = out.get(day, (0, 0))
                    out[day] = (had[0] + long, had[1] + short)
    return {
        day: (round(long * dice.uniform(0.98, 1.02)), round(short * dice.uniform(0.98, 1.02)))
        for day, (long, short) in sorted(out.items())
    }


def _flow_history(asset: str) -> list[dict[str, Any]]:
    """One row per session with every fund of the day; a fund that does not exist yet has no flow."""
    closes = {bar.day: bar.close for bar in prices(asset)}
    return [
        {
            "timestamp": unix(day) * 1000,
            "flow_usd": sum(flow for flow in funds.values() if flow is not None) * 100_000,
            "price_usd": closes[day],
            "etf_flows": [
                {"etf_ticker": ticker} | ({} if flow is None else {"flow_usd": flow * 100_000})
                for ticker, flow in funds.items()
            ],
        }
        for day, funds in flows("CoinGlass", asset).items()
    ]


# ---- DefiLlama ------------------------------------------------------------------------------------


def defillama(asked: Question) -> Reply:
    """api.llama.fi: overview/dexs, of all chains and of each; no breakdown by protocol is generated."""
    head, _, chain = asked.path.rstrip("/").partition("/overview/dexs")
    named = {name.lower(): name for name in CHAINS}
    if head or (chain and chain.removeprefix("/").lower() not in named):
        return as_text("404 page not found\n", 404)
    name = named[chain.removeprefix("/").lower()] if chain else "all"
    points = dex_volume()[name]
    hidden = asked.params.get("excludeTotalDataChart", "false") == "true"
    counted = [usd or 0 for _, usd in points]
    return as_json(
        {
            "totalDataChart": [] if hidden else [[unix(day), usd] for day, usd in points],
            "totalDataChartBreakdown": [],
            "breakdown24h": None,
            "chain": None if name == "all" else name,
            "allChains": list(CHAINS),
            "protocols": [],
            "total24h": counted[-1],
            "total48hto24h": counted[-2],
            "total7d": sum(counted[-7:]),
            "total30d": sum(counted[-30:]),
            "totalAllTime": sum(counted),
            "change_1d": round(100 * (counted[-1] / counted[-2] - 1), 2),
        }
    )
