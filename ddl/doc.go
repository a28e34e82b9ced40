// Package ddl copies the definitions of tables from one Redshift to another.
//
// The work has three steps, of which only the outer two touch a warehouse:
//
//	Inspect  reads the system catalog into a [Catalog]
//	Plan     renames, orders and renders (pure and deterministic)
//	Apply    runs the [Plan], independent steps in parallel
//
// Both the Catalog and the Plan are plain data: they can be compared, written
// as JSON and read by a person before anything is changed ([Plan.WriteTo]).
//
// # What is copied
//
// Schemas and tables with their columns (type, NOT NULL, default, identity,
// encoding), distribution, sort key, BACKUP NO, primary key, unique
// constraints, foreign keys, and comments on tables and columns.
//
// A foreign key is a step of its own, after all tables. So it never forces an
// order on the tables, cycles and self references included; the tables are
// ordered referenced before referencing nevertheless, for the reader and for
// dropping.
//
// # What is not copied
//
// Owners, grants, row-level security and masking policies, column collations,
// and comments on schemas and constraints. Views and whatever else is no table
// are listed in [Catalog.Ignored], so nothing is missed in silence.
package ddl
