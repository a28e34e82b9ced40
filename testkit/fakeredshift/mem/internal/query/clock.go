package query

import (
	"strconv"
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// The time zone of every session is UTC, so that an instant and its timestamp
// are the same.

func toTime(from, to fakeredshift.Type) converter {
	switch classOf(from) {
	case dateClass, stampClass:
		if to.OID != rsql.Date || from.OID == rsql.Date {
			return same
		}
		return func(v Value) (Value, error) { return midnight(v.(time.Time)), nil }
	case textClass, unknownClass:
		return func(v Value) (Value, error) { return parseTime(v.(string), to) }
	}
	return nil
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// toClock makes TIME and TIMETZ.
func toClock(from, to fakeredshift.Type) converter {
	switch classOf(from) {
	case clockClass:
		if from.OID == to.OID {
			return same
		}
	case stampClass:
		return func(v Value) (Value, error) { return clockText(v.(time.Time), to), nil }
	case textClass, unknownClass:
		return func(v Value) (Value, error) {
			r := timeReader{text: v.(string), rest: strings.TrimSpace(v.(string)), t: to}
			if !r.clock() || !r.zone() || r.rest != "" {
				return nil, r.malformed()
			}
			if !r.valid() {
				return nil, r.outOfRange()
			}
			return r.clockText(), nil
		}
	}
	return nil
}

func clockText(t time.Time, to fakeredshift.Type) string {
	if to.OID == rsql.Timetz {
		return t.Format("15:04:05.999999-07")
	}
	return t.Format("15:04:05.999999")
}

// clockText keeps the zone that a TIMETZ was given.
func (r *timeReader) clockText() string {
	at := time.Date(2000, 1, 1, r.hour, r.minute, r.second, r.micros*1000, time.FixedZone("", r.offset))
	return clockText(at, r.t)
}

// parseTime reads a DATE, TIMESTAMP or TIMESTAMPTZ.
func parseTime(text string, to fakeredshift.Type) (Value, error) {
	r := timeReader{text: text, rest: strings.TrimSpace(text), t: to}
	if before, ok := strings.CutSuffix(r.rest, " BC"); ok {
		r.rest, r.bc = before, true
	}
	if !r.date() || !r.timeOfDay() || r.rest != "" {
		return nil, r.malformed()
	}
	if !r.valid() {
		return nil, r.outOfRange()
	}
	if r.bc {
		r.year = 1 - r.year
	}
	if to.OID != rsql.Timestamptz {
		r.offset = 0 // a zone means nothing to a type without one
	}
	at := time.Date(r.year, time.Month(r.month), r.day, r.hour, r.minute, r.second, r.micros*1000, time.FixedZone("", r.offset)).UTC()
	if to.OID == rsql.Date {
		at = midnight(at)
	}
	return at, nil
}

// A timeReader takes a text apart.
type timeReader struct {
	text string // the whole
	rest string
	t    fakeredshift.Type

	year, month, day             int
	hour, minute, second, micros int
	offset                       int // of the zone, in seconds
	bc                           bool
}

func (r *timeReader) malformed() error {
	return refuse(stateBadDate, "invalid input syntax for type %s: %q", typeText(r.t), r.text)
}

func (r *timeReader) outOfRange() error {
	return refuse(stateDateRange, "date/time field value out of range: %q", r.text)
}

// valid reports whether the fields are within their ranges.
func (r *timeReader) valid() bool {
	if r.hour == 24 && r.minute == 0 && r.second == 0 && r.micros == 0 {
		return r.validDay()
	}
	return r.validDay() && r.hour < 24 && r.minute < 60 && r.second < 60
}

func (r *timeReader) validDay() bool {
	if r.year == 0 && r.month == 0 && r.day == 0 {
		return true // a time of day alone
	}
	if r.year < 1 || r.month < 1 || r.month > 12 || r.day < 1 {
		return false
	}
	year := r.year
	if r.bc {
		year = 1 - year
	}
	return r.day <= time.Date(year, time.Month(r.month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// number takes between least and most digits.
func (r *timeReader) number(n *int, least, most int) bool {
	i := 0
	for i < len(r.rest) && i < most && r.rest[i] >= '0' && r.rest[i] <= '9' {
		i++
	}
	if i < least {
		return false
	}
	*n, _ = strconv.Atoi(r.rest[:i])
	r.rest = r.rest[i:]
	return true
}

func (r *timeReader) accept(sign string) bool {
	rest, ok := strings.CutPrefix(r.rest, sign)
	r.rest = rest
	return ok
}

// date takes 2001-02-03, 2001/02/03, 20010203 or 02/03/2001.
func (r *timeReader) date() bool {
	if len(r.rest) >= 8 && allDigits(r.rest[:8]) {
		return r.number(&r.year, 4, 4) && r.number(&r.month, 2, 2) && r.number(&r.day, 2, 2)
	}
	if i := strings.IndexByte(r.rest, '/'); i == 1 || i == 2 {
		return r.number(&r.month, 1, 2) && r.accept("/") && r.number(&r.day, 1, 2) && r.accept("/") && r.number(&r.year, 4, 6)
	}
	if !r.number(&r.year, 4, 6) {
		return false
	}
	separator := "-"
	if strings.HasPrefix(r.rest, "/") {
		separator = "/"
	}
	return r.accept(separator) && r.number(&r.month, 1, 2) && r.accept(separator) && r.number(&r.day, 1, 2)
}

// timeOfDay takes what may follow a date.
func (r *timeReader) timeOfDay() bool {
	if r.rest == "" {
		return true
	}
	if !r.accept("T") && !r.accept(" ") {
		return r.zone()
	}
	r.rest = strings.TrimLeft(r.rest, " ")
	return r.clock() && r.zone()
}

// clock takes 04:05, 04:05:06 or 04:05:06.123456, rounded to microseconds.
func (r *timeReader) clock() bool {
	if !r.number(&r.hour, 1, 2) || !r.accept(":") || !r.number(&r.minute, 2, 2) {
		return false
	}
	if !r.accept(":") {
		return true
	}
	if !r.number(&r.second, 2, 2) {
		return false
	}
	if !r.accept(".") {
		return true
	}
	i := 0
	for i < len(r.rest) && r.rest[i] >= '0' && r.rest[i] <= '9' {
		i++
	}
	digits := (r.rest[:i] + "0000000")[:7]
	r.rest = r.rest[i:]
	tenths, _ := strconv.Atoi(digits)
	r.micros = (tenths + 5) / 10
	return true
}

// zone takes Z, UTC, +02, -0530 or +05:30. Names of other zones are not known.
func (r *timeReader) zone() bool {
	r.rest = strings.TrimLeft(r.rest, " ")
	for _, name := range []string{"UTC", "GMT", "Z", "utc", "z"} {
		if r.accept(name) {
			return true
		}
	}
	sign := 1
	switch {
	case r.accept("-"):
		sign = -1
	case r.accept("+"):
	default:
		return true
	}
	var hours, minutes int
	if !r.number(&hours, 1, 2) {
		return false
	}
	if r.accept(":") || r.rest != "" {
		if !r.number(&minutes, 2, 2) {
			return false
		}
	}
	r.offset = sign * (hours*3600 + minutes*60)
	return hours <= 15 && minutes < 60
}
