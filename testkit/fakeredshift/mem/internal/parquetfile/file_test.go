package parquetfile_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/parquetfile"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// columns are of the types, named after them.
func columns(t testing.TB, types ...string) []fakeredshift.Column {
	t.Helper()
	columns := make([]fakeredshift.Column, len(types))
	for i, name := range types {
		typ, err := rsql.ParseType(name)
		if err != nil {
			t.Fatal(err)
		}
		columns[i] = fakeredshift.Column{Name: name, Type: typ}
	}
	return columns
}

func file(t testing.TB, columns []fakeredshift.Column, rows [][]query.Value) []byte {
	t.Helper()
	w, err := parquetfile.NewWriter(columns, false)
	if err != nil {
		t.Fatal(err)
	}
	body, err := w.File(rows)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func numeric(t testing.TB, text string) query.Numeric {
	t.Helper()
	n, ok := query.ParseNumeric(text)
	if !ok {
		t.Fatal(text)
	}
	return n
}

func TestRoundTrip(t *testing.T) {
	fields := columns(t, "boolean", "smallint", "integer", "bigint", "real", "double precision", "numeric(4,2)", "numeric(12,3)", "numeric(38,10)",
		"char(3)", "varchar(10)", "date", "timestamp", "timestamptz", "time", "super")
	at := time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC)
	rows := [][]query.Value{
		{
			true, int64(-32768), int64(1 << 30), int64(-1 << 62), 0.5, 1e300, numeric(t, "-1.25"), numeric(t, "123456789.001"),
			numeric(t, "-1234567890123456789012345678.0123456789"), "ab", "😀", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), at, at.AddDate(500, 0, 0),
			"01:02:03.5", `{"a":1}`,
		},
		make([]query.Value, len(fields)),
	}
	f, err := parquetfile.Open(file(t, fields, rows))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, c := range f.Columns {
		kinds = append(kinds, c.Kind)
	}
	want := []string{
		"BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL(4,2)", "DECIMAL(12,3)", "DECIMAL(38,10)",
		"VARCHAR", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP", "TIME", "VARCHAR",
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("kinds: -want +got\n%s", diff)
	}
	got, err := f.Rows()
	if err != nil {
		t.Fatal(err)
	}
	same := cmp.Comparer(func(a, b query.Numeric) bool { return a.Cmp(b) == 0 && a.Scale() == b.Scale() })
	if diff := cmp.Diff(rows, got, same); diff != "" {
		t.Errorf("rows: -want +got\n%s", diff)
	}
}

func TestSameRowsMakeSameBytes(t *testing.T) {
	fields := columns(t, "integer", "varchar(9)")
	rows := [][]query.Value{{int64(1), "a"}, {nil, "b"}}
	if !bytes.Equal(file(t, fields, rows), file(t, fields, rows)) {
		t.Error("two files of the same rows differ")
	}
}

func TestNamesThatAreTheSameTwice(t *testing.T) {
	f, err := parquetfile.Open(file(t, columns(t, "integer", "integer", "integer"), [][]query.Value{{int64(1), int64(2), int64(3)}}))
	if err != nil {
		t.Fatal(err)
	}
	if f.Columns[1].Name != "integer_1" || f.Columns[2].Name != "integer_2" {
		t.Errorf("got %+v", f.Columns)
	}
}

func TestWhatIsNoFile(t *testing.T) {
	whole := file(t, columns(t, "integer"), [][]query.Value{{int64(1)}})
	for _, body := range [][]byte{nil, []byte("PAR1"), []byte("PAR1PAR1"), whole[:len(whole)-1], whole[4:], []byte(strings.Repeat("x", 100))} {
		if f, err := parquetfile.Open(body); err == nil {
			t.Errorf("%d bytes are a file of %d columns", len(body), len(f.Columns))
		}
	}
}

// TestDamage flips every bit of a file: it is read or refused, and the reader
// comes to an end.
func TestDamage(t *testing.T) {
	body := file(t, columns(t, "integer", "varchar(9)", "numeric(30,2)"), [][]query.Value{{int64(1), "a", numeric(t, "1.00")}, {nil, nil, nil}})
	refused := 0
	for bit := range 8 * len(body) {
		changed := bytes.Clone(body)
		changed[bit/8] ^= 1 << (bit % 8)
		f, err := parquetfile.Open(changed)
		if err == nil {
			_, err = f.Rows()
		}
		if err != nil {
			refused++
		}
	}
	if refused < 4*len(body) {
		t.Errorf("of %d damaged files only %d were refused", 8*len(body), refused)
	}
}

// FuzzRead: bytes that were changed are refused or read, and nothing else.
func FuzzRead(f *testing.F) {
	body := file(f, columns(f, "integer", "varchar(9)", "numeric(30,2)"), [][]query.Value{{int64(1), "a", numeric(f, "1.00")}, {nil, nil, nil}})
	f.Add(10, byte(1))
	f.Add(len(body)-20, byte(0x80))
	f.Fuzz(func(t *testing.T, at int, flip byte) {
		if at < 0 || at >= len(body) {
			return
		}
		changed := bytes.Clone(body)
		changed[at] ^= flip
		if read, err := parquetfile.Open(changed); err == nil {
			_, _ = read.Rows()
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	fields := columns(b, "bigint", "varchar(80)", "date")
	rows := make([][]query.Value, 4)
	for i := range rows {
		rows[i] = []query.Value{int64(i), "name", time.Unix(0, 0).UTC()}
	}
	w, err := parquetfile.NewWriter(fields, true)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.File(rows); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	fields := columns(b, "bigint", "varchar(80)", "date")
	body := file(b, fields, [][]query.Value{{int64(1), "name", time.Unix(0, 0).UTC()}, {int64(2), "name", nil}})
	b.ReportAllocs()
	for b.Loop() {
		f, err := parquetfile.Open(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := f.Rows(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWide is a file of 6.5 MB in 100 rows.
func BenchmarkWide(b *testing.B) {
	fields := columns(b, "bigint", "varchar(65535)")
	text := strings.Repeat("x", 65535)
	rows := make([][]query.Value, 100)
	for i := range rows {
		rows[i] = []query.Value{int64(i), text}
	}
	for _, bench := range []struct {
		name         string
		uncompressed bool
	}{{"plain", true}, {"snappy", false}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w, err := parquetfile.NewWriter(fields, bench.uncompressed)
				if err != nil {
					b.Fatal(err)
				}
				body, err := w.File(rows)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(body)))
			}
		})
	}
}
