# The commands of this project. `make demo` shows it work, `make test` tests it; nothing needs preparing.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
RIVALS := $(VENV)/.bench-ready
ARGS   ?=

.PHONY: demo test setup servers check bench soak golden format clean

demo: setup
	$(BIN)/ridethrough demo $(ARGS)

test: setup servers
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

setup: $(READY)

# Exact versions with hashes; the build backend is among them, so nothing else is fetched.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ridethrough needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# The servers that tests talk to. Debian's own services are never started.
servers:
	@.ci/servers

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What benchmarks compare with; nothing else needs it.
$(RIVALS): benchmarks/requirements.lock $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

bench: setup servers $(RIVALS)
	$(BIN)/python benchmarks/run.py $(ARGS)

# The long runs; `make test` runs a tenth of each.
soak: setup servers
	$(BIN)/pytest -n 2 -m soak $(ARGS)

# Rewrites expected files, for a person to read the diff.
golden: setup
	$(BIN)/pytest -q --golden $(ARGS)
	git --no-pager diff --stat

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist
