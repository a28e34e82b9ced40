package duck

// Options configure an [Engine]. Nil Options are the defaults.
type Options struct {
	// Slices is how many slices the warehouse has: a parallel UNLOAD writes a file
	// for each that has rows. The default is 4.
	Slices int
	// Threads is how many threads run queries. The default is 2.
	Threads int
	// Memory is how many bytes DuckDB may take before it moves data to Dir. The
	// default is 1 GiB.
	Memory int64
	// Dir is where the engine makes a directory of its own, which it removes in
	// Close: files under way to and from S3, and what does not fit into memory.
	// The default is os.TempDir().
	Dir string
	// OnDisk keeps the tables in that directory, for data larger than memory. The
	// default keeps them in memory.
	OnDisk bool
}

const (
	defaultSlices  = 4
	defaultThreads = 2
	defaultMemory  = 1 << 30
)

// withDefaults returns a copy with every zero replaced.
func (o *Options) withDefaults() Options {
	var opts Options
	if o != nil {
		opts = *o
	}
	if opts.Slices <= 0 {
		opts.Slices = defaultSlices
	}
	if opts.Threads <= 0 {
		opts.Threads = defaultThreads
	}
	if opts.Memory <= 0 {
		opts.Memory = defaultMemory
	}
	return opts
}
