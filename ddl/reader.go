package ddl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
)

// A reader puts a Catalog together. A query that runs on the leader node cannot
// be joined with one that runs on the compute nodes, so each query touches
// either pg_catalog alone or one SVV view alone, and the joins across are made
// here.
type reader struct {
	e       exec.Executor
	expect  time.Duration
	schemas []Schema
	drafts  map[int64]*draft // by the table's number
	ignored []Relation
}

// query runs one query on the catalog.
func query[T any](ctx context.Context, rd *reader, what, sql string, scan func(*exec.Rows) (T, error)) ([]T, error) {
	rows, err := rd.e.Query(ctx, exec.Statement{SQL: sql, Label: "ddl: " + what, Expect: rd.expect, Idempotent: true})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	list, err := exec.Collect(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	return list, nil
}

// refused reports whether the warehouse answered, and answered no.
func refused(ctx context.Context, err error) bool {
	var e *exec.Error
	return errors.As(err, &e) && ctx.Err() == nil && !exec.SafeToRetry(err) && !exec.OutcomeUnknown(err)
}

// inSchemas restricts n.nspname to the schemas that are read. The names stand
// in the SQL as literals: Redshift takes no array as an argument.
func (rd *reader) inSchemas() string {
	literals := make([]string, len(rd.schemas))
	for i, s := range rd.schemas {
		literals[i] = redferry.Literal(s.Name)
	}
	return "n.nspname IN (" + strings.Join(literals, ", ") + ")"
}

// readSchemas finds the schemas of s and their comments.
func (rd *reader) readSchemas(ctx context.Context, s scope) error {
	all, err := query(ctx, rd, "schemas", schemasSQL, func(rows *exec.Rows) (Schema, error) {
		var x Schema
		err := rows.Scan(&x.Name, &x.Comment)
		return x, err
	})
	for _, x := range all {
		if isSystemSchema(x.Name) || len(s.schemas) > 0 && !slices.Contains(s.schemas, x.Name) {
			continue
		}
		s.schema(x.Name)
		rd.schemas = append(rd.schemas, x)
	}
	return err
}

// isSystemSchema reports whether a schema belongs to Redshift.
func isSystemSchema(name string) bool {
	return strings.HasPrefix(name, "pg_") || name == "information_schema" || name == "catalog_history"
}

// readRelations finds the tables of s, and what else is beside them.
func (rd *reader) readRelations(ctx context.Context, s scope) error {
	type relation struct {
		Relation
		number int64
		dist   int
	}
	list, err := query(ctx, rd, "relations", fmt.Sprintf(relationsSQL, rd.inSchemas()), func(rows *exec.Rows) (relation, error) {
		var x relation
		err := rows.Scan(&x.number, &x.Name.Schema, &x.Name.Name, &x.Kind, &x.dist)
		return x, err
	})
	if err != nil {
		return err
	}
	views := make(map[redferry.Table]bool)
	for _, x := range list {
		views[x.Name] = views[x.Name] || x.Kind == "v"
	}
	for _, x := range list {
		kind := relationKind(x.Relation, views)
		switch {
		case kind == "" || !s.table(x.Name):
		case kind != "table":
			rd.ignored = append(rd.ignored, Relation{Name: x.Name, Kind: kind})
		default:
			style, err := distStyle(x.dist)
			if err != nil {
				return fmt.Errorf("table %s: %w", x.Name, err)
			}
			rd.drafts[x.number] = newDraft(x.Name, style)
		}
	}
	return nil
}

// relationKind names the kind of a relation, "" for what belongs to a table. A
// materialized view v is a view beside a table mv_tbl__v__0.
func relationKind(r Relation, views map[redferry.Table]bool) string {
	switch r.Kind {
	case "i", "t":
		return ""
	case "v":
		return "view"
	case "r":
		name, ok := strings.CutPrefix(r.Name.Name, "mv_tbl__")
		name, ok2 := strings.CutSuffix(name, "__0")
		if ok && ok2 && views[redferry.Table{Schema: r.Name.Schema, Name: name}] {
			return "table of a materialized view"
		}
		return "table"
	}
	return "relation of kind " + r.Kind
}

// distStyle reads pg_class.reldiststyle.
// Source: Database Developer Guide, "PG_CLASS_INFO".
func distStyle(n int) (DistStyle, error) {
	switch n {
	case 0:
		return DistEven, nil
	case 1:
		return DistKey, nil
	case 8:
		return DistAll, nil
	case 9:
		return DistAuto, nil
	}
	return "", fmt.Errorf("its dist style %d is none that is documented", n)
}

// catalog returns what was read, in order.
func (rd *reader) catalog() (*Catalog, error) {
	c := &Catalog{Ignored: rd.ignored}
	for _, d := range rd.drafts {
		t, err := d.table()
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", d.Name, err)
		}
		c.Tables = append(c.Tables, t)
	}
	for _, s := range rd.schemas {
		if slices.ContainsFunc(c.Tables, func(t Table) bool { return t.Name.Schema == s.Name }) {
			c.Schemas = append(c.Schemas, s)
		}
	}
	slices.SortFunc(c.Schemas, func(a, b Schema) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(c.Tables, func(a, b Table) int { return a.Name.Compare(b.Name) })
	slices.SortFunc(c.Ignored, func(a, b Relation) int { return a.Name.Compare(b.Name) })
	return c, nil
}
