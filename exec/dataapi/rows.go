package dataapi

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata/types"

	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/internal/wire"
)

// A reader reads a result page by page. A statement without one has no columns.
type reader struct {
	run     *run
	ctx     context.Context // governs the rows
	columns []exec.Column
	page    [][]types.Field
	next    *string // of the page after this one
	closed  bool
}

func (r *reader) Columns() []exec.Column { return r.columns }

func (r *reader) Read(dst []exec.Value) error {
	for len(r.page) == 0 {
		if r.closed || r.next == nil {
			return io.EOF
		}
		if err := r.fetch(); err != nil {
			return err
		}
	}
	row := r.page[0]
	r.page = r.page[1:]
	if len(row) != len(dst) {
		return r.run.fail(fmt.Errorf("a row of %d values for %d columns", len(row), len(dst)))
	}
	for i, field := range row {
		v, err := value(r.columns[i].Type, field)
		if err != nil {
			return r.run.fail(fmt.Errorf("column %q: %w", r.columns[i].Name, err))
		}
		dst[i] = v
	}
	return nil
}

// fetch gets the first page, or the one that the last page named.
func (r *reader) fetch() error {
	input := &redshiftdata.GetStatementResultInput{Id: &r.run.id, NextToken: r.next}
	var out *redshiftdata.GetStatementResultOutput
	err := r.run.persist(r.ctx, func(ctx context.Context) (err error) {
		out, err = r.run.client.GetStatementResult(ctx, input, once)
		return err
	})
	if err != nil {
		return r.run.fail(fmt.Errorf("fetch the result: %w", permanent(err)))
	}
	if r.columns == nil {
		for _, c := range out.ColumnMetadata {
			r.columns = append(r.columns, exec.Column{Name: deref(c.Name), Type: deref(c.TypeName)})
		}
	}
	r.page, r.next = out.Records, out.NextToken
	return nil
}

func (r *reader) Close() error {
	r.closed, r.page = true, nil
	return nil
}

// value turns a field into an exec.Value.
func value(kind string, field types.Field) (exec.Value, error) {
	switch f := field.(type) {
	case *types.FieldMemberIsNull:
		return nil, nil
	case *types.FieldMemberBooleanValue:
		return f.Value, nil
	case *types.FieldMemberLongValue:
		return f.Value, nil
	case *types.FieldMemberDoubleValue:
		if kind == "float4" {
			return float64(float32(f.Value)), nil
		}
		return f.Value, nil
	case *types.FieldMemberStringValue:
		return wire.Decode(kind, f.Value)
	case *types.FieldMemberBlobValue:
		return f.Value, nil
	}
	return nil, fmt.Errorf("a value of the unknown kind %T", field)
}
