# Tocsin from a fresh checkout: needs git, make, Python 3.11 or newer and, the first time, a package index.
# Nothing is installed outside this folder, except Chromium for `make test` when that is run by root.

.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& command -v $$name && break; done)
VENV := .venv
RUN := $(VENV)/.tocsin-run
DEV := $(VENV)/.tocsin-dev
PROGRAMS := .tools/.test-programs

# Where it is set, each program that is started compiles all of Tocsin again.
unexport PYTHONDONTWRITEBYTECODE

# Certificates that this machine trusts are trusted: a company's proxy signs with its own.
export UV_SYSTEM_CERTS ?= true

# Installs exactly what uv.lock names, checked by its digests, with bytecode, by the Python of this machine.
define sync
@python="$(PYTHON)"; \
if [ -z "$$python" ]; then \
	echo "tocsin: Python 3.11 or newer is needed and was not found; install it and run make again." >&2; exit 1; fi; \
uv=$$("$$python" deploy/get_uv.py) || exit 1; \
echo "tocsin: installing packages into $(VENV)" >&2; \
UV_LINK_MODE=$${UV_LINK_MODE:-copy} UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=$(VENV) \
	"$$uv" sync --quiet --frozen --compile-bytecode --python "$$python" $(1) \
	|| { echo "tocsin: the packages were not installed, for the reason above; mend it and run make again." >&2; exit 1; }
endef

.PHONY: help setup run test check bench chaos programs clean

help: ## List what make can do
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 12

setup: $(DEV) ## Install everything a developer needs into .venv

run: $(RUN) ## Start Tocsin (make run ARGS="--config my.yaml")
	@exec $(VENV)/bin/tocsin serve $(ARGS)

# One more than there are cores: some tests wait.
WORKERS = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

test: $(DEV) $(PROGRAMS) ## Run the tests, on all cores (make test ARGS="-k paging" for some of them, on one)
	@$(VENV)/bin/python -m pytest $(or $(ARGS),-n $(WORKERS) --maxprocesses 6 --dist loadgroup)

check: $(DEV) ## Check style, types and who imports whom
	@failed=0; \
	$(VENV)/bin/ruff check . || failed=1; \
	$(VENV)/bin/ruff format --check . || failed=1; \
	$(VENV)/bin/mypy || failed=1; \
	$(VENV)/bin/lint-imports || failed=1; \
	exit $$failed

bench: $(DEV) ## Measure Tocsin against its bars (make bench ARGS=intake)
	@$(VENV)/bin/python -m bench $(ARGS)

chaos: $(DEV) ## Break it at random and judge what became of each page (make chaos ARGS="--minutes 30 --seed 7")
	@$(VENV)/bin/python -m tests.chaos $(ARGS)

programs: $(PROGRAMS) ## Fetch the programs some tests talk to: Prometheus, Alertmanager, Zabbix, Icinga, Nagios, PgBouncer, Chromium, axe, emulate, moto, Helm

clean: ## Remove .venv, .tools and what tools leave behind
	rm -rf $(VENV) .tools dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# What a developer has is enough to run: so `make run` after `make test` installs and removes nothing.
$(RUN): pyproject.toml uv.lock
	$(call sync,$(if $(wildcard $(DEV)),,--no-dev))
	@touch $(RUN)

$(DEV): pyproject.toml uv.lock
	$(call sync)
	@touch $(RUN) $(DEV)

$(PROGRAMS): deploy/test_programs.py deploy/python_programs.py deploy/python/moto.txt | $(DEV)
	@$(VENV)/bin/python -m deploy.test_programs
	@touch $(PROGRAMS)
