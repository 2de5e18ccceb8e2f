# Everything sets itself up: `make report` on a fresh machine with Python 3.11 or later is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Further flags for pytest, such as TESTFLAGS="-k decode".
TESTFLAGS ?=
# How many processes the tests run in: two more than there are cores, since many tests wait for what they started; 0 is
# none but pytest itself, for a debugger.
JOBS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 2)')
ID ?=
MUTATIONFLAGS ?=
CHANGES ?=
VERDICTS ?= verdicts.tsv
# What verdicts depend on; `make coverage` holds it to 95 %.
CORE := conformance/exchange.py,conformance/decode.py,conformance/shapes.py,conformance/text.py,$\
	conformance/assemble/*,conformance/catalogue.py,conformance/requirements/*,conformance/subject.py,conformance/light.py,$\
	conformance/groups.py,conformance/trouble.py,conformance/judge.py,conformance/compare.py,conformance/gate.py,conformance/standing.py,$\
	conformance/evidence/*

.PHONY: help setup report test prove check format coverage mutation mutate-code interop interop-llama replays bench growth \
	dashboard-scale scaling fuzz soak browser docs tables workflows examples verdicts wheel clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY) ## the virtual environment in .venv

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

report: $(READY) ## run the suite with nothing to configure, and say where the report is
	$(BIN)/pytest

# A file's tests run in one process, which shares what they share. What was skipped is told with its reason.
# No test is measured by the timeout: it ends one that waits for what never comes. The tests start some hundred
# processes, so what Python compiles is kept, whatever the environment says. `make browser` runs those of the pages.
test: $(READY) ## the project's own tests, on all cores; JOBS=0 in one process
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest tests --ignore tests/browser -n $(JOBS) --dist loadfile --timeout 1200 -rfEs \
		$(TESTFLAGS)

# ID names one requirement, or several with spaces between them.
prove: $(READY) ## one requirement proven both ways, in seconds: make prove ID=role-first
	$(BIN)/python -m tests.proof $(ID)

check: $(READY) ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY) ## put the code into its standard form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

coverage: $(READY) ## the project's own tests, and no less than 95 % branch coverage of the core
	$(BIN)/coverage erase
	$(MAKE) test TESTFLAGS="--cov=conformance --cov-branch --cov-report= $(TESTFLAGS)"
	$(BIN)/coverage report --include='$(CORE)' --fail-under=95

# What axe-core finds stands in the way of somebody who reads with a keyboard, by ear, or enlarged.
browser: $(READY) ## the pages in a Chromium of this machine, and what axe-core says of them
	@$(BIN)/python -m tests.browser.chromium || { echo "no Chromium here: install one, such as Debian's chromium"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -c constraints.txt axe-playwright-python
	$(BIN)/pytest tests/browser -n $(JOBS) --dist loadfile --timeout 1200 -rs $(TESTFLAGS)

# MUTATIONFLAGS=--check writes nothing, and fails where the page differs.
mutation: $(READY) ## good streams spoilt at every place: what goes unseen, in docs/mutation.md
	$(BIN)/python -m tests.mutation $(MUTATIONFLAGS)

# CHANGES="gate secrets" tries those alone whose name or file a word is a part of.
mutate-code: $(READY) ## the suite's own code changed in small ways: whether a test notices each
	$(BIN)/python -m tests.changes $(CHANGES)

interop: $(READY) ## real servers that others wrote; installs them into interop/.servers
	$(BIN)/python -m interop

interop-llama: $(READY) ## llama-server, built from source: several minutes the first time
	$(BIN)/python -m interop llama

replays: $(READY) ## the reference and each of its faults asked, and judged again from evidence: the same verdicts; minutes
	$(BIN)/python -m tools.replays

bench: $(READY) ## chunks judged a second, beside json.loads alone
	$(BIN)/python -m tools.bench

growth: $(READY) ## cost at 1 to 64 times the bytes, and the memory of a hostile run: minutes
	$(BIN)/python -m tools.growth
	$(BIN)/python -m tools.memory

scaling: $(READY) ## a run that finds out what a server bears, beside 24 requests at once: minutes
	$(BIN)/python -m tools.scaling

dashboard-scale: $(READY) ## what the dashboard of 100 endpoints over 30 nights costs: seconds
	$(BIN)/python -m tools.nights

# SECONDS is how long each target is fed; TARGETS="judge evidence" feeds those alone.
fuzz: SECONDS ?= 120
fuzz: $(READY) ## coverage-guided fuzzing of all that reads a stranger's bytes; Linux alone
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	$(BIN)/python -m tools.fuzz --seconds $(SECONDS) $(TARGETS)

# EXAMPLES is how many inputs of each kind are tried, SECONDS how long each target of the fuzzer is fed.
soak: EXAMPLES ?= 20000
soak: SECONDS ?= 1800
soak: $(READY) ## what takes long: growth, memory, fuzzing, many mutated streams and files, 50 runs killed, 100 in random weather
	$(MAKE) growth
	$(MAKE) fuzz SECONDS=$(SECONDS)
	EXAMPLES=$(EXAMPLES) $(BIN)/pytest tests/hostile/test_fuzz.py tests/hostile/test_killed.py \
		tests/hostile/test_weather.py tests/proof/test_feeding.py -n $(JOBS)
	EXAMPLES=120 $(BIN)/pytest tests -m hypothesis -n $(JOBS)

docs: $(READY) ## docs/requirements.md and docs/coverage.md, from the catalogue
	$(BIN)/python -m tools.catalogue

tables: $(READY) ## the README's tables of recorded streams; CONFORMANCE_SHARED says where those are
	$(BIN)/python -m tools.recorded

workflows: $(READY) ## .github/workflows/nightly.yml, from providers.toml
	$(BIN)/python -m tools.workflows

examples: $(READY) ## examples/: three nights, a certificate and a dashboard, always the same bytes
	$(BIN)/python -m tools.examples

verdicts: $(READY) ## every verdict on everything that the tests judge, into VERDICTS, to compare two states of the code
	$(BIN)/python -m tools.verdicts $(VERDICTS)

wheel: $(READY) ## the distribution, in dist/
	$(BIN)/python -m build

clean: ## remove what the targets above made
	rm -rf $(VENV) build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
