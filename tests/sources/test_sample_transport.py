"""The sample's transport: the same bytes anywhere, refusals in the upstreams' words, nothing after the end.

Addresses are written as the sources write them.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import requests

from pipelines.settings import PROJECT, SAMPLE_NOW, Settings
from pipelines.sources.contract import Unreachable
from pipelines.sources.http import Client
from pipelines.sources.sample import SampleAdapter
from pipelines.sources.transport import Attempt, Transport
from pipelines.sources.upstream import Upstream, whole_json


class Nobody:
    """A recorder that keeps nothing."""

    def record(self, attempt: Attempt, body: bytes | None) -> None:
        return None


def get(url: str) -> requests.Response:
    return SampleAdapter().send(requests.Request("GET", url).prepare())


ADDRESSES = (
    "https://api.coinalyze.net/v1/future-markets",
    "https://api.coinalyze.net/v1/liquidation-history?symbols=BTCUSDT_PERP.A,1000PEPEUSDT_PERP.6"
    "&interval=daily&from=1577836800&to=1900000000&convert_to_usd=true",
    "https://open-api-v4.coinglass.com/api/futures/liquidation/aggregated-history"
    "?symbol=ETH&exchange_list=OKX,Bybit&interval=1d&limit=1000",
    "https://open-api-v4.coinglass.com/api/etf/bitcoin/flow-history",
    "https://farside.co.uk/ethereum-etf-flow-all-data/",
    "https://api.llama.fi/overview/dexs/OP%20Mainnet",
    "https://data.binance.vision/data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-12.zip",
    "https://s3-ap-northeast-1.amazonaws.com/data.binance.vision?list-type=2&prefix=data/futures/cm/",
    "https://static.okx.com/cdn/okex/traderecords/swaprates/monthly/202412/BTC-USD-SWAP-fundingrates-2024-12.zip",
    "https://data-api.binance.vision/api/v3/klines?symbol=PEPEUSDT&interval=1d&limit=1000",
    "https://api.bybit.com/v5/market/funding/history?category=inverse&symbol=ETHUSD",
    "https://www.okx.com/api/v5/public/funding-rate-history?instId=SOL-USDT-SWAP&limit=400",
    "https://api.exchange.coinbase.com/products/SOL-USD/candles?granularity=86400",
)


def test_another_process_with_another_hash_seed_answers_the_same_bytes() -> None:
    script = (
        "import sys, hashlib, requests\n"
        "from pipelines.sources.sample import SampleAdapter\n"
        "for url in reversed(sys.argv[1:]):\n"
        "    said = SampleAdapter().send(requests.Request('GET', url).prepare())\n"
        "    print(said.status_code, hashlib.sha256(said.content).hexdigest())\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", script, *ADDRESSES],
        cwd=PROJECT,
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")[:-1]
    here = [f"200 {hashlib.sha256(get(url).content).hexdigest()}" for url in ADDRESSES]
    assert there[::-1] == here


def test_threads_get_the_same_answers() -> None:
    heard: list[bytes] = []
    threads = [threading.Thread(target=lambda: heard.append(get(ADDRESSES[1]).content)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 4 and len(set(heard)) == 1


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("https://api.coinalyze.net/v1/nothing", 404, '{"message":"Not Found"}'),
        ("https://open-api-v4.coinglass.com/api/nothing", 404, '"code":"404"'),
        ("https://farside.co.uk/nothing/", 404, "Page not found"),
        ("https://api.llama.fi/overview/dexs/Nowhere", 404, "404 page not found"),
        ("https://api.llama.fi/v2/nothing", 404, "404 page not found"),
        ("https://data.binance.vision/data/nothing.zip", 404, "<Code>NoSuchKey</Code>"),
        (ADDRESSES[6].replace("2024-12", "2025-01"), 404, "NoSuchKey"),
        (ADDRESSES[8].replace("2024-12", "2025-01").replace("202412", "202501"), 404, "NoSuchKey"),
        ("https://data-api.binance.vision/api/v3/klines?symbol=NOPEUSDT&interval=1d", 400, '"code":-1121'),
        (
            "https://api.bybit.com/v5/market/funding/history?category=linear&symbol=NOPE",
            200,
            '"retCode":10001',
        ),
        ("https://www.okx.com/api/v5/public/funding-rate-history?instId=NOPE", 200, '"code":"51001"'),
        ("https://api.exchange.coinbase.com/products/NOPE-USD/candles", 404, '{"message":"NotFound"}'),
        (
            "https://api.coinalyze.net/v1/liquidation-history?symbols=BTCUSDT_PERP.A&interval=daily",
            400,
            "USD",
        ),
    ],
)
def test_what_is_not_there_is_refused_in_the_upstreams_words(url: str, status: int, said: str) -> None:
    answer = get(url)
    assert answer.status_code == status
    assert said in answer.text


def test_a_host_that_the_sample_does_not_have_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = Transport(Settings(_env_file=None, FLOODMARK_SAMPLE=True, FLOODMARK_MIRROR=None), Nobody())
    monkeypatch.setattr(transport, "pause", lambda seconds: None)
    asking = Client(transport, "nobody", "nobody_nothing")
    with pytest.raises(Unreachable):
        asking.get(Upstream("https://nowhere.example"), "/", whole=whole_json)


def test_nothing_lies_after_the_end_whatever_is_asked() -> None:
    later = int((SAMPLE_NOW + timedelta(days=400)).timestamp())
    history = get(ADDRESSES[1]).json()
    assert max(row["t"] for series in history for row in series["history"]) == 1736812800
    url = f"{ADDRESSES[1].split('&from')[0]}&from=1736899200&to={later}&convert_to_usd=true"
    assert get(url).json() == []
    newest = get(f"{ADDRESSES[10]}&startTime=1736812800000&endTime={later * 1000}").json()["result"]["list"][
        0
    ]
    assert int(newest["fundingRateTimestamp"]) <= SAMPLE_NOW.timestamp() * 1000
    bars = get(f"{ADDRESSES[9]}&startTime=1736726400000").json()
    assert [bar[0] for bar in bars] == [1736726400000, 1736812800000]


def test_the_listing_pages_and_folds() -> None:
    base = "https://s3-ap-northeast-1.amazonaws.com/data.binance.vision?list-type=2&prefix=data/futures/um/"
    folded = get(f"{base}monthly/fundingRate/&delimiter=/").text
    assert folded.count("<CommonPrefixes>") == 3 and "<Contents>" not in folded
    first = get(f"{base}&max-keys=100").text
    token = first.split("<NextContinuationToken>")[1].split("<")[0]
    second = get(f"{base}&max-keys=1000&continuation-token={token}").text
    whole = get(base).text
    keys = [text.count("<Key>") for text in (first, second, whole)]
    assert keys[0] == 100 and keys[0] + keys[1] == keys[2] and "<IsTruncated>false" in whole
