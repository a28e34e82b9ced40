//go:build cgo

package duck

import (
	"context"
	"fmt"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// encodings are the numbers of pg_attribute.attencodingtype, as format_encoding
// reads them. But for raw they are this package's own: Redshift's are not
// documented.
var encodings = map[string]int{
	"raw": 0, "bytedict": 1, "delta": 2, "delta32k": 3, "lzo": 4, "mostly8": 5, "mostly16": 6, "mostly32": 7,
	"runlength": 8, "text255": 9, "text32k": 10, "zstd": 11, "az64": 12,
}

// assignedRaw marks a column that Redshift itself chose to leave raw.
const assignedRaw = 128

// encodingNumber is the encoding of a column, by Redshift's choice if none is
// given. Source: Database Developer Guide, "Compression encodings".
func encodingNumber(name string, t fakeredshift.Type, raw bool) int {
	if n, ok := encodings[name]; ok {
		return n
	}
	if raw {
		return assignedRaw
	}
	switch t.OID {
	case rsql.Int2, rsql.Int4, rsql.Int8, rsql.Numeric, rsql.Date, rsql.Time, rsql.Timetz, rsql.Timestamp, rsql.Timestamptz:
		return encodings["az64"]
	case rsql.Bpchar, rsql.Varchar, rsql.Varbyte:
		return encodings["lzo"]
	case rsql.Super:
		return encodings["zstd"]
	}
	return assignedRaw
}

// identitySource is what the catalog has as the default of an IDENTITY column.
func identitySource(r *relation, a attribute) string {
	function := `"identity"`
	if a.identity.ByDefault {
		function = `"default_identity"`
	}
	return fmt.Sprintf("%s(%d, %d, '%d,%d'::text)", function, r.oid, a.num-1, a.identity.Seed, a.identity.Step)
}

func newSequence(r *relation, a attribute) string {
	bounds := ""
	if a.identity.Step < 0 {
		bounds = " MINVALUE -9223372036854775808"
	} else if a.identity.Seed < 1 {
		bounds = fmt.Sprintf(" MINVALUE %d", a.identity.Seed)
	}
	if a.identity.Step < 0 && a.identity.Seed > 0 {
		bounds += fmt.Sprintf(" MAXVALUE %d", a.identity.Seed)
	}
	return fmt.Sprintf("CREATE SEQUENCE %s INCREMENT BY %d%s START WITH %d", r.sequence(a), a.identity.Step, bounds, a.identity.Seed)
}

// normalDefault is a default as the catalog spells it: a plain literal gets its type.
func normalDefault(text string) string {
	if code := sqltext.Code(text); len(code) == 1 && code[0].Kind == sqltext.String {
		return text + "::character varying"
	}
	return text
}

// checkDefaults refuses a default that is no value of its column's type.
func (c *conn) checkDefaults(ctx context.Context, r *relation) error {
	if err := c.leader.brief(ctx, &c.briefing); err != nil {
		return err
	}
	for _, a := range r.attributes {
		if a.def == "" {
			continue
		}
		text, err := dialect{}.translate(a.def)
		if err != nil {
			return err
		}
		q, err := c.bind(ctx, "SELECT ("+text+")")
		if err != nil {
			return err
		}
		if len(q.refs) > 0 {
			return refuse(stateNotSupported, "cannot use subquery in default expression")
		}
		if _, err := c.leader.rows(ctx, "DESCRIBE SELECT "+assigned(a.typ, "("+text+")")); err != nil {
			return err
		}
	}
	return nil
}
