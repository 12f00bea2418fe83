"""Months, asset keys, and which days a run was asked for.

A month here is bookkeeping of the UI, never a request: what is asked for is decided from the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import dagster as dg

from pipelines.runs import night
from pipelines.runs.plan import DISCOVERY, Asked, asked_stretch, settled, today
from pipelines.runs.status import unhealed
from pipelines.settings import Settings
from pipelines.sources import registry
from pipelines.sources.contract import Dataset, Part
from pipelines.storage.contracts import KINDS
from pipelines.storage.folder import Folder
from pipelines.storage.ledger import Ledger, WindowRow

FIRST_MONTH = date(2020, 1, 1)
# one object for all: with several start dates a backfill is cut into odd runs
MONTHS = dg.MonthlyPartitionsDefinition(start_date=FIRST_MONTH.isoformat(), end_offset=1)
SINGLE_RUN = dg.BackfillPolicy.single_run()

NIGHT_TAG = "floodmark/night"
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"

PUBLISH = dg.AssetKey("publish")
NIGHT_REPORT = dg.AssetKey("night_report")


def source_key(dataset: str) -> dg.AssetKey:
    """sources/<dataset>."""
    return dg.AssetKey(["sources", dataset])


def table_key(table: str) -> dg.AssetKey:
    """schema.table as schema/table: raw/prices, facts/market_daily."""
    return dg.AssetKey(table.split("."))


def configured_datasets(settings: Settings) -> list[Dataset]:
    """Every dataset that can be asked for, in the order of the registry."""
    return [d for d in registry.datasets().values() if registry.configured(d, settings)]


def nightly_datasets(settings: Settings) -> list[Dataset]:
    """What a night asks for: the plain datasets, and those that were asked for before."""
    folder = Folder(settings.warehouse)
    if not folder.ledger.exists():
        return [d for d in registry.select() if registry.configured(d, settings)]
    with Ledger(folder.ledger) as ledger:
        return [d for d in night.chosen(settings, ledger) if registry.configured(d, settings)]


def rolling_datasets(settings: Settings) -> list[Dataset]:
    """The feeds that forget within the day, and that can be asked for."""
    return [d for d in configured_datasets(settings) if d.rolling]


def datasets_of(kinds: Iterable[str]) -> list[Dataset]:
    """Every dataset, configured or not, that fills one of these raw tables."""
    wanted = set(kinds)
    return [d for d in registry.datasets().values() if d.kind in wanted]


def kinds_of(keys: Iterable[dg.AssetKey]) -> list[str]:
    """The raw tables among asset keys, in the order of the contracts."""
    chosen = set(keys)
    return [kind for kind in KINDS if table_key(f"raw.{kind}") in chosen]


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def month_keys(first: date, last: date) -> list[str]:
    """The partitions of the months that touch the days `first` to `last`, both included."""
    month, keys = max(month_of(first), FIRST_MONTH), []
    while month <= last:
        keys.append(month.isoformat())
        month = month_of(month + timedelta(days=32))
    return keys


def days_asked(context: dg.AssetExecutionContext) -> Asked | None:
    """The days of the run's month or range of months; None where it has none, or where it is a night."""
    if NIGHT_TAG in context.run.tags or not (context.has_partition_key or context.has_partition_key_range):
        return None
    months = context.partition_key_range
    last = month_of(date.fromisoformat(months.end) + timedelta(days=32)) - timedelta(days=1)
    return Asked(date.fromisoformat(months.start), last)


def night_months(settings: Settings) -> tuple[str, str]:
    """The first and the last month that a night of these settings touches, as partition keys."""
    now = settings.now()
    yesterday = today(now).date() - timedelta(days=1)
    folder = Folder(settings.warehouse)
    starts = [yesterday]
    datasets = [d for d in nightly_datasets(settings) if d.partitioned]
    if folder.ledger.exists():
        with Ledger(folder.ledger) as ledger:
            starts += [_night_start(d, ledger.windows(d.name), now) for d in datasets]
    else:
        starts += [_night_start(d, [], now) for d in datasets]
    months = month_keys(min(starts), yesterday)
    return months[0], months[-1]


def _night_start(dataset: Dataset, windows: list[WindowRow], now: datetime) -> date:
    """The first day that a night asks of a dataset: what failed and was not had since, else the tail."""
    data = [w for w in windows if w.part != DISCOVERY]
    ends = [end for _, end in settled(dataset, data)]
    if not ends:
        stretch = asked_stretch(dataset, Part(DISCOVERY, ()), None, windows, now)
        return (stretch[0] if stretch else today(now)).date()
    return min([max(ends), *(w.start_at for w in unhealed(data))]).date()
