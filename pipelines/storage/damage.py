"""What a damaged or unusable file of the data folder means, in a sentence that says what to do."""

from __future__ import annotations

import sqlite3

import duckdb

from pipelines.storage.folder import Folder

DAMAGED_DUCKDB = ("not a valid DuckDB database", "Corrupt database file")


def explained(error: Exception, folder: Folder) -> str | None:
    """The sentence for an error of the ledger or of a DuckDB file; None where it may be a bug of ours."""
    if type(error) in (sqlite3.DatabaseError, sqlite3.OperationalError):
        return (
            f"{folder.ledger} cannot be used: {error}. What is published can still be read; to run, put back "
            "a copy of the file or point FLOODMARK_WAREHOUSE at another folder"
        )
    if isinstance(error, duckdb.Error) and any(words in str(error) for words in DAMAGED_DUCKDB):
        return (
            f"{error}\nin the data folder {folder.root}: move the damaged file away (pipeline.duckdb, or of "
            "what is published floodmark.duckdb); `floodmark reparse` makes both anew from what has landed"
        )
    if isinstance(error, duckdb.IOException):  # held by another program, no space left: DuckDB names the file
        return str(error)
    return None
