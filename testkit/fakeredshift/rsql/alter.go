package rsql

import "github.com/redferry/redferry/testkit/fakeredshift"

// An AlterTable is ALTER TABLE with its one action.
type AlterTable struct {
	Table  Name
	Action AlterAction
}

// Tag returns ALTER TABLE.
func (*AlterTable) Tag() string { return "ALTER TABLE" }

// An AlterAction is one of the types below, a value, not a pointer.
type AlterAction interface{ action() }

// The actions of ALTER TABLE.
type (
	// AddPrimary is ADD [CONSTRAINT name] PRIMARY KEY.
	AddPrimary struct{ Key Key }
	// AddUnique is ADD [CONSTRAINT name] UNIQUE.
	AddUnique struct{ Key Key }
	// AddForeign is ADD [CONSTRAINT name] FOREIGN KEY.
	AddForeign struct{ Key ForeignKey }
	// DropConstraint is DROP CONSTRAINT.
	DropConstraint struct {
		Name    string
		Cascade bool
	}
	// RenameTable is RENAME TO.
	RenameTable struct{ To string }
	// RenameColumn is RENAME COLUMN.
	RenameColumn struct{ From, To string }
	// AddColumn is ADD COLUMN.
	AddColumn struct{ Column Column }
	// DropColumn is DROP COLUMN.
	DropColumn struct {
		Name    string
		Cascade bool
	}
	// AlterType is ALTER COLUMN name TYPE, of a VARCHAR only.
	AlterType struct {
		Column string
		Type   fakeredshift.Type
	}
	// AlterEncode is ALTER COLUMN name ENCODE, for one column or several.
	AlterEncode struct{ Encodings []ColumnEncoding }
	// AlterLayout is ALTER DISTSTYLE, ALTER DISTKEY and ALTER SORTKEY, or ALTER
	// ENCODE AUTO. What the statement does not name is unset.
	AlterLayout struct {
		Layout Layout
		NoSort bool // ALTER SORTKEY NONE
	}
	// OwnerTo is OWNER TO.
	OwnerTo struct{ User string }
	// Append is APPEND FROM. It cannot run in a transaction block.
	Append struct {
		From        Name
		IgnoreExtra bool
		FillTarget  bool
	}
)

// A ColumnEncoding names a column and its new encoding, in lower case.
type ColumnEncoding struct{ Column, Encoding string }

func (AddPrimary) action()     {}
func (AddUnique) action()      {}
func (AddForeign) action()     {}
func (DropConstraint) action() {}
func (RenameTable) action()    {}
func (RenameColumn) action()   {}
func (AddColumn) action()      {}
func (DropColumn) action()     {}
func (AlterType) action()      {}
func (AlterEncode) action()    {}
func (AlterLayout) action()    {}
func (OwnerTo) action()        {}
func (Append) action()         {}
