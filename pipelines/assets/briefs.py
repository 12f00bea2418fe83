"""briefs/events: a brief per event, each a partition named by the event's day.

The largest events are offered after every publication; the night writes none: a brief is asked for.
"""

# dagster reads the annotation of `context` as it stands: no `from __future__ import annotations` here

import base64
from datetime import date
from pathlib import Path

import dagster as dg

from pipelines.assets.describe import Metadata
from pipelines.assets.partitions import PUBLISH, SINGLE_RUN
from pipelines.research.brief import NoSuchDay, write_brief
from pipelines.runs import build as builds
from pipelines.settings import Settings
from pipelines.storage.duck import NothingPublished, reader
from pipelines.storage.folder import Folder

BRIEFS = dg.AssetKey(["briefs", "events"])
EVENTS = dg.DynamicPartitionsDefinition(name="events")
OFFERED = 30  # episodes, beside the named events

WORTH_A_BRIEF = f"""
    select distinct peak_day
    from (select *, row_number() over (order by total_usd desc nulls last, event) as place from rankings.events)
    where total_usd is not null and (place <= {OFFERED} or names is not null)
    order by peak_day
"""


def offer_events(instance: dg.DagsterInstance, folder: Folder) -> list[str]:
    """Make the largest and the named events of the published version partitions; all that are offered by it.

    What an earlier version offered stays: its brief may have been written.
    """
    if "rankings.events" not in builds.models():
        return []
    with reader(folder) as conn:
        days = [day.isoformat() for (day,) in conn.execute(WORTH_A_BRIEF).fetchall()]
    instance.add_dynamic_partitions(str(EVENTS.name), days)
    return days


@dg.asset(
    key=BRIEFS,
    deps=[PUBLISH],
    partitions_def=EVENTS,
    description="What happened on the day of an event, every figure with its query: a page, Markdown and charts "
    "in briefs/<day>/ of the data folder. Any other UTC day can be added as a partition, too.",
    group_name="research",
    kinds={"python"},
    backfill_policy=SINGLE_RUN,
)
def event_briefs(context: dg.AssetExecutionContext) -> None:
    settings = Settings()
    for key in context.partition_keys:
        try:
            written = write_brief(settings, date.fromisoformat(key), Folder(settings.warehouse).briefs)
        except (NothingPublished, NoSuchDay, ValueError) as error:
            raise dg.Failure(f"{key}: {error}", allow_retries=False) from error
        context.log.info(f"{key}: {len(written)} files")
        context.add_asset_metadata(describe_brief(written), partition_key=key)


def describe_brief(written: list[Path]) -> Metadata:
    """How a brief begins, its first chart, and where it lies."""
    page = next(p for p in written if p.name == "index.html")
    text = next(p for p in written if p.name == "brief.md").read_text(encoding="utf-8")
    found: Metadata = {
        "brief": dg.MetadataValue.md(text.partition("\n## ")[0]),
        "page": dg.MetadataValue.path(str(page)),
        "files": len(written),
    }
    chart = next((p for p in written if p.suffix == ".png"), None)
    if chart:
        image = base64.b64encode(chart.read_bytes()).decode()
        found["picture"] = dg.MetadataValue.md(f"![{chart.stem}](data:image/png;base64,{image})")
    return found


briefs_job = dg.define_asset_job(
    "briefs",
    selection=dg.AssetSelection.assets(BRIEFS),
    description="Write the briefs of the chosen events, from what is published.",
)
