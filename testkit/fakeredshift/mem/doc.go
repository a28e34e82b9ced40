// Package mem is an engine of fakeredshift in memory, without cgo: small, quick to
// open, and the same every time, for simulations that make thousands of
// warehouses. Where an answer depends on a real query engine, use package duck.
//
// Redshift's own statements are read by package rsql, queries run in package
// query below this one, and UNLOAD and COPY write and read real Parquet files.
// The catalog is made of values of Go; the relations of pg_catalog, the SVV and
// the SYS views show it.
//
// # Transactions
//
// Rows have versions, and a transaction sees those of its snapshot. The snapshot
// is taken by the first statement that reads or writes tables of users, and by
// CREATE TABLE, DROP TABLE and ALTER TABLE of columns: not by BEGIN, not by LOCK,
// not by a look into the catalog. (Source: Database Developer Guide, "Isolation
// levels in Amazon Redshift".) The catalog is read as committed by now; a table
// that is newer than the snapshot can be looked up but not read (1018).
//
// Tables are locked as in Redshift: readers share, one transaction at a time
// writes, LOCK and DDL exclude everybody, and all of that until the transaction
// ends. Who waits, waits in the order of coming, on a channel; a wait that could
// never end is refused at once (40P01). A DELETE or UPDATE of rows that another
// transaction has changed since the snapshot is refused (1023); an INSERT or COPY
// waits for the lock, and then has nothing to fear. See also [Isolation].
//
// A statement is cancelled by its context alone: that its client is gone does not
// stop it. [Options.Pace] lets statements take their time.
//
// # What it does not have
//
// Each is refused in clear words: UNLOAD and COPY in other formats than Parquet,
// DELETE with USING, UPDATE with FROM, MERGE, ALTER TABLE APPEND, EXPLAIN, views
// without schema binding, and what package query does not know. Without a refusal: GRANT
// does nothing and everybody is a superuser; SUPER is text without navigation.
package mem
