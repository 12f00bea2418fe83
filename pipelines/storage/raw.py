"""Raw tables: typed rows in every vintage, loaded from windows in the order in which they arrived.

A row is stored only where it differs from the vintage in force; what vanishes from a complete
answer is retracted. Loading the same windows again, in any grouping, gives the same tables.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import polars as pl

from pipelines.storage.contracts import KINDS, Kind

PROVENANCE = ("observed_at", "vintage", "retracted", "landing")

# An answer that takes back more than this is taken for a shrunken answer, not for the truth.
SHRINK_ROWS, SHRINK_SHARE = 3, 0.1

_EVER = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
_TYPES = {"String": "varchar", "Int64": "bigint", "Date": "date", "Boolean": "boolean"}


@dataclass
class Batch:
    """What one complete window brought: rows in the columns of the kind, plus `observed_at` and `landing`."""

    window_id: int
    markets: tuple[str, ...]
    start: datetime
    end: datetime
    observed_at: datetime
    landing: str
    rows: pl.DataFrame
    quarantined: list[tuple[str, str]] = field(default_factory=list)  # (reason, row as JSON)
    accept_shrunken: bool = False


@dataclass(frozen=True)
class Loaded:
    """What loading a window did."""

    window_id: int
    verdict: str  # loaded | shrunken
    reason: str | None
    rows: int
    new_vintages: int = 0
    retracted: int = 0


def sql_type(dtype: pl.DataType) -> str:
    """The DuckDB type of a contract column."""
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision},{dtype.scale})"
    if isinstance(dtype, pl.Datetime):
        return "timestamptz"
    return _TYPES[str(dtype)]


def raw_columns(kind: Kind) -> dict[str, str]:
    """Every column of raw.<kind> with its DuckDB type, in order."""
    return {
        "source": "varchar",
        "dataset": "varchar",
        **{name: sql_type(dtype) for name, dtype in kind.columns.items()},
        "observed_at": "timestamptz",
        "vintage": "integer",
        "retracted": "boolean",
        "landing": "varchar",
    }


def ensure_tables(conn: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing of raw.* and of the loader's own meta tables.

    Where a raw table had to be created, what was loaded into it before is forgotten, so that the
    next load brings it back from landing; in one transaction, lest a kill in between leaves an empty
    table that counts as loaded.
    """
    conn.begin()
    try:
        _create_missing(conn)
    except BaseException:
        conn.rollback()
        raise
    conn.commit()


def _create_missing(conn: duckdb.DuckDBPyConnection) -> None:
    conn.execute("create schema if not exists raw")
    conn.execute("create schema if not exists meta")
    conn.execute(
        "create table if not exists meta.loads (window_id bigint, dataset varchar, kind varchar,"
        " observed_at timestamptz, verdict varchar, reason varchar, rows bigint, new_vintages bigint, retracted bigint)"
    )
    conn.execute(
        "create table if not exists meta.quarantine (window_id bigint, dataset varchar, kind varchar,"
        " observed_at timestamptz, reason varchar, row_json varchar, landing varchar)"
    )
    there = {
        name
        for (name,) in conn.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw' and database_name = current_database()"
        ).fetchall()
    }
    for kind in KINDS.values():
        if kind.name in there:
            continue
        columns = ", ".join(f"{name} {kind_type}" for name, kind_type in raw_columns(kind).items())
        conn.execute(f"create table raw.{kind.name} ({columns})")
        conn.execute("delete from meta.loads where kind = ?", [kind.name])
        conn.execute("delete from meta.quarantine where kind = ?", [kind.name])


def loaded_windows(conn: duckdb.DuckDBPyConnection, dataset: str) -> dict[int, datetime]:
    """The windows of a dataset that were loaded, refused or unreadable, with the time of their answers."""
    return dict(
        conn.execute("select window_id, observed_at from meta.loads where dataset = ?", [dataset]).fetchall()
    )


def load_verdicts(conn: duckdb.DuckDBPyConnection, dataset: str) -> dict[int, tuple[str, str | None, int]]:
    """What came of loading each window: (loaded | shrunken | unparsable, reason, rows)."""
    rows = conn.execute(
        "select window_id, verdict, reason, rows from meta.loads where dataset = ?", [dataset]
    ).fetchall()
    return {window: (verdict, reason, count) for window, verdict, reason, count in rows}


def cited_bodies(conn: duckdb.DuckDBPyConnection) -> set[str]:
    """The landing files that some raw row, retraction or quarantined row came from."""
    tables = [f"raw.{k.name}" for k in KINDS.values()] + ["meta.quarantine"]
    query = " union ".join(f"select landing from {table}" for table in tables)
    return {name for (name,) in conn.execute(query).fetchall()}


def forget_dataset(conn: duckdb.DuckDBPyConnection, kind: Kind, dataset: str) -> None:
    """Take every row of a dataset out of raw, to load it anew in the right order."""
    conn.execute(f"delete from raw.{kind.name} where dataset = ?", [dataset])
    conn.execute("delete from meta.loads where dataset = ?", [dataset])
    conn.execute("delete from meta.quarantine where dataset = ?", [dataset])


def load(
    conn: duckdb.DuckDBPyConnection, kind: Kind, source: str, dataset: str, batches: Sequence[Batch]
) -> list[Loaded]:
    """Load windows, oldest answer first, inside the caller's transaction."""
    if not batches:
        return []
    results: list[Loaded] = []
    for group in _without_overlap(kind, batches):
        results += (_replace_events if kind.events else _add_vintages)(conn, kind, source, dataset, group)
    by_id = {r.window_id: r for r in results}
    _note(conn, kind, dataset, batches, by_id)
    return results


def note_unreadable(
    conn: duckdb.DuckDBPyConnection,
    kind: Kind,
    dataset: str,
    windows: Sequence[tuple[int, datetime | None, str]],
) -> None:
    """Keep (window_id, time of its answer, reason) of windows whose answers cannot be read.

    They are not tried again with every load, which would read the whole dataset anew each night; a
    reparse tries them.
    """
    for window_id, observed_at, reason in windows:
        conn.execute(
            "insert into meta.loads values (?, ?, ?, ?, 'unparsable', ?, 0, 0, 0)",
            [window_id, dataset, kind.name, observed_at, reason],
        )


def _without_overlap(kind: Kind, batches: Sequence[Batch]) -> list[list[Batch]]:
    """Consecutive windows that do not speak about the same can be loaded in one step."""
    groups: list[list[Batch]] = []
    taken: dict[str, list[tuple[datetime, datetime]]] = {}
    for batch in batches:
        scope = (batch.start, batch.end)
        if batch.rows.height:  # the rows of a snapshot lie outside its scope, at the upstream's own moment
            times: Any = batch.rows[kind.time].cast(pl.Datetime("us", "UTC"))
            scope = (min(scope[0], times.min()), max(scope[1], times.max() + timedelta(microseconds=1)))
        if kind.standing:
            scope = _EVER
        if not groups or any(_touches(taken.get(m, []), scope) for m in batch.markets):
            groups.append([])
            taken = {}
        groups[-1].append(batch)
        for m in batch.markets:
            insort(taken.setdefault(m, []), scope)
    return groups


def _touches(apart: list[tuple[datetime, datetime]], scope: tuple[datetime, datetime]) -> bool:
    """Does `scope` overlap one of these sorted stretches, which do not overlap each other?"""
    at = bisect(apart, scope)
    return (at > 0 and apart[at - 1][1] > scope[0]) or (at < len(apart) and apart[at][0] < scope[1])


def _stage(conn: duckdb.DuckDBPyConnection, kind: Kind, group: Sequence[Batch]) -> None:
    """The group's rows as `incoming` and its scopes as `scopes`, temporary tables."""
    columns = [*kind.columns, "observed_at", "landing"]
    rows = pl.concat(
        [b.rows.select(columns).with_columns(pl.lit(b.window_id).alias("window_id")) for b in group]
    )
    scopes = pl.DataFrame(
        [
            (b.window_id, m, b.start, b.end, b.observed_at, b.landing, bool(b.quarantined))
            for b in group
            for m in b.markets
        ],
        schema={
            "window_id": pl.Int64,
            "market": pl.String,
            "start_at": pl.Datetime("us", "UTC"),
            "end_at": pl.Datetime("us", "UTC"),
            "observed_at": pl.Datetime("us", "UTC"),
            "landing": pl.String,
            "has_quarantine": pl.Boolean,
        },
        orient="row",
    )
    conn.register("incoming_frame", rows.to_arrow())
    conn.register("scopes_frame", scopes.to_arrow())
    conn.execute("create or replace temp table incoming as select * from incoming_frame")
    conn.execute("create or replace temp table scopes as select * from scopes_frame")
    conn.unregister("incoming_frame")
    conn.unregister("scopes_frame")


def _add_vintages(
    conn: duckdb.DuckDBPyConnection, kind: Kind, source: str, dataset: str, group: Sequence[Batch]
) -> list[Loaded]:
    _stage(conn, kind, group)
    key = ", ".join(kind.key)
    same_key = " and ".join(f"i.{c} = f.{c}" for c in kind.key)
    in_scope = "f.market = s.market and " + _inside(kind, "f", "s")
    changed = " or ".join(f"i.{c} is distinct from f.{c}" for c in kind.values) or "false"
    conn.execute(
        f"create or replace temp table in_force as select f.* from raw.{kind.name} f"
        f" where f.dataset = ? and f.market in (select market from scopes)"
        f" qualify row_number() over (partition by {key} order by vintage desc) = 1",
        [dataset],
    )
    conn.execute(
        f"create or replace temp table vanished as select s.window_id, s.observed_at as gone_at, s.landing as gone_in, f.*"
        f" from in_force f join scopes s on {in_scope}"
        f" where not f.retracted and not s.has_quarantine"
        f" and not exists (select 1 from incoming i where {same_key})"
    )
    refused = _refuse_shrunken(conn, kind, group, in_scope)
    if refused:
        ids = ", ".join(str(r.window_id) for r in refused)
        conn.execute(f"delete from incoming where window_id in ({ids})")
        conn.execute(f"delete from vanished where window_id in ({ids})")
    values = "".join(f", i.{c}" for c in kind.columns)
    blank = "".join(f", v.{c}" if c in kind.key else ", null" for c in kind.columns)
    added = conn.execute(
        f"insert into raw.{kind.name} select ?, ?{values}, i.observed_at, coalesce(f.vintage, 0) + 1, false, i.landing"
        f" from incoming i left join in_force f on {same_key}"
        f" where f.vintage is null or f.retracted or {changed}"
        f" order by {', '.join('i.' + c for c in kind.key)}",
        [source, dataset],
    ).fetchall()
    conn.execute(
        f"insert into raw.{kind.name} select ?, ?{blank}, v.gone_at, v.vintage + 1, true, v.gone_in"
        f" from vanished v order by {', '.join('v.' + c for c in kind.key)}",
        [source, dataset],
    )
    gone = dict(conn.execute("select window_id, count(*) from vanished group by all").fetchall())
    new = int(added[0][0]) if added else 0
    refused_ids = {r.window_id for r in refused}
    kept = [b for b in group if b.window_id not in refused_ids]
    # the number of new vintages is known for the group; it is booked on its first window
    return refused + [
        Loaded(
            b.window_id, "loaded", None, b.rows.height, new if n == 0 else 0, int(gone.get(b.window_id, 0))
        )
        for n, b in enumerate(kept)
    ]


def _refuse_shrunken(
    conn: duckdb.DuckDBPyConnection, kind: Kind, group: Sequence[Batch], in_scope: str
) -> list[Loaded]:
    """Windows that would take back too much of what is known: a cut answer, not a restatement."""
    counts = conn.execute(
        "select v.window_id, count(*) as gone, any_value(k.known) as known from vanished v join ("
        f"select s.window_id, count(*) as known from in_force f join scopes s on {in_scope}"
        " where not f.retracted group by all) k using (window_id) group by v.window_id"
    ).fetchall()
    accepted = {b.window_id for b in group if b.accept_shrunken}
    rows = {b.window_id: b.rows.height for b in group}
    return [
        Loaded(
            window,
            "shrunken",
            f"the answer lacks {gone} of {known} rows that are known in its window: taken for a cut answer, "
            f"earlier values kept (if they were truly withdrawn: floodmark reparse --accept-shrunken {window})",
            rows[window],
        )
        for window, gone, known in counts
        if gone > SHRINK_ROWS and gone > SHRINK_SHARE * known and window not in accepted
    ]


def _replace_events(
    conn: duckdb.DuckDBPyConnection, kind: Kind, source: str, dataset: str, group: Sequence[Batch]
) -> list[Loaded]:
    """Immutable events: what a window held is replaced by what it holds now."""
    _stage(conn, kind, group)
    conn.execute(
        f"delete from raw.{kind.name} f where f.dataset = ? and exists (select 1 from scopes s"
        f" where f.market = s.market and {_inside(kind, 'f', 's')})",
        [dataset],
    )
    columns = ", ".join(kind.columns)
    conn.execute(
        f"insert into raw.{kind.name} select ?, ?, {columns}, observed_at, 1, false, landing"
        f" from incoming order by {', '.join(kind.key)}",
        [source, dataset],
    )
    return [Loaded(b.window_id, "loaded", None, b.rows.height, b.rows.height) for b in group]


def _inside(kind: Kind, row: str, scope: str) -> str:
    if kind.standing:  # a list says what is in force, and by that what no longer is
        return "true"
    at = f"{row}.{kind.time}"
    if kind.time_is_date:
        at = f"(({at})::timestamp at time zone 'UTC')"
    return f"{at} >= {scope}.start_at and {at} < {scope}.end_at"


def _note(
    conn: duckdb.DuckDBPyConnection,
    kind: Kind,
    dataset: str,
    batches: Sequence[Batch],
    results: dict[int, Loaded],
) -> None:
    loads = pl.DataFrame(
        [
            (
                b.window_id,
                dataset,
                kind.name,
                b.observed_at,
                r.verdict,
                r.reason,
                r.rows,
                r.new_vintages,
                r.retracted,
            )
            for b in batches
            for r in (results[b.window_id],)
        ],
        schema=[
            "window_id",
            "dataset",
            "kind",
            "observed_at",
            "verdict",
            "reason",
            "rows",
            "new_vintages",
            "retracted",
        ],
        orient="row",
        infer_schema_length=None,
    ).with_columns(pl.col("reason").cast(pl.String))
    conn.register("loads_frame", loads.to_arrow())
    conn.execute("insert into meta.loads select * from loads_frame")
    conn.unregister("loads_frame")
    bad = [
        (b.window_id, dataset, kind.name, b.observed_at, reason, row, b.landing)
        for b in batches
        for reason, row in b.quarantined
    ]
    if bad:
        frame = pl.DataFrame(
            bad,
            schema=["window_id", "dataset", "kind", "observed_at", "reason", "row_json", "landing"],
            orient="row",
        )
        conn.register("bad_frame", frame.to_arrow())
        conn.execute("insert into meta.quarantine select * from bad_frame")
        conn.unregister("bad_frame")
