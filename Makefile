# make demo    sets up what is missing, then runs the example on the embedded local cloud (KEEP=1: stays up at the end)
# make test    sets up what is missing, then runs every check
# make setup   .venv and node_modules only
PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help setup demo test clean

help:
	@sed -n 's/^# //p' $(MAKEFILE_LIST)

setup: .venv/installed node_modules/installed

.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "setup: Python 3.11 or newer is needed, got $$($(PYTHON) --version 2>&1); name another with make PYTHON=..." >&2; exit 1; }
	@echo "setup: installing Python packages into .venv (about 1.5 GB, some minutes, once)"
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[local,spark,dev]'
	@touch $@

node_modules/installed: package.json package-lock.json
	@command -v npm >/dev/null && node -e 'process.exit(process.versions.node.split(".")[0] < 18 ? 1 : 0)' \
	  || { echo "setup: Node.js 18 or newer with npm is needed, got $$(node --version 2>&1); see https://nodejs.org" >&2; exit 1; }
	@echo "setup: installing the CDK command line into node_modules"
	@npm ci --silent --no-audit --no-fund
	@touch $@

demo: setup
	@.venv/bin/python examples/movielens/demo.py $(if $(KEEP),--keep)

test: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check --quiet . || { echo "test: run .venv/bin/ruff format ." >&2; exit 1; }
	@.venv/bin/mypy
	@.venv/bin/pytest --numprocesses 2 --dist worksteal

clean:
	rm -rf .venv node_modules .personalize build *.egg-info
