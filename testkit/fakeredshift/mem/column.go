package mem

import (
	"fmt"
	"slices"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// encodings are the names by the numbers of pg_attribute.attencodingtype, as
// format_encoding reads them. But for raw they are the test kit's own: Redshift's
// are not documented.
var encodings = []string{
	"raw", "bytedict", "delta", "delta32k", "lzo", "mostly8", "mostly16", "mostly32", "runlength", "text255", "text32k", "zstd", "az64",
}

// assignedRaw marks a column that Redshift itself chose to leave raw.
const assignedRaw = 128

// encodingNumber is the encoding of a column, by Redshift's choice if none is
// given. Source: Database Developer Guide, "Compression encodings".
func encodingNumber(name string, t fakeredshift.Type, raw bool) int64 {
	number := func(name string) int64 { return int64(slices.Index(encodings, name)) }
	if name != "" {
		return number(name)
	}
	if raw {
		return assignedRaw
	}
	switch t.OID {
	case rsql.Int2, rsql.Int4, rsql.Int8, rsql.Numeric, rsql.Date, rsql.Time, rsql.Timetz, rsql.Timestamp, rsql.Timestamptz:
		return number("az64")
	case rsql.Bpchar, rsql.Varchar, rsql.Varbyte:
		return number("lzo")
	case rsql.Super:
		return number("zstd")
	}
	return assignedRaw
}

// newColumn is used under Engine.mu.
func (c *conn) newColumn(t *table, num int16, given rsql.Column, layout rsql.Layout) column {
	position := int64(slices.Index(layout.SortKey, given.Name) + 1)
	if layout.Sort == rsql.Interleaved && position%2 == 0 {
		position = -position
	}
	a := column{
		num: num, name: given.Name, typ: given.Type, notNull: given.NotNull, def: normalDefault(given.Default),
		encoding: encodingNumber(given.Encoding, given.Type, position != 0 || t.temp()),
		distKey:  given.Name == layout.DistKey && layout.Dist == rsql.DistKey, sortOrd: position,
	}
	if given.Identity != nil {
		next := given.Identity.Seed
		a.identity = &identity{*given.Identity, &next}
	}
	if a.def != "" || a.identity != nil {
		a.defOID = c.engine.newOID()
	}
	return a
}

// source is what pg_attrdef has of a column.
func (a column) source(t *table) string {
	if a.identity == nil {
		return a.def
	}
	function := `"identity"`
	if a.identity.ByDefault {
		function = `"default_identity"`
	}
	return fmt.Sprintf("%s(%d, %d, '%d,%d'::text)", function, t.oid, a.num-1, a.identity.Seed, a.identity.Step)
}

// always reports whether the column is an IDENTITY that takes no values.
func (a column) always() bool { return a.identity != nil && !a.identity.ByDefault }

// normalDefault is a default as the catalog spells it: a plain literal gets its type.
func normalDefault(text string) string {
	if code := sqltext.Code(text); len(code) == 1 && code[0].Kind == sqltext.String {
		return text + "::character varying"
	}
	return text
}

// checkDefaults refuses a default that is no expression, or of a type that does
// not fit its column.
func (c *conn) checkDefaults(t *table) error {
	for _, a := range t.live() {
		if a.def == "" {
			continue
		}
		if _, err := c.defaultOf(a); err != nil {
			return err
		}
	}
	return nil
}

// defaultOf binds the default of a column.
func (c *conn) defaultOf(a column) (*query.Bound, error) {
	e, err := parseAll(a.def)
	if err != nil {
		return nil, err
	}
	return e.Bind(&scope{conn: c}, nil, nil)
}

// assignDefault evaluates a default. Its text may be of any type, as a literal's:
// the catalog has DEFAULT '2001-01-31'::character varying for a date.
func (a column) assignDefault(b *query.Bound) (query.Value, error) {
	v, err := b.Eval(nil)
	if err != nil {
		return nil, err
	}
	from := b.Type
	if _, ok := v.(string); ok && from.OID == rsql.Varchar {
		from = plainText
	}
	return query.Assign(v, from, a.field())
}

// parseAll reads an expression that is a text of its own.
func parseAll(text string) (*query.Expr, error) {
	tokens := sqltext.Code(text)
	e, n, err := query.ParseExpr(tokens, nil)
	if err == nil && n < len(tokens) {
		err = refuse(stateSyntax, "syntax error at or near %q", tokens[n].Text)
	}
	return e, err
}
