package mem

import "time"

// Options configure an [Engine]. Nil Options are the defaults.
type Options struct {
	// Slices is how many slices the warehouse has: a parallel UNLOAD writes a file
	// for each that has rows. The default is 2.
	Slices int
	// Isolation is that of the database. The default is Snapshot, as in new
	// warehouses.
	Isolation Isolation
	// Uncompressed writes Parquet without compression, which makes large files
	// cheap. The default is Snappy, as Redshift writes.
	Uncompressed bool
	// Pace tells how long a statement takes; it is asked when the statement begins
	// and must be safe for concurrent use. The default is no time at all.
	Pace func(sql string) Pace
}

// An Isolation is the isolation level of a database.
type Isolation int

// The isolation levels of Redshift.
const (
	// Snapshot isolation refuses a transaction that changes rows which another one
	// has changed since its snapshot, and nothing else.
	Snapshot Isolation = iota
	// Serializable refuses, beyond that, a transaction that has read a table which a
	// concurrent one wrote, and has written a table which a concurrent one read.
	// That is stricter than Redshift, which looks for a cycle.
	Serializable
)

// A Pace is how long the parts of a statement take, in package time's time. A
// statement that is cancelled in the first two has no effect; in the third it has
// had it, and only the answer comes at once.
type Pace struct {
	Queued    time.Duration // before it takes its locks and its snapshot
	Working   time.Duration // while it holds them, before it has its effect
	Answering time.Duration // after its effect: outside of a transaction it is committed
}

const defaultSlices = 2

// withDefaults returns a copy with every zero replaced.
func (o *Options) withDefaults() Options {
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.Slices <= 0 {
		opts.Slices = defaultSlices
	}
	return opts
}
