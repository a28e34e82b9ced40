package exec

import (
	"errors"
	"fmt"
	"io"
)

// A Column is one column of a result.
type Column struct {
	Name string
	// Type is the warehouse's internal name: int4, varchar, timestamptz, super.
	Type string
}

// A RowReader is what an implementation supplies; [Rows] adds conversion once,
// so that Scan means the same over every wire. It is used by one goroutine.
type RowReader interface {
	// Columns is known before the first Read.
	Columns() []Column
	// Read fills one row; len(dst) is len(Columns()). It returns io.EOF itself,
	// not wrapped, after the last row. Byte slices put into dst belong to the
	// caller.
	Read(dst []Value) error
	// Close may be called at any time and more than once.
	Close() error
}

// Rows are the rows of a result, read one after the other. [Each], [Collect],
// [One] and [Scalar] read them all and close them. Rows are used by one
// goroutine at a time.
type Rows struct {
	reader  RowReader
	columns []Column
	row     []Value
	valid   bool // row holds a row
	closed  bool
	err     error
}

// NewRows returns the rows of r. Closing them closes r.
func NewRows(r RowReader) *Rows {
	columns := r.Columns()
	return &Rows{reader: r, columns: columns, row: make([]Value, len(columns))}
}

// Columns returns the columns of the result. The slice belongs to the Rows.
func (r *Rows) Columns() []Column { return r.columns }

// Next moves to the next row. After the last row, and after an error, it closes
// the rows and returns false; see [Rows.Err].
func (r *Rows) Next() bool {
	if r.closed {
		return false
	}
	err := r.reader.Read(r.row)
	r.valid = err == nil
	if err == nil {
		return true
	}
	if err != io.EOF { // not errors.Is: an io.EOF that is wrapped is a lost connection
		r.err = err
	}
	if err := r.Close(); err != nil && r.err == nil {
		r.err = err
	}
	return false
}

// Scan copies the current row into dest, one pointer for each column. It
// converts where nothing gets lost: integers and decimal text into any numeric
// type that holds the value exactly (or, for floats, prints the same decimal),
// numbers and booleans into strings, text into an [encoding.TextUnmarshaler]. A dest of
// *any takes the [Value] as it is, a dest with a Scan(any) error method (as
// sql.Null) is given it. NULL needs such a dest, a *[]byte, or a pointer to a
// pointer. What does not fit is an error that names the column.
func (r *Rows) Scan(dest ...any) error {
	if !r.valid {
		return errors.New("exec: Scan needs a row: call Next first")
	}
	if len(dest) != len(r.row) {
		return fmt.Errorf("exec: Scan of %d columns into %d values", len(r.row), len(dest))
	}
	for i, d := range dest {
		if err := assign(d, r.row[i]); err != nil {
			return fmt.Errorf("exec: column %d %q (%s): %w", i+1, r.columns[i].Name, r.columns[i].Type, err)
		}
	}
	return nil
}

// Err returns the error that ended Next, nil after the last row.
func (r *Rows) Err() error { return r.err }

// Close gives up the rows that were not read. It may be called more than once.
func (r *Rows) Close() error {
	if r.closed {
		return nil
	}
	r.closed, r.valid = true, false
	return r.reader.Close()
}
