# Hubledger: `make demo` shows it, `make test` proves it, `make check` reads it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= demo
# Where the demo's fleet, lake and ledger are; a shell can `eval "$(make -s env)"` to use them.
DEMO_ENV := HUBLEDGER_FLEET=$(DEMO)/fleet HUBLEDGER_LAKE=$(DEMO)/lake HUBLEDGER_LEDGER=$(DEMO)/ledger.sqlite

.PHONY: help install demo env check format test bench lock clean

help:  ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed  ## Create the environment from the lock file

# The stamp holds the lock file's content: without a change, nothing is installed and no network is needed.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "hubledger: Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install  ## Take the example fleet through bills, usage, allocation, report, proof and invoices
	@$(BIN)/python -m examples.demo $(DEMO)

env:
	@printf 'export %s\n' $(DEMO_ENV)

check: install  ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: install  ## Write the code the way `check` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: install  ## Install what the tests need, then run every test
	@PYTHON=$(BIN)/python tests/requirements/install
	$(BIN)/pytest -n 2 --dist loadgroup

bench: install  ## Measure speed and memory, as ratios
	$(BIN)/python -m benchmarks.ingest
	$(BIN)/python -m benchmarks.aws
	$(BIN)/python -m benchmarks.allocate
	$(BIN)/python -m benchmarks.terraform
	$(BIN)/python -m benchmarks.dashboard

lock: install  ## Resolve the lock file anew
	$(BIN)/uv pip compile -q pyproject.toml --group dev --python-version 3.11 --universal --upgrade \
		--generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements.lock

clean:  ## Remove the environments and the demo
	rm -rf $(VENV) .venvs $(DEMO)
