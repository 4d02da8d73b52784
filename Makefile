# Kaibo in a few words: `make demo` to see it, `make test` to prove it. Needs git, make and
# Python 3.11 or 3.12 with venv; everything else is fetched into .venv, node_modules and .cache.

# A recipe line is one program; what is made is named by a stamp that its inputs make old.
.DELETE_ON_ERROR:
.PHONY: help demo test check mutants load bench bench-rooms bench-inventory web constraints clean
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
CONSTRAINED := -c constraints.txt
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
INSTALL_INPUTS := pyproject.toml constraints.txt
WEB := $(BIN)/python web_client/build.py

# The first Python on PATH that will do; `make demo PYTHON=/path/to/python3.12` names another.
IS_NEW_ENOUGH := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))
PYTHON ?= $(shell for name in python3.12 python3.11 python3 python; do \
	if $$name -c '$(IS_NEW_ENOUGH)' >/dev/null 2>&1; then echo $$name; break; fi; done)

help:
	@echo "make demo         open a room with live video, products and a flash sale; Ctrl-C stops it"
	@echo "make test         check, build and run every test: Python, web client, browser"
	@echo "make check        lint, types and import rules only"
	@echo "make mutants      plant known bugs in a copy, one by one: the tests must notice each"
	@echo "make load         1,000 viewers and 500 buyers for 100 units; an oracle checks the promises"
	@echo "make bench        all benchmarks and a small peer, into docs/benchmarks.md; half an hour"
	@echo "make bench-rooms  what a room costs its server, beside a bare loop of sends and other servers"
	@echo "make bench-inventory  what a purchase costs, beside a floor and a small peer"
	@echo "make web          build the web client"
	@echo "make constraints  renew constraints.txt with the newest versions"
	@echo "make clean        remove everything made here except .kaibo, which holds orders"

demo: $(VENV)/.runtime
	@$(WEB) build
	@exec $(BIN)/kaibo demo

test: check
	@$(WEB) build
	$(BIN)/python -m pytest
	@$(WEB) test

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@$(WEB) check

# MUTANTS="word another" tries only those with such words in their names.
mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutants.run $(MUTANTS)

load: $(VENV)/.dev
	$(BIN)/python -m loadtests run countdown_rush

# BENCH=--quick tries everything in minutes and changes no page; BENCH="--only whole" renews a part.
bench: $(VENV)/.dev
	$(BIN)/python -m loadtests.benchmarks $(BENCH)

# With BENCH=--quick it takes a few minutes instead of twenty, and judges nothing.
bench-rooms: $(VENV)/.dev
	$(BIN)/python -m loadtests.bench $(BENCH)

# With BENCH=--quick it takes a minute instead of ten, and judges nothing.
bench-inventory: $(VENV)/.dev
	$(BIN)/python -m loadtests.bench_inventory $(BENCH)

web: $(VENV)/.runtime
	@$(WEB) build

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c '$(IS_NEW_ENOUGH)'; then \
		echo "Python 3.11 or 3.12 is needed; found: $(or $(PYTHON),none that will do)." >&2; \
		echo "Install it (Debian: apt-get install python3 python3-venv), or name one:" >&2; \
		echo "make demo PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "This Python cannot make a virtualenv (Debian: apt-get install python3-venv)." >&2; \
		exit 1; }

# What runs the server, and a Node if the machine has none that will do.
$(VENV)/.runtime: $(INSTALL_INPUTS) | $(VENV)/bin/python
	@echo "installing what the server needs"
	@$(PIP) --editable . $(CONSTRAINED)
	@$(WEB) node >/dev/null 2>&1 || { echo "installing Node into $(VENV)"; \
		$(PIP) --editable '.[web]' $(CONSTRAINED); }
	@touch $@

# The same with what checks, tests and loads it.
$(VENV)/.dev: $(INSTALL_INPUTS) | $(VENV)/bin/python
	@echo "installing what the tests need"
	@$(PIP) --editable '.[dev]' $(CONSTRAINED)
	@touch $@ $(VENV)/.runtime

# In a fresh environment, so that nothing forgotten is carried along.
constraints: | $(VENV)/bin/python
	rm -rf .cache/constraints
	$(BIN)/python -m venv .cache/constraints
	.cache/constraints/bin/python -m pip --quiet install --editable '.[dev]'
	sed -n '/^#/p' constraints.txt > .cache/constraints/constraints.txt
	.cache/constraints/bin/python -m pip freeze --exclude-editable | LC_ALL=C sort -f \
		>> .cache/constraints/constraints.txt
	mv .cache/constraints/constraints.txt constraints.txt
	rm -rf .cache/constraints

clean:
	rm -rf $(VENV) web_client/node_modules server/http/static build dist .cache \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
