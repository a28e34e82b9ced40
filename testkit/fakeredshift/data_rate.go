package fakeredshift

import (
	"sync"
	"time"
)

// AWSRates returns how many requests per second AWS lets an account make in a
// region, by operation; for [Options.Rates].
// Source: Amazon Redshift Management Guide, "Quotas for Amazon Redshift Data API".
func AWSRates() map[string]int {
	return map[string]int{
		"ExecuteStatement":      30,
		"BatchExecuteStatement": 20,
		"DescribeStatement":     100,
		"GetStatementResult":    20,
		"CancelStatement":       3,
		"ListStatements":        3,
	}
}

// rates throttles by operation: of the requests of any one second, as many pass
// as the rate says.
type rates struct {
	mu     sync.Mutex // guards passed
	passed map[string][]time.Time
}

// pass reports whether a request may pass now. A rate of 0 lets all pass.
func (r *rates) pass(op string, rate int) bool {
	if rate <= 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	recent := r.passed[op]
	if len(recent) == rate {
		if now.Sub(recent[0]) < time.Second {
			return false
		}
		recent = recent[1:]
	}
	if r.passed == nil {
		r.passed = make(map[string][]time.Time)
	}
	r.passed[op] = append(recent, now)
	return true
}
