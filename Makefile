# The single front door. `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# macOS' make 3.81 does not know it: a recipe of several commands says `set -e` itself.
.SHELLFLAGS := -eu -o pipefail -c

PORT ?= 8000
VENV := .venv
PYTHON := $(VENV)/bin/python
PIP_INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check --retries 10 --require-hashes -r

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z][a-z-]*:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Try it

.PHONY: run
run: $(VENV)/demo ## Serve the app with demo data on 127.0.0.1 (PORT=8000)
	@$(PYTHON) manage.py serve_demo --port $(PORT)

.PHONY: clean
clean: ## Remove the demo's data, the environment and everything built
	rm -rf $(VENV) var build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

##@ Work on it

.PHONY: test
test: $(VENV)/dev ## Run the tests on a PostGIS of their own (ARGS="tests/regions -k locate")
	@$(PYTHON) -m ops.postgis run -- $(PYTHON) -m pytest $(ARGS)

.PHONY: lint
lint: $(VENV)/dev ## Check style, types and the import rule
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

.PHONY: format
format: $(VENV)/dev ## Rewrite the code in the project's style
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

.PHONY: bench
bench: $(VENV)/dev ## Measure ours against named peers, and fail over the limits (BENCH=lambda; all if not given)
	@set -e; for name in $(or $(BENCH),$(filter-out report,$(basename $(notdir $(wildcard benchmarks/*.py))))); do \
	  $(PYTHON) -m benchmarks.$$name; \
	done

.PHONY: package
package: $(VENV)/dev ## Build the zip that Lambda runs into build/package and check its gates
	@$(PYTHON) -m ops.package

.PHONY: terraform-check
terraform-check: $(VENV)/dev ## Check the Terraform code: format, validity, its tests, checkov
	@$(PYTHON) -m ops.terraform check

.PHONY: workflows-check
workflows-check: $(VENV)/dev ## Check .github: GitHub's schemas, zizmor
	@$(PYTHON) -m ops.workflows check

.PHONY: audit
audit: $(VENV)/dev ## Look the locked versions up among the known vulnerabilities
	@$(PYTHON) -m ops.workflows audit

.PHONY: update-pull-request
update-pull-request: ## Push the locks that `make lock` changed, and open a pull request (GH_TOKEN)
	@ops/update-pull-request

.PHONY: lock
lock: $(VENV)/dev ## Lock the requirements again (ARGS=--upgrade for newer versions)
	@set -e; cd requirements; for set in runtime demo dev emulator lambda-provided import audit; do \
	  ../$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	    $(ARGS) $$set.in --output-file $$set.txt; \
	done

##@ Make its platform (ENV=nonprod for dev and staging, or prod)

# What a workflow passes on from a person reaches the shell as an environment variable, never as text: neither make nor the
# shell may expand it.
NEEDS_ENV = $(if $(value ENV),"$$ENV",$(error Name an environment, as in: make $@ ENV=nonprod))

.PHONY: bootstrap
bootstrap: $(VENV)/dev ## Make the state bucket, once for each AWS account; asks, unless CONFIRM=1
	@$(PYTHON) -m ops.infrastructure bootstrap

.PHONY: plan
plan: $(VENV)/dev ## Show what apply would change (ARGS=-destroy, ARGS=-target=module.database; SHORT=1 for a log that others read)
	@$(PYTHON) -m ops.infrastructure plan $(NEEDS_ENV) $(if $(SHORT),--short) $(ARGS)

.PHONY: plan-comment
plan-comment: $(VENV)/dev ## Put the plan's summary under a pull request, once (PR=12; GH_TOKEN)
	@$(PYTHON) -m ops.github plan-comment $(NEEDS_ENV) --pull-request $(if $(value PR),"$$PR",$(error Name a pull request, as in: make $@ ENV=prod PR=12))

.PHONY: plan-save plan-fetch
plan-save: $(VENV)/dev ## Keep the plan beside the state, for another machine, and print its digest
	@$(PYTHON) -m ops.kept_plans save $(NEEDS_ENV)
plan-fetch: $(VENV)/dev ## Get a kept plan back, to apply it (SHA256=digest)
	@$(PYTHON) -m ops.kept_plans fetch $(NEEDS_ENV) --sha256 $(if $(value SHA256),"$$SHA256",$(error Name the digest that `make plan-save` printed))

.PHONY: drift drift-issue
drift: $(VENV)/dev ## Fail if what is there is not what the code says (SHORT=1 as for plan)
	@$(PYTHON) -m ops.infrastructure drift $(NEEDS_ENV) $(if $(SHORT),--short)
drift-issue: $(VENV)/dev ## Open, update or close the issue about what `make drift` found
	@$(PYTHON) -m ops.github drift-issue $(NEEDS_ENV)

.PHONY: apply
apply: $(VENV)/dev ## Carry out the plan that was shown; asks, unless CONFIRM=1
	@$(PYTHON) -m ops.infrastructure apply $(NEEDS_ENV)

.PHONY: restore
restore: $(VENV)/dev ## The database as of a moment, beside the one that serves (AT=2026-11-21T09:30Z or latest; BACKUP=ARN of a copy)
	@$(PYTHON) -m ops.restore $(NEEDS_ENV) $(if $(value AT),"$$AT",$(error Name a moment, as in: make $@ ENV=prod AT=2026-11-21T09:30Z)) $(if $(value BACKUP),--backup "$$BACKUP")

.PHONY: cost cost-page
cost: $(VENV)/dev ## Say what it costs a month, and fail over its budget (ENV=prod; JSON=1; PLAN=file.json)
	@$(PYTHON) -m ops.cost $(if $(value ENV),"$$ENV") $(if $(JSON),--json) $(if $(PLAN),--plan "$(PLAN)")
cost-page: $(VENV)/dev ## The tables of docs/cost.md, made anew
	@$(PYTHON) -m ops.cost --page

##@ Deploy it (STAGE=dev, staging or prod)

NEEDS_EMAIL = $(or $(EMAIL),$(error Name an address, as in: make $@ EMAIL=ada@example.org))
NEEDS_STAGE = $(if $(value STAGE),"$$STAGE",$(error Name a stage, as in: make $@ STAGE=dev))

.PHONY: deploy deploy-dev deploy-staging deploy-prod
deploy: $(VENV)/dev ## Package, release, migrate and serve this tree (deploy-dev, deploy-staging, deploy-prod); prod asks, unless CONFIRM=1
	@$(PYTHON) -m ops.stage deploy $(NEEDS_STAGE)
deploy-dev deploy-staging deploy-prod: deploy-%: # deploy STAGE=…
	@$(MAKE) --no-print-directory deploy STAGE=$*

.PHONY: rollback rollback-prod
rollback: $(VENV)/dev ## Serve an earlier release again (rollback-prod; TO=release, else the one before)
	@$(PYTHON) -m ops.stage rollback $(NEEDS_STAGE) --to "$${TO:-}"
rollback-prod: # rollback STAGE=prod
	@$(MAKE) --no-print-directory rollback STAGE=prod

.PHONY: edge
edge: $(VENV)/dev ## Show and change what is in front of a stage's API, and the DNS records it needs
	@$(PYTHON) -m ops.stage edge $(NEEDS_STAGE) --arguments="$(ARGS)"

.PHONY: undeploy
undeploy: $(VENV)/dev ## Take a stage's functions and API down; data and releases stay
	@$(PYTHON) -m ops.stage undeploy $(NEEDS_STAGE)

.PHONY: releases
releases: $(VENV)/dev ## List what served a stage and what can be rolled back to
	@$(PYTHON) -m ops.stage releases $(NEEDS_STAGE)

.PHONY: status
status: $(VENV)/dev ## Say what of a stage is there and what it answers
	@$(PYTHON) -m ops.stage status $(NEEDS_STAGE)

.PHONY: logs
logs: $(VENV)/dev ## Follow a stage's logs (SINCE=1h; OPS=1 for its jobs and migrations)
	@$(PYTHON) -m ops.stage logs $(NEEDS_STAGE) --since $(or $(SINCE),10m) $(if $(OPS),--ops)

.PHONY: migrate
migrate: $(VENV)/dev ## Migrate a stage's database with the code that is there
	@$(PYTHON) -m ops.stage migrate $(NEEDS_STAGE)

.PHONY: manage
manage: $(VENV)/dev ## Run a management command on a stage (ARGS="jobs list --failed")
	@$(PYTHON) -m ops.stage manage $(NEEDS_STAGE) --command "$(or $(ARGS),$(error Name a command, as in: make manage STAGE=dev ARGS=check))"

.PHONY: db-bootstrap
db-bootstrap: $(VENV)/dev ## Make or mend a stage's database, its role and extensions; a deploy does
	@$(PYTHON) -m ops.stage db-bootstrap $(NEEDS_STAGE)

.PHONY: create-admin
create-admin: $(VENV)/dev ## Print a link by which EMAIL becomes an administrator (here without STAGE)
	@$(if $(STAGE),$(PYTHON) -m ops.stage create-admin $(STAGE) --email "$(NEEDS_EMAIL)",PUBLIC_URL="$${PUBLIC_URL:-http://127.0.0.1:$(PORT)}" $(PYTHON) manage.py create_admin "$(NEEDS_EMAIL)")

.PHONY: doctor
doctor: $(VENV)/dev ## Say what would stop a deploy to a stage, and what its -ops function reaches
	@$(PYTHON) -m ops.stage doctor $(NEEDS_STAGE)

.PHONY: rehearse
rehearse: $(VENV)/dev ## Rehearse it all on an emulated AWS (STEP=lambda, failures or import; PROJECT=name of a fork)
	@$(PYTHON) -m ops.rehearse $(STEP) $(if $(PROJECT),--project $(PROJECT))

##@ Regions of a stage, where the IPv4 internet is

.PHONY: import-regions
import-regions: $(VENV)/dev ## Import regions on AWS (ARGS="--all --vintage 2024"; ON_DEMAND=1 for the full price)
	@$(PYTHON) -m ops.import_task run $(NEEDS_STAGE) import_tiger $(or $(ARGS),$(error Say what, as in: make $@ STAGE=prod ARGS="--all --vintage 2024"))

.PHONY: geocode
geocode: $(VENV)/dev ## Look addresses up that wait for it (ARGS=--everybody)
	@$(PYTHON) -m ops.import_task run $(NEEDS_STAGE) geocode_pending $(ARGS)

.PHONY: import-image
import-image: $(VENV)/dev ## Build and push the image that both run, by Docker or Finch (ENV=prod)
	@$(PYTHON) -m ops.import_task image $(NEEDS_ENV)

# The environment: made once, brought up to date when a lock changes. `dev` contains `demo`. Twice, because pip asks again for
# what is not answered and not for what breaks off. An environment whose making was killed has no pip yet.
$(VENV)/bin/pip:
	@python=$$(ops/find-python) && echo "Making $(VENV) with $$("$$python" --version)" && "$$python" -m venv $(VENV)

$(VENV)/demo: requirements/demo.txt | $(VENV)/bin/pip
	@test $(VENV)/dev -nt requirements/dev.txt || $(PIP_INSTALL) $< || $(PIP_INSTALL) $<
	@touch $@

$(VENV)/dev: requirements/dev.txt | $(VENV)/bin/pip
	@$(PIP_INSTALL) $< || $(PIP_INSTALL) $<
	@touch $@ $(VENV)/demo
