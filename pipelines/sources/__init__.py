"""The outside world, one module per upstream system. No Dagster, no DuckDB in this room."""
