# Two commands are enough: `make demo` shows a storm, `make test` proves the whole.
# Everything is installed into .venv by the ordinary package client of this machine.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One a core of continuous integration: with more, tests of the whole are late now and then.
WORKERS ?= 2
PACKAGES := sensors ingest alerting gis_link firmware_sim storage groundwatch

CASES ?= 100000

.PHONY: help setup setup-dev servers demo test cases check format bench clean

help:
	@echo "make demo    set up and show a storm over the example district"
	@echo "make test    set up, install test servers when allowed, run every test"
	@echo "make cases   property tests of all codecs with 100,000 cases each (hours)"
	@echo "make check   formatting, lint, types, import contracts"
	@echo "make bench   measure throughput, latency, memory; writes bench/results.json"
	@echo "make setup   only set up the program in $(VENV)"

setup: $(VENV)/.ready
setup-dev: $(VENV)/.ready-dev

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version)'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: pyproject.toml | $(VENV)/bin/python
	@echo "Installing the program and its libraries into $(VENV) (one to three minutes)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.ready-dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing the program, its libraries and the test tools into $(VENV)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[dev]'
	-@$(BIN)/python -m compileall -qq -j 0 -x /tests/ $(VENV)/lib  # pip would use one core
	@touch $(VENV)/.ready $@

servers:
	@sh deploy/test-servers.sh

demo: setup
	$(BIN)/groundwatch demo

test: setup-dev servers
	@$(BIN)/python -m compileall -q -j 0 $(PACKAGES)  # many tests start the program
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

cases: setup-dev
	GROUNDWATCH_TEST_CASES=$(CASES) $(BIN)/python -m pytest -n $(WORKERS) --dist load \
	  -o timeout=0 --durations=0 $$(grep -l 'tests.cases' tests/unit/ingest/*.py)

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev servers
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
