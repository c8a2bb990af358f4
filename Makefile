# The things one does here. The gate is .ci/run; make ci runs it.
TOOL := go tool -modfile=tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help run build test race bombs lint fmt fuzz vuln bench bench-http bench-peers bench-capacity soak ci

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

run: ## serve the demo app on http://localhost:8080/
	go run .

build: ## build ./nflow-runtime, without cgo
	CGO_ENABLED=0 go build -trimpath -o nflow-runtime .

test: ## run the tests
	go test ./...

race: ## run the tests with the race detector
	go test -race ./...

bombs: ## throw every bomb of the list at the real binary, with good traffic beside it (minutes)
	go test -count=1 -tags bombs -run '^(TestBombs|TestManyBombs)$$' -v -timeout 60m ./internal/e2e

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

bench: ## run the Go benchmarks of each room
	go test -run '^$$' -bench . -benchmem ./...

bench-http: ## measure the server over HTTP beside floors, in turn (some minutes)
	go run ./bench

bench-peers: ## the same beside RuleGo and Node-RED, which go and npm install into .cache (some minutes)
	go run ./bench -peers

bench-capacity: ## measure how cost grows: the tables of docs/capacity.md (some 12 minutes)
	go run ./bench -capacity

soak: ## two instances under load for SOAK_MINUTES (30), with outages, then SOAK_REQUESTS (5 million)
	go test -tags soak -run '^(TestTrend|TestSoak|TestManyRequests)$$' -count=1 -v -timeout 12h ./internal/e2e

ci: ## run the whole gate
	.ci/run
