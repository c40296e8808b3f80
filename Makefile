# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= data
HTTP_PORT ?= 8080
WS_PORT ?= 8081
REGION ?= eu-central-1
HAS_NODE := $(shell command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && echo yes)
SYSTEM_PACKAGES := nginx libnginx-mod-nchan wrk

.DEFAULT_GOAL := help
.PHONY: help setup run test test-js check format pins openapi build deploy validate bench system-packages clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: $(VENV)/.complete ## make the virtual environment; $(BIN)/fanfare exists after it

$(VENV)/.complete: requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Fanfare needs Python 3.11 or newer: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# What would clash with our own libraries, or must not find them, has a virtual environment of its own.
.venv-%/.complete: requirements/%.txt $(VENV)/.complete
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-$*
	$(BIN)/uv pip sync --quiet --python .venv-$*/bin/python --require-hashes $<
	touch $@

run: setup ## start the service on this machine and print how to try it
	$(BIN)/fanfare serve --data $(DATA) --http-port $(HTTP_PORT) --ws-port $(WS_PORT) --tour

test: setup check test-js .venv-emulator/.complete ## every check and test
	$(BIN)/pytest

test-js: ## lint, types and tests of the JavaScript terminal library
ifeq ($(HAS_NODE),yes)
	cd clients/js && npm ci --silent --no-audit --no-fund && npm run --silent check && npm test --silent
else
	@echo "left out: the tests of the JavaScript library; they need npm and Node 20 or newer (https://nodejs.org)"
endif

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
	for name in local aws; do \
		$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
			--quiet --constraints requirements/dev.txt --output-file requirements/$$name.txt requirements/$$name.in || exit; \
	done
	for name in emulator deploy checkov; do \
		$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
			--upgrade --quiet --output-file requirements/$$name.txt requirements/$$name.in || exit; \
	done

openapi: setup ## write docs/openapi.json from the code
	$(BIN)/python -m admin_api.openapi

build: setup ## write the packages of the Lambda functions to build/, and print how large they are
	$(BIN)/python -m infra.aws.packaging $(if $(LAMBDA_PYTHON),--compile-with $(LAMBDA_PYTHON))

# SAM publishes a version where a package is another, and does not see what parameters are set to (template.yaml, SnapStart).
deploy: build .venv-deploy/.complete ## deploy template.yaml to AWS; asks what it needs to know, and remembers it in samconfig.toml
	for name in authorizer connections messages api; do date -u +%FT%TZ > build/$$name/deployed_at || exit; done
	SAM_CLI_TELEMETRY=0 .venv-deploy/bin/sam deploy $(if $(wildcard samconfig.toml),,--guided)

validate: .venv-deploy/.complete .venv-checkov/.complete ## template.yaml against AWS's schemas and against security rules
	.venv-deploy/bin/cfn-lint template.yaml
	SAM_CLI_TELEMETRY=0 .venv-deploy/bin/sam validate --lint --template template.yaml --region $(REGION)
	.venv-checkov/bin/checkov --config-file .checkov.yaml

bench: setup ## measure beside what people would use instead (needs gcc; nginx and Node for their parts)
	$(BIN)/python -m bench

system-packages: ## what Debian must bring for the benchmarks' rivals and, later, the browser tests
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SYSTEM_PACKAGES)

clean: ## remove what was made, but not $(DATA)
	rm -rf $(VENV) .venv-* .aws-sam build dist bench/build clients/js/node_modules clients/js/dist clients/js/build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
