"""Floodmark: a time-series pipeline with a warehouse for the crypto derivatives market."""
