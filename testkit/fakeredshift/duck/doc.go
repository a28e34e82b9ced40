// Package duck is an engine of fakeredshift on DuckDB: any SELECT is really
// run, UNLOAD writes Parquet with DuckDB's writer and COPY reads it with its
// reader, and the catalog is made of real tables with Redshift's columns.
//
// # How a statement runs
//
// Redshift's own statements are read by package rsql. The SQL in between is
// translated token by token (backslash escapes, folded names, casts, session
// functions), handed to DuckDB's parser, and checked on its syntax tree: which
// relations it names, which functions it calls, whether the leader node could
// run it. Only then does it run, with every name resolved against the catalog.
//
// # Transactions
//
// DuckDB has snapshot isolation, and the snapshot of a transaction is taken at
// its first statement that reads or writes tables of users: not at BEGIN, not at
// LOCK, not by a look into the catalog. Tables are locked as in Redshift:
// readers share, one transaction at a time writes, LOCK and DDL exclude
// everybody. Catalog tables are read as committed unless the transaction has
// changed them itself.
//
// # What it does not have
//
// There is one database per engine, under whatever name a session asks for;
// names that differ in case alone cannot live side by side, not even with
// enable_case_sensitive_identifier; rights inside of the database are not
// checked; SUPER is text, without PartiQL's navigation; AVG of integers and the
// division of NUMERIC are computed as DOUBLE PRECISION; CHAR is padded in results
// and in text, not in Parquet, for which Redshift's way is not established.
//
// The package needs cgo and a C compiler. Without cgo, [New] says so.
package duck
