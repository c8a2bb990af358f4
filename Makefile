# Development tasks. The gate is .ci/run; make ci runs it.
TOOL := go tool -modfile=tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help run build test race bombs walk siege kills lint fmt fuzz vuln bench bench-http bench-peers bench-capacity soak suites test262 findings image ci

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

run: ## serve the demo app on http://localhost:8080/
	go run .

build: ## build ./nflow-runtime, without cgo
	CGO_ENABLED=0 go build -trimpath -o nflow-runtime .

test: ## run the tests
	go test ./...

race: ## run the tests with the race detector
	go test -race ./...

bombs: ## run every hostile script of the list against the real binary, with good traffic (minutes)
	go test -count=1 -tags bombs -run '^(TestBombs|TestManyBombs)$$' -v -timeout 60m ./internal/e2e

walk: ## call every function of flows with hostile arguments, small and large; NFLOW_WALK is a pattern of names
	NFLOW_WALK=$${NFLOW_WALK:-.} NFLOW_WALK_FULL=1 go test -count=1 -run '^TestWalk$$' -v -timeout 5h ./engine

siege: ## attack the real binary for SIEGE_MINUTES (10), with good traffic, and print a table
	go test -count=1 -tags siege -run '^TestSiege$$' -v -timeout 12h ./internal/e2e

kills: ## kill NFLOW_KILLS (200) imports for each database, with a server running on it
	NFLOW_KILLS=$${NFLOW_KILLS:-200} go test -count=1 -run '^TestKilledImports$$' -v -timeout 30m ./internal/e2e

lint: ## check with golangci-lint
	$(TOOL) golangci-lint run

fmt: ## format with gofumpt
	$(TOOL) gofumpt -w .

FUZZTIME ?= 10s

fuzz: ## fuzz each target for FUZZTIME (10s), guided by coverage: the first compiles for minutes
	@grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r p; do \
		for t in $$(go test -list '^Fuzz' "$$p" | grep '^Fuzz'); do \
			go test -run '^$$' -fuzz "^$$t\$$" -fuzztime $(FUZZTIME) "$$p" || exit 1; \
		done; \
	done

vuln: ## look for known vulnerabilities
	$(TOOL) govulncheck ./...

bench: ## run the Go benchmarks of each package
	go test -run '^$$' -bench . -benchmem ./...

bench-http: ## measure the server over HTTP beside floors, in turn (some minutes)
	go run ./bench

bench-peers: ## the same beside RuleGo and Node-RED, installed into .cache by go and npm (some minutes)
	go run ./bench -peers

bench-capacity: ## measure how cost grows: the tables of docs/capacity.md (some 12 minutes)
	go run ./bench -capacity

soak: ## two instances under load for SOAK_MINUTES (30), with outages, then SOAK_REQUESTS (5 million)
	go test -tags soak -run '^(TestTrend|TestSoak|TestManyRequests)$$' -count=1 -v -timeout 12h ./internal/e2e

suites: ## fetch public conformance suites from npm and Go, run them against the product, and print the table
	cd tools && go run ./suites -root .. -cache ../.cache/suites -show $${SUITES_SHOW:-0}

test262: ## run tc39/test262 as code of nodes: TEST262 is its folder
	TEST262='$(TEST262)' go test -count=1 -run '^TestTest262$$' -v -timeout 30m ./internal/e2e

findings: ## run the scripts that show surprises of libraries; they download packages
	@for f in findings/*.sh; do echo "== $$f"; sh "$$f" || exit 1; done

image: ## write nflow-runtime.oci.tar: an OCI image for linux/amd64 and linux/arm64, without a container engine
	cd tools/image && go run . -o nflow-runtime.oci.tar

ci: ## run the whole gate
	.ci/run
