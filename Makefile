# `make help` lists the targets. Every target sets up what it needs itself, and says so before it installs anything.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
SOURCE ?= auto
STACK ?= icp
PULUMI ?= pulumi
VENV := .venv
LAB := $(VENV)/bin/lab
# Without bytecode, every preview would compile the SDKs again: two seconds and more.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.done: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is too old. Next: run make PYTHON=python3.11 (or newer)."; exit 1; }
	echo "==> Python packages of requirements.lock into $(VENV)"
	$(PYTHON) -m venv $(VENV) || { echo "error: no venv. Next: apt-get install python3-venv."; exit 1; }
	$(VENV)/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.PHONY: venv
venv: $(VENV)/.done ## make .venv, with lab and fedctl in .venv/bin

.PHONY: setup
setup: venv ## install the system packages of the lab (named first; Debian and Ubuntu)
	@$(LAB) setup

.PHONY: tools
tools: setup ## get Kubernetes, etcd, CoreDNS, Pulumi and Karmada; SOURCE=download|build|auto
	@$(LAB) tools install --source $(SOURCE)

.PHONY: preview
preview: venv ## what `pulumi up` would change in STACK, checked by the policies; PULUMI names the engine
	@$(PULUMI) preview --stack $(STACK) --policy-pack policy

.PHONY: policy-state
policy-state: venv ## the policies on what is deployed in STACK, or in FILE, which `pulumi stack export` has made
	@$(PULUMI) policy analyze $(if $(FILE),--file $(FILE),--stack $(STACK)) --policy-pack policy

.PHONY: demo
demo: setup ## two real clusters become one federation, with nginx in both, by the real Pulumi engine
	@$(VENV)/bin/python -m demo.run

.PHONY: demo-down
demo-down: venv ## take the demo apart
	@$(VENV)/bin/python -m demo.run --down

.PHONY: demo-azure
demo-azure: setup ## the same with two AKS clusters and a zone in Azure DNS, on a stand-in for Azure
	@$(VENV)/bin/python -m demo.azure

.PHONY: demo-azure-down
demo-azure-down: venv ## take the demo on the stand-in apart
	@$(VENV)/bin/python -m demo.azure --down

.PHONY: lint
lint: venv ## ruff and mypy
	@$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

.PHONY: test
test: lint tools ## all tests; the first run on a machine builds or downloads the tools
	@tests/run

.PHONY: test-long
test-long: lint tools ## all tests, with whole sweeps instead of samples
	@tests/run long

.PHONY: bench-lab
bench-lab: tools ## how fast the lab is on this machine, as a table
	@$(VENV)/bin/python bench/lab_speed.py

.PHONY: bench
bench: tools ## how fast a federation and its names are, beside karmadactl and external-dns, in docs/benchmarks*.md
	@$(LAB) tools install external-dns --source $(SOURCE)
	$(VENV)/bin/python -m bench.federation_speed --write docs/benchmarks.md
	$(VENV)/bin/python -m bench.names_speed --kills 20 --write docs/benchmarks-names.md

.PHONY: schema
schema: venv ## write the schemas anew with which an editor completes stack files and policy/config.json, and their pages
	@$(VENV)/bin/fedctl schema > topology.schema.json
	$(VENV)/bin/python -m federation.topology.reference > docs/topology.md
	$(VENV)/bin/python -m policy.schema > policy/config.schema.json
	$(VENV)/bin/python -m policy.reference > docs/policies.md

.PHONY: lock
lock: venv ## write requirements.lock anew from pyproject.toml
	@$(VENV)/bin/python -m pip install --quiet uv
	$(VENV)/bin/python -m uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --quiet -o requirements.lock

.PHONY: clean
clean: ## remove the lab, .venv and the caches of this project (tools, images)
	@if [ -x $(LAB) ]; then $(LAB) down; $(LAB) tools clean --all; fi
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .logs
