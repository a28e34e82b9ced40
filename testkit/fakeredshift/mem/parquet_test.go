//go:build cgo

package mem_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/enginetest"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
)

// wide has a column of each type that goes through Parquet, and two rows more
// than the values: one of NULL, one of the other end of the range.
var wide = []string{
	`CREATE TABLE wide (id int, small smallint, big bigint, ok boolean, f4 real, f8 float, n4 numeric(4, 2), n9 numeric(9, 0), n18 numeric(18, 5),
		n38 numeric(38, 10), code char(4), name varchar(100), day date, at timestamp, zoned timestamptz, clock time, doc super)`,
	`INSERT INTO wide VALUES (1, 32767, 9223372036854775807, true, 1.5, 1e300, 99.99, 999999999, 1234567890123.45678,
		1234567890123456789012345678.0123456789, 'ab', 'it''s 😀', '2026-11-21', '2026-11-21 10:11:12.000013', '2026-11-21 10:11:12+02', '23:59:59.5',
		JSON_PARSE('{"a":[1,null]}'))`,
	`INSERT INTO wide VALUES (2, -32768, -9223372036854775808, false, -0.25, -1e-300, -99.99, -999999999, -1234567890123.45678,
		-1234567890123456789012345678.0123456789, '', '', '0001-01-01', '1969-12-31 23:59:59.999999', '1500-01-01 00:00:00+00', '00:00:00', JSON_PARSE('"x"'))`,
	`INSERT INTO wide (id) VALUES (3)`,
}

// TestParquetIsThatOfDuck unloads with one engine and loads with the other.
func TestParquetIsThatOfDuck(t *testing.T) {
	inMemory := func(t *testing.T) fakeredshift.Engine { return newEngine(t, nil) }
	plain := func(t *testing.T) fakeredshift.Engine { return newEngine(t, &mem.Options{Uncompressed: true}) }
	onDuck := func(t *testing.T) fakeredshift.Engine { return newDuck(t) }
	for _, test := range []struct {
		name     string
		from, to func(*testing.T) fakeredshift.Engine
	}{
		{"mem to mem", inMemory, inMemory},
		{"mem to duck", inMemory, onDuck},
		{"mem without compression to duck", plain, onDuck},
		{"duck to mem", onDuck, inMemory},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := enginetest.NewStorage(t)
			a, b := enginetest.Connect(t, test.from(t), 1, s), enginetest.Connect(t, test.to(t), 2, s)
			a.Do(wide...)
			a.Do(s.With(`UNLOAD ('SELECT * FROM wide') TO 's3://bucket/w/' {role} FORMAT PARQUET MANIFEST VERBOSE`))
			b.Do(wide[0], s.With(`COPY wide FROM 's3://bucket/w/manifest' {role} FORMAT PARQUET MANIFEST SERIALIZETOJSON`))
			if diff := cmp.Diff(a.Rows("SELECT * FROM wide ORDER BY id"), b.Rows("SELECT * FROM wide ORDER BY id")); diff != "" {
				t.Errorf("-from +to\n%s", diff)
			}
		})
	}
}

var lengths = regexp.MustCompile(`"content_length": \d+`)

// TestManifestIsThatOfDuck compares all that UNLOAD says of its files but sizes.
func TestManifestIsThatOfDuck(t *testing.T) {
	var manifests []string
	for _, e := range []fakeredshift.Engine{newDuck(t), newEngine(t, nil)} {
		s := enginetest.NewStorage(t)
		u := enginetest.Connect(t, e, 1, s)
		u.Do(wide...)
		u.Do(s.With(`UNLOAD ('SELECT *, id + 1, id AS "ID" FROM wide') TO 's3://bucket/w/' {role} FORMAT PARQUET MANIFEST VERBOSE`))
		manifests = append(manifests, lengths.ReplaceAllString(s.Get("w/manifest"), `"content_length": n`))
	}
	if diff := cmp.Diff(manifests[0], manifests[1]); diff != "" {
		t.Errorf("-duck +mem\n%s", diff)
	}
}
