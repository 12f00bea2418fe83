"""Fingerprints: how many rows a table has, and a hash over every column that knows no order."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class TablePrint:
    """Two tables with equal prints hold the same rows, whatever their order."""

    schema: str
    table: str
    rows: int
    hash: str

    def as_dict(self) -> dict[str, object]:
        return {"schema": self.schema, "table": self.table, "rows": self.rows, "hash": self.hash}


def fingerprint(conn: duckdb.DuckDBPyConnection) -> list[TablePrint]:
    """The print of every table of the connection's database, in order of name.

    The hash adds 64 bits of the md5 of each row's text (columns in the table's order, names
    included), so equal rows that occur twice count twice.
    """
    tables = conn.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = current_database() and not temporary order by all"
    ).fetchall()
    return [_print(conn, schema, table) for schema, table in tables]


def _print(conn: duckdb.DuckDBPyConnection, schema: str, table: str) -> TablePrint:
    rows, total = conn.execute(
        f"select count(*), coalesce(sum(md5_number_lower(whole_row::varchar)::hugeint), 0)"
        f" from {schema}.{table} whole_row"
    ).fetchall()[0]
    return TablePrint(schema, table, int(rows), f"{int(total) % 2**64:016x}")
