package mem

import (
	"context"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A scope is what a query of one statement sees.
type scope struct {
	*conn
	ctx   context.Context // of the statement; nil where nothing may be read
	shape bool            // only columns matter, tables are empty
}

var _ query.Scope = (*scope)(nil)

// Interrupted reports that the statement was cancelled.
func (s *scope) Interrupted() error {
	if s.ctx != nil && s.ctx.Err() != nil {
		return cancelled()
	}
	return nil
}

// Relation reads a table as the transaction sees it, a view, or a catalog.
func (s *scope) Relation(schema, name string) (*query.Relation, error) {
	if r := systemRelation(schema, name); r != nil {
		return r.read(s.conn), nil
	}
	t, err := s.find(rsql.Name{Schema: schema, Name: name})
	switch {
	case err != nil:
		return nil, err
	case t.view != nil:
		return s.viewRows(t)
	case s.ctx == nil:
		return nil, refuse(stateNotSupported, "cannot use subquery in default expression")
	case s.shape:
		return &query.Relation{Columns: t.fields()}, nil
	}
	versions, err := s.versions(t)
	if err != nil {
		return nil, err
	}
	r := &query.Relation{Columns: t.fields(), Rows: make([][]query.Value, len(versions))}
	for i, v := range versions {
		r.Rows[i] = t.row(v.values)
	}
	return r, nil
}

func (s *scope) versions(t *table) ([]*version, error) {
	noteTable(&s.tx.read, t.oid)
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	return s.see(t)
}

// count answers SELECT count(*) FROM a table; nil if it is none.
func (s *scope) count(name rsql.Name) (*query.Relation, error) {
	if isSystem(name.Schema, name.Name) {
		return nil, nil
	}
	t, err := s.find(name)
	if err != nil || t.view != nil {
		return nil, err
	}
	versions, err := s.versions(t)
	return &query.Relation{
		Columns: []fakeredshift.Column{{Name: "count", Type: int8Type}},
		Rows:    [][]query.Value{{int64(len(versions))}},
	}, err
}
