// Package enginetest is the suite of the engines of fakeredshift: what a
// warehouse answers, refuses, locks, unloads and loads as Redshift does, whatever
// runs its SQL. Packages duck and mem pass it.
//
// An engine proves itself with a test that makes one call:
//
//	enginetest.TestEngine(t, func(t *testing.T) fakeredshift.Engine { return newEngine(t) })
//
// It keeps the contract of [fakeredshift.Engine], and shows Redshift's catalog. A
// transaction has a snapshot, which its first statement on data takes; tables are
// locked, and a wait ends with its context. UNLOAD and COPY move Parquet through
// the [fakeredshift.Storage] of the session. What Redshift refuses is refused with
// its SQLSTATE. Time is package time's, so that all of it runs inside of
// testing/synctest. The names of the subtests say the rest.
//
// What is special to an engine is tested with the same means: a [Session] runs
// statements and reads their answers, a [Storage] is an S3 for UNLOAD and COPY.
package enginetest

import (
	"testing"

	"github.com/redferry/redferry/testkit/fakeredshift"
)

// TestEngine checks the engines that open returns: new ones, of four slices, with
// nothing in them. open is called at least once for each subtest, often inside of
// a bubble of testing/synctest; it registers what it needs to clean up with t.
func TestEngine(t *testing.T, open func(t *testing.T) fakeredshift.Engine) {
	t.Helper()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

// An opener opens an engine that ends with the test.
type opener func(t *testing.T) fakeredshift.Engine

// login opens a session of an engine of its own.
func (open opener) login(t *testing.T) *Session {
	t.Helper()
	return Connect(t, open(t), 101, nil)
}

// pair opens two sessions of an engine of their own.
func (open opener) pair(t *testing.T) (a, b *Session) {
	t.Helper()
	return Pair(t, open(t))
}

// A testCase is a part of what an engine has to do.
type testCase struct {
	name string
	run  func(t *testing.T, open opener)
}

func cases() []testCase {
	return []testCase{
		{"Select", testSelect},
		{"SessionFunctionsInWrites", testSessionFunctionsInWrites},
		{"ColumnNamesAndTypes", testColumnNamesAndTypes},
		{"Refusals", testRefusals},
		{"Catalog", testCatalog},
		{"QueriesOfClients", testQueriesOfClients},
		{"QueriesOfPsql", testQueriesOfPsql},
		{"SnapshotIsTakenByTheFirstStatementOnData", testSnapshotIsTakenByTheFirstStatementOnData},
		{"TwoWritersOfOneRow", testTwoWritersOfOneRow},
		{"LookThenLoadWithoutALockLoadsTwice", testLookThenLoadWithoutALockLoadsTwice},
		{"UnloadsOfOneTransactionHaveOneSnapshot", testUnloadsOfOneTransactionHaveOneSnapshot},
		{"LockWaitsAndSeesWhatWasCommitted", testLockWaitsAndSeesWhatWasCommitted},
		{"WhoWaitsForWhom", testWhoWaitsForWhom},
		{"SecondCreatorFindsTheTable", testSecondCreatorFindsTheTable},
		{"DeadlockIsRefused", testDeadlockIsRefused},
		{"WaitEndsWithItsContext", testWaitEndsWithItsContext},
		{"StatementTimeout", testStatementTimeout},
		{"FailedTransaction", testFailedTransaction},
		{"DDLInTransactions", testDDLInTransactions},
		{"SettingsGoBackWithTheTransaction", testSettingsGoBackWithTheTransaction},
		{"SetLocalEndsWithTheTransaction", testSetLocalEndsWithTheTransaction},
		{"TemporaryTables", testTemporaryTables},
		{"ManySessions", testManySessions},
		{"ParquetRoundTrip", testParquetRoundTrip},
		{"Unload", testUnload},
		{"CopyParquet", testCopyParquet},
		{"EverythingRunsInABubble", testEverythingRunsInABubble},
	}
}
