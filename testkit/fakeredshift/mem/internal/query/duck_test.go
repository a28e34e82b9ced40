//go:build cgo

package query_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/duck"
)

// Generated queries give the same rows as on DuckDB, or are refused by both.
func TestQueriesAreThoseOfDuck(t *testing.T) {
	const queries = 600
	conn := duckConn(t)
	answered := 0
	for seed := range uint64(queries) {
		g := newGenerator(seed)
		sql := g.query()
		want, duckErr := duckRows(conn, sql)
		got, err := run(twins, sql)
		if err != nil || duckErr != nil {
			if (err == nil) != (duckErr == nil) && !duckOnly(duckErr) {
				t.Errorf("seed %d: %s\nduck: %v\nhere: %v", seed, sql, duckErr, err)
			}
			continue
		}
		answered++
		if !g.ordered {
			slices.Sort(want)
			slices.Sort(got)
		}
		if !slices.Equal(got, want) {
			t.Errorf("seed %d: %s\nduck: %q\nhere: %q", seed, sql, want, got)
		}
	}
	if answered < queries*9/10 {
		t.Errorf("only %d of %d queries were answered", answered, queries)
	}
}

// duckOnly reports a limit of DuckDB that Redshift is not known to have.
func duckOnly(err error) bool {
	return err != nil && strings.Contains(err.Error(), "Cannot perform non-inner join on subquery")
}

func duckConn(t *testing.T) fakeredshift.Conn {
	t.Helper()
	engine, err := duck.New(&duck.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := engine.Connect(context.Background(), fakeredshift.Session{PID: 101, User: "admin", Database: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(conn.Close(), engine.Close()); err != nil {
			t.Error(err)
		}
	})
	for name, r := range twins {
		var columns []string
		for _, c := range r.Columns {
			columns = append(columns, c.Name+" "+strings.TrimSuffix(fmt.Sprintf("%s(%d,%d)", c.Type.Name, (c.Type.Modifier-4)>>16, (c.Type.Modifier-4)&0xffff), "(-1,65531)"))
		}
		create := strings.NewReplacer("varchar(0,", "varchar(").Replace(strings.Join(columns, ", "))
		statements := []string{"CREATE TABLE " + name + " (" + create + ")"}
		for _, row := range texts(r) {
			values := "'" + strings.ReplaceAll(row, "|", "', '") + "'"
			statements = append(statements, "INSERT INTO "+name+" VALUES ("+strings.ReplaceAll(values, "'NULL'", "NULL")+")")
		}
		for _, sql := range statements {
			if _, err := duckRows(conn, sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
	}
	return conn
}

func duckRows(conn fakeredshift.Conn, sql string) ([]string, error) {
	result, err := conn.Run(context.Background(), sql, nil)
	if err != nil || result.Read == nil {
		return nil, err
	}
	rows := []string{}
	row := make([][]byte, len(result.Columns))
	for {
		if err := result.Read(row); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, err
		}
		fields := make([]string, len(row))
		for i, v := range row {
			if fields[i] = string(v); v == nil {
				fields[i] = "NULL"
			}
		}
		rows = append(rows, strings.Join(fields, "|"))
	}
}
