# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= data
HTTP_PORT ?= 8080
WS_PORT ?= 8081
SYSTEM_PACKAGES := nginx libnginx-mod-nchan

.DEFAULT_GOAL := help
.PHONY: help setup run test check format pins openapi bench system-packages clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: $(VENV)/.complete ## make the virtual environment; $(BIN)/fanfare exists after it

$(VENV)/.complete: requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Fanfare needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

run: setup ## start the service on this machine and print how to try it
	$(BIN)/fanfare serve --data $(DATA) --http-port $(HTTP_PORT) --ws-port $(WS_PORT) --tour

test: setup check ## every check and test
	$(BIN)/pytest

check: setup ## lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## format the code and sort imports
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pins: setup ## compile requirements/*.txt anew from requirements/*.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--upgrade --quiet --output-file requirements/dev.txt requirements/dev.in
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--quiet --constraints requirements/dev.txt --output-file requirements/local.txt requirements/local.in

openapi: setup ## write docs/openapi.json from the code
	$(BIN)/python -m admin_api.openapi

bench: setup ## measure beside what people would use instead (needs gcc; nginx and Node for their parts)
	$(BIN)/python -m bench

system-packages: ## what Debian must bring for the benchmarks' rivals and, later, the browser tests
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SYSTEM_PACKAGES)

clean: ## remove what was made, but not $(DATA)
	rm -rf $(VENV) build dist bench/build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
