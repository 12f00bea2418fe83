"""What a run does, with or without Dagster: plan, ingest, load, build, publish, report."""
