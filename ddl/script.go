package ddl

import (
	"fmt"
	"io"
	"strings"

	"github.com/redferry/redferry"
)

// WriteTo writes p as a script that a person can review and psql can run. Each
// step is one statement under a comment that names it; the notes stand first.
func (p *Plan) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "-- Note: %s\n", oneLine(n.String()))
	}
	for i, s := range p.Steps {
		if i > 0 || len(p.Notes) > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "-- %s%s\n%s;\n", oneLine(s.Name), oneLine(origin(s)), s.SQL)
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// String returns the note with the name of what it is about.
func (n Note) String() string {
	if n.Schema != "" {
		return "schema " + redferry.Quote(n.Schema) + ": " + n.Text
	}
	return "table " + n.Table.String() + ": " + n.Text
}

// origin says where a table comes from if it has another name there.
func origin(s Step) string {
	if s.Kind != CreateTable || s.Source == s.Target {
		return ""
	}
	return " from " + s.Source.String()
}

// oneLine keeps a name with a line end in it from ending a comment.
func oneLine(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' {
			return ' '
		}
		return c
	}, s)
}
