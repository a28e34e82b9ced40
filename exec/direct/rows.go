package direct

import (
	"context"
	"fmt"
	"io"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/internal/wire"
)

// A hold is the claim of some rows on their connection. In a session both
// functions are nil.
type hold struct {
	giveUp  context.CancelFunc // cancels the statement
	release func()             // returns the connection
}

func (h *hold) free() {
	if h.release != nil {
		h.giveUp()
		h.release()
	}
}

// A reader reads rows while they arrive.
type reader struct {
	call    *call
	answer  *answer
	hold    *hold
	columns []exec.Column
	done    bool
}

func newReader(c *call, a *answer, h *hold) *reader {
	r := &reader{call: c, answer: a, hold: h}
	for _, f := range a.fields() {
		r.columns = append(r.columns, exec.Column{Name: f.Name, Type: typeName(f.DataTypeOID)})
	}
	return r
}

func (r *reader) Columns() []exec.Column { return r.columns }

func (r *reader) Read(dst []exec.Value) error {
	if r.done {
		return io.EOF
	}
	if !r.answer.next() {
		return r.finish()
	}
	values := r.answer.one.Values()
	if len(values) != len(dst) {
		return r.call.fail(fmt.Errorf("a row of %d values for %d columns", len(values), len(dst)))
	}
	for i, text := range values {
		if text == nil {
			dst[i] = nil
			continue
		}
		v, err := wire.Decode(r.columns[i].Type, string(text))
		if err != nil {
			return &exec.Error{Op: r.call.op, Label: r.call.label, QueryID: r.call.id, Err: fmt.Errorf("column %q: %w", r.columns[i].Name, err)}
		}
		dst[i] = v
	}
	return nil
}

// finish ends the rows after the last one.
func (r *reader) finish() error {
	r.done = true
	_, err := r.answer.close()
	if err != nil {
		err = r.call.fail(err)
	}
	r.hold.free()
	if err != nil {
		return err
	}
	return io.EOF
}

// Close gives up rows that were not read. In a session it reads over them: to
// cancel the statement would spoil the transaction that it may be part of.
func (r *reader) Close() error {
	if r.done {
		return nil
	}
	r.done = true
	if r.hold.giveUp != nil {
		r.hold.giveUp()
	}
	_, _ = r.answer.close() // what was read is right, and the rest is not wanted
	r.hold.free()
	return nil
}
