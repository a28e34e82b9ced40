package unload_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/exectest"
	"github.com/redferry/redferry/unload"
)

// A bucket holds small objects.
type bucket map[redferry.URI]string

func (b bucket) ReadSource(_ context.Context, src redferry.URI, limit int64) ([]byte, error) {
	content, ok := b[src]
	if !ok {
		return nil, fmt.Errorf("%s: %w", src, fs.ErrNotExist)
	}
	if int64(len(content)) > limit {
		return nil, errors.New("too large")
	}
	return []byte(content), nil
}

const manifestURI = "s3://bucket-a/stage/run/orders/1/manifest"

// manifest is one of two files, with three rows each.
const manifest = `{"entries":[
 {"url":"s3://bucket-a/stage/run/orders/1/0000_part_00.parquet","meta":{"content_length":10,"record_count":3}},
 {"url":"s3://bucket-a/stage/run/orders/1/0001_part_00.parquet","meta":{"content_length":20,"record_count":3}}],
 "meta":{"content_length":30,"record_count":6}}`

// warehouse unloads n rows.
func warehouse(n int64) *exectest.Executor {
	return exectest.New(func(_ context.Context, s exec.Statement) (*exectest.Answer, error) {
		if strings.HasPrefix(s.SQL, "UNLOAD") {
			return nil, nil
		}
		return exectest.Table([]string{"pg_last_unload_count int8"}, []exec.Value{n}), nil
	})
}

func TestRun(t *testing.T) {
	e := warehouse(6)
	c := orders()
	got, err := unload.Run(t.Context(), e, bucket{redferry.MustParseURI(manifestURI): manifest}, &c)
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows != 6 || len(got.Manifest.Entries) != 2 || got.URI.String() != manifestURI {
		t.Errorf("got %d rows, %d files, %s", got.Rows, len(got.Manifest.Entries), got.URI)
	}
	if e.Open() != 0 {
		t.Error("a session is left open")
	}
}

// TestZeroRows: UNLOAD of nothing writes nothing, not even a manifest, and a
// reader without the right to list would be refused when it asks.
func TestZeroRows(t *testing.T) {
	c := orders()
	got, err := unload.Run(t.Context(), warehouse(0), unreadable{}, &c)
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows != 0 || got.Manifest == nil || len(got.Manifest.Entries) != 0 {
		t.Errorf("got %+v", got)
	}
}

type unreadable struct{}

func (unreadable) ReadSource(context.Context, redferry.URI, int64) ([]byte, error) {
	return nil, fs.ErrPermission
}

func TestRunRefusesAManifestThatDoesNotAddUp(t *testing.T) {
	for _, tt := range []struct {
		name    string
		content string
		want    error
	}{
		{"missing", "", unload.ErrIncomplete},
		{"fewer rows than unloaded", strings.NewReplacer(`"record_count":3`, `"record_count":2`, `"record_count":6`, `"record_count":4`).Replace(manifest), unload.ErrIncomplete},
		{"a file of another place", strings.Replace(manifest, "orders/1/0001", "orders/2/0001", 1), redferry.ErrManifest},
		{"a file without its size", strings.Replace(manifest, `"content_length":10,`, "", 1), redferry.ErrManifest},
		{"a file without its rows", strings.Replace(manifest, `,"record_count":3}},
 {`, `}},
 {`, 1), redferry.ErrManifest},
		{"torn", manifest[:len(manifest)-10], redferry.ErrManifest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := bucket{}
			if tt.content != "" {
				files[redferry.MustParseURI(manifestURI)] = tt.content
			}
			c := orders()
			got, err := unload.Run(t.Context(), warehouse(6), files, &c)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
}

// TestEmptyFile: a slice without rows may write a file of none.
func TestEmptyFile(t *testing.T) {
	content := strings.NewReplacer(`"content_length":10,"record_count":3`, `"content_length":0,"record_count":0`, `"content_length":30,"record_count":6`, `"content_length":20,"record_count":3`).Replace(manifest)
	c := orders()
	got, err := unload.Run(t.Context(), warehouse(3), bucket{redferry.MustParseURI(manifestURI): content}, &c)
	if err != nil || len(got.Manifest.Entries) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestRunReportsTheWarehousesRefusal(t *testing.T) {
	refused := &exec.Error{Op: "exec", SQLState: "42P01", Err: errors.New(`relation "orders" does not exist`)}
	e := exectest.New(func(context.Context, exec.Statement) (*exectest.Answer, error) { return nil, refused })
	c := orders()
	_, err := unload.Run(t.Context(), e, bucket{}, &c)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), `"sales"."orders" to s3://bucket-a/`) {
		t.Errorf("got %v", err)
	}
	if e.Open() != 0 {
		t.Error("a session is left open")
	}
}
