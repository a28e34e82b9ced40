package redferry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// A Manifest lists the files of one UNLOAD, in the form that UNLOAD writes with
// MANIFEST VERBOSE and that COPY reads.
type Manifest struct {
	// Entries are the files, in the order of the manifest. An empty Entries is
	// the normal outcome of an UNLOAD of zero rows, which writes no manifest.
	Entries []Entry
	// Columns describe the rows; empty unless written with VERBOSE.
	Columns []Column
	// Rows is the number of rows in all files, -1 if unknown.
	Rows int64
}

// An Entry is one file of a [Manifest].
type Entry struct {
	URL  URI
	Size int64 // bytes; -1 if unknown. COPY of Parquet needs it (error 15003 without).
	Rows int64 // -1 if unknown
	// Mandatory makes COPY fail if the file is missing; without it COPY skips a
	// missing file in silence.
	Mandatory bool
}

// A Column is one column of a verbose [Manifest].
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"` // the base type, in Redshift's long spelling: "character varying"
	// Dimensions are the type's numbers under the keys that Redshift gives them.
	// max_length has been seen on a live warehouse; others are not established.
	Dimensions map[string]int64 `json:"dimensions,omitempty"`
}

// ErrManifest is wrapped by the errors of [ParseManifest] and [Manifest.Rebase].
var ErrManifest = errors.New("not a usable manifest")

// The JSON of a manifest. Unknown keys are allowed: COPY ignores them, too.
type (
	manifestJSON struct {
		Entries []entryJSON `json:"entries"`
		Schema  *schemaJSON `json:"schema,omitempty"`
		Meta    *metaJSON   `json:"meta,omitempty"`
	}
	entryJSON struct {
		URL       URI       `json:"url"`
		Mandatory bool      `json:"mandatory,omitempty"`
		Meta      *metaJSON `json:"meta,omitempty"`
	}
	metaJSON struct {
		ContentLength *int64 `json:"content_length,omitempty"`
		RecordCount   *int64 `json:"record_count,omitempty"`
	}
	schemaJSON struct {
		Elements []elementJSON `json:"elements"`
	}
	elementJSON struct {
		Name string         `json:"name"`
		Type map[string]any `json:"type"`
	}
)

// ParseManifest reads the JSON of a manifest. It refuses one without a list of
// entries, one that names a file twice (COPY would load it twice) or a prefix
// instead of a file, and one whose totals are not the sums of its entries. Its error wraps [ErrManifest].
func ParseManifest(data []byte) (*Manifest, error) {
	var raw manifestJSON
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&raw); err != nil {
		return nil, fmt.Errorf("redferry: %w: %w", ErrManifest, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("redferry: %w: something follows its JSON", ErrManifest)
	}
	if raw.Entries == nil {
		return nil, fmt.Errorf("redferry: %w: it has no entries", ErrManifest)
	}
	m := &Manifest{Rows: -1}
	for _, e := range raw.Entries {
		entry := Entry{URL: e.URL, Mandatory: e.Mandatory}
		entry.Size, entry.Rows = e.Meta.values()
		m.Entries = append(m.Entries, entry)
	}
	if raw.Schema != nil {
		for _, e := range raw.Schema.Elements {
			m.Columns = append(m.Columns, e.column())
		}
	}
	size, rows := raw.Meta.values()
	m.Rows = rows
	if err := m.check(size); err != nil {
		return nil, err
	}
	if m.Rows < 0 {
		m.Rows = m.sum(func(e Entry) int64 { return e.Rows })
	}
	return m, nil
}

func (m *metaJSON) values() (size, rows int64) {
	size, rows = -1, -1
	if m == nil {
		return
	}
	if m.ContentLength != nil {
		size = *m.ContentLength
	}
	if m.RecordCount != nil {
		rows = *m.RecordCount
	}
	return
}

// maxWhole is the largest number up to which a float64 has every whole number.
const maxWhole = 1 << 53

// column keeps every whole number of the type beside its base.
func (e elementJSON) column() Column {
	c := Column{Name: e.Name}
	for key, value := range e.Type {
		switch v := value.(type) {
		case string:
			if key == "base" {
				c.Type = v
			}
		case float64:
			if v != math.Trunc(v) || math.Abs(v) > maxWhole {
				continue
			}
			if c.Dimensions == nil {
				c.Dimensions = make(map[string]int64)
			}
			c.Dimensions[key] = int64(v)
		}
	}
	return c
}

func (m *Manifest) check(size int64) error {
	seen := make(map[URI]bool, len(m.Entries))
	for i, e := range m.Entries {
		switch {
		case e.URL.IsPrefix():
			return fmt.Errorf("redferry: %w: entry %d names no file: %q", ErrManifest, i, e.URL)
		case seen[e.URL]:
			return fmt.Errorf("redferry: %w: %s stands in it twice and would be loaded twice", ErrManifest, e.URL)
		case e.Size < -1 || e.Rows < -1:
			return fmt.Errorf("redferry: %w: %s has a negative size or row count", ErrManifest, e.URL)
		}
		seen[e.URL] = true
	}
	if sum := m.Size(); size >= 0 && sum >= 0 && sum != size {
		return fmt.Errorf("redferry: %w: it says %d bytes in all, its files say %d", ErrManifest, size, sum)
	}
	sum := m.sum(func(e Entry) int64 { return e.Rows })
	if m.Rows >= 0 && sum >= 0 && sum != m.Rows {
		return fmt.Errorf("redferry: %w: it says %d rows in all, its files say %d", ErrManifest, m.Rows, sum)
	}
	return nil
}

// Size returns the bytes of all files, -1 if one is unknown.
func (m *Manifest) Size() int64 { return m.sum(func(e Entry) int64 { return e.Size }) }

func (m *Manifest) sum(of func(Entry) int64) int64 {
	var sum int64
	for _, e := range m.Entries {
		n := of(e)
		if n < 0 || sum+n < sum {
			return -1
		}
		sum += n
	}
	return sum
}

// Rebase returns a copy of m with every entry moved from one prefix to another
// and made mandatory. An entry outside from is an error that wraps
// [ErrManifest]: a half-moved manifest would load half a table.
func (m *Manifest) Rebase(from, to URI) (*Manifest, error) {
	moved := &Manifest{Columns: m.Columns, Rows: m.Rows, Entries: make([]Entry, len(m.Entries))}
	for i, e := range m.Entries {
		url, ok := e.URL.Rebase(from, to)
		if !ok {
			return nil, fmt.Errorf("redferry: %w: %s does not lie under %s", ErrManifest, e.URL, from)
		}
		e.URL, e.Mandatory = url, true
		moved.Entries[i] = e
	}
	return moved, nil
}

// MarshalJSON writes m as COPY reads it, with the row counts and columns that
// UNLOAD adds with VERBOSE where they are known.
func (m *Manifest) MarshalJSON() ([]byte, error) {
	raw := manifestJSON{Entries: make([]entryJSON, len(m.Entries)), Meta: meta(m.Size(), m.Rows)}
	for i, e := range m.Entries {
		raw.Entries[i] = entryJSON{URL: e.URL, Mandatory: e.Mandatory, Meta: meta(e.Size, e.Rows)}
	}
	if len(m.Columns) > 0 {
		raw.Schema = new(schemaJSON)
	}
	for _, c := range m.Columns {
		element := elementJSON{Name: c.Name, Type: map[string]any{"base": c.Type}}
		for key, n := range c.Dimensions {
			element.Type[key] = n
		}
		raw.Schema.Elements = append(raw.Schema.Elements, element)
	}
	return json.Marshal(raw)
}

// UnmarshalJSON is [ParseManifest] for encoding/json.
func (m *Manifest) UnmarshalJSON(data []byte) error {
	parsed, err := ParseManifest(data)
	if err != nil {
		return err
	}
	*m = *parsed
	return nil
}

func meta(size, rows int64) *metaJSON {
	if size < 0 && rows < 0 {
		return nil
	}
	m := new(metaJSON)
	if size >= 0 {
		m.ContentLength = &size
	}
	if rows >= 0 {
		m.RecordCount = &rows
	}
	return m
}
