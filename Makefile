# Postroom. `make` lists the targets; `make demo` and `make test` work on a bare checkout.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.complete
DJANGO61 := .dev/django61
ARGS ?=
# PEP 517: one package comes as source, and Debian's pip warns about the older way to build it.
PIP_OPTIONS := --quiet --disable-pip-version-check --use-pep517 --require-hashes
# Settings that the checks of settings and migrations need; they open no database.
LINT_ENV := SECRET_KEY=lint STAFF_EMAILS=lint@example.org DEFAULT_FROM_EMAIL=lint@example.org DATABASE_URL=$${DATABASE_URL:-postgresql://lint@127.0.0.1:1/lint}

# The tests that depend on RabbitMQ's version.
ENGINE_TESTS := $(addprefix tests/,mailer/broker shared/broker \
	$(addprefix acceptance/,broker path outages operations))
# The tests that depend on Django's version.
WEB_TESTS := $(addprefix tests/,api backend browser console emails importing jobs mailer/rows \
	notifications reporting site systems \
	$(addprefix acceptance/,deployment/test_demo.py jobs/test_scheduler.py path systems))

.DEFAULT_GOAL := help
.PHONY: help venv demo test lint screenshots judge docs docs-pictures run test-rabbitmq4 test-django61 bench lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

venv: $(STAMP) ## Create or update the virtual environment

# The stamp comes last, so that make repeats an interrupted install. An existing environment is not
# removed, because programs may be running from it; `make clean venv` creates a new one.
$(STAMP): requirements/dev.txt dev/postroom-mailer
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Postroom needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "Installing requirements/dev.txt into .venv (a minute, once) ..."
	@test -e .venv/pyvenv.cfg && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv .venv || \
		{ echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install $(PIP_OPTIONS) -r requirements/dev.txt
	@install -m 755 dev/postroom-mailer $(BIN)/postroom-mailer
	@touch $@

demo: $(STAMP) ## Run the whole system once: forms, queue, delivered e-mails
	@$(BIN)/python -m dev.demo

run: $(STAMP) ## The same, and keep it running until Ctrl-C
	@$(BIN)/python -m dev.demo --stay

test: lint ## Lint, then run all tests on real services (ARGS="-k smtp" selects)
	@$(BIN)/python -m dev.test $(ARGS)

test-rabbitmq4: $(STAMP) ## The engine's tests on RabbitMQ 4 (as root on Debian or Ubuntu)
	@$(BIN)/python -m dev.rabbitmq_root .dev/rabbitmq4
	@POSTROOM_RABBITMQ_ROOT=.dev/rabbitmq4 $(BIN)/python -m dev.test $(or $(ARGS),$(ENGINE_TESTS))

test-django61: $(DJANGO61)/.complete ## The web tests on Django 6.1 (PYTHON=python3.12 or newer)
	@$(DJANGO61)/bin/python -m dev.test $(or $(ARGS),$(WEB_TESTS))

$(DJANGO61)/.complete: requirements/django61.txt dev/postroom-mailer
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))' || \
		{ echo "Django 6.1 needs Python 3.12 or newer: make test-django61 PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "Installing requirements/django61.txt into $(DJANGO61) (a minute, once) ..."
	@$(PYTHON) -m venv $(DJANGO61)
	@$(DJANGO61)/bin/python -m pip install $(PIP_OPTIONS) -r requirements/django61.txt
	@install -m 755 dev/postroom-mailer $(DJANGO61)/bin/postroom-mailer
	@touch $@

lint: $(STAMP) ## Style, types, import rules, missing migrations
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --check --quiet . || \
		{ echo "Not formatted: run $(BIN)/ruff format ." >&2; exit 1; }
	@$(LINT_ENV) $(BIN)/mypy --no-error-summary postroom dev tests
	@$(BIN)/codespell
	@$(BIN)/lint-imports --no-logo >.venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@$(LINT_ENV) $(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run \
		>.venv/makemigrations.log || { cat .venv/makemigrations.log; exit 1; }
	@echo "Lint, types, import rules and migrations: ok."

screenshots: $(STAMP) ## A picture of every page, in four views, in .dev/screenshots
	@$(BIN)/python -m dev.test tests/browser/screenshots.py -q -n 2

docs-pictures: $(STAMP) ## Take the documentation's pictures of the console again
	@$(BIN)/python -m dev.test tests/browser/docs_pictures.py -q -n 0

judge: $(STAMP) ## Every e-mail before all judges that are installed (ARGS=--install)
	@$(BIN)/python -m dev.judging $(ARGS)

docs: $(STAMP) ## Build the documentation into .dev/docs
	@$(BIN)/python -m dev.pages.settings_reference --check
	@$(BIN)/python -m dev.pages.health_reference --check
	@$(BIN)/sphinx-build --quiet --fail-on-warning --fresh-env -c docs/_site -d .dev/docs-cache . .dev/docs
	@echo "Open .dev/docs/index.html"

bench: $(STAMP) ## Measure throughput and latency on this machine
	@$(BIN)/python dev/services.py run --management -- $(BIN)/python -m benchmarks $(ARGS)

lock: $(STAMP) ## Pin the newest allowed versions in requirements/*.txt
	@for name in mailer web dev tracing mailbox; do \
		$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
			--no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done
	@cp requirements/dev.txt requirements/django61.txt  # the same versions of all other packages
	@$(BIN)/uv pip compile --quiet --upgrade-package Django --generate-hashes --universal \
		--python-version 3.12 --no-emit-index-url --no-header requirements/dev.in \
		--override requirements/django61.in -o requirements/django61.txt
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-header requirements/foreign-site.in -o requirements/foreign-site.txt
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.12 \
		--no-emit-index-url --no-header requirements/foreign-site.in \
		--override requirements/django61.in -o requirements/foreign-site61.txt

clean: ## Remove the virtual environment and all caches
	@rm -rf .venv .dev .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
