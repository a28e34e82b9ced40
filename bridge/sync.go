package bridge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
)

// A Sync says which objects are to be alike at both ends.
type Sync struct {
	// Dst and Src are prefixes. What lies below Src under some key belongs below
	// Dst under the same key. An object whose key is the prefix itself, as consoles make
	// them for a folder, is [Excluded] if the other end is a whole bucket, where it has
	// no key.
	Dst, Src redferry.URI
	// Source lists Src: a [Lister], or a [ManifestLister] for the files of a manifest.
	Source Objects
	// Target lists Dst. Without one, for a key that may not list, Ledger stands for
	// the target, and what somebody else does there goes unnoticed.
	Target *Lister
	// Ledger tells what was copied before, and is told what is copied now. Without
	// one an object counts as unchanged only if both sides list the same ETag, which
	// those of large objects often are not, though their bytes are: they are copied
	// again each time.
	Ledger Ledger
	// Filter chooses objects. What it leaves is neither copied nor removed. The
	// default takes all.
	Filter *Filter
	// DryRun has Sync say what it would do, and do nothing.
	DryRun bool
	// Remover removes objects at the target that the source has not. Each is removed
	// only after the source was asked for it by name and said that it does not exist:
	// with ListObjectsV2, or with HeadObject if the Copier's source has no such method,
	// and then its key must be allowed to list the whole bucket. It needs Target. The
	// default removes nothing.
	Remover Remover
	// Split are keys, below the prefixes as the Filter sees them, that cut both sides
	// and the ledger into ranges: up to and including the first key, behind that up to
	// and including the second, and so on. The ranges are listed and compared at the
	// same time, which is faster where a page takes its time, as those of AWS do. Each
	// range lists over a connection of its own, holds its own page or two of each side,
	// and costs at most a page more of each than one listing would. The keys need not
	// exist at either side; they must be valid UTF-8, ascend, and not be empty. A listing
	// that is out of order between its pages, as those of directory buckets are, is not
	// found out by a range that ends before: give such a bucket no Split. [Lister.Split]
	// finds some. The default is one range.
	Split []string
}

// Objects lists objects. It is safe for concurrent use.
type Objects interface {
	// List yields the objects below prefix whose keys, whole ones, lie behind after,
	// which need not be a key; all of them if after is "". It does so in the order of
	// their keys, byte by byte. After an error it ends.
	List(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[Object, error]
}

// A Remover is the part of an S3 client that removes objects; *s3.Client implements
// it. It needs the action s3:DeleteObject at the target.
type Remover interface {
	DeleteObject(ctx context.Context, in *s3.DeleteObjectInput, options ...func(*s3.Options)) (*s3.DeleteObjectOutput, error)
}

// ErrSync is wrapped by the error for a Sync that cannot be done as it is.
var ErrSync = errors.New("not a usable sync")

// A Change is what a Sync finds out about one key.
type Change string

// The changes.
const (
	Added     Change = "new"       // the target does not have the object
	Changed   Change = "changed"   // it has another version of it, or one that is not proven as demanded
	Unchanged Change = "unchanged" // it has this version of it
	Excluded  Change = "excluded"  // the filter leaves it
	Extra     Change = "extra"     // only the target has it
)

// An Event is what a Sync did about one key.
type Event struct {
	Change Change
	Job    Job     // of an Extra only Dst is set
	Result *Result // of the copy; nil if there was none
	// Known is what the Ledger has of an Unchanged object's copy; nil where it has nothing,
	// and the ETags that both sides list are what says so.
	Known *Entry
	// Removed says that the object at the target was removed.
	Removed bool
	// Err is what went wrong with this object; nil if nothing did.
	Err error
}

// A Summary counts what a Sync did.
type Summary struct {
	// Keys, by what was found out about them.
	Added     int64 `json:"new"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
	Excluded  int64 `json:"excluded"`
	Extra     int64 `json:"extra"`
	// Keys, by what was done about them. Unproven are those that failed because they
	// could not be proven as demanded ([ErrLevel]), and were not copied for that; they are
	// among Failed, too.
	Copied   int64 `json:"copied"`
	Removed  int64 `json:"removed"`
	Failed   int64 `json:"failed"`
	Unproven int64 `json:"unproven"`
	// Bytes of the objects that were copied.
	Bytes int64 `json:"bytes"`
}

func (s *Summary) add(e *Event) {
	*map[Change]*int64{Added: &s.Added, Changed: &s.Changed, Unchanged: &s.Unchanged, Excluded: &s.Excluded, Extra: &s.Extra}[e.Change]++
	switch {
	case e.Err != nil:
		s.Failed++
		if errors.Is(e.Err, ErrLevel) && !errors.Is(e.Err, errInPlace) {
			s.Unproven++
		}
	case e.Removed:
		s.Removed++
	case e.Result != nil:
		s.Copied++
		s.Bytes += e.Result.Size
	}
}

// Sync copies what is new or changed below a prefix. It lists both sides once, side
// by side, in the order of their keys, and holds a page or two of each: a million
// unchanged objects cost their listings and nothing else. It calls done once per
// key, one call at a time. If done returns an error, Sync starts nothing more,
// stops what runs, and returns that error. An object that fails does not stop the
// others, and is no error of Sync: see [Summary.Failed]. The Summary is never nil.
//
// What is not copied is told in the order of keys, what is copied when it is copied.
// With [Sync.Split] that order holds within a range, and none between ranges; a listing
// that fails in one of them ends all.
//
// An object is another one if its ETag or its size is another: metadata, tags or a storage
// class that changed alone, which leave both as they were, are not noticed, and neither are
// other [Options].Carry: an object that the Ledger knows is not encrypted anew, for example.
//
// An object is copied pinned to the version that was listed; if it has been replaced
// since, as what it is now. The Ledger forgets it before that, and has it again after
// its copy is proven, or as it was, if the copy fails before anything is put in its place. It is told after 20 ms at most, at once of an object in
// parts, and otherwise of as many together as [Options.Concurrency] says: a program that
// is killed copies again what it was copying, and no more than three times as many objects.
func (c *Copier) Sync(ctx context.Context, s *Sync, done func(*Event) error) (*Summary, error) {
	r := &syncRun{Sync: s, c: c, done: done}
	if err := s.check(); err != nil {
		return &r.summary, err
	}
	if s.feedsItself() && samePlace(c.dst, c.src) {
		return &r.summary, fmt.Errorf("bridge: %w: %s to %s: what is copied would be copied again, without end", ErrSync, s.Src, s.Dst)
	}
	listing, stop := context.WithCancel(ctx)
	defer stop()
	ended := func(err error) error {
		if err != nil {
			stop() // a range may be waiting for a page that nobody needs any more
		}
		return err
	}
	err := c.copyAll(ctx, r.changes(listing), r.copyCurrent, hearer{
		done:   func(job Job, result *Result, err error) error { return ended(r.copied(job, result, err)) },
		missed: r.made,
		settle: func() error { return ended(r.settle(ctx)) },
	})
	return &r.summary, errors.Join(err, r.flush(ctx))
}

func (s *Sync) check() error {
	var wrong string
	switch {
	case !s.Src.IsPrefix() || !s.Dst.IsPrefix() || s.Src.Bucket == "" || s.Dst.Bucket == "":
		wrong = "both ends must be prefixes, with a slash at the end, or buckets"
	case s.Source == nil:
		wrong = "nothing lists the source"
	case s.Remover != nil && s.Target == nil:
		wrong = "what is not listed at the target cannot be removed there"
	case s.Remover != nil && (lies(s.Dst, s.Src) || lies(s.Src, s.Dst)):
		wrong = "one end lies in the other: what is removed there would be the source"
	default:
		wrong = s.checkSplit()
	}
	if wrong == "" {
		return nil
	}
	return fmt.Errorf("bridge: %w: %s to %s: %s", ErrSync, s.Src, s.Dst, wrong)
}

// feedsItself reports whether what is copied would be listed as the source of more.
func (s *Sync) feedsItself() bool {
	_, finite := s.Source.(*ManifestLister)
	below, within := strings.CutPrefix(s.Dst.Key, s.Src.Key)
	return s.Dst.Bucket == s.Src.Bucket && within && below != "" && !finite && !s.DryRun && !s.Filter.excludes(below+"x")
}

// lies reports whether a prefix is another one, or lies below it.
func lies(prefix, below redferry.URI) bool {
	_, ok := prefix.Rebase(below, below)
	return ok
}

// copyCurrent copies the version that job names or, if the source has been replaced
// since, the one that is there now. The files of a manifest keep their size, which that
// has promised.
func (r *syncRun) copyCurrent(ctx context.Context, job Job) (*Result, error) {
	t, err := r.c.begin(job.Dst, job.Src)
	if err != nil {
		return nil, err
	}
	result, err := t.copy(ctx, restarts)
	if errors.Is(err, ErrSourceChanged) && !errors.Is(err, ErrLeftOpen) && ctx.Err() == nil {
		t.restart(err)
		t.src = Object{URI: job.Src.URI, Size: -1}
		if _, promised := r.Source.(*ManifestLister); promised {
			t.src.Size = job.Src.Size
		}
		result, err = t.copy(ctx, restarts-1)
	}
	if err != nil && !t.touched {
		r.keep(job.Dst)
	}
	return t.end(result, err)
}

// A syncRun is a Sync under way.
type syncRun struct {
	*Sync
	c      *Copier
	census *census

	mu      sync.Mutex // guards what follows, and calls of done
	done    func(*Event) error
	refused error // what done has returned, or why it is not called again
	summary Summary
	running map[redferry.URI]doubt // the jobs that are under way
	pending []Entry                // copied or never touched, and not in the ledger
}

// tell reports an event.
func (r *syncRun) tell(e *Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refused == nil {
		r.summary.add(e)
		r.refused = r.done(e)
	}
	return r.refused
}

// refuse has nothing more told or done, because of err.
func (r *syncRun) refuse(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refused == nil {
		r.refused = err
	}
}

// begin notes what is known of a job that begins.
func (r *syncRun) begin(d doubt) {
	r.c.opts.Trace.plan(d.Dst, d.Src.Size)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running == nil {
		r.running = make(map[redferry.URI]doubt)
	}
	r.running[d.Dst] = d
}

// keep has the ledger know again what it has forgotten of a destination that was not touched.
func (r *syncRun) keep(dst redferry.URI) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.running[dst].known; known != nil {
		r.pending = append(r.pending, *known)
	}
}

// made notes for the ledger that a job was done.
func (r *syncRun) made(job Job, result *Result) {
	if r.Ledger == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending = append(r.pending, Entry{
		Dst: job.Dst, Target: result.ETag, Src: job.Src.URI, ETag: result.SourceETag, Size: result.Size, Checksum: result.Checksum, Level: result.Level,
		Copied: time.Now().UTC().Truncate(time.Microsecond),
	})
}

// copied is told what became of a job.
func (r *syncRun) copied(job Job, result *Result, err error) error {
	if err == nil {
		r.made(job, result)
	}
	r.mu.Lock()
	change := r.running[job.Dst].change
	delete(r.running, job.Dst)
	r.mu.Unlock()
	return r.tell(&Event{Change: change, Job: job, Result: result, Err: err})
}

// settle is flush; an error has nothing more told.
func (r *syncRun) settle(ctx context.Context) error {
	err := r.flush(ctx)
	if err != nil {
		r.refuse(err)
	}
	return err
}

// flush has the ledger record what was copied. That the context has ended is no reason
// to forget what was done.
func (r *syncRun) flush(ctx context.Context) error {
	r.mu.Lock()
	entries := r.pending
	r.pending = nil
	r.mu.Unlock()
	if len(entries) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := r.Ledger.Record(ctx, entries...); err != nil {
		return fmt.Errorf("bridge: %d objects below %s are copied, but the ledger does not have them: %w", len(entries), r.Dst, err)
	}
	return nil
}
