# `make` shows what there is. Needs Python 3.11 to 3.13 with venv, and nothing else: a virtual environment is made in
# .venv from requirements that are locked by hash.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --no-input
# Tests share two cores with PostgreSQL itself.
WORKERS ?= 2

# A thousand databases are made and dropped: in memory where that has room for them, with fsync on as everywhere.
SCRATCH := $(or $(shell df --output=avail -k /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 > 8000000 {print "/dev/shm"}'),/tmp)

.DEFAULT_GOAL := help
.PHONY: help demo test bench soak lint types contracts schema lock clean
.DELETE_ON_ERROR:

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*  ## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: .venv/run  ## a year of real purchases, the books, and one member forgotten
	$(BIN)/points-ledger demo

test: lint types contracts  ## everything that must hold: style, types, contracts, tests
	@command -v softhsm2-util >/dev/null || \
		echo "SoftHSM is missing, so tests of a root in an HSM are skipped. On Debian: apt-get install softhsm2"
	TMPDIR=$(SCRATCH) $(BIN)/pytest -n $(WORKERS)

bench: .venv/dev  ## the measurements of benchmarks/, with their targets
	$(BIN)/python -m benchmarks.append
	$(BIN)/python -m benchmarks.big_account
	$(BIN)/python -m benchmarks.project
	$(BIN)/python -m benchmarks.erase
	$(BIN)/python -m benchmarks.roots
	$(BIN)/python -m benchmarks.horizon
	$(BIN)/python -m benchmarks.compact

soak: .venv/dev  ## tests that run for minutes under load
	$(BIN)/pytest -m soak -p no:xdist

lint: .venv/dev  ## ruff over Python, sqlfluff over SQL
	$(BIN)/ruff check .
	$(BIN)/sqlfluff lint --quiet --nocolor crypto_shredding ledger projections service

types: .venv/dev  ## mypy --strict
	$(BIN)/mypy

contracts: .venv/dev  ## which package may import which
	$(BIN)/lint-imports --no-cache

schema: .venv/dev  ## write the schema.sql that people read from what the migrations make
	$(BIN)/python -m tests.architecture.schema

lock: .venv/dev  ## choose new versions of everything and lock them by hash
	$(BIN)/python -m pip --quiet install uv
	echo 'setuptools>=77' | $(LOCK) - -o requirements-build.txt
	$(LOCK) --extra demo --extra pkcs11 --extra openbao --extra aws --extra dev pyproject.toml -o requirements-dev.txt
	$(LOCK) --extra demo -c requirements-dev.txt pyproject.toml -o requirements.txt

LOCK = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock'

clean:  ## remove what was made here; data folders stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build points_ledger.egg-info

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "Python 3.11 to 3.13 is needed, $(PYTHON) is another one: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -m venv --clear .venv || { \
		echo "Python's venv is missing. On Debian: apt-get install python3-venv"; rm -rf .venv; exit 1; }
	@touch $@

.venv/run: .venv/made requirements.txt requirements-build.txt pyproject.toml
	$(PIP) --require-hashes -r requirements-build.txt -r requirements.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: .venv/run requirements-dev.txt
	$(PIP) --require-hashes -r requirements-dev.txt
	@touch $@
