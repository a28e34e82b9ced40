# What one types. Everything runs offline once the modules are downloaded.
.PHONY: help demo test race lint fuzz bench rival mutate soak ci
help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'
demo:  ## move real tables between two accounts: killed half-way, resumed, proven
	go run ./examples/quickstart
test:  ## the tests
	go test ./...
race:  ## the tests under the race detector
	go test -race ./...
lint:  ## golangci-lint, as in .golangci.yml
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...
fuzz:  ## each fuzz target for a minute
	FUZZTIME=1m .ci/fuzz
bench: ## every benchmark, ten runs, for benchstat
	go test -run='^$$' -bench=. -count=10 ./...
rival: ## bridgecopy against rclone, in turn; ARGS="-http -rounds 5 small" for flags and sets
	go run ./internal/rival $(ARGS)
mutate: ## mutation testing, an hour or two; PKG="validate unload" for some packages
	nice -n 10 go run ./internal/mutate $(PKG)
soak:  ## the simulator for hours: 200,000 seeds, every triple of kills
	GODEBUG=adaptivestackstart=1 REDFERRY_SIM_RUNS=200000 go test -tags spin -count=1 -timeout 24h -v ./testkit/sim
ci:    ## what CI runs
	.ci/run
