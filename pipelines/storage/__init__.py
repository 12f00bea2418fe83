"""Every file that Floodmark writes: landing, ledger, DuckDB files, published versions. No Dagster."""
