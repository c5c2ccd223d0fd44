# What each target does is in scripts/; make check is exactly what CI runs.
# ARGS passes flags on: make run ARGS="--free-ports". VERSION names the build.
SHELL := /usr/bin/env bash
.DEFAULT_GOAL := help
.PHONY: help run demo build test check lint fmt tidy-check generate proto-baseline stores stores-down test-stores bench clean

ARGS ?=
export VERSION ONLY JSON

##@ Try it

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: bin/refersuite ## Serve the whole suite on this machine, in memory; with MONGODB_URI and REDIS_URL it keeps everything
	@exec bin/refersuite up $(ARGS)

demo: bin/refersuite ## Play a programme from sign-up to payout over REST, print the story and check it
	@exec bin/refersuite demo $(ARGS)

##@ Develop

.PHONY: bin/refersuite
bin/refersuite: # always asked: go build knows best what changed
	@scripts/build refersuite

build: ## Build every binary into bin/
	@scripts/build

test: ## Run all tests that need no database, with the race detector
	@scripts/test $(ARGS)

lint: ## Run the linters (ARGS=./services/wallet/... for a part)
	@scripts/lint $(ARGS)

fmt: ## Format the Go code and order its imports
	@scripts/fmt

generate: ## Regenerate the stubs and the OpenAPI document from the .proto files
	@scripts/generate

proto-baseline: ## Make the present .proto files what breaking changes are measured against (each release)
	@scripts/proto-check --baseline

tidy-check: ## Check that go mod tidy would change nothing
	@scripts/tidy-check

check: ## Run everything that CI runs (ARGS="lint test" for some steps)
	@scripts/check $(ARGS)

clean: ## Remove what was built in the checkout
	rm -rf bin .cache

##@ Real stores

stores: ## Start MongoDB (or DocumentDB) and Redis and print their URLs
	@deploy/stores/up

stores-down: ## Stop what make stores started
	@deploy/stores/down

test-stores: ## Run the contract, integration, crash and end-to-end suites on real stores
	@scripts/test-stores $(ARGS)

bench: ## Measure on real stores (ONLY=chain for one group, JSON=file for the figures)
	@scripts/bench $(ARGS)
