package mem

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/redferry/redferry/testkit/fakeredshift/mem/internal/query"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

var classFields = fieldsOf("oid oid", "relname", "relnamespace oid", "reltype oid", "relowner int4", "relam oid", "relfilenode oid",
	"reltablespace oid", "relpages int4", "reltuples float4", "reltoastrelid oid", "reltoastidxid oid", "relhasindex bool",
	"relisshared bool", "relkind", "relnatts int2", "relexternid int4", "relisreplicated bool", "relispinned bool",
	"reldiststyle int2", "relprojbaseid oid", "relchecks int2", "reltriggers int2", "relukeys int2", "relfkeys int2",
	"relrefs int2", "relhasoids bool", "relhaspkey bool", "relhasrules bool", "relhassubclass bool", "relacl")

const zero = int64(0)

// kind is pg_class.relkind.
func (t *table) kind() string {
	if t.view != nil {
		return "v"
	}
	return "r"
}

func classRow(t *table) []query.Value {
	node := zero
	if t.view == nil {
		node = int64(t.oid)
	}
	return []query.Value{
		oidOf(t.oid), t.name, oidOf(t.schema.oid), zero, int64(ownerID), zero, node,
		zero, zero, float64(0), zero, zero, false,
		false, t.kind(), int64(len(t.columns)), zero, false, false,
		t.dist, zero, zero, zero, zero, zero,
		zero, false, t.hasPrimary(), false, false, nil,
	}
}

func classes(_ *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		rows = append(rows, classRow(t))
	}
	return rows
}

func classInfo(_ *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		effective := t.dist
		if effective == distStyles[rsql.DistAuto] {
			effective = 10
		}
		rows = append(rows, append(classRow(t), effective, t.created))
	}
	return rows
}

var attributeFields = fieldsOf("attrelid oid", "attname", "atttypid oid", "attstattarget int4", "attlen int2", "attnum int2",
	"attndims int4", "attcacheoff int4", "atttypmod int4", "attbyval bool", "attstorage", "attalign", "attnotnull bool",
	"atthasdef bool", "attisdropped bool", "attislocal bool", "attinhcount int4", "attisdistkey bool", "attispreloaded bool",
	"attsortkeyord int2", "attencodingtype int2", "attencrypttype int2")

func attributes(_ *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		for _, a := range t.columns {
			name, typ := a.name, a.typ.OID
			if a.dropped {
				name, typ = fmt.Sprintf("........pg.dropped.%d........", a.num), 0
			}
			rows = append(rows, []query.Value{
				oidOf(t.oid), name, oidOf(typ), int64(-1), int64(a.typ.Size), int64(a.num),
				zero, int64(-1), int64(a.typ.Modifier), false, "p", "i", a.notNull,
				a.defOID != 0, a.dropped, true, zero, a.distKey, false, a.sortOrd, a.encoding, zero,
			})
		}
	}
	return rows
}

func defaultRows(_ *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		for _, a := range t.columns {
			if a.defOID != 0 {
				source := a.source(t)
				rows = append(rows, []query.Value{oidOf(a.defOID), oidOf(t.oid), int64(a.num), source, source})
			}
		}
	}
	return rows
}

var constraintFields = fieldsOf("oid oid", "conname", "connamespace oid", "contype", "condeferrable bool", "condeferred bool",
	"conrelid oid", "contypid oid", "confrelid oid", "confupdtype", "confdeltype", "confmatchtype", "conkey int2[]", "confkey int2[]",
	"conbin", "consrc")

func constraintRows(_ *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		for _, k := range t.constraints {
			rows = append(rows, []query.Value{
				oidOf(k.oid), k.name, oidOf(t.schema.oid), k.kind, false, false,
				oidOf(t.oid), zero, oidOf(k.parent), " ", " ", " ", numbersOf(k.columns), numbersOf(k.referred), nil, nil,
			})
		}
	}
	return rows
}

func tableRows(c *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		if t.view == nil {
			rows = append(rows, []query.Value{t.schema.name, t.name, c.engine.owner(), nil, false, false, false})
		}
	}
	return rows
}

func viewRows(c *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		if t.view != nil {
			rows = append(rows, []query.Value{t.schema.name, t.name, c.engine.owner(), t.view.definition})
		}
	}
	return rows
}

// owner is the first who logged in: everything is theirs. It is used under e.mu.
func (e *Engine) owner() query.Value {
	if len(e.users) < 2 {
		return nil
	}
	return e.users[1]
}

func tableDefs(c *conn, s sight) [][]query.Value {
	path := c.existingPath()
	tables := slices.DeleteFunc(s.allTables(), func(t *table) bool { return t.view != nil || !slices.Contains(path, t.schema.name) })
	slices.SortFunc(tables, func(a, b *table) int {
		return cmp.Or(cmp.Compare(a.schema.name, b.schema.name), cmp.Compare(a.name, b.name))
	})
	var rows [][]query.Value
	for _, t := range tables {
		for _, a := range t.live() {
			rows = append(rows, []query.Value{
				t.schema.name, t.name, a.name, rsql.TypeText(a.typ), encodingName(a), a.distKey, a.sortOrd, a.notNull,
			})
		}
	}
	return rows
}

func encodingName(a column) query.Value { return formatEncoding(nil, []query.Value{a.encoding}) }

func backupKey(database, table uint32) string {
	return fmt.Sprintf("pg_class_backup_%d_%d", database, table)
}

var tableInfoFields = fieldsOf("database", "schema", "table_id oid", "table", "encoded", "diststyle", "sortkey1", "max_varchar int4",
	"sortkey1_enc", "sortkey_num int4", "size int8", "pct_used numeric(10,4)", "empty int8", "unsorted numeric(5,2)",
	"stats_off numeric(5,2)", "tbl_rows numeric(38,0)", "skew_sortkey1 numeric(19,2)", "skew_rows numeric(19,2)",
	"estimated_visible_rows numeric(38,0)", "risk_event", "vacuum_sort_benefit numeric(12,2)", "create_time timestamp")

// tableInfos leaves out empty tables, as SVV_TABLE_INFO does. Rows that are
// deleted count until the next VACUUM.
func tableInfos(c *conn, s sight) [][]query.Value {
	var rows [][]query.Value
	for _, t := range s.allTables() {
		if t.view != nil || t.data.added == 0 {
			continue
		}
		rows = append(rows, []query.Value{
			c.session.Database, t.schema.name, oidOf(t.oid), t.name, t.encoded(), t.distText(), t.sortText(), t.maxVarchar(),
			t.sortEncoding(), int64(len(t.sortKey())), int64(1), decimalOf(0, 4), zero, decimalOf(0, 2),
			decimalOf(0, 2), decimalOf(t.data.added, 0), nil, nil,
			decimalOf(t.data.live(), 0), textOf(t.risk), nil, t.created,
		})
	}
	return rows
}

func (t *table) encoded() string {
	switch {
	case t.encodeAuto:
		return "Y, AUTO(ENCODE)"
	case slices.ContainsFunc(t.live(), func(a column) bool { return encodingName(a) != "none" }):
		return "Y"
	}
	return "N"
}

func (t *table) distText() query.Value {
	switch t.dist {
	case 0:
		return "EVEN"
	case 8:
		return "ALL"
	case 9:
		return "AUTO(ALL)"
	}
	for _, a := range t.live() {
		if a.distKey {
			return "KEY(" + a.name + ")"
		}
	}
	return nil
}

func (t *table) sortText() query.Value {
	key := t.sortKey()
	switch {
	case t.sortAuto:
		return "AUTO(SORTKEY)"
	case slices.ContainsFunc(key, func(a column) bool { return a.sortOrd < 0 }):
		return "INTERLEAVED"
	case len(key) > 0:
		return key[0].name
	}
	return nil
}

func (t *table) sortEncoding() query.Value {
	if key := t.sortKey(); len(key) > 0 {
		return encodingName(key[0])
	}
	return nil
}

func (t *table) maxVarchar() query.Value {
	longest := 0
	for _, a := range t.live() {
		if a.typ.OID == rsql.Varchar {
			longest = max(longest, rsql.Length(a.typ))
		}
	}
	return int64(longest)
}
