package bridge

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redferry/redferry"
)

// probes try the rights of one side.
type probes struct {
	found    *Findings // of both sides
	side     string
	client   Prober
	prefix   redferry.URI
	key      redferry.URI // below prefix; it names no object, and nobody else uses it
	patience patience
	carry    Carry

	object  Object   // one below prefix; the zero Object if none is known
	uploads []string // to key, which are open
	unsure  bool     // there may be another one, whose answer was lost
}

func newProbes(found *Findings, side string, client Prober, prefix redferry.URI, o *Options) *probes {
	const draws = 1 << 53 // as many as a float64 of [0,1) has
	name := fmt.Sprintf(".redferry-preflight-%014x", uint64(o.Rand()*draws))
	return &probes{
		found: found, side: side, client: client, prefix: prefix,
		key:      redferry.URI{Bucket: prefix.Bucket, Key: prefix.Key + name},
		patience: patience{retries: o.Retries, rand: o.Rand}, carry: o.Carry,
	}
}

// A probe is one request that shows whether the key has a right.
type probe struct {
	action string
	op     string // for an Error
	needed bool
	// past are the codes of errors that S3 answers only to who has the right.
	past []string
	// blind says that a refusal may be about the right to know that a key does not
	// exist.
	blind bool
	try   func(context.Context) error
}

// run makes the request and notes what it shows. An error that says nothing about
// rights is returned.
func (s *probes) run(ctx context.Context, p probe) error {
	err := s.patience.do(ctx, limited(answerWithin, p.try), func(error, time.Duration) {})
	r := answer(err)
	switch {
	case err == nil:
		s.note(ctx, p, Allowed, "")
	case slices.Contains(p.past, r.code):
		s.note(ctx, p, Allowed, "S3 answers "+r.code+", and would refuse it otherwise")
	case r.denied():
		s.refused(ctx, p, r)
	default:
		return s.fail(ctx, p.op, p.action, err)
	}
	return nil
}

// refused notes what a refusal shows: it may name another action than the one that
// was tried, which S3 looked at before.
func (s *probes) refused(ctx context.Context, p probe, r reply) {
	named := r.denial()
	if key, ok := r.ofKey(p.op); ok {
		allowed := Unknown
		if named.action != "" {
			allowed = Allowed
		}
		s.note(ctx, p, allowed, "the answer is about the key of KMS: "+r.said())
		if p.needed {
			s.deny(ctx, p, key, r)
		}
		return
	}
	switch {
	case named.action == p.action, named.action == "" && !p.blind:
		s.deny(ctx, p, denial{p.action, arn(p.action, s.all())}, r)
	case named.action == "":
		s.note(ctx, p, Unknown, "S3 refuses it in the same words if only the right to list is missing: "+r.said())
	case named.action == actionList && p.blind:
		s.note(ctx, p, Allowed, "S3 refuses only to say that there is no such object: "+r.said())
	default:
		s.note(ctx, p, Unknown, r.said())
		s.deny(ctx, p, named, r)
	}
}

// deny notes that an action is refused, once.
func (s *probes) deny(ctx context.Context, p probe, d denial, r reply) {
	if s.allowance(d.action) == Denied {
		return
	}
	f := Finding{Side: s.side, Action: d.action, Resource: d.resource, Needed: p.needed, Allowed: Denied, Why: r.said()}
	if f.Needed {
		f.Advice = allow(ctx, s.client, f.Action, f.Resource)
	}
	if f.Needed && r.explicitly() {
		f.Advice += changePolicy
	}
	s.found.Rights = append(s.found.Rights, f)
}

// note notes what a probe shows of its own action, which is not that it is refused.
func (s *probes) note(ctx context.Context, p probe, allowed Allowance, why string) {
	f := Finding{Side: s.side, Action: p.action, Resource: arn(p.action, s.all()), Needed: p.needed, Allowed: allowed, Why: why}
	switch {
	case !f.Needed && f.Allowed == Allowed:
		f.Advice = fmt.Sprintf("take from access key%s the action %s on %s", keyID(ctx, s.client), f.Action, f.Resource)
	case f.Needed && f.Allowed == Unknown:
		f.Advice = fmt.Sprintf("make sure that access key%s is allowed the action %s on %s", keyID(ctx, s.client), f.Action, f.Resource)
	}
	s.found.Rights = append(s.found.Rights, f)
}

// all stands for what lies below the prefix.
func (s *probes) all() redferry.URI {
	return redferry.URI{Bucket: s.prefix.Bucket, Key: s.prefix.Key + "*"}
}

// allowance is what is known of an action so far.
func (s *probes) allowance(action string) Allowance {
	for _, f := range s.found.Rights {
		if f.Side == s.side && f.Action == action {
			return f.Allowed
		}
	}
	return Unknown
}

// fail makes the Error of a request that shows nothing about rights.
func (s *probes) fail(ctx context.Context, op, action string, err error) error {
	return failAt(ctx, s.side, op, s.prefix, err, func() string {
		if advice := adviseKey(ctx, s.client, answer(err), op, bucketKey); advice != "" {
			return advice
		}
		return advise(ctx, s.client, err, action, s.all())
	})
}
