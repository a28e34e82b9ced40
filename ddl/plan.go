package ddl

import (
	"slices"

	"github.com/redferry/redferry"
)

// PlanOptions say how the target differs from the source. The zero value is an
// exact copy.
type PlanOptions struct {
	// Schemas maps schemas of the source to schemas of the target. A schema that
	// is not in it keeps its name; an entry that matches no schema is an error.
	Schemas map[string]string
	// Prefix and Suffix are put around the name of each table.
	Prefix, Suffix string
	// Rename, if set, gives each table its name instead of Schemas, Prefix and
	// Suffix. It must return the same for the same table.
	Rename func(redferry.Table) redferry.Table
	// CaseSensitive says that enable_case_sensitive_identifier is on in the
	// target. By default Redshift folds even quoted names to lower case, so Plan
	// does it, too, and notes it; names that are then equal are an error.
	// Source: Database Developer Guide, "enable_case_sensitive_identifier".
	CaseSensitive bool
	// EncodeAuto leaves the encodings of all columns to the target. By default
	// each column keeps its encoding.
	EncodeAuto bool
	// DropMissing leaves out foreign keys that refer to a table outside of the
	// catalog, with a note. By default they are a [MissingError].
	DropMissing bool
}

// A Plan is what it takes to create the tables of a catalog: steps in an order
// in which each can be run.
type Plan struct {
	Steps []Step `json:"steps"`
	// Tables are all tables, sorted by their names at the source.
	Tables []Mapping `json:"tables"`
	// Notes say what the target will not have as the source has it, sorted by schema and table.
	Notes []Note `json:"notes,omitempty"`
}

// A Mapping is one table on both sides.
type Mapping struct {
	Source redferry.Table `json:"source"`
	Target Table          `json:"target"` // the definition, under the names of the target
}

// A Note is a remark on one table or on one schema, as the source names them.
type Note struct {
	Schema string         `json:"schema,omitempty"` // empty for a remark on a table
	Table  redferry.Table `json:"table,omitzero"`
	Text   string         `json:"text"`
}

// about orders notes: those on a schema stand before those on its tables.
func (n Note) about() redferry.Table {
	if n.Schema != "" {
		return redferry.Table{Schema: n.Schema}
	}
	return n.Table
}

// A Kind is the kind of a [Step].
type Kind string

// The kinds of steps, in the order of a plan.
const (
	CreateSchema  Kind = "schema"
	CreateTable   Kind = "table"
	AddForeignKey Kind = "foreign key"
	SetComment    Kind = "comment"
)

// A Step makes one object with one statement.
type Step struct {
	Kind Kind `json:"kind"`
	// Name says for people what the step makes: table "sales"."orders".
	Name string `json:"name"`
	// Source and Target name the table; both are zero for CreateSchema.
	Source redferry.Table `json:"source,omitzero"`
	Target redferry.Table `json:"target,omitzero"`
	// SQL is one statement without a semicolon at its end.
	SQL string `json:"sql"`
	// Needs are the positions of the steps that must have ended well before this
	// one starts. Each is smaller than the step's own.
	Needs []int `json:"needs,omitempty"`

	// Schema is set for CreateSchema only.
	Schema string `json:"schema,omitempty"`
	// ForeignKey is set for AddForeignKey only.
	ForeignKey *ForeignKey `json:"foreignKey,omitempty"`
	// Comment is set for SetComment only.
	Comment *Comment `json:"comment,omitempty"`
}

// A Comment is a comment on a table or a column.
type Comment struct {
	Column string `json:"column,omitempty"` // empty for the table's own
	Text   string `json:"text"`
}

// Target returns the name in the target of a table of the source.
func (p *Plan) Target(source redferry.Table) (redferry.Table, bool) {
	m, ok := p.Mapping(source)
	return m.Target.Name, ok
}

// Mapping returns the table that has that name at the source.
func (p *Plan) Mapping(source redferry.Table) (Mapping, bool) {
	i, ok := slices.BinarySearchFunc(p.Tables, source, func(m Mapping, name redferry.Table) int {
		return m.Source.Compare(name)
	})
	if !ok {
		return Mapping{}, false
	}
	return p.Tables[i], true
}
