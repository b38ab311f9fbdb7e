# Needs only Python >= 3.11 and make: bootstrap.py brings the rest.

ifndef PYTHON
PYTHON := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; \
	done)
endif
PYTHON := $(or $(PYTHON),python3)
# Every process would compile a thousand modules for itself.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv/bin
PACKAGES := $(filter-out tests,$(patsubst %/__init__.py,%,$(wildcard */__init__.py)))
TEMPLATES = $(shell find templates -name '*.html')
COMPILE := uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: run test test-quick test-slow bench faults eval screenshots lint format lock clean

# Everything running, with demonstration data; Ctrl-C stops it. Variables: see README.md.
run:
	@$(PYTHON) bootstrap.py && exec $(VENV)/python manage.py up --demo

# Style and types are checked beside the tests, which often wait for their databases.
test:
	@$(PYTHON) bootstrap.py --dev
	@$(MAKE) --no-print-directory -j2 lint test-quick

test-quick:
	$(VENV)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

# Exit code 5 says that no test is marked slow yet.
test-slow:
	@$(PYTHON) bootstrap.py --dev --browser --mail
	$(VENV)/python -m pytest -n 2 --dist loadfile -m slow || [ $$? -eq 5 ]

# Cases beside their ceilings, see docs/bench.md: make bench TICKETS=100000 JSON=bench.json ARGS="--cases 1,3"
# Case 11 needs a browser and is measured only when asked for.
TICKETS ?= 10000
bench:
	@$(PYTHON) bootstrap.py $(if $(findstring 11,$(ARGS)),--dev --browser)
	$(VENV)/python -m bench --tickets $(TICKETS) $(if $(JSON),--json $(JSON)) $(ARGS)

# Everything is broken under load and nothing may be lost, see docs/faults.md:
# make faults SECONDS=120 JSON=faults.json ARGS="--seed 2"
faults:
	@$(PYTHON) bootstrap.py --dev
	$(VENV)/python -m faults $(if $(SECONDS),--seconds $(SECONDS)) $(if $(JSON),--json $(JSON)) $(ARGS)

# How well bots understand, on labelled sets in a folder, see docs/understanding.md:
# how well their sense of mood agrees with people, and how well conversations are checked, see
# docs/quality.md:
# make eval DATA=../shared/data/labelled JSON=eval.json ARGS="--only languages,smp"
DATA ?= ../shared/data/labelled
eval:
	@$(PYTHON) bootstrap.py
	$(VENV)/python manage.py eval_understanding --data $(DATA) $(if $(JSON),--out $(JSON)) $(ARGS)
	$(VENV)/python manage.py eval_moods $(if $(JSON),--out $(JSON))
	$(VENV)/python manage.py eval_checks $(if $(JSON),--out $(JSON))

# The main pages of a demonstration of its own as pictures for the README, into docs/screenshots/.
screenshots:
	@$(PYTHON) bootstrap.py --dev --browser
	$(VENV)/python -m tests.screenshots

lint:
	@$(PYTHON) bootstrap.py --dev
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/lint-imports
	$(VENV)/mypy $(PACKAGES) bootstrap.py
	$(if $(TEMPLATES),@echo "djade --check templates" && $(VENV)/djade --check --target-version 5.2 $(TEMPLATES))
	$(VENV)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

format:
	@$(PYTHON) bootstrap.py --dev
	$(VENV)/ruff check --fix
	$(VENV)/ruff format
	$(if $(TEMPLATES),$(VENV)/djade --target-version 5.2 $(TEMPLATES))

# Renew the lock files: `make lock` keeps what is locked, `make lock UPGRADE=--upgrade` does not.
lock:
	for part in "" -dev -node; do \
	$(COMPILE) $(UPGRADE) requirements$$part.in -o requirements$$part.txt || exit 1; done
	npm install --package-lock-only

# All that can be made again; the data in var/ stay.
clean:
	rm -rf .venv node_modules .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
	rm -f locale/*/LC_MESSAGES/*.mo
