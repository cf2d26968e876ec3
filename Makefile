# Postroom. `make` lists what there is; `make demo` and `make test` work on a bare checkout.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete
ARGS ?=
# What checks of settings and migrations need although they open no database.
LINT_ENV := SECRET_KEY=lint STAFF_EMAILS=lint@example.org DATABASE_URL=$${DATABASE_URL:-postgresql://lint@127.0.0.1:1/lint}

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint run bench lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

venv: $(STAMP) ## Make or refresh the virtual environment

# The stamp comes last: an interrupted install is begun again. What is there is never cleared away,
# programs may be running from it; `make clean venv` begins anew.
$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Postroom needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "Installing requirements/dev.txt into .venv (a minute, once) ..."
	@test -e .venv/pyvenv.cfg && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv || \
		{ echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(STAMP) ## Show everything working: forms, queue, mail delivered
	@$(BIN)/python -m dev.demo

run: $(STAMP) ## The same, and stay until Ctrl-C
	@$(BIN)/python -m dev.demo --stay

test: lint ## Check and test everything on real services (ARGS="-k smtp" chooses)
	@$(BIN)/python -m dev.test $(ARGS)

lint: $(STAMP) ## Style, types, import rules, missing migrations
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --check --quiet . || \
		{ echo "Not formatted: run $(BIN)/ruff format ." >&2; exit 1; }
	@$(LINT_ENV) $(BIN)/mypy --no-error-summary shared mailer web dev
	@$(BIN)/lint-imports --no-logo >.venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@$(LINT_ENV) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run \
		>.venv/makemigrations.log || { cat .venv/makemigrations.log; exit 1; }
	@echo "Lint, types, import rules and migrations are in order."

bench: $(STAMP) ## Measure throughput and latency on this machine
	@$(BIN)/python dev/services.py run --management -- $(BIN)/python -m benchmarks $(ARGS)

lock: $(STAMP) ## Pin the newest allowed versions in requirements/*.txt
	@for name in mailer web dev tracing; do \
		$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
			--no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

clean: ## Remove the virtual environment and all caches
	@rm -rf .venv .dev .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
