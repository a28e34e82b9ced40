package stage

import (
	"encoding/json"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// A written is one file that lies in S3.
type written struct {
	uri  redferry.URI
	size int64
	rows int64 // with the line of HEADER
}

// The JSON that UNLOAD writes. Source: Database Developer Guide, "UNLOAD" and
// "Using a manifest to specify data files".
type (
	unloadManifest struct {
		Entries []unloadEntry `json:"entries"`
		Schema  *schema       `json:"schema,omitempty"`
		Meta    *counts       `json:"meta,omitempty"`
		Author  *author       `json:"author,omitempty"`
	}
	unloadEntry struct {
		URL  string  `json:"url"`
		Meta *counts `json:"meta,omitempty"`
	}
	counts struct {
		ContentLength int64  `json:"content_length"`
		RecordCount   *int64 `json:"record_count,omitempty"`
	}
	schema struct {
		Elements []element `json:"elements"`
	}
	element struct {
		Name string      `json:"name"`
		Type elementType `json:"type"`
	}
	// An elementType has the keys of a live manifest for text; those of numbers
	// are not established.
	elementType struct {
		Base      string `json:"base"`
		MaxLength *int   `json:"max_length,omitempty"`
		Precision *int   `json:"precision,omitempty"`
		Scale     *int   `json:"scale,omitempty"`
	}
	author struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
)

// renderManifest returns the manifest of files. The plain one has nothing but
// URLs, and for Parquet the sizes that COPY will ask for.
func renderManifest(cmd *rsql.Unload, files []written, columns []fakeredshift.Column) (string, error) {
	var m unloadManifest
	total := counts{RecordCount: new(int64)}
	for _, f := range files {
		entry := unloadEntry{URL: f.uri.String()}
		if cmd.Format == rsql.Parquet || cmd.Verbose {
			entry.Meta = &counts{ContentLength: f.size}
		}
		if cmd.Verbose {
			entry.Meta.RecordCount = &f.rows
		}
		m.Entries = append(m.Entries, entry)
		total.ContentLength += f.size
		*total.RecordCount += f.rows
	}
	if cmd.Verbose {
		m.Schema = &schema{Elements: elements(columns)}
		m.Meta = &total
		m.Author = &author{Name: "Amazon Redshift", Version: "1.0.0"}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	return string(text) + "\n", err
}

func elements(columns []fakeredshift.Column) []element {
	elements := make([]element, len(columns))
	for i, c := range columns {
		elements[i] = element{Name: c.Name, Type: elementType{Base: rsql.BaseText(c.Type)}}
		if n := rsql.Length(c.Type); n >= 0 {
			elements[i].Type.MaxLength = &n
		}
		if precision, scale := rsql.Precision(c.Type); precision > 0 {
			elements[i].Type.Precision, elements[i].Type.Scale = &precision, &scale
		}
	}
	return elements
}
