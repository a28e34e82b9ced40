package copyload

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
)

// A Command is one load. ID, Into, Columns, Manifest, From, To and Role are
// required; an empty Manifest is a load of no rows, which is recorded like any
// other.
type Command struct {
	// ID names the load in the ledger: a load with an ID that the ledger has for
	// this table is not done again. 1 to 256 bytes.
	ID string
	// Mode says what becomes of rows that are there already.
	Mode Mode
	// Generation orders the loads of a table, so that a run which was thought dead
	// cannot bring back old rows: a load is refused with [ErrSuperseded] when the
	// ledger has one of a higher Generation for the table. Loads that append may
	// come in any order; they are refused only if the newer one is a [Replace].
	//
	// A Unix time will do, if all loads of a table have one. Loads of the same
	// Generation are not ordered, and 0, the default, says that a load stands in no
	// order; Replace requires more.
	Generation int64

	// Into is the target. In whatever case its names are written, the ledger has
	// them as the warehouse does.
	Into redferry.Table
	// Columns are the columns of Into, in the order of the files' columns: COPY
	// from Parquet maps by position. Their types decide about SERIALIZETOJSON.
	Columns []redferry.Column

	// Manifest is what UNLOAD wrote. Its entries lie under From and have been
	// copied to the same place under To.
	Manifest *redferry.Manifest
	From, To redferry.URI
	// Role is the role of the target warehouse that may read under To.
	Role creds.Role

	// ExplicitIDs says that Columns has a column of kind IDENTITY (not GENERATED
	// BY DEFAULT), whose values are loaded as they are.
	ExplicitIDs bool

	// Ledger is the table that records loads; the zero Table is [DefaultLedger].
	// See [CreateLedger].
	Ledger redferry.Table
	// Expect is how long the COPY may take; zero means unknown.
	Expect time.Duration
}

// A Mode says what becomes of the rows that a table has before a load.
type Mode uint8

const (
	// OntoEmpty refuses to load a table that has rows, with [ErrNotEmpty].
	OntoEmpty Mode = iota
	// Append keeps them.
	Append
	// Replace deletes them, in the transaction of the load.
	Replace
)

// String returns "onto empty", "append" or "replace", as the ledger has it.
func (m Mode) String() string {
	names := [...]string{"onto empty", "append", "replace"}
	if int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("Mode(%d)", uint8(m))
}

// ErrNotEmpty is wrapped by the error for a load onto rows that nobody said
// what to do with.
var ErrNotEmpty = errors.New("the table has rows already")

// DefaultLedger is where loads are recorded unless the Command says otherwise.
var DefaultLedger = redferry.Table{Schema: "redferry", Name: "loads"}

// maxID is the width of the ledger's column, in bytes.
const maxID = 256

// ErrCommand is wrapped by the error for a Command that cannot be right.
var ErrCommand = errors.New("not a usable command")

// RewrittenManifest is where the manifest for the target is written: beside the
// prefix To, not under it, so that nothing takes it for data.
func (c *Command) RewrittenManifest() redferry.URI {
	return redferry.URI{Bucket: c.To.Bucket, Key: strings.TrimSuffix(c.To.Key, "/") + ".manifest"}
}

// SQL returns the COPY statement. It contains no secret.
func (c *Command) SQL() (string, error) {
	if err := c.check(); err != nil {
		return "", fmt.Errorf("copyload: %s: %w", c.Into, err)
	}
	return c.copySQL(), nil
}

func (c *Command) copySQL() string {
	names := make([]string, len(c.Columns))
	super := false
	for i, column := range c.Columns {
		names[i] = column.Name
		super = super || strings.EqualFold(column.Type, "super")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "COPY %s (%s)\nFROM %s\nIAM_ROLE %s\nFORMAT AS PARQUET\nMANIFEST",
		c.Into, redferry.QuoteAll(names), redferry.Literal(c.RewrittenManifest().String()), redferry.Literal(c.Role.ARN()))
	if super {
		b.WriteString("\nSERIALIZETOJSON")
	}
	if c.ExplicitIDs {
		b.WriteString("\nEXPLICIT_IDS")
	}
	return b.String()
}

func (c *Command) check() error {
	switch {
	case c.ID == "" || len(c.ID) > maxID:
		return fmt.Errorf("%w: ID has %d bytes; it takes 1 to %d", ErrCommand, len(c.ID), maxID)
	case c.Into == redferry.Table{}:
		return fmt.Errorf("%w: Into is empty", ErrCommand)
	case fold(c.Into) == fold(c.ledger()):
		return fmt.Errorf("%w: Into is the ledger, which records loads: leave it out, or choose another Ledger", ErrCommand)
	case len(c.Columns) == 0:
		return fmt.Errorf("%w: Columns is empty: the load maps them by position", ErrCommand)
	case c.Manifest == nil:
		return fmt.Errorf("%w: Manifest is nil; a load of no rows has an empty one", ErrCommand)
	case c.Manifest.Rows < 0:
		return fmt.Errorf("%w: the manifest does not say how many rows it has; UNLOAD with MANIFEST VERBOSE", ErrCommand)
	case c.Manifest.Rows > 0 && len(c.Manifest.Entries) == 0:
		return fmt.Errorf("%w: the manifest has %d rows and no files", ErrCommand, c.Manifest.Rows)
	case c.To.Key == "" || !c.To.IsPrefix() || !c.From.IsPrefix():
		return fmt.Errorf("%w: From %q and To %q must be prefixes that end in a slash", ErrCommand, c.From, c.To)
	case c.Role.ARN() == "":
		return fmt.Errorf("%w: Role is empty", ErrCommand)
	}
	if err := c.checkOrder(); err != nil {
		return err
	}
	for _, table := range []redferry.Table{c.Into, c.ledger()} {
		if err := table.Check(); err != nil {
			return fmt.Errorf("%w: table %s: %w", ErrCommand, table, err)
		}
	}
	for _, column := range c.Columns {
		if err := redferry.CheckIdentifier(column.Name); err != nil {
			return fmt.Errorf("%w: column: %w", ErrCommand, err)
		}
	}
	return nil
}

func (c *Command) checkOrder() error {
	switch {
	case c.Mode > Replace:
		return fmt.Errorf("%w: there is no %s", ErrCommand, c.Mode)
	case c.Generation < 0:
		return fmt.Errorf("%w: Generation is %d; it cannot be negative", ErrCommand, c.Generation)
	case c.Mode == Replace && c.Generation == 0:
		return fmt.Errorf("%w: Mode Replace needs a Generation, so that an old run cannot replace what a newer one loaded", ErrCommand)
	}
	return nil
}

func (c *Command) ledger() redferry.Table {
	if c.Ledger == (redferry.Table{}) {
		return DefaultLedger
	}
	return c.Ledger
}
