"""What a person does in the UI: launch a job or some assets, and look at what is shown.

Runs are made in this process, with a real instance and without a daemon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dagster as dg

from pipelines.assets.partitions import RANGE_END_TAG, RANGE_START_TAG
from pipelines.definitions import floodmark


@dataclass
class Ui:
    """The UI of one instance; the definitions are those of the moment of a launch."""

    instance: dg.DagsterInstance

    @property
    def definitions(self) -> dg.Definitions:
        return floodmark()

    def launch(
        self, job: str = "nightly", months: tuple[str, str] | None = None, **more: Any
    ) -> dg.ExecuteInProcessResult:
        tags = {RANGE_START_TAG: months[0], RANGE_END_TAG: months[1]} if months else {}
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, tags=tags | more.pop("tags", {}), raise_on_error=False, **more
        )

    def materialise(self, *keys: str, **more: Any) -> dg.ExecuteInProcessResult:
        job = self.definitions.resolve_implicit_global_asset_job_def()
        selection = [dg.AssetKey(key.split("/")) for key in keys]
        return job.execute_in_process(
            instance=self.instance, asset_selection=selection, raise_on_error=False, **more
        )

    def shown(self, key: str) -> dict[str, Any]:
        """The metadata of the newest materialisation; empty where there is none."""
        event = self.instance.get_latest_materialization_event(dg.AssetKey(key.split("/")))
        found = event.asset_materialization.metadata if event and event.asset_materialization else {}
        return {name: value.value for name, value in found.items()}

    def months(self, key: str) -> list[str | None]:
        """The months that were materialised, oldest first."""
        records = self.instance.fetch_materializations(dg.AssetKey(key.split("/")), limit=100).records
        return sorted({r.partition_key for r in records}, key=str)

    def passed(self, key: str, check: str = "arrived") -> bool | None:
        """The newest verdict of a check; None where it never ran."""
        asked = dg.AssetCheckKey(dg.AssetKey(key.split("/")), check)
        found = self.instance.event_log_storage.get_asset_check_execution_history(asked, limit=1)
        return found[0].status.value == "SUCCEEDED" if found else None

    def failures(self, result: dg.ExecuteInProcessResult) -> dict[str, str]:
        """Step to what it says, for the steps that failed."""
        return {
            e.step_key or "": e.event_specific_data.error.to_string()
            for e in result.all_events
            if e.is_step_failure
        }
