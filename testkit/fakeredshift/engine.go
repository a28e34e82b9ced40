package fakeredshift

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// An Engine is the database behind the wire servers of a [Warehouse]. Package
// duck has one on DuckDB, package mem one in memory; enginetest.TestEngine checks
// both. It is safe for concurrent use.
type Engine interface {
	// Connect opens a session. The session lives until Conn.Close, whatever
	// becomes of ctx.
	Connect(ctx context.Context, s Session) (Conn, error)
	// Close releases the engine; all sessions are closed before.
	Close() error
}

// A Session is what an engine needs to know of one session.
type Session struct {
	PID       int32 // pg_backend_pid()
	User      string
	Superuser bool
	Database  string
	// Storage reaches S3 as UNLOAD and COPY do.
	Storage Storage
}

// Storage gives UNLOAD and COPY their S3, with the credentials of a role that is
// attached to the warehouse.
type Storage interface {
	// Client returns a client with the rights of role, an ARN or "default". A
	// role that is not attached to the warehouse is refused with an [*Error].
	Client(ctx context.Context, role string) (*s3.Client, error)
	// Region is the warehouse's own.
	Region() string
}

// A Conn is one session of an engine. It is used by one goroutine at a time.
type Conn interface {
	// Run runs one statement to its end; args replace $1, $2, ... as text, nil is
	// NULL. A statement that the warehouse refuses is an [*Error]. When ctx ends
	// the statement is cancelled (SQLSTATE 57014). ctx does not end before the
	// Result has been read.
	Run(ctx context.Context, sql string, args []*string) (*Result, error)
	// Status is the transaction's state, as in ReadyForQuery.
	Status() TxStatus
	// Close ends the session: an open transaction is rolled back, temporary
	// tables are dropped.
	Close() error
}

// A Describer is a [Conn] that knows a statement's shape before it runs. The
// wire's Describe of a prepared statement needs it, which only drivers that
// cache statements send; without it such a Describe is refused (0A000).
type Describer interface {
	// Describe returns the types of $1, $2, ... and the columns of the result,
	// nil for a statement without one. It runs nothing.
	Describe(ctx context.Context, sql string) (params []Type, columns []Column, err error)
}

// A TxStatus is the state of a session's transaction, as the wire spells it.
type TxStatus byte

// The states of a session.
const (
	Idle   TxStatus = 'I'
	InTx   TxStatus = 'T'
	Failed TxStatus = 'E' // in a transaction that can only be rolled back
)

// A Result is what a statement answered. Rows are held by the engine, not by
// the Result: Read fetches them.
type Result struct {
	// Columns is nil for a statement that returns no rows.
	Columns []Column
	// Read fills one row with values in Redshift's text format, nil for NULL, and
	// returns io.EOF after the last. It is nil if Columns is nil. The next Run
	// on the Conn ends it.
	Read func(row [][]byte) error
	// Tag is the command tag: "SELECT", "INSERT 0 5", "COPY", "CREATE TABLE".
	Tag string
	// RowsAffected is -1 where the command changes no rows.
	RowsAffected int64
}

// A Column is one column of a [Result].
type Column struct {
	Name string
	Type Type
}

// A Type is a data type as the wire names it.
type Type struct {
	OID      uint32 // 23 int4, 1043 varchar, 4000 super, ...
	Name     string // internal name: int4, varchar, timestamptz, super
	Size     int16  // bytes, -1 if variable
	Modifier int32  // atttypmod, -1 without
}

// An Error is a refusal, with what Redshift would send.
type Error struct {
	SQLState string // "42P01"
	Code     int    // Redshift's own number, 0 without: 15007, 1023
	Message  string
	Detail   string
	Hint     string
}

// Error returns the message as psql prints it.
func (e *Error) Error() string { return "ERROR: " + e.Message }
