# Two commands for a newcomer: `make demo` and `make test`. Everything is set up in .venv (and .venv-oldest).
PYTHON ?= python3
VENV := .venv
OLDEST := .venv-oldest
BIN := $(VENV)/bin
# The starter model's ports: world and first day. A year each; 30 % inspected, half of it at random.
PORTS := base=2024-01-08 europe=2024-03-04 southeast_asia=2024-05-06 south_asia=2024-07-01 \
	west_africa=2024-09-02 southern_africa=2024-11-04
PORT_DAYS := 365
PORT_SIZE := --per-day 1000 --slots-per-day 300 --random-share 0.5

.PHONY: demo test quick lint oldest model docs translations dist clean

# A seed of its own, known to all: every run shows the same list.
demo: $(VENV)/ready
	mkdir -p out
	$(BIN)/wildcargo score data_samples/port_day.csv --capacity 30 --seed 0 --out out/worklist.csv
	$(BIN)/wildcargo sample data_samples/port_day.csv --at 2025-01-06T04:00 --zone Asia/Hong_Kong \
		--data out/sample --overwrite
	@echo
	@echo "The same day in the app:  $(BIN)/wildcargo app --data out/sample"

# A file's tests stay together, so that what they share is made once; files with slow ones begin first.
test: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

quick: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The quick tests with the oldest versions the ranges in pyproject.toml allow, but those that ask no library
# anything that others do not: of documents and benchmarks, and every page with hostile text.
OLDEST_LEAVES := project/test_documentation.py benchmarks app/pages/test_hostile_text.py
oldest: $(OLDEST)/ready
	$(OLDEST)/bin/python -m pytest -n 2 --dist loadfile -m "not slow" $(OLDEST_LEAVES:%=--ignore=tests/%)

# The bundled model, from nothing: the same digest under constraints/newest.txt.
model: $(VENV)/ready
	for port in $(PORTS); do \
		$(BIN)/wildcargo simulate --world $${port%=*} --start $${port#*=} --seed 1 \
			--days $(PORT_DAYS) $(PORT_SIZE) --out out/ports/$${port%=*} || exit 1; \
	done
	OMP_WAIT_POLICY=passive $(BIN)/wildcargo train $(foreach port,$(PORTS),out/ports/$(firstword $(subst =, ,$(port)))) \
		--as-starter --overwrite --out risk/starter

docs: $(VENV)/ready
	$(BIN)/python -m risk.commands.reference > docs/cli.md
	$(BIN)/python -m features.catalogue > docs/features.md
	$(BIN)/python -m features.manifest.guide docs/manifest.md
	$(BIN)/python -m features.manifest.messages.guide docs/formats.md

# Every text the program shows into every catalogue; what is new waits there for a translation.
translations: $(VENV)/ready
	$(BIN)/python -m risk.translating

# Folders for officers' machines, one for Windows and one for Linux, which need no network and no rights there:
# docs/install.md. PYTHON_FOR_WINDOWS and PYTHON_FOR_LINUX name another Python to put into them.
dist: $(VENV)/ready
	$(BIN)/python -m app.distribution --pack --out out/dist

$(VENV)/ready: pyproject.toml constraints/newest.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "wildcargo needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints/newest.txt -e '.[test,lint]'
	touch $@

$(OLDEST)/ready: pyproject.toml constraints/oldest.txt
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/pip install --quiet --disable-pip-version-check --no-compile -c constraints/oldest.txt -e '.[test]'
	touch $@

clean:
	rm -rf out build *.egg-info
