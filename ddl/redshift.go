package ddl

import "time"

// Options are the settings of [New].
type Options struct {
	// Expect is how long a statement may be expected to take. [exec.Auto] sends
	// what takes longer over another channel. The default is 30 seconds: reading
	// the catalog and creating tables move no data.
	//
	// [exec.Auto]: https://pkg.go.dev/github.com/redferry/redferry/exec#Auto
	Expect time.Duration
}

// Redshift is the [Cloner] for Amazon Redshift. It holds no state: it is safe
// for concurrent use.
type Redshift struct{ opts Options }

var _ Cloner = (*Redshift)(nil)

// New returns a Cloner for Amazon Redshift. It is proven by package ddltest.
func New(opts *Options) *Redshift {
	r := new(Redshift)
	if opts != nil {
		r.opts = *opts
	}
	if r.opts.Expect == 0 {
		r.opts.Expect = 30 * time.Second
	}
	return r
}
