# make demo | test | core | check | docs | bench | clean.
# PYTHON=... picks the interpreter, VENV=... the environment.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip -qq
# What touches sockets, and so the event loop: it runs on uvloop as well.
LOOP_TESTS := $(addprefix tests/transport/test_,http.py line.py direct.py arrival.py) \
	$(addprefix tests/hostile/test_,servers.py files.py embedded.py)
ON_UVLOOP := --loop uvloop -k "not gigabyte" $(LOOP_TESTS)
# One process more than there are cores: many tests wait for the processes they have started.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PARALLEL := --numprocesses $(WORKERS) --dist loadfile
BUILD_INPUTS := pyproject.toml requirements-dev.txt

# Whatever a test starts would compile the package anew, which takes it 0.4 s.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
# An environment that could not be completed is not taken for a finished one.
.DELETE_ON_ERROR:
.PHONY: help demo test core check lint docs bench clean

help:
	@echo "make demo    upload a picture on every target and show each answer"
	@echo "make test    lint, types, import contracts, every test, coverage"
	@echo "make core    the tests of transport and core alone, for one more Python"
	@echo "make check   lint, types and import contracts only"
	@echo "make docs    the site, in build/site; a warning is an error"
	@echo "make bench   measurements, each beside what it is compared with"
	@echo "make clean   remove the environment, caches and build results"

demo: $(VENV)/.run-time
	@echo "demo: uploading on every target, against a server on this machine"
	@$(BIN)/python examples/demo.py

test: lint
	@echo "test: what touches sockets, on uvloop"
	@$(BIN)/pytest --quiet $(PARALLEL) $(ON_UVLOOP)
	@echo "test: every test, with branch coverage of this process and its children"
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(PARALLEL)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
	@echo "test: every conformance case on every target, and the facts that none proves"
	@$(BIN)/minibridge check --coverage

core: $(VENV)/.dev
	@echo "core: $$($(BIN)/python --version), on asyncio and on uvloop"
	@$(BIN)/pytest --quiet $(PARALLEL) tests/transport tests/test_*.py --deselect tests/test_packaging.py
	@$(BIN)/pytest --quiet $(PARALLEL) $(ON_UVLOOP)

check: lint

lint: $(VENV)/.dev
	@echo "check: ruff, formatting, mypy --strict, import contracts"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache --no-logo

docs: $(VENV)/.dev
	@$(BIN)/python -m sphinx --builder html --fail-on-warning --keep-going --quiet -d build/doctrees docs build/site
	@echo "docs: build/site/index.html"

bench: $(VENV)/.dev
	@echo "bench: uploads, the JavaScript side, slow networks; results also in build/benchmarks"
	@$(BIN)/python -m benchmarks.upload
	@$(BIN)/python -m benchmarks.javascript
	@$(BIN)/python -m benchmarks.network

clean:
	@echo "clean: removing $(VENV), caches and build results"
	@if [ -f "$(VENV)/pyvenv.cfg" ]; then rm -rf "$(VENV)"; fi
	@rm -rf build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || \
		{ echo "minibridge needs Python 3.11 or later as '$(PYTHON)'; name another with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || \
		{ echo "This Python has no venv: install it with 'apt-get install python3-venv'" >&2; exit 1; }
	@echo "setup: creating the environment $(VENV)"
	@$(PYTHON) -m venv "$(VENV)"

# The demo needs no development tools; whoever ran the tests already has what it needs.
$(VENV)/.run-time: $(BUILD_INPUTS) | $(BIN)/python
	@if [ "$(VENV)/.dev" -nt pyproject.toml ] && [ "$(VENV)/.dev" -nt requirements-dev.txt ]; then :; else \
		echo "setup: installing minibridge and its run-time dependencies into $(VENV)"; \
		$(PIP) install --constraint requirements-dev.txt --editable ".[cli]"; fi
	@touch $@

$(VENV)/.dev: $(BUILD_INPUTS) | $(BIN)/python
	@echo "setup: installing minibridge and its pinned development tools into $(VENV)"
	@$(PIP) install --requirement requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
