"""The models over the real history that the replay server holds, against its list of figures.

The history is read from the server's own files, so this tests the SQL alone; it skips where they are absent.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from sql_warehouse import Warehouse, at

from pipelines.settings import PROJECT

DATA = PROJECT.parent / "shared" / "replay" / "data"
pytestmark = [
    pytest.mark.replay,
    pytest.mark.skipif(not DATA.exists(), reason="no replay data beside the checkout"),
]

LIQUIDATIONS = """
    insert into raw.liquidation_buckets
    select '{source}', '{source}_liquidations', venue, coin || ' ' || venue, coin, date::timestamp at time zone 'UTC',
        86400, long_usd, short_usd, timestamptz '2025-01-01 03:00:00+00', 1, false, 'sha'
    from ({rows})
"""
TOTAL = "select coin, date, long_usd::decimal(18, 4) as long_usd, short_usd::decimal(18, 4) as short_usd from total"
BINANCE = TOTAL.replace("from total", "from binance")
REST = f"""
    select 'bybit+okx' as venue, t.coin, t.date, t.long_usd - b.long_usd as long_usd,
        t.short_usd - b.short_usd as short_usd
    from ({TOTAL}) t join ({BINANCE}) b using (coin, date)
    where t.long_usd > b.long_usd or t.short_usd > b.short_usd
"""
COINALYZE = f"""
    select 'binance' as venue, * from ({BINANCE}) union all {REST} union all
    select 'binance+bybit+okx' as venue, * from ({TOTAL}) where coin in ('BNB', 'DOGE', 'ADA')
"""
COINGLASS = f"""
    select 'binance' as venue, * from ({BINANCE}) union all
    select 'binance+bybit+okx' as venue, * from ({TOTAL}) union all
    select 'binance+bybit+okx', coin, day::date, 0, 0 from (select distinct coin from total),
        generate_series(timestamp '2015-01-01', timestamp '2020-12-22', interval 1 day) as padding (day)
"""


def csv(name: str, **types: str) -> str:
    wanted = f", types = {types}" if types else ""
    return f"read_csv('{DATA / name}.csv.gz'{wanted})"


def liquidations(*sources: str) -> Warehouse:
    """The three-venue history as the sources tell it, asked for whole."""
    warehouse = Warehouse(now=at("2025-01-01 03:00"))
    money = {"long_usd": "decimal(18, 5)", "short_usd": "decimal(18, 5)"}
    warehouse.conn.execute(f"create table total as from {csv('liq_total_1d', **money)}")
    warehouse.conn.execute(f"create table binance as from {csv('liq_binance_1d', **money)}")
    for source, rows in (("coinalyze", COINALYZE), ("coinglass", COINGLASS)):
        state = "configured" if source in sources else "not_configured"
        warehouse.dataset(source, "liquidation_buckets", state=state, key_variable="KEY")
        if source in sources:
            warehouse.conn.execute(LIQUIDATIONS.format(source=source, rows=rows))
            warehouse.window(f"{source}_liquidations", "2020-01-01", "2025-01-01")
    return warehouse


@pytest.mark.parametrize("sources", [("coinalyze",), ("coinglass",), ("coinalyze", "coinglass")])
def test_the_headline_of_liquidations_is_the_same_whoever_tells_it(sources: tuple[str, ...]) -> None:
    warehouse = liquidations(*sources)
    warehouse.build("rankings.largest_liquidation_days", "facts.liquidation_spread_daily")
    rows = warehouse.rows(
        "select day::text, rank, round(total_usd, 2), round(long_usd, 2), ranked_days, coverage_status "
        "from rankings.largest_liquidation_days where day >= '2024-12-09' order by day limit 2"
    )
    assert rows == [
        ("2024-12-09", 54, Decimal("557815716.57"), Decimal("482304597.82"), 1470, "complete"),
        ("2024-12-10", rows[1][1], Decimal("270114029.94"), Decimal("199954230.56"), 1470, "complete"),
    ]
    top = warehouse.rows(
        "select day::text, round(total_usd / 1e6, 2)::decimal(9, 2) from rankings.largest_liquidation_days "
        "order by rank limit 5"
    )
    assert top == [
        ("2021-04-18", Decimal("4736.27")),
        ("2021-05-19", Decimal("3062.09")),
        ("2021-02-22", Decimal("2143.95")),
        ("2021-09-07", Decimal("1745.84")),
        ("2021-04-23", Decimal("1578.90")),
    ]
    coins = warehouse.rows(
        "select asset, sum(amount_usd) filter (where side = 'long'), sum(amount_usd) filter (where side = 'short') "
        "from facts.liquidations_daily where day = '2024-12-09' group by asset order by asset"
    )
    expected = [
        ("ADA", Decimal("17758455.24"), Decimal("1592899.21")),
        ("BNB", Decimal("8339727.73"), Decimal("296169.89")),
        ("BTC", Decimal("118131277.77"), Decimal("30769468.47")),
        ("DOGE", Decimal("72154404.68"), Decimal("7671542.55")),
        ("ETH", Decimal("173270745.04"), Decimal("19429273.19")),
        ("SOL", Decimal("48457028.01"), Decimal("2341368.39")),
        ("XRP", Decimal("44192959.36"), Decimal("13410397.04")),
    ]
    for got, wanted in zip(coins, expected, strict=True):  # the list of figures is rounded to the cent
        assert got[0] == wanted[0]
        assert got[1:] == pytest.approx(wanted[1:], abs=Decimal("0.005"))
    venues = warehouse.rows(
        "select distinct venue, is_derived from facts.liquidations_daily where day = '2024-12-09' order by all"
    )
    derived = sources == ("coinglass",)
    assert venues == [("binance", False), ("binance+bybit+okx", False), ("bybit+okx", derived)]
    assert warehouse.rows("select count(*) from facts.liquidations_daily where day < '2020-12-23'") == [(0,)]
    assert warehouse.rows(
        "select status, count(*) from facts.coverage_daily where source = 'headline' group by status order by status"
    ) == [("before_history", 357), ("complete", 1470)]
    spread = warehouse.rows("select count(*), max(abs(difference_usd)) from facts.liquidation_spread_daily")
    assert spread[0][0] > 0 if len(sources) == 2 else spread == [(0, None)]
    assert not spread[0][1]


def test_etf_flows_of_farside() -> None:
    now = at("2025-01-01 06:00")
    holidays = [
        "2024-01-15",
        "2024-02-19",
        "2024-03-29",
        "2024-05-27",
        "2024-06-19",
        "2024-07-04",
        "2024-09-02",
    ]
    warehouse = Warehouse(now=now, holidays=[*holidays, "2024-11-28", "2024-12-25", "2025-01-01"])
    warehouse.dataset("farside", "etf_flows", earliest="2024-01-11")
    warehouse.window("farside_etf_flows", "2024-01-01", "2025-01-01")
    for asset in ("btc", "eth"):
        table = pl.read_csv(DATA / f"etf_farside_{asset}.csv.gz", infer_schema=False)
        flows = table.filter(pl.col("date") != "Seed").unpivot(index="date", variable_name="fund")
        warehouse.raw(
            "etf_flows",
            "farside",
            [
                {
                    "market": asset,
                    "asset": asset.upper(),
                    "fund": fund.upper(),
                    "session_date": date.fromisoformat(day),
                    "flow_usd": Decimal(million) * 1_000_000 if million else None,
                }
                for day, fund, million in flows.iter_rows()
            ],
            observed_at=now,
        )
    warehouse.build("rankings.largest_etf_flow_days", "facts.etf_flows_daily", "facts.coverage_daily")
    totals = warehouse.rows(
        "select asset, session_date::text, (total_usd / 1e6)::decimal(9, 1), status from facts.etf_flow_totals_daily "
        "where (asset, session_date) in (('BTC', '2024-01-11'), ('BTC', '2024-11-07'), ('BTC', '2024-12-09'), "
        "('BTC', '2024-12-31'), ('ETH', '2024-07-23'), ('ETH', '2024-12-05'), ('ETH', '2024-12-09')) order by all"
    )
    assert [(a, d, str(t), s) for a, d, t, s in totals] == [
        ("BTC", "2024-01-11", "655.3", "reported"),
        ("BTC", "2024-11-07", "1373.8", "reported"),
        ("BTC", "2024-12-09", "479.1", "reported"),
        ("BTC", "2024-12-31", "5.3", "reported"),
        ("ETH", "2024-07-23", "106.6", "reported"),
        ("ETH", "2024-12-05", "428.5", "reported"),
        ("ETH", "2024-12-09", "149.8", "reported"),
    ]
    assert warehouse.rows(
        "select asset, (cumulative_usd / 1e6)::decimal(9, 1), cumulative_gaps from facts.etf_flow_totals_daily "
        "where session_date = '2024-12-31' order by asset"
    ) == [("BTC", Decimal("35245.9"), 1), ("ETH", Decimal("2660.9"), 1)]
    assert warehouse.rows(
        "select status, count(*) from facts.etf_flow_totals_daily where asset = 'BTC' group by status order by status"
    ) == [("holiday", 9), ("partial", 1), ("reported", 244)]
    # one fund never reported that day: kept, flagged, not ranked
    assert warehouse.rows(
        "select funds_reported, funds_expected from facts.etf_flow_totals_daily "
        "where session_date = '2024-11-20' and asset = 'BTC'"
    ) == [(10, 11)]
    assert warehouse.rows(
        "select flow_usd from facts.etf_flows_daily where session_date = '2024-01-11' and fund = 'GBTC'"
    ) == [(Decimal("-95100000.0000"),)]
    assert warehouse.rows(
        "select status, count(*) from facts.coverage_daily where kind = 'etf_flows' "
        "and day >= '2024-01-11' group by status order by status"
    ) == [("complete", 253), ("partial", 1)]


def test_funding_of_real_settlements() -> None:
    warehouse = Warehouse(now=at("2025-01-01 03:00"))
    series = {
        "binance": f"""select 'BTCUSDT' as market, ms, rate from {csv("funding_settlements", rate="decimal(28, 18)")}
            where venue like 'binance%' and symbol = 'BTCUSDT'""",
        "htx": f"select contract as market, ms, rate from {csv('funding_htx', rate='decimal(28, 18)')}",
        "hyperliquid": f"select coin as market, ms, rate from {csv('funding_hyperliquid', rate='decimal(28, 18)')}",
    }
    for source, rows in series.items():
        warehouse.conn.execute(f"""
            insert into raw.funding_rates
            select '{source}', '{source}_funding', '{source}', market, left(market, 3), 'linear',
                to_timestamp(ms / 1000), rate, null, 'settled', timestamptz '2025-01-01 03:00:00+00', 1, false, 'sha'
            from ({rows})
        """)
    warehouse.build("facts.funding_daily")

    def of(venue: str, day: str, asset: str = "BTC") -> list[tuple[object, ...]]:
        rows = warehouse.rows(
            "select settlements, settlements_expected, rate_sum, status from facts.funding_daily "
            f"where venue = '{venue}' and day = '{day}' and asset = '{asset}'"
        )
        return [(n, m, None if total is None else total.normalize(), status) for n, m, total, status in rows]

    assert of("binance", "2024-12-05") == [(3, 3, Decimal("0.0014713"), "complete")]
    assert of("binance", "2024-12-09") == [(3, 3, Decimal("0.0006256"), "complete")]
    [late] = of("htx", "2021-05-19")
    assert (late[0], late[1], late[3]) == (3, 3, "complete")
    assert round(late[2], 12) == Decimal("0.001265770915")  # type: ignore[call-overload]
    assert of("htx", "2021-02-19") == of("htx", "2021-02-20") == [(2, 3, None, "partial")]
    [extra] = of("htx", "2021-10-28")
    assert (extra[0], extra[1], extra[3]) == (4, 3, "complete")
    assert of("hyperliquid", "2024-12-09") == [(24, 24, Decimal("0.0007501157"), "complete")]
    assert warehouse.rows(
        "select asset, status, count(*) from facts.funding_daily where venue = 'hyperliquid' group by all order by all"
    ) == [(a, s, n) for a in ("BTC", "ETH") for s, n in (("complete", 245), ("partial", 13))]
    assert warehouse.rows(
        "select asset, count(*) from facts.funding_daily where venue = 'htx' and status = 'partial' group by all order by all"
    ) == [("BTC", 2), ("ETH", 2)]
    # every settlement stands in a day, and nothing else does
    assert warehouse.rows("select sum(settlements) from facts.funding_daily where venue = 'htx'") == [(6568,)]
    assert warehouse.rows(
        "select asset, round(sum(rate), 12)::decimal(28, 12) from staging.funding_rates where venue = 'htx' "
        "group by asset order by asset"
    ) == [("BTC", Decimal("0.396481450140")), ("ETH", Decimal("0.357033190959"))]
