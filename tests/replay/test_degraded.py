"""A bad night: one source down, one slow, one with a bad key, one behind a browser check; the rest is there."""

from __future__ import annotations

import json

DAYS = ("--from", "2024-12-01", "--to", "2024-12-10")
SLOW = "coinbase_candles"
# what fails: its state in the table and in the ledger, and what is said of it
BROKEN = {
    "defillama_dex_volume": ("unreachable", "no connection"),
    "defillama_fees": ("unreachable", "no connection"),
    "defillama_tvl": ("unreachable", "no connection"),
    "coinalyze_liquidations": ("key_rejected", "HTTP 401"),
    "coinalyze_liquidations_4h": ("key_rejected", "HTTP 401"),
    "coinalyze_open_interest": ("key_rejected", "HTTP 401"),
    "farside_etf_flows": ("unreachable", "HTTP 403: the site wants a browser here"),
}
KEYS = {"COINALYZE_API_KEY": "bad", "COINGLASS_API_KEY": "paid-key", "SOSOVALUE_API_KEY": "other-key"}


def test_a_bad_night_ends_says_exactly_what_failed_and_why_and_loads_everything_else(serve, floodmark):
    bad = serve(
        *("--fault", "down@api.llama.fi"),
        *("--fault", "slow:2000@api.exchange.coinbase.com"),
        *("--fault", "challenge@farside.co.uk"),
    )
    run = floodmark(bad, FLOODMARK_ASSETS="BTC,ETH", **KEYS)
    table = {r["dataset"]: r for r in json.loads(run("run", *DAYS, "--format", "json", code=1))}

    # the run names each failure once, with its state and its reason, and nothing else
    failed = [line.split(": ", 3) for line in run.stderr.splitlines() if line.startswith("failed: ")]
    assert {name: state for _, name, state, _ in failed} == {n: state for n, (state, _) in BROKEN.items()}
    assert all(BROKEN[name][1] in reason for _, name, _, reason in failed) and len(failed) == len(BROKEN)
    assert "published: " in run.stderr and "not configured" not in run.stderr
    states = {name: (r["state"], r["missing"] > 0) for name, r in table.items()}
    assert states == {
        name: (BROKEN[name][0], True) if name in BROKEN else ("complete", False) for name in table
    }
    assert table[SLOW]["seconds"] > 2 and table[SLOW]["new_vintages"] == 20
    others = [r["seconds"] for name, r in table.items() if name != SLOW and name not in BROKEN]
    assert max(others) < table[SLOW]["seconds"], "nobody waits for the slow one but the night itself"

    # so does the status, window by window
    status = json.loads(run("status", "--format", "json"))
    missing = {m["dataset"]: m for m in status["missing"]}
    assert {name: m["verdict"] for name, m in missing.items()} == {n: s for n, (s, _) in BROKEN.items()}
    for m in status["missing"]:
        assert BROKEN[m["dataset"]][1] in m["reason"] and m["window"] == "2024-12-01..2024-12-10"
    told = {d["dataset"]: d["state"] for d in status["datasets"] if d["dataset"] in table}
    nothing_asked = {name for name, r in table.items() if r["windows"] == 0 and name not in BROKEN}
    assert told == {
        name: "unreachable" if name in BROKEN else "never_asked" if name in nothing_asked else "fresh"
        for name in table
    }
    present_only = {"deribit_futures_basis", "deribit_option_skew", "okx_liquidation_orders"}
    present_only |= {"gate_contracts", "htx_contracts", "okx_contracts"}
    assert nothing_asked == present_only | {"farside_sol_etf_flows"}, "and there were no solana funds yet"

    # everything else is there, and the facts say who was not
    days = "select count(distinct day) from facts"
    assert run.one(f"{days}.liquidations_daily where source = 'coinglass'") == 10
    assert run.one(f"{days}.prices_daily where asset = 'BTC'") == 10
    assert run.one(f"{days}.funding_daily where venue = 'binance'") == 10
    assert run.one("select count(*) from facts.etf_flow_totals_daily where status = 'reported'") == 14
    coverage = run.sql(
        "select kind, source, status, reason from facts.coverage_daily"
        " where day = '2024-12-09' and venue = 'all' and status in ('complete', 'unreachable')"
    )
    unreachable = {(r["kind"], r["source"]): r["reason"] for r in coverage if r["status"] == "unreachable"}
    assert set(unreachable) == {
        ("onchain_volume", "defillama"),
        ("liquidations", "coinalyze"),
        ("open_interest", "coinalyze"),
        ("etf_flows", "farside"),
    }
    assert "HTTP 401" in unreachable["liquidations", "coinalyze"]
    assert {("prices", "coinbase"), ("liquidations", "coinglass"), ("etf_flows", "coinglass")} <= {
        (r["kind"], r["source"]) for r in coverage if r["status"] == "complete"
    }

    # once the doors are open and the key is right, the next run heals it and says so
    healed = run.with_(FLOODMARK_MIRROR=serve().url, COINALYZE_API_KEY="free-key")
    healed("run", *DAYS, code=0)
    assert json.loads(healed("status", "--format", "json"))["missing"] == []
    assert run.one(f"{days}.onchain_volume_daily where chain = 'all'") == 10
