# Thin: each target is a line or two; what they do stands in the commands they call.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test slow check dev nightly bench docs fmt lock help

demo: $(STAMP)  ## the whole pipeline, offline, over the built-in sample
	$(BIN)/floodmark demo

test: $(STAMP)  ## the suite, under three minutes
	$(BIN)/pytest -n 3 -m "not slow"

slow: $(STAMP)  ## proofs with real daemons, kills and full runs
	$(BIN)/pytest -m slow

check: $(STAMP)  ## formatter, linter, types
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

dev: $(STAMP)  ## the Dagster UI, daemon and nightly schedule on http://127.0.0.1:3000
	DAGSTER_HOME="$$($(BIN)/floodmark home)" $(BIN)/dg dev -w workspace.yaml

nightly: $(STAMP)  ## what the nightly job does, without Dagster
	$(BIN)/floodmark run

bench: $(STAMP)  ## ratios to the physical floor, measured in the same run
	$(BIN)/python -m bench

docs: $(STAMP)  ## warehouse/DICTIONARY.md from the headers of sql/
	$(BIN)/floodmark dictionary > warehouse/DICTIONARY.md

fmt: $(STAMP)  ## format and mend what the linter can
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: $(STAMP)  ## exact versions and hashes, for every platform, without an index host
	$(BIN)/python -m pip install -q uv && $(BIN)/uv pip compile -q --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-header --group dev pyproject.toml -o requirements.lock

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(STAMP)
