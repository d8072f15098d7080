# Everything that is done to this repository, by name. `make` alone lists it.

.PHONY: help run setup test test-engines test-full lint fuzz bench bench-go networks soak dist screenshot

PKG ?= ./...
FUZZTIME ?= 10s
STEPS ?=
RUNS ?= 5

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## the chat example, at http://127.0.0.1:8080
	go run ./examples/chat

setup: ## install what the tests need: system packages, npm packages, the linter
	scripts/setup

test: setup ## everything that must hold; STEPS="vet go" runs only these steps
	scripts/test $(STEPS)

test-engines: setup ## the client in Firefox, WebKitGTK and QtWebKit
	scripts/setup engines
	scripts/test engines

test-full: setup ## the same, and the client in Firefox, WebKitGTK and QtWebKit
	scripts/setup engines
	scripts/test all

lint: ## gofmt, go vet, golangci-lint, tsc
	scripts/setup linter npm
	scripts/test gofmt vet lint types

fuzz: ## each fuzz test for FUZZTIME (10s)
	scripts/fuzz $(FUZZTIME)

bench: ## Hawser beside its peers, into docs/benchmarks.md: at most 35 minutes; with QUICK=1 two minutes, into bench/.quick
	scripts/setup system peers
	cd bench && go run . $(if $(QUICK),-quick)

networks: ## clients of Hawser and its peers in bad networks, into docs/networks.md: RUNS=5 of them; CASE=stalled runs one case
	scripts/setup system peers
	cd bench && go run ./networks -runs $(RUNS) $(if $(CASE),-only $(CASE))

soak: ## 2,000 members who come and go for ten minutes, into docs/soak.md: fails if memory grows
	cd bench && go run ./soak

bench-go: ## the Go benchmarks of PKG (./...)
	go test -run '^$$' -bench . -benchmem $(PKG)

dist: ## rebuild the client's bundles
	scripts/setup npm
	cd client-js && npm run --silent build

screenshot: ## the pictures of the examples in docs/images, made in Chromium
	scripts/setup system npm
	node scripts/screenshot.mjs
