"""From raw to published: lay the meta tables, build and check the models, publish a version."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from functools import cache

from pipelines.models.contract import ContractError
from pipelines.models.lineage import LineageError
from pipelines.models.results import BlockedBuild, BuildResult, ModelError
from pipelines.models.runner import build
from pipelines.models.standing import Standing, require_whole, standing_models
from pipelines.settings import PROJECT, SQL, Settings
from pipelines.sources import registry
from pipelines.sources.contract import Dataset
from pipelines.storage import meta, raw
from pipelines.storage.contracts import KINDS
from pipelines.storage.duck import Connection, in_memory
from pipelines.storage.folder import Folder
from pipelines.storage.ledger import Ledger
from pipelines.storage.publish import Published, publish

FIRST_SESSION = date(2024, 1, 1)
META_COLUMNS: dict[str, tuple[str, ...]] = {
    "meta.build": ("now_at", "origin"),
    "meta.datasets": (
        "dataset",
        "source",
        "kind",
        "title",
        "key_variable",
        "state",
        "earliest",
        "tail_days",
        "depth_days",
        "cut",
    ),
    "meta.windows": (
        "dataset",
        "part",
        "markets",
        "start_at",
        "end_at",
        "verdict",
        "reason",
        "observed_at",
        "rows",
        "window_id",
    ),
    "meta.us_sessions": ("session_date", "is_session"),
}

# what keeps a build from being published: what is in sql/, or what its checks found in the data
BUILD_ERRORS = (BlockedBuild, ModelError, ContractError, LineageError)


@cache
def models() -> Standing:
    """The SQL models of sql/ by schema.table; its `broken` says why a file is left out."""
    return standing_models(SQL, external_columns())


@cache
def external_columns() -> dict[str, list[str]]:
    """What the models may read that no model makes: raw.* and four tables of meta.*."""
    tables = {f"raw.{k.name}": list(raw.raw_columns(k)) for k in KINDS.values()}
    return tables | {name: list(columns) for name, columns in META_COLUMNS.items()}


@cache
def macros() -> dict[str, str]:
    """The macros for people (sql/macros), created in what is published; models call none."""
    return {path.stem: path.read_text() for path in sorted((SQL / "macros").glob("*.sql"))}


def universe(settings: Settings) -> tuple[str, ...]:
    """The assets to load: FLOODMARK_ASSETS where set (`all` means every asset), else reference.universe."""
    chosen = settings.asset_list
    if chosen is not None:
        return () if chosen == ("ALL",) else chosen
    conn = in_memory()
    try:
        rows = conn.execute(f"select asset from ({models()['reference.universe'].sql})").fetchall()
    finally:
        conn.close()
    return tuple(asset for (asset,) in rows)


def sessions(now: datetime) -> list[tuple[date, bool]]:
    """Weekdays from the first ETF month to ten days past now, and whether New York trades."""
    import exchange_calendars  # it brings pandas, two seconds that only a build needs

    last = now.date() + timedelta(days=10)
    if last <= FIRST_SESSION:
        return []  # a past night is played again, from before there were such funds
    calendar = exchange_calendars.get_calendar("XNYS", start=FIRST_SESSION.isoformat(), end=last.isoformat())
    trading = {s.date() for s in calendar.sessions}
    days = (FIRST_SESSION + timedelta(days=n) for n in range((last - FIRST_SESSION).days + 1))
    return [(d, d in trading) for d in days if d.weekday() < 5]


@cache
def commit() -> str:
    """The commit the code stands at, or `unknown` outside a checkout."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def lay_meta(conn: Connection, settings: Settings, ledger: Ledger) -> None:
    """Write what the models need to know beside the data: the clock, the datasets, the windows, the sessions."""
    now, asked = settings.now(), ledger.datasets_asked()
    meta.write_build(conn, now, settings.origin)
    meta.write_datasets(
        conn,
        [
            (
                d.name,
                d.source,
                d.kind,
                d.title,
                d.key,
                _state(d, settings, asked),
                d.earliest,
                d.tail_days,
                d.depth_days,
                d.cut,
            )
            for d in registry.datasets().values()
        ],
    )
    meta.write_sessions(conn, sessions(now))
    meta.write_ledger(conn, ledger)


def _state(dataset: Dataset, settings: Settings, asked: Collection[str]) -> str:
    """Whether a plain run takes a dataset, and if not, why."""
    if not registry.configured(dataset, settings):
        return "not_configured"
    return "on_request" if dataset.name in registry.ON_REQUEST and dataset.name not in asked else "configured"


def build_models(
    conn: Connection,
    settings: Settings,
    ledger: Ledger,
    on_model: Callable[[str, int, int], None] | None = None,
    select: Collection[str] | None = None,
) -> BuildResult:
    """Rebuild the models (default: all) from raw; a blocking check leaves the tables as they were and raises
    BlockedBuild."""
    raw.ensure_tables(conn)
    lay_meta(conn, settings, ledger)
    return build(
        conn,
        models(),
        external=external_columns(),
        build_at=settings.now(),
        select=select,
        on_model=on_model,
    )


def publish_build(conn: Connection, settings: Settings, folder: Folder, ledger: Ledger) -> Published:
    """Publish what stands in the pipeline's database and note in the ledger how far it reaches."""
    require_whole(models())  # the tables of a broken model may be older than the others
    # as the build saw the ledger; what others have landed since is not in this version
    (last_window,) = conn.execute("select coalesce(max(window_id), 0) from meta.windows").fetchall()[0]
    published = publish(
        conn, folder, now_at=settings.now(), origin=settings.origin, commit=commit(), macros=macros()
    )
    ledger.note_publication(published.version, last_window, datetime.now().astimezone())
    return published
