# Two commands for a newcomer: `make demo` and `make test`. Everything is set up in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORTS := out/ports
# The starter model's ports: name, world, days, shipments a day, inspections a day, seed.
STARTER_DAYS := 300

.PHONY: demo test quick lint oldest model model-check docs results clean

demo: $(VENV)/ready
	$(BIN)/wildcargo score data_samples/port_day.csv --capacity 30 --out out/worklist.csv

test: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 --dist loadgroup

quick: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 -m "not slow"

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The same tests with the oldest versions the ranges in pyproject.toml allow.
oldest:
	$(PYTHON) -m venv $(VENV)-oldest
	$(VENV)-oldest/bin/pip install --quiet -c constraints/oldest.txt -e '.[test]'
	$(VENV)-oldest/bin/python -m pytest -n 2 -m "not slow"

docs: $(VENV)/ready
	$(BIN)/python -m risk.commands.reference > docs/cli.md
	$(BIN)/python -m features.catalogue > docs/features.md

$(VENV)/ready: pyproject.toml constraints/newest.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "wildcargo needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints/newest.txt -e '.[test,lint]'
	touch $@

clean:
	rm -rf out build *.egg-info
