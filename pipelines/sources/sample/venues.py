"""SAMPLE answers of the venues' public REST hosts: Binance klines, Bybit, OKX, Coinbase.

The formats are the venues' own; prices and funding rates are generated (series.py), not market data.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from pipelines.settings import SAMPLE_NOW
from pipelines.sources.sample.assets import BY_SYMBOL
from pipelines.sources.sample.series import Bar, funding, prices
from pipelines.sources.sample.span import DAY_SECONDS, FIRST_DAY, draws, unix
from pipelines.sources.sample.wire import Question, Reply, as_json, as_text

NOW_MS = int(SAMPLE_NOW.timestamp() * 1000)
DAY_MS = DAY_SECONDS * 1000

# ---- Binance spot ---------------------------------------------------------------------------------

KLINE_INTERVALS = "1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M".split()


def binance(asked: Question) -> Reply:
    """data-api.binance.vision: ping, and daily klines of the spot markets against USDT."""
    if asked.path == "/api/v3/ping":
        return as_json({})
    if asked.path != "/api/v3/klines":
        return as_text("<html><body><h2>404 Not found</h2></body></html>", 404, "text/html")
    symbol, interval = asked.params.get("symbol", ""), asked.params.get("interval", "")
    if not symbol:
        text = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
        return as_json({"code": -1102, "msg": text}, 400)
    if not symbol.endswith("USDT") or symbol.removesuffix("USDT") not in BY_SYMBOL:
        return as_json({"code": -1121, "msg": "Invalid symbol."}, 400)
    if interval not in KLINE_INTERVALS:
        return as_json({"code": -1120, "msg": "Invalid interval."}, 400)
    first, last = asked.number("startTime", -1), asked.number("endTime", NOW_MS)
    limit = min(1000, max(1, asked.number("limit", 500)))
    bars = [bar for bar in prices(symbol.removesuffix("USDT")) if first <= unix(bar.day) * 1000 <= last]
    if interval != "1d":
        bars = []
    return as_json([_kline(bar) for bar in (bars[:limit] if first >= 0 else bars[-limit:])])


def _kline(bar: Bar) -> list[Any]:
    coins = bar.volume_usd / ((bar.high + bar.low + bar.close) / 3)
    opened = unix(bar.day) * 1000
    texts = [f"{price:.8f}" for price in (bar.open, bar.high, bar.low, bar.close, coins)]
    half = [f"{coins / 2:.8f}", f"{bar.volume_usd / 2:.8f}"]
    trades = int(bar.volume_usd / 1500)
    return [opened, *texts, opened + DAY_MS - 1, f"{bar.volume_usd:.2f}000000", trades, *half, "0"]


# ---- Bybit ----------------------------------------------------------------------------------------

# category -> symbol -> asset, first day of trading
BYBIT = {
    "linear": {
        "BTCUSDT": ("BTC", date(2020, 3, 25)),
        "ETHUSDT": ("ETH", date(2020, 10, 21)),
        "SOLUSDT": ("SOL", date(2021, 10, 15)),
    },
    "inverse": {"BTCUSD": ("BTC", date(2018, 11, 14)), "ETHUSD": ("ETH", date(2019, 1, 25))},
}


def bybit(asked: Question) -> Reply:
    """api.bybit.com: instruments-info, and funding/history newest first."""
    category = asked.params.get("category", "")
    known, symbol = BYBIT.get(category, {}), asked.params.get("symbol", "")
    if asked.path not in ("/v5/market/instruments-info", "/v5/market/funding/history"):
        return as_text("404 page not found", 404)
    if not known:
        return _bybit({}, 10001, "params error: Category is invalid")
    if asked.path.endswith("instruments-info"):
        rows = [_contract(category, name) for name in known if symbol in ("", name)]
        return _bybit({"category": category, "list": rows, "nextPageCursor": ""})
    if symbol not in known:
        return _bybit({}, 10001, "params error: symbol invalid")
    if "startTime" in asked.params and "endTime" not in asked.params:
        return _bybit({}, 10001, "params error: startTime without endTime")
    asset, launch = known[symbol]
    first, last = asked.number("startTime", 0), asked.number("endTime", NOW_MS)
    limit = min(200, max(1, asked.number("limit", 200)))
    settled = funding("bybit", asset, category, max(FIRST_DAY, launch))
    rows = [
        {"symbol": symbol, "fundingRate": f"{rate:.8f}", "fundingRateTimestamp": str(at)}
        for at, rate in reversed(settled)
        if first <= at <= last
    ]
    return _bybit({"category": category, "list": rows[:limit]})


def _bybit(result: dict[str, Any], code: int = 0, text: str = "OK") -> Reply:
    return as_json({"retCode": code, "retMsg": text, "result": result, "retExtInfo": {}, "time": NOW_MS})


def _contract(category: str, symbol: str) -> dict[str, Any]:
    asset, launch = BYBIT[category][symbol]
    linear = category == "linear"
    return {
        "symbol": symbol,
        "contractType": "LinearPerpetual" if linear else "InversePerpetual",
        "status": "Trading",
        "baseCoin": asset,
        "quoteCoin": "USDT" if linear else "USD",
        "launchTime": str(unix(launch) * 1000),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": "2",
        "fundingInterval": 480,
        "settleCoin": "USDT" if linear else asset,
    }


# ---- OKX ------------------------------------------------------------------------------------------

OKX_SWAPS = {
    "BTC-USDT-SWAP": ("BTC", "linear"),
    "ETH-USDT-SWAP": ("ETH", "linear"),
    "SOL-USDT-SWAP": ("SOL", "linear"),
    "BTC-USD-SWAP": ("BTC", "inverse"),
    "ETH-USD-SWAP": ("ETH", "inverse"),
}
OKX_FACE = {"BTC-USDT-SWAP": "0.01", "ETH-USDT-SWAP": "0.1", "SOL-USDT-SWAP": "1", "BTC-USD-SWAP": "100"}
OKX_LISTED = date(2019, 11, 12)
OKX_KEEPS_MS = 92 * DAY_MS


def okx(asked: Question) -> Reply:
    """www.okx.com: instruments, and the settled funding rates of about three months."""
    match asked.path:
        case "/api/v5/public/instruments":
            if "instType" not in asked.params:
                return _okx([], "50014", "Parameter instType can not be empty.", 400)
            wanted = asked.params.get("instId", "")
            swaps = OKX_SWAPS if asked.params["instType"] == "SWAP" else ()
            return _okx([_swap(name) for name in swaps if wanted in ("", name)])
        case "/api/v5/public/funding-rate-history":
            return _okx_rates(asked)
    return as_json({"code": "404", "data": {}, "msg": "Not Found"}, 404)


def _okx_rates(asked: Question) -> Reply:
    name = asked.params.get("instId", "")
    if name not in OKX_SWAPS:
        return _okx([], "51001", "Instrument ID does not exist")
    limit = asked.number("limit", 100)
    if not 1 <= limit <= 400:
        return _okx([], "51000", "Parameter limit error")
    newer, older = asked.number("before", 0), asked.number("after", NOW_MS + 1)
    oldest = max(newer + 1, NOW_MS - OKX_KEEPS_MS)
    rows = [
        {
            "formulaType": "noRate",
            "fundingRate": f"{rate:.8f}",
            "fundingTime": str(at),
            "instId": name,
            "instType": "SWAP",
            "method": "next_period",
            "realizedRate": f"{rate:.8f}",
        }
        for at, rate in reversed(funding("okx", *OKX_SWAPS[name], FIRST_DAY))
        if oldest <= at < older
    ]
    return _okx(rows[:limit])


def _okx(data: Any, code: str = "0", text: str = "", status: int = 200) -> Reply:
    return as_json({"code": code, "data": data, "msg": text}, status)


def _swap(name: str) -> dict[str, str]:
    asset, margin = OKX_SWAPS[name]
    family = name.removesuffix("-SWAP")
    return {
        "instType": "SWAP",
        "instId": name,
        "instFamily": family,
        "uly": family,
        "baseCcy": "",
        "quoteCcy": "",
        "settleCcy": "USDT" if margin == "linear" else asset,
        "ctType": margin,
        "ctVal": OKX_FACE.get(name, "10"),
        "ctValCcy": asset if margin == "linear" else "USD",
        "ctMult": "1",
        "listTime": str(unix(OKX_LISTED) * 1000),
        "expTime": "",
        "state": "live",
    }


# ---- Coinbase -------------------------------------------------------------------------------------

PRODUCTS = ("BTC", "ETH", "SOL", "XRP")
MOST_CANDLES = 300
GRANULARITIES = ("60", "300", "900", "3600", "21600", "86400")


def coinbase(asked: Question) -> Reply:
    """api.exchange.coinbase.com: products, and daily candles, newest first, ends included, at most 300."""
    if asked.path == "/products":
        return as_json([{"id": f"{a}-USD", "base_currency": a, "quote_currency": "USD"} for a in PRODUCTS])
    found = re.fullmatch(r"/products/([A-Z0-9]+)-USD/candles", asked.path)
    if not found or found[1] not in PRODUCTS:
        return as_json({"message": "NotFound"}, 404)
    step = asked.params.get("granularity", "60")
    if step not in GRANULARITIES:
        return as_json({"message": "Unsupported granularity"}, 400)
    try:
        first, last = _seconds(asked.params.get("start")), _seconds(asked.params.get("end"))
    except ValueError:
        return as_json({"message": "start and end must be valid ISO 8601 dates"}, 400)
    if first is not None and last is not None and last - first > MOST_CANDLES * int(step):
        text = (
            "granularity too small for the requested time range. Count of aggregations requested exceeds 300"
        )
        return as_json({"message": text}, 400)
    bars = [
        bar
        for bar in (prices(found[1]) if step == "86400" else ())
        if (first is None or unix(bar.day) >= first) and (last is None or unix(bar.day) <= last)
    ]
    return as_json([_candle(found[1], bar) for bar in reversed(bars[-MOST_CANDLES:])])


def _seconds(text: str | None) -> int | None:
    if not text:
        return None
    return int(text) if text.isdigit() else int(datetime.fromisoformat(text).timestamp())


def _candle(asset: str, bar: Bar) -> list[float]:
    """Time, low, high, open, close, volume in coins: the dollar market, a few basis points off."""
    beside = 1 + draws(f"coinbase {asset} {bar.day}").uniform(-0.0004, 0.0004)
    low, high, opened, close = (
        round(price * beside, 4) for price in (bar.low, bar.high, bar.open, bar.close)
    )
    return [unix(bar.day), low, high, opened, close, round(0.3 * bar.volume_usd / close, 8)]
