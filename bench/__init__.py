"""Benchmarks that print ratios to a physical floor measured in the same run; never timed tests."""
