// Package pipeline moves tables from one Redshift to another by putting the
// other packages in a row. For each table:
//
//	define    ddl       the table exists in B as it is in A
//	unload    unload    Redshift A writes its rows to bucket A
//	transfer  bridge    the files are copied to bucket B, each proven
//	load      copyload  Redshift B loads them, once
//	validate  validate  both sides are compared
//
// Tables run side by side; one that fails does not stop the others. It has no
// powers of its own: whatever it does, a program can do in the same few lines
// with the packages it calls.
package pipeline

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
)

// A Side is one end of the move.
type Side struct {
	// DB runs SQL on the warehouse of this side.
	DB exec.Executor
	// Stage is a prefix, ending in a slash, in a bucket of this side's account.
	Stage redferry.URI
	// Role finds the role through which the warehouse reaches Stage.
	Role creds.Provider[creds.Role]
}

// A Config says what to move. Run, Source, Target, Bridge and Cloner are required.
type Config struct {
	// Run names this move: 1 to 64 letters, digits, dots, hyphens and underscores.
	// It is part of every object's key and of every load's identity. Run again
	// with the same name and State to go on where a move stopped; use a new name
	// for a new copy.
	Run string

	Source, Target Side
	// Bridge copies from Source.Stage to Target.Stage. It reads the manifests of
	// UNLOAD and writes those for COPY.
	Bridge bridge.Bridge
	// Cloner copies the definitions.
	Cloner ddl.Cloner

	// Tables selects what to move; a selector that finds nothing is an error.
	Tables ddl.Selector
	// Plan says how names are rewritten. Nil keeps them.
	Plan *ddl.PlanOptions
	// Apply says what to do about tables that exist. Nil means ddl's defaults.
	Apply *ddl.ApplyOptions
	// Load says what to do about rows that are in a target table before its load.
	// The default refuses to load onto them.
	Load copyload.Mode
	// Ledger is the table at the target that records loads. The zero Table is
	// copyload.DefaultLedger. It is created if it is missing.
	Ledger redferry.Table

	// MinLevel is the least proof of a file's copy; a file below it fails its
	// table. The default accepts every level and reports it.
	MinLevel bridge.Level
	// Files lists the target's bucket for the validation, with a credential that
	// may do so; the bridge's writer need not. Without it that check counts as
	// not made.
	Files Lister

	// Tables moved side by side. The default is 4.
	Concurrency int
	// Expect is how long the UNLOAD and the COPY of a table may take; nil means
	// unknown. See exec.Statement.
	Expect func(redferry.Table) time.Duration

	// Token returns a text of letters and digits that it has never returned
	// before; it becomes part of keys. It is called once per table, by one
	// goroutine, in the order of the plan. The default draws 8 random bytes.
	Token func() string
	// State remembers what is done, so that a second run can go on. The default
	// forgets with the process.
	State State
	// Trace, if set, observes the move.
	Trace *Trace
}

const defaultConcurrency = 4

var runName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ErrConfig is wrapped by the error for a Config that cannot be right.
var ErrConfig = errors.New("not a usable configuration")

func (c *Config) check() error {
	switch {
	case !runName.MatchString(c.Run):
		return fmt.Errorf("pipeline: %w: Run is %q; it takes 1 to 64 letters, digits, dots, hyphens and underscores", ErrConfig, c.Run)
	case c.Bridge == nil || c.Cloner == nil:
		return fmt.Errorf("pipeline: %w: Bridge and Cloner are required", ErrConfig)
	}
	if err := c.Source.check("Source"); err != nil {
		return err
	}
	return c.Target.check("Target")
}

func (s *Side) check(name string) error {
	switch {
	case s.DB == nil || s.Role == nil:
		return fmt.Errorf("pipeline: %w: %s needs DB and Role", ErrConfig, name)
	case s.Stage.Bucket == "" || !s.Stage.IsPrefix():
		return fmt.Errorf("pipeline: %w: %s.Stage is %q; it must be a prefix that ends in a slash", ErrConfig, name, s.Stage)
	}
	return nil
}

// withDefaults returns a copy of c in which nothing optional is missing.
func (c *Config) withDefaults() *Config {
	full := *c
	if full.Concurrency <= 0 {
		full.Concurrency = defaultConcurrency
	}
	if full.State == nil {
		full.State = NewMemState()
	}
	if full.Trace == nil {
		full.Trace = new(Trace)
	}
	if full.Token == nil {
		full.Token = randomToken
	}
	if full.Ledger == (redferry.Table{}) {
		full.Ledger = copyload.DefaultLedger
	}
	if full.Expect == nil {
		full.Expect = func(redferry.Table) time.Duration { return 0 }
	}
	return &full
}

func randomToken() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return hex.EncodeToString(b[:])
}
