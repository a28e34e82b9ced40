// Package unload writes the rows of a table, or of a query, to S3 with UNLOAD:
// as Parquet, with a verbose manifest, under a prefix of its own.
//
// The manifest is what the steps that follow work from: it names each file with
// its size and its number of rows. [Run] reads it back and holds it against the
// count that the warehouse itself reports, so a missing or partial manifest is
// an error and never a smaller table.
package unload

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/creds"
)

// A Command is one UNLOAD. To, Role, and either Table with Columns or Query are
// required.
type Command struct {
	// Table is the table to unload, with its Columns in the order in which the
	// load will name them: COPY from Parquet maps by position, not by name.
	Table   redferry.Table
	Columns []redferry.Column
	// Where is a condition on the rows of Table, as SQL; empty means all rows.
	// The caller answers for its text.
	Where string

	// Query is a SELECT to unload instead of Table. Redshift refuses an outer
	// LIMIT. The caller answers for its text; its result columns need distinct
	// names, or the files cannot be read.
	Query string

	// To is a prefix that holds nothing yet; its key ends in a slash, so that no
	// other prefix begins with it.
	To redferry.URI
	// Role is the role of the warehouse that may write under To.
	Role creds.Role

	// MaxFileSize is the most bytes in one file. Zero means Redshift's own 6.2 GB;
	// otherwise 5 MB to 6.2 GB, decimal. Source: Database Developer Guide, UNLOAD.
	MaxFileSize int64
	// Expect is how long the UNLOAD may take; zero means unknown. See
	// exec.Statement.
	Expect time.Duration
}

// Limits of MAXFILESIZE in bytes. Source: Database Developer Guide, UNLOAD.
const (
	minFileSize = 5_000_000
	maxFileSize = 6_200_000_000
)

// ErrCommand is wrapped by the error for a Command that cannot be right.
var ErrCommand = errors.New("not a usable command")

// ErrType is wrapped by the error for a column that UNLOAD cannot write as
// Parquet, or of which nobody has shown that it comes back the same.
var ErrType = errors.New("type does not travel in Parquet")

// SQL returns the statement. It contains no secret: the warehouse reaches S3
// through its role.
func (c *Command) SQL() (string, error) {
	if err := c.check(); err != nil {
		return "", fmt.Errorf("unload: %s: %w", c.subject(), err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "UNLOAD (%s)\nTO %s\nIAM_ROLE %s\nFORMAT AS PARQUET\nMANIFEST VERBOSE",
		redferry.Literal(c.query()), redferry.Literal(c.To.String()), redferry.Literal(c.Role.ARN()))
	if c.MaxFileSize > 0 {
		fmt.Fprintf(&b, "\nMAXFILESIZE %d MB", c.MaxFileSize/1_000_000)
	}
	return b.String(), nil
}

// Manifest returns the address of the manifest that the UNLOAD will write.
func (c *Command) Manifest() redferry.URI {
	return redferry.URI{Bucket: c.To.Bucket, Key: c.To.Key + "manifest"}
}

func (c *Command) subject() string {
	if c.Query != "" {
		return "a query"
	}
	return c.Table.String()
}

func (c *Command) query() string {
	if c.Query != "" {
		return c.Query
	}
	names := make([]string, len(c.Columns))
	for i, column := range c.Columns {
		names[i] = column.Name
	}
	q := "SELECT " + redferry.QuoteAll(names) + " FROM " + c.Table.String()
	if c.Where != "" {
		q += " WHERE " + c.Where
	}
	return q
}

func (c *Command) check() error {
	switch {
	case (c.Query == "") == (c.Table == redferry.Table{}):
		return fmt.Errorf("%w: give either Table or Query", ErrCommand)
	case c.Query != "" && c.Where != "":
		return fmt.Errorf("%w: Where goes with Table; put the condition into Query", ErrCommand)
	case c.Query == "" && len(c.Columns) == 0:
		return fmt.Errorf("%w: Table needs its Columns: the load maps them by position", ErrCommand)
	case c.To.Key == "" || !c.To.IsPrefix():
		return fmt.Errorf("%w: To is %q; it must be a prefix of its own that ends in a slash", ErrCommand, c.To)
	case c.Role.ARN() == "":
		return fmt.Errorf("%w: Role is empty", ErrCommand)
	case c.MaxFileSize != 0 && (c.MaxFileSize < minFileSize || c.MaxFileSize > maxFileSize):
		return fmt.Errorf("%w: MaxFileSize is %d bytes; UNLOAD takes %d to %d", ErrCommand, c.MaxFileSize, minFileSize, maxFileSize)
	}
	if c.Query == "" {
		if err := c.Table.Check(); err != nil {
			return fmt.Errorf("%w: Table: %w", ErrCommand, err)
		}
	}
	return checkColumns(c.Columns)
}

func checkColumns(columns []redferry.Column) error {
	for _, column := range columns {
		if err := redferry.CheckIdentifier(column.Name); err != nil {
			return fmt.Errorf("%w: column: %w", ErrCommand, err)
		}
		if reason := untravelled(column.Type); reason != "" {
			return fmt.Errorf("column %s is %s: %w: %s", redferry.Quote(column.Name), column.Type, ErrType, reason)
		}
	}
	return nil
}

// untravelled says why a type is refused; it returns "" for one that travels.
// Source: Database Developer Guide, UNLOAD (usage notes), "Unloading SUPER".
func untravelled(typ string) string {
	base, _, _ := strings.Cut(strings.ToLower(typ), "(")
	base = strings.TrimSpace(base)
	switch {
	case base == "varbyte", base == "binary varying", base == "varbinary", base == "geometry", base == "geography", base == "hllsketch":
		return "UNLOAD writes it as text only"
	case strings.HasPrefix(base, "time") && !strings.HasPrefix(base, "timestamp"), strings.HasPrefix(base, "interval"):
		return "whether it comes back the same is not established; cast it in a query"
	}
	return ""
}
