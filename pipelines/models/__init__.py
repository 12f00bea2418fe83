"""Turns sql/ into models that can be run, checked, traced and read about.

Nothing here opens a database (a connection is handed in) and nothing here knows Dagster.
"""
