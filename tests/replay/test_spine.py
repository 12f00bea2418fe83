"""The main job on real numbers: the figures, the second run, the nights, the faults, the limits of time."""

from __future__ import annotations

import shutil
import time

import pytest

ALL = ("run", "--from", "2020-01-01", "--to", "2024-12-31")
KEYS = {
    "coinalyze": {"COINALYZE_API_KEY": "free-key"},
    "coinglass": {"COINGLASS_API_KEY": "paid-key"},
    "both": {"COINALYZE_API_KEY": "free-key", "COINGLASS_API_KEY": "paid-key"},
}
# day, coin, long, short over Binance, OKX and Bybit
COINS_2024_12_09 = {
    "BTC": (118_131_277.77, 30_769_468.47),
    "ETH": (173_270_745.04, 19_429_273.19),
    "XRP": (44_192_959.36, 13_410_397.04),
    "DOGE": (72_154_404.68, 7_671_542.55),
    "SOL": (48_457_028.01, 2_341_368.39),
    "ADA": (17_758_455.24, 1_592_899.21),
    "BNB": (8_339_727.73, 296_169.89),
}
BINANCE_2024_12_09 = {
    "BTC": (60_986_857.91, 14_757_895.56),
    "ETH": (103_259_460.72, 7_685_378.83),
    "XRP": (14_648_919.06, 3_076_675.94),
    "SOL": (21_783_038.48, 1_460_630.37),
}
CENT = 0.0101


@pytest.mark.parametrize("keys", KEYS)
def test_figures_equal_the_real_ones_whichever_key_is_there(serve, floodmark, keys):
    run = floodmark(serve(), **KEYS[keys])
    run(*ALL)
    totals = {r["day"]: r for r in run.sql("from facts.liquidation_totals_daily")}
    assert totals["2024-12-09"]["total_usd"] == pytest.approx(557_815_716.57, abs=CENT)
    assert totals["2024-12-09"]["long_usd"] == pytest.approx(482_304_597.82, abs=CENT)
    assert totals["2024-12-10"]["total_usd"] == pytest.approx(270_114_029.94, abs=CENT)
    assert totals["2024-12-10"]["long_usd"] == pytest.approx(199_954_230.56, abs=CENT)
    assert len(totals) == 1470 and min(totals) == "2020-12-23" and max(totals) == "2024-12-31"
    assert "2020-03-12" not in totals and "2020-03-13" not in totals
    coverage = run.sql(
        "select day, status from facts.coverage_daily where kind = 'liquidations'"
        " and source = 'headline' and day in ('2020-03-12', '2024-12-09')"
    )
    assert {c["day"]: c["status"] for c in coverage} == {
        "2020-03-12": "before_history",
        "2024-12-09": "complete",
    }

    day = run.sql(
        "select asset, side, venue, sum(amount_usd) as usd from facts.liquidations_daily"
        " where day = '2024-12-09' group by all"
    )
    for coin, (long, short) in COINS_2024_12_09.items():
        for side, expected in (("long", long), ("short", short)):
            assert sum(r["usd"] for r in day if (r["asset"], r["side"]) == (coin, side)) == pytest.approx(
                expected, abs=CENT
            )
    for coin, (long, short) in BINANCE_2024_12_09.items():
        told = {r["side"]: r["usd"] for r in day if (r["asset"], r["venue"]) == (coin, "binance")}
        assert told == {"long": pytest.approx(long, abs=CENT), "short": pytest.approx(short, abs=CENT)}

    ranks = run.sql("from rankings.largest_liquidation_days order by rank, day")
    assert [(r["day"], round(r["total_usd"] / 1e6, 2)) for r in ranks if r["rank"] and r["rank"] <= 5] == [
        ("2021-04-18", 4736.27),
        ("2021-05-19", 3062.09),
        ("2021-02-22", 2143.95),
        ("2021-09-07", 1745.84),
        ("2021-04-23", 1578.90),
    ]
    assert next(r for r in ranks if r["day"] == "2024-12-09")["rank"] == 54
    assert [r["day"] for r in ranks if r["day"].startswith("2024")][:5] == [
        "2024-12-05",
        "2024-08-05",
        "2024-12-09",
        "2024-04-13",
        "2024-03-05",
    ]
    for coin, day_, millions in (
        ("BTC", "2021-04-18", 2962.65),
        ("ETH", "2021-05-19", 1042.64),
        ("DOGE", "2021-04-16", 531.41),
        ("SOL", "2021-09-10", 83.43),
    ):
        largest = run.sql(
            f"select day, sum(amount_usd) as usd from facts.liquidations_daily where asset = '{coin}'"
            " group by day order by usd desc limit 1"
        )
        assert (largest[0]["day"], round(largest[0]["usd"] / 1e6, 2)) == (day_, millions)

    spread = run.one("select count(*) from facts.liquidation_spread_daily")
    assert (spread > 0) == (keys == "both")
    assert run.one("select coalesce(max(abs(difference_usd)), 0) from facts.liquidation_spread_daily") < CENT


def test_etf_funding_price_and_volume_figures(serve, floodmark):
    replay = serve()
    run = floodmark(replay, **KEYS["both"])
    run(*ALL)
    etf = {(r["session_date"], r["asset"]): r for r in run.sql("from facts.etf_flow_totals_daily")}
    for (day, asset), millions in {
        ("2024-01-11", "BTC"): 655.3,
        ("2024-11-07", "BTC"): 1373.8,
        ("2024-12-09", "BTC"): 479.1,
        ("2024-07-23", "ETH"): 106.6,
        ("2024-12-05", "ETH"): 428.5,
        ("2024-12-09", "ETH"): 149.8,
    }.items():
        assert (
            etf[day, asset]["total_usd"] == pytest.approx(millions * 1e6)
            and etf[day, asset]["status"] == "reported"
        )
    funds = {
        r["fund"]: r["flow_usd"]
        for r in run.sql(
            "select fund, flow_usd from facts.etf_flows_daily where asset = 'BTC' and session_date in ('2024-01-11', '2024-11-07')"
            " and (session_date, fund) in (('2024-01-11', 'GBTC'), ('2024-11-07', 'IBIT'))"
        )
    }
    assert funds == {"GBTC": -95_100_000, "IBIT": 1_119_900_000}
    assert (
        etf["2024-12-31", "BTC"]["status"] == "partial"
        and etf["2024-12-31", "BTC"]["total_usd"] == 28_800_000
    )
    assert etf["2024-01-15", "BTC"]["status"] == "holiday" and etf["2024-01-15", "BTC"]["total_usd"] is None
    assert sum(r["status"] == "holiday" for (_, a), r in etf.items() if a == "BTC") >= 9
    spread = run.sql(
        "select flow_usd from facts.etf_flows_by_source_daily where source = 'coinglass' and asset = 'BTC'"
        " and session_date = '2024-11-07' and fund <> 'TOTAL'"
    )
    assert sum(r["flow_usd"] or 0 for r in spread) == pytest.approx(1359.4e6)

    for table, column in (
        ("liquidation_totals_daily", "day"),
        ("etf_flow_totals_daily", "session_date"),
        ("prices_daily", "day"),
        ("funding_daily", "day"),
        ("onchain_volume_daily", "day"),
        ("market_daily", "day"),
    ):
        assert run.one(f"select max({column})::varchar from facts.{table}") < "2025-01-01"

    replay.move_to("2025-01-02T06:00:00Z")
    later = run.with_(FLOODMARK_NOW="2025-01-02T06:00:00Z")
    later("run", "--source", "farside")
    whole = later.sql(
        "select asset, total_usd, status, cumulative_usd from facts.etf_flow_totals_daily"
        " where session_date = '2024-12-31' order by asset"
    )
    assert [(r["asset"], r["status"]) for r in whole] == [("BTC", "reported"), ("ETH", "reported")]
    assert whole[0]["total_usd"] == 5_300_000
    assert [round(r["cumulative_usd"] / 1e6, 1) for r in whole] == [35_245.9, 2_660.9]
    kept = later.sql(
        "select vintage, flow_usd from raw.etf_flows where source = 'farside' and asset = 'BTC'"
        " and fund = 'TOTAL' and session_date = '2024-12-31' order by vintage"
    )
    assert [(r["vintage"], r["flow_usd"]) for r in kept] == [(1, 28_800_000), (2, 5_300_000)]

    rates = {(r["day"], r["venue"], r["asset"]): r for r in run.sql("from facts.funding_daily")}
    assert rates["2024-12-05", "binance", "BTC"]["rate_sum"] == pytest.approx(0.0014713, abs=1e-9)
    assert rates["2024-12-09", "binance", "BTC"]["rate_sum"] == pytest.approx(0.0006256, abs=1e-9)
    raw = {
        r["at"]: r["rate"]
        for r in run.sql(
            "select strftime(date_trunc('minute', settled_at), '%Y-%m-%d %H:%M') as at, rate from raw.funding_rates"
            " where venue = 'binance' and market = 'BTCUSDT' and settled_at < '2021-06-01'"
        )
    }
    assert (raw["2020-01-01 00:00"], raw["2020-03-13 08:00"], raw["2021-05-19 16:00"]) == (
        -0.00012359,
        -0.003,
        -0.00089697,
    )
    okx = run.sql(
        "select count(*) as n, count(distinct settled_at) as times, min(settled_at)::varchar as first, max(settled_at)::varchar as last"
        " from raw.funding_rates where venue = 'okx' and market = 'BTC-USDT-SWAP'"
    )[0]
    assert (okx["n"], okx["times"], okx["first"][:16], okx["last"][:16]) == (
        1640,
        1640,
        "2023-01-01 00:00",
        "2024-06-30 08:00",
    )

    assert (
        run.one("select close_usd from facts.prices_daily where day = '2024-12-09' and asset = 'BTC'")
        == 97_276.47
    )
    for month, dollars in (("2021-05", 279_680_836_012), ("2024-12", 403_602_943_561)):
        total = run.one(
            "select sum(volume_usd) from facts.onchain_volume_daily where chain = 'all'"
            f" and strftime(day, '%Y-%m') = '{month}'"
        )
        assert total == pytest.approx(dollars, abs=1)
    for day in ("2020-07-15", "2020-09-20"):
        assert (
            run.one(
                f"select volume_usd from facts.onchain_volume_daily where chain = 'all' and day = '{day}'"
            )
            is None
        )


def test_second_run_changes_nothing_and_asks_little(serve, floodmark):
    replay = serve()
    run = floodmark(replay, **KEYS["coinalyze"])
    run(*ALL)
    first = replay.stats()["requests"]
    before = run.fingerprint()
    replay.reset()
    run(*ALL)
    second = replay.stats()["requests"]
    assert run.fingerprint() == before
    assert first <= 900 and second <= 150, (first, second)


def test_a_night_in_an_empty_folder_has_everything(serve, floodmark):
    replay = serve()
    night = floodmark(replay, "night", **KEYS["coinalyze"])
    night("run")
    backfill = floodmark(replay, "backfill", **KEYS["coinalyze"])
    backfill(*ALL)
    assert night.fingerprint("facts", "rankings") == backfill.fingerprint("facts", "rankings")


@pytest.mark.parametrize("clock_of_the_backfill", ["2024-12-09T01:00:00Z", "2025-01-01T03:00:00Z"])
def test_three_nights_in_a_row(serve, floodmark, clock_of_the_backfill):
    replay = serve()
    replay.move_to(clock_of_the_backfill)
    run = floodmark(replay, **KEYS["coinalyze"]).with_(FLOODMARK_NOW=clock_of_the_backfill)
    run("run", "--from", "2020-01-01", "--to", "2024-12-08")
    newest = "select max(day)::varchar from facts.liquidation_totals_daily"
    assert run.one(newest) == "2024-12-08"
    for night, day in (
        ("2024-12-09", "2024-12-08"),
        ("2024-12-10", "2024-12-09"),
        ("2024-12-11", "2024-12-10"),
    ):
        clock = f"{night}T03:00:00Z"
        replay.move_to(clock)
        run = run.with_(FLOODMARK_NOW=clock)
        run("run")
        for table, column in (
            ("liquidation_totals_daily", "day"),
            ("prices_daily", "day"),
            ("onchain_volume_daily", "day"),
            ("market_daily", "day"),
        ):
            assert run.one(f"select max({column})::varchar from facts.{table}") == day
        sessions = run.sql(
            "select session_date, status, total_usd from facts.etf_flow_totals_daily where asset = 'BTC' order by 1 desc limit 2"
        )
        if night == "2024-12-10":
            assert (sessions[0]["session_date"], sessions[0]["status"]) == ("2024-12-09", "partial")
            ranks = run.sql(
                "select rank, total_usd, previous_larger_day from rankings.largest_liquidation_days where day = '2024-12-09'"
            )
            assert ranks[0]["previous_larger_day"] == "2024-12-05" and ranks[0]["rank"] == 54
    assert (sessions[1]["session_date"], sessions[1]["status"], sessions[1]["total_usd"]) == (
        "2024-12-09",
        "reported",
        479_100_000,
    )
    vintages = run.sql(
        "select vintage, flow_usd from raw.etf_flows where source = 'farside' and asset = 'BTC' and fund = 'TOTAL'"
        " and session_date = '2024-12-09' order by vintage"
    )
    assert len(vintages) == 2 and vintages[1]["flow_usd"] == 479_100_000
    replayed = run.fingerprint()
    shutil.rmtree(run.folder / "published")
    (run.folder / "pipeline.duckdb").unlink()
    offline = run.with_(FLOODMARK_MIRROR="http://127.0.0.1:9")
    offline("reparse")
    assert offline.fingerprint() == replayed


def test_faults_leave_little_missing_and_the_next_run_heals(serve, floodmark):
    clean = floodmark(serve(), "clean", **KEYS["coinalyze"])
    clean(*ALL)
    faulty = serve(
        "--fault",
        "429:0.1",
        "--fault",
        "500:0.1",
        "--fault",
        "reset:0.05",
        "--fault",
        "truncate:0.05",
        "--fault",
        "garbage:0.05",
    )
    run = floodmark(faulty, "faulty", **KEYS["coinalyze"])
    run(*ALL, code=None)
    import json

    status = json.loads(run("status", "--format", "json"))
    windows = sum(d["windows"] for d in status["datasets"])
    assert len(status["missing"]) <= 0.01 * windows, status["missing"]
    assert all(m["reason"] for m in status["missing"])
    run(*ALL, code=None)
    assert json.loads(run("status", "--format", "json"))["missing"] == []
    assert run.fingerprint() == clean.fingerprint()


def test_older_answers_after_newer_ones_add_no_false_vintage(serve, floodmark):
    replay = serve()
    forward = floodmark(replay, "forward", **KEYS["coinalyze"])
    backward = floodmark(replay, "backward", **KEYS["coinalyze"])
    moments = ["2024-12-10T03:00:00Z", "2025-01-01T03:00:00Z"]
    for command, order in ((forward, moments), (backward, moments[::-1])):
        for moment in order:
            replay.move_to(moment)
            command.with_(FLOODMARK_NOW=moment)(
                "run", "--from", "2024-11-01", "--source", "farside", "--source", "coinalyze"
            )
    assert forward.fingerprint("raw") == backward.fingerprint("raw")


def test_all_assets_are_a_setting(serve, floodmark):
    few = floodmark(serve(), "few", **KEYS["coinalyze"])
    every = floodmark(serve(), "every", **KEYS["coinalyze"]).with_(FLOODMARK_ASSETS="all")
    totals = []
    for run in (few, every):
        run("run", "--from", "2024-12-01", "--to", "2024-12-31", code=0)
        totals.append(run.sql("from facts.liquidation_totals_daily order by day"))
    assert totals[0] == totals[1] and len(totals[0]) == 31


def test_one_source_down_and_one_without_key_still_publish(serve, floodmark):
    run = floodmark(serve("--fault", "down@api.llama.fi"))
    run("run", "--from", "2024-11-01", "--to", "2024-12-31", code=1)
    assert "defillama_dex_volume" in run.stderr and "COINALYZE_API_KEY is not set" in run.stderr
    assert run.one("select count(*) from facts.prices_daily") > 0
    status = run.sql(
        "select distinct status from facts.coverage_daily where source = 'defillama' and day = '2024-12-01'"
    )
    assert status == [{"status": "unreachable"}]
    assert run.one("select count(*) from facts.liquidation_totals_daily") == 0
    healthy = floodmark(serve(), "healthy")
    healthy("run", "--from", "2024-11-01", "--to", "2024-12-31", code=0)


def test_a_run_takes_little_longer_than_its_slowest_source(serve, floodmark):
    replay = serve("--latency-ms", "50")
    run = floodmark(replay, **KEYS["coinalyze"])
    started = time.monotonic()
    table = run(*ALL, "--format", "json")
    took = time.monotonic() - started
    import json

    longest = max(r["seconds"] for r in json.loads(table))
    assert took <= 2 * longest + 10, (took, longest)
