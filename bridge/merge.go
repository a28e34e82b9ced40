package bridge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry"
)

// A cursor goes through what is known of one side, in the order of keys.
type cursor[T any] struct {
	prefix redferry.URI
	uri    func(T) redferry.URI
	next   func() (T, error, bool)
	stop   func()
	key    string // of head, below the prefix; before there is a head, what lies before all
	head   T
	ok     bool // there is a head
}

// open begins to read a range of what list yields below prefix, in a goroutine of its
// own that ends with ctx or when the cursor is stopped.
func open[T any](ctx context.Context, s span, prefix redferry.URI, list lists[T], uri func(T) redferry.URI) *cursor[T] {
	next, stop := iter.Pull2(ahead(ctx, func(ctx context.Context) iter.Seq2[T, error] {
		return within(s, prefix, list(ctx, prefix, s.begin(prefix)), uri)
	}))
	return &cursor[T]{prefix: prefix, uri: uri, next: next, stop: stop, key: s.after}
}

// lists is the List of [Objects] or of a [Ledger].
type lists[T any] func(ctx context.Context, prefix redferry.URI, after string) iter.Seq2[T, error]

// step moves to the next head.
func (c *cursor[T]) step() error {
	if c == nil {
		return nil
	}
	var err error
	if c.head, err, c.ok = c.next(); err != nil || !c.ok {
		c.ok = false
		return err
	}
	uri := c.uri(c.head)
	key, under := strings.CutPrefix(uri.Key, c.prefix.Key)
	if !under || uri.Bucket != c.prefix.Bucket {
		return fmt.Errorf("bridge: %q does not lie below %s", uri, c.prefix)
	}
	if c.key != "" && key <= c.key {
		return fmt.Errorf("bridge: below %s: %w: %q follows %q", c.prefix, ErrOrder, key, c.key)
	}
	c.key = key
	return nil
}

func (c *cursor[T]) close() {
	if c != nil {
		c.stop()
	}
}

// at reports whether the cursor is at a key.
func (c *cursor[T]) at(key string) bool { return c != nil && c.ok && c.key == key }

// in reports whether the cursor is at a key that is one of some.
func (c *cursor[T]) in(some func(key string) bool) bool { return c != nil && c.ok && some(c.key) }

func ofObject(o Object) redferry.URI { return o.URI }
func ofEntry(e Entry) redferry.URI   { return e.Dst }

// sides are the cursors of a Sync, or of one range of it; target and ledger may be nil.
type sides struct {
	*syncRun
	source *cursor[Object]
	target *cursor[Object]
	ledger *cursor[Entry]
	doubts doubts
}

// changes yields a job for each object that is new or changed, and tells of all
// others by itself.
func (r *syncRun) changes(ctx context.Context) iter.Seq2[Job, error] {
	return func(yield func(Job, error) bool) {
		spans := r.spans()
		r.census = newCensus(len(spans))
		job := func(j Job) bool { return yield(j, nil) }
		var err error
		if len(spans) == 1 {
			err = r.mergeSpan(ctx, spans[0], job)
		} else {
			err = r.mergeAll(ctx, spans, job)
		}
		switch {
		case err == nil:
			r.c.opts.Trace.listed()
		case err != errLeft:
			yield(Job{}, err)
		}
	}
}

// mergeSpan goes through all sides at once, as far as one range goes.
func (r *syncRun) mergeSpan(ctx context.Context, at span, yield func(Job) bool) error {
	s := &sides{syncRun: r, source: open(ctx, at, r.Src, r.Source.List, ofObject)}
	defer s.source.close()
	if r.Target != nil {
		s.target = open(ctx, at, r.Dst, r.Target.atTarget().List, ofObject)
		defer s.target.close()
	}
	if r.Ledger != nil {
		s.ledger = open(ctx, at, r.Dst, r.Ledger.List, ofEntry)
		defer s.ledger.close()
	}
	return s.merge(ctx, yield)
}

// errLeft is what a merge ends with whose jobs nobody wants any more.
var errLeft = errors.New("left")

// merge goes through all sides.
func (s *sides) merge(ctx context.Context, yield func(Job) bool) error {
	if err := s.source.step(); err != nil {
		return err
	}
	if err := s.notEmpty(ctx); err != nil {
		return err
	}
	if err := s.target.step(); err != nil {
		return err
	}
	if err := s.ledger.step(); err != nil {
		return err
	}
	for s.source.ok {
		if err := s.extras(ctx, func(key string) bool { return key < s.source.key }); err != nil {
			return err
		}
		if err := s.object(yield); err != nil {
			return err
		}
		if err := s.release(ctx, yield, false); err != nil {
			return err
		}
		if err := s.source.step(); err != nil {
			return err
		}
	}
	if err := s.release(ctx, yield, true); err != nil {
		return err
	}
	return s.extras(ctx, func(string) bool { return true })
}

// notEmpty refuses to remove anything because of a source that has nothing, in no range.
func (s *sides) notEmpty(ctx context.Context) error {
	if s.Remover == nil {
		return nil
	}
	found, err := s.census.look(ctx, s.source.ok)
	if err == nil && !found {
		err = fmt.Errorf("bridge: %w: %s is empty: nothing is removed from %s for that", ErrSync, s.Src, s.Dst)
	}
	return err
}

// extras tells of what only the target has, as far as its keys are some.
func (s *sides) extras(ctx context.Context, some func(key string) bool) error {
	for s.target.in(some) {
		if err := s.extra(ctx, s.target.key, s.target.head.URI); err != nil {
			return err
		}
		if err := s.target.step(); err != nil {
			return err
		}
	}
	for s.ledger.in(some) {
		if s.Target == nil {
			if err := s.extra(ctx, s.ledger.key, s.ledger.head.Dst); err != nil {
				return err
			}
		}
		if err := s.ledger.step(); err != nil {
			return err
		}
	}
	return nil
}

// object decides about the head of the source.
func (s *sides) object(yield func(Job) bool) error {
	job := Job{Dst: redferry.URI{Bucket: s.Dst.Bucket, Key: s.Dst.Key + s.source.key}, Src: s.source.head}
	change := Excluded
	if s.Filter.Takes(s.source.key) && job.Dst.Key != "" {
		change = s.compare()
	}
	var err error
	switch {
	case change == Excluded || change == Unchanged || s.DryRun:
		err = s.tell(&Event{Change: change, Job: job, Known: s.known(change)})
	case s.ledger.at(s.source.key):
		s.doubts.add(job, change, s.ledger.head)
	default:
		err = s.pass(doubt{Job: job, change: change}, yield)
	}
	if err != nil {
		return err
	}
	return s.leave()
}

// known is the ledger's entry of the head of the source, if that is unchanged because of it.
func (s *sides) known(change Change) *Entry {
	if change != Unchanged || !s.ledger.at(s.source.key) || !s.ledger.head.is(s.source.head, s.c.opts.MinLevel) {
		return nil
	}
	entry := s.ledger.head
	return &entry
}

// compare holds the head of the source against what is known of the target. Where the
// ledger has another object than is listed there, somebody has replaced it, or the
// listing is older than the copy: neither is believed.
func (s *sides) compare() Change {
	key, object := s.source.key, s.source.head
	listed, recorded := s.target.at(key), s.ledger.at(key)
	there := listed || s.target == nil && recorded
	switch {
	case !there:
		return Added
	case recorded && listed && !s.ledger.head.made(s.target.head):
		return Changed
	case recorded && s.ledger.head.is(object, s.c.opts.MinLevel):
		return Unchanged
	case listed && s.alike(s.target.head, object):
		return Unchanged
	}
	return Changed
}

// alike reports whether two listings by themselves say that an object is what was asked
// for. They tell no checksum, and not how it is encrypted.
func (s *sides) alike(target, source Object) bool {
	return target.Size == source.Size && target.ETag == source.ETag && source.ETag != "" && s.c.opts.MinLevel < Stored && s.c.opts.Carry.Encryption == nil
}

// leave leaves the head of the source behind on the other sides.
func (s *sides) leave() error {
	key := s.source.key
	if s.target.at(key) {
		if err := s.target.step(); err != nil {
			return err
		}
	}
	if s.ledger.at(key) {
		return s.ledger.step()
	}
	return nil
}

// extra tells of an object that only the target has, after it has removed it if
// that is wanted.
func (s *sides) extra(ctx context.Context, key string, dst redferry.URI) error {
	e := &Event{Change: Extra, Job: Job{Dst: dst}}
	switch {
	case !s.Filter.Takes(key) || key == "" && s.Src.Key == "":
		e.Change = Excluded
	case s.Remover != nil && !s.DryRun:
		e.Removed, e.Err = s.remove(ctx, key, dst)
	}
	return s.tell(e)
}

const opLook = "look before removing"

// sourceHas asks the source for the object by its name. Where it can, it lists that name:
// a key that may list only below a prefix is allowed to, and HeadObject would tell it
// nothing, because S3 says that an object does not exist only to who may list the bucket,
// and no prefix is asked for there. Source: Amazon S3 API Reference, HeadObject,
// "Permissions"; that a condition on s3:prefix is not met there is not proven on a real S3.
func (t *transfer) sourceHas(ctx context.Context) (bool, error) {
	client, ok := t.c.src.(Listing)
	if !ok {
		return t.sourceKnows(ctx)
	}
	one := int32(1)
	for first, err := range NewLister(client, &t.c.opts).list(ctx, t.src.URI, "", &one) {
		if e, ok := errors.AsType[*Error](err); ok {
			e.Op, e.Dst = opLook, t.dst
		}
		return first.URI == t.src.URI, err
	}
	return false, nil
}

// sourceKnows asks for the head of the object.
func (t *transfer) sourceKnows(ctx context.Context) (bool, error) {
	err := t.ask(ctx, answerWithin, func(ctx context.Context) error {
		_, err := t.c.src.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &t.src.URI.Bucket, Key: &t.src.URI.Key}, once)
		return err
	})
	if err == nil || answer(err).missing() {
		return err == nil, nil
	}
	return false, t.fail(ctx, SideSource, opLook, actionRead, t.explain(ctx, err))
}

// remove removes an object of the target after the source has said that it does
// not exist there. An object that the source has got since stays. The ledger forgets
// it first: who does not live to remove it does it again, if need be.
func (s *sides) remove(ctx context.Context, key string, dst redferry.URI) (removed bool, err error) {
	t := &transfer{c: s.c, dst: dst, src: Object{URI: redferry.URI{Bucket: s.Src.Bucket, Key: s.Src.Key + key}}}
	if there, err := t.sourceHas(ctx); there || err != nil {
		return false, err
	}
	if s.Ledger != nil {
		if err := s.Ledger.Forget(ctx, dst); err != nil {
			return false, fmt.Errorf("bridge: %q is not removed, because the ledger does not forget it: %w", dst, err)
		}
	}
	err = t.ask(ctx, answerWithin, func(ctx context.Context) error {
		out, err := s.Remover.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &dst.Bucket, Key: &dst.Key}, once)
		if err == nil {
			err = emptied(out.ResultMetadata)
		}
		return err
	})
	if err != nil {
		return false, t.fail(ctx, SideTarget, "remove", actionRemove, err)
	}
	return true, nil
}
