# `make run` and `make test` are all a newcomer needs; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= data
HTTP_PORT ?= 8080
WS_PORT ?= 8081
OFFICE ?= 200
REGION ?= eu-central-1
HAS_NODE := $(shell command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && echo yes)
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser)
SYSTEM_PACKAGES := nginx libnginx-mod-nchan wrk chromium fonts-noto-cjk

CONSOLE := admin_api/console
# Its types are made from the API's document and its terminal is the JavaScript library's, so both make it anew.
CONSOLE_SOURCES = $(filter-out %.test.ts %.test.tsx %/schema.d.ts,$(shell find $(CONSOLE)/src $(CONSOLE)/build clients/js/src -type f)) \
	$(addprefix $(CONSOLE)/,index.html terminal.html vite.config.ts tsconfig.json package.json) docs/openapi.json

JS_TESTS_NEED := $(if $(HAS_NODE),$(addsuffix /node_modules/.package-lock.json,clients/js $(CONSOLE)))

.DEFAULT_GOAL := help
.PHONY: help setup run test test-services test-python test-js test-console check format pins openapi console screenshots build deploy validate bench system-packages clean

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

# npm writes this file when it has installed what the lock file says.
%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --loglevel=error --no-audit --no-fund
	touch $@

run: setup ## start the service on this machine and print how to try it; OFFICE=0: without its simulated office
	@$(MAKE) --no-print-directory console || echo "left out: the console, which cannot be built; why is above. All else works."
	$(BIN)/fanfare serve --data $(DATA) --http-port $(HTTP_PORT) --ws-port $(WS_PORT) --tour --office $(OFFICE)

ifeq ($(HAS_NODE),yes)
console: $(CONSOLE)/dist/index.html ## build the console, if what it is made of has changed
else
console:
	@echo "left out: the console; it is built with npm and Node 20 or newer (https://nodejs.org)"
endif

$(CONSOLE)/dist/index.html: $(CONSOLE)/node_modules/.package-lock.json $(CONSOLE_SOURCES)
	cd $(CONSOLE) && npm run --silent build

# On two cores; the longest first, so all that they need is there before.
test: ## every check and test
	$(MAKE) --no-print-directory -j2 --output-sync=target check console .venv-emulator/.complete $(JS_TESTS_NEED)
	$(MAKE) --no-print-directory --keep-going -j2 --output-sync=target test-services test-python test-js test-console

# Tests make many thousands of small files, each of which costs a disk much: in memory, where that has room for them.
IN_MEMORY := $(shell test "$$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 4000000 2>/dev/null && echo TMPDIR=/dev/shm)

WHOLE_SERVICES := tests/e2e tests/emulator tests/faults

test-services: setup .venv-emulator/.complete ## the tests of whole services: on one machine, and on the emulator of AWS
	$(IN_MEMORY) $(BIN)/pytest $(WHOLE_SERVICES)

test-python: setup ## all other tests in Python
	$(IN_MEMORY) $(BIN)/pytest tests $(addprefix --ignore=,$(WHOLE_SERVICES))

ifeq ($(HAS_NODE),yes)
test-js: $(JS_TESTS_NEED) ## lint, types and tests of the JavaScript library and of the console
	cd clients/js && npm run --silent check && npm test --silent
	cd $(CONSOLE) && npm run --silent check && npm test --silent
else
test-js:
	@echo "left out: the tests of the JavaScript library and of the console; they need npm and Node 20 or newer (https://nodejs.org)"
endif

ifeq ($(HAS_NODE)$(if $(CHROMIUM),,no),yes)
test-console: setup console ## the console in a browser, against the service on this machine
	cd $(CONSOLE) && $(IN_MEMORY) FANFARE_CHROMIUM=$(CHROMIUM) npm run --silent e2e

screenshots: setup console ## pictures of every page of the console, light and dark
	cd $(CONSOLE) && FANFARE_CHROMIUM=$(CHROMIUM) npm run --silent screenshots
else
test-console screenshots:
	@echo "left out: the console in a browser; it needs npm and Node 20 or newer (https://nodejs.org), and Chromium: make system-packages"
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

build: setup console ## write the packages of the Lambda functions to build/, and print how large they are
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

system-packages: ## what Debian must bring for the benchmarks' rivals and for the console's tests in a browser
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SYSTEM_PACKAGES)

clean: ## remove what was made, but not $(DATA)
	rm -rf $(VENV) .venv-* .aws-sam build dist bench/build clients/js/node_modules clients/js/dist clients/js/build \
		$(addprefix $(CONSOLE)/,node_modules dist src/api/schema.d.ts test-results playwright-report screenshots) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
