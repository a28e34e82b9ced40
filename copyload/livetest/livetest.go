// Package livetest checks on a warehouse what the protocols of package copyload
// rest on: when a transaction takes its snapshot, who waits for whom, what a lost
// connection leaves, what TRUNCATE does, and that guards fail when they are meant
// to.
//
// On the fake warehouse the facts are checked with every test run. On a live one
// they have not been checked yet: the facts are what the Database Developer Guide
// says, or is silent about. To check them, set the variables that [FromEnv] names
// and run
//
//	go test -tags live -v ./copyload/livetest
//
// It makes a few tables of its own in the schema that it is given, with at most
// two rows each, and drops them. It needs no bucket and no role. It takes a
// minute or two, most of which is waiting to see that something waits.
package livetest

import (
	"context"
	"time"

	"github.com/redferry/redferry/exec"
)

// A Warehouse is what facts are checked on.
type Warehouse struct {
	// Name is what the warehouse is called in the names of tests.
	Name string
	// DB has sessions, at least three at a time.
	DB exec.Executor
	// Batches, if set, has batches, which a Data API has and a direct connection
	// has not.
	Batches exec.Executor
	// Abandon opens a session and returns what ends its client without a word to
	// the warehouse, as when the program is killed.
	Abandon func(ctx context.Context) (exec.Session, func(), error)
	// Schema exists; tables may be created in it. Its names are the warehouse's
	// own: lower case.
	Schema string
	// Hold is how long a statement has no answer before it counts as waiting. The
	// default is 5 seconds.
	Hold time.Duration
	// Release is how long the warehouse may take to roll back what an abandoned
	// session has open, and to answer who waited for it. The default is 3 minutes:
	// package dataapi has its sessions kept for 2.
	Release time.Duration
	// Close, if set, gives up what DB and Batches hold.
	Close func() error
}

// A Fact is something that copyload relies on.
type Fact struct {
	Name string // a short sentence
	// Batch says that it is about batches, and cannot be checked without.
	Batch bool
	check func(*trial) error
}

// Check returns nil if the fact is so on w, and else what is so instead, or why
// that could not be seen. It leaves no table behind and no session open.
func (f Fact) Check(ctx context.Context, w *Warehouse) error {
	return try(ctx, w, f.check)
}

// Facts returns all facts.
func Facts() []Fact {
	return []Fact{
		{Name: "LOCK takes no snapshot", check: lockTakesNoSnapshot},
		{Name: "BEGIN takes no snapshot, and the first read does", check: firstReadTakesTheSnapshot},
		{Name: "who creates a name waits for who is creating it, and fails if it was created", check: secondCreatorFails},
		{Name: "who creates a name proceeds if the other one rolled back", check: secondCreatorProceeds},
		{Name: "an abandoned session is rolled back, and its lock is free", check: abandonedIsRolledBack},
		{Name: "TRUNCATE commits", check: truncateCommits},
		{Name: "a guard on a table fails when it is meant to, and fails the transaction", check: guardOnTable},
		{Name: "a guard on pg_last_copy_count() fails when it is meant to", check: guardOnCount},
		{Name: "LOCK in a batch takes no snapshot, and the guard sees what came", Batch: true, check: guardBehindLock},
		{Name: "a batch whose guard fails leaves nothing, and says which statement it was", Batch: true, check: guardInBatch},
	}
}
