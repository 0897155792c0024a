# `make help` lists the targets. Every target sets up what it needs itself, and says so before it installs anything.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
SOURCE ?= auto
STACK ?= icp
# The engine on the PATH, unless `make engine` was here.
PULUMI ?= $(if $(wildcard $(VENV)/bin/pulumi),$(CURDIR)/$(VENV)/bin/pulumi,pulumi)
KUBELOGIN ?= v0.2.21
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
preview: venv ## what `pulumi up` would change in STACK, checked by the policies; OFFLINE=1 needs access to nothing
	@PULUMI="$(PULUMI)" $(VENV)/bin/fedctl preview --stack $(STACK) $(if $(OFFLINE),--offline) \
	  $(if $(EVENTS),--events "$(EVENTS)")

.PHONY: snapshot
snapshot: venv ## the state of STACK without its secrets, into snapshots/, for previews with OFFLINE=1
	@PULUMI="$(PULUMI)" $(VENV)/bin/fedctl snapshot --stack $(STACK)

.PHONY: changed
changed: ## the stacks that the commits since BASE touch, as JSON; without BASE all of them
	@$(PYTHON) -m ci.changed $(BASE)

.PHONY: engine
engine: venv ## get Pulumi and its Kubernetes plugin alone, for a machine that has none; SOURCE=download|build|auto
	@$(LAB) tools install pulumi --source $(SOURCE)
	ln -sf "$$($(LAB) tools path pulumi)" $(VENV)/bin/pulumi
	version=$$($(VENV)/bin/python -c 'from importlib.metadata import version; print(version("pulumi-kubernetes"))')
	$(VENV)/bin/pulumi plugin install resource kubernetes "$$version" --exact \
	  --file "$$($(LAB) tools path pulumi-resource-kubernetes)"

.PHONY: kubelogin
kubelogin: venv ## get kubelogin, with which kubectl and Pulumi log in to AKS clusters; needs Go
	@GOBIN="$(CURDIR)/$(VENV)/bin" GOTOOLCHAIN=auto go install github.com/Azure/kubelogin@$(KUBELOGIN)

.PHONY: comment
comment: venv ## what the previews of EVENTS change, as a comment to a pull request, into COMMENT if it is set
	@$(if $(COMMENT),mkdir -p "$$(dirname "$(COMMENT)")")
	$(VENV)/bin/fedctl comment $(EVENTS) $(if $(COMMENT),> "$(COMMENT)")

.PHONY: apply
apply: venv ## `pulumi up` of STACK; nobody is asked, but a policy stops it
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(PULUMI) up --stack $(STACK) --yes --policy-pack policy

.PHONY: drift
drift: venv ## fail if STACK is not what it shall be any more; with EVENTS, the engine's events go there
	@if [ -n "$(EVENTS)" ]; then mkdir -p "$$(dirname "$(EVENTS)")"; rm -f "$(EVENTS)"; fi
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" PULUMI_DEBUG_COMMANDS=true $(PULUMI) preview --stack $(STACK) \
	  --refresh --expect-no-changes --policy-pack policy $(if $(EVENTS),--event-log "$(EVENTS)")

.PHONY: fetch-snapshot
fetch-snapshot: venv ## in a pipeline: the last snapshot of STACK that the main branch has left, into snapshots/
	@$(VENV)/bin/python -m ci fetch-snapshot $(STACK) snapshots/$(STACK).json

.PHONY: post-comment
post-comment: venv ## in a pipeline: COMMENT becomes the comment to the pull request
	@$(VENV)/bin/python -m ci post-comment "$(COMMENT)"

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

.PHONY: browser
browser: venv ## install Chromium beside the lab's packages (named first; Debian and Ubuntu), for tests that look at pages
	@$(LAB) setup --browser

.PHONY: test
test: lint tools browser ## all tests; the first run on a machine builds or downloads the tools
	@tests/run

.PHONY: test-long
test-long: lint tools browser ## all tests, with whole sweeps instead of samples
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
schema: venv ## write the schemas of stack files and policy/config.json anew, and the pages that are made of the code
	@$(VENV)/bin/fedctl schema > topology.schema.json
	$(VENV)/bin/python -m federation.topology.reference > docs/topology.md
	$(VENV)/bin/python -m federation.cli.reference > docs/fedctl.md
	$(VENV)/bin/python -m federation.catalogue > docs/troubleshooting.md
	$(VENV)/bin/python -m policy.schema > policy/config.schema.json
	$(VENV)/bin/python -m policy.reference > docs/policies.md

.PHONY: graphs
graphs: venv ## draw the stacks of this checkout anew, in docs/graphs
	@for stack in icp westus; do
	  $(VENV)/bin/fedctl graph Pulumi.$$stack.yaml --output docs/graphs/$$stack.mmd
	  $(VENV)/bin/fedctl graph Pulumi.$$stack.yaml --format svg --output docs/graphs/$$stack.svg
	done

.PHONY: lock
lock: venv ## write the locks anew from pyproject.toml
	@$(VENV)/bin/python -m pip install --quiet uv
	$(VENV)/bin/python -m uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --quiet -o requirements.lock
	$(VENV)/bin/python -m release.lock

.PHONY: image
image: setup ## the image of the controllers into OUTPUT, under the name TAG, without a container engine
	@$(VENV)/bin/python -m release.image $(or $(OUTPUT),dist/federation-controllers.tar) $(TAG)

.PHONY: sbom
sbom: venv ## the bill of materials (CycloneDX) into dist/sbom.cdx.json
	@$(VENV)/bin/python -m release.sbom dist/sbom.cdx.json

.PHONY: dist
dist: venv ## the wheel of this project into dist/, for projects made of template/
	@$(VENV)/bin/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

.PHONY: clean
clean: ## remove the lab, .venv and the caches of this project (tools, images)
	@if [ -x $(LAB) ]; then $(LAB) down; $(LAB) tools clean --all; fi
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .logs
