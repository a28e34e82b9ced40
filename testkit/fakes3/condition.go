package fakes3

import (
	"net/http"
	"time"

	"github.com/redferry/redferry/testkit/fakes3/internal/refusal"
	"github.com/redferry/redferry/testkit/fakes3/internal/store"
)

// A readCondition is what has to hold for a read, from the headers of the request
// or, for a copy, of its source.
type readCondition struct {
	match, noneMatch string
	since, notSince  time.Time // zero if not given
}

// readCondition reads If-Match and its three relatives, each with the prefix.
func (c *call) readCondition(prefix string) readCondition {
	header := c.r.Header
	return readCondition{
		match:     header.Get(prefix + "If-Match"),
		noneMatch: header.Get(prefix + "If-None-Match"),
		since:     headerTime(header, prefix+"If-Modified-Since"),
		notSince:  headerTime(header, prefix+"If-Unmodified-Since"),
	}
}

// headerTime returns the zero time for a header that is no date: S3 ignores it.
func headerTime(header http.Header, name string) time.Time {
	t, err := http.ParseTime(header.Get(name))
	if err != nil {
		return time.Time{}
	}
	return t
}

// check compares the condition with an object. An ETag counts more than a date.
// Source: S3 API Reference, "GetObject", "Overriding response header values" and
// "Consideration of conditional headers"; RFC 9110, section 13.2.2.
func (rc readCondition) check(o *store.Object) error {
	modified := o.Modified.Truncate(time.Second)
	switch {
	case rc.match != "" && !store.Matches(rc.match, o.ETag):
		return refusal.PreconditionFailed("If-Match")
	case rc.match == "" && !rc.notSince.IsZero() && modified.After(rc.notSince):
		return refusal.PreconditionFailed("If-Unmodified-Since")
	case rc.noneMatch != "" && store.Matches(rc.noneMatch, o.ETag):
		return notModified(o)
	case rc.noneMatch == "" && !rc.since.IsZero() && !modified.After(rc.since):
		return notModified(o)
	}
	return nil
}

func notModified(o *store.Object) error {
	r := refusal.NotModified()
	r.Header = map[string]string{"ETag": o.ETag, "Last-Modified": o.Modified.Format(http.TimeFormat)}
	return r
}
