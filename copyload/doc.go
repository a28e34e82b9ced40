// Package copyload loads files from S3 into a table with COPY, exactly once.
//
// # In a session
//
// All of a load happens in one transaction of one session:
//
//	BEGIN
//	LOCK the target                  waits for any load that still runs; after a
//	                                 conflict with another load the ledger, too
//	look into the ledger             loaded already? then ROLLBACK: done
//	look for a newer load            in the ledger: see [Command.Generation]
//	make sure the table is empty     or DELETE, or neither: see [Mode]
//	COPY                             from a manifest with every file mandatory
//	compare pg_last_copy_count()     with the manifest; not equal? then ROLLBACK
//	INSERT into the ledger
//	COMMIT
//
// The lock comes first because the snapshot of a transaction is taken by its
// first statement that reads or writes data, not by BEGIN. Without it, looking
// and then loading is wrong under snapshot isolation, the default of new
// warehouses: two runners, or one runner and its own lost transaction that the
// warehouse still works on, both look, both find nothing and both load. An
// answer lost at COMMIT is settled by doing it all again: the lock waits for
// the first transaction to end, and the ledger says how it ended.
//
// TRUNCATE commits and has no place in any of this.
//
// # In a batch
//
// Through an Executor that has batches and no sessions, as a Data API whose
// sessions may not be used, the same transaction travels as one batch. A batch
// cannot branch. Where the session looks and decides, it has a guard, a query
// that divides by zero unless what the load needs is so, which ends the batch and
// rolls it back:
//
//	LOCK the target                  and the ledger, as above
//	guard: not in the ledger
//	guard: no newer load
//	guard: the table is empty        [OntoEmpty]
//	DELETE                           [Replace]
//	COPY
//	guard: pg_last_copy_count()      is what the manifest has
//	INSERT into the ledger
//
// No statement before the first guard takes the snapshot, so the guards see all
// that was committed before the lock was given, and until the batch ends nobody
// else gets the lock. What a batch meets, and what becomes of it:
//
//	nothing was loaded               it loads
//	another batch or session loads   it waits at LOCK, then one of these two:
//	the other has committed          the first guard ends it; the ledger has the
//	                                 load: done already
//	the other has rolled back        it loads
//	its own answer is lost           the batch is sent again; as above, the other
//	                                 being the first batch
//
// A batch that failed has left nothing; why it failed is then asked with plain
// queries, and the errors are those of a session. Only what COPY counted is gone
// by then: that the count was wrong is known by which statement failed. In the
// warehouse's history a division by zero is thus no sign of trouble: a load that
// was done already leaves one, too.
//
// A session and a batch take the same lock and write the same ledger, so runners
// of either kind may meet.
//
// # What is relied on and has not been seen
//
// Nothing here was run on a live warehouse. These must hold there; package
// livetest checks them on one:
//
//   - LOCK takes no snapshot. This follows from the Database Developer Guide
//     ("Isolation levels in Amazon Redshift"), which does not list it among the
//     statements that do, and holds for a batch of the Data API as for a session.
//   - A session that is lost is rolled back, and its lock is given to the next.
//   - A guard fails when it is meant to, and only then, on the leader node and on
//     the compute nodes, and is answered with a division by zero.
package copyload
