package wire

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

var errTime = errors.New("no date or timestamp in ISO style")

// parseTime reads a DATE, TIMESTAMP or TIMESTAMPTZ as DateStyle ISO prints it:
// 2001-02-03, 2001-02-03 04:05:06.789, 2001-02-03 04:05:06+00, 0044-03-15 BC.
// The result is in UTC. time.Parse knows neither years beyond 9999 nor BC.
func parseTime(text string) (time.Time, error) {
	r := timeReader{rest: text}
	bc := strings.HasSuffix(r.rest, " BC")
	r.rest = strings.TrimSuffix(r.rest, " BC")
	year, month, day := r.number(4, 6, ""), r.number(2, 2, "-"), r.number(2, 2, "-")
	if bc {
		year = 1 - year
	}
	var hour, minute, second, nanos, offset int
	if r.rest != "" {
		hour, minute, second = r.number(2, 2, " "), r.number(2, 2, ":"), r.number(2, 2, ":")
		nanos = r.fraction()
		offset = r.offset()
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	if r.bad || r.rest != "" || t.Month() != time.Month(month) || t.Day() != day || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, errTime
	}
	return t.Add(-time.Duration(offset) * time.Second), nil
}

// A timeReader takes numbers off the front of rest.
type timeReader struct {
	rest string
	bad  bool
}

// number takes separator and then least to most digits.
func (r *timeReader) number(least, most int, separator string) int {
	rest, ok := strings.CutPrefix(r.rest, separator)
	n, digits := 0, 0
	for digits < len(rest) && digits < most && rest[digits] >= '0' && rest[digits] <= '9' {
		n = n*10 + int(rest[digits]-'0')
		digits++
	}
	if !ok || digits < least {
		r.bad = true
		return 0
	}
	r.rest = rest[digits:]
	return n
}

func (r *timeReader) fraction() int {
	if !strings.HasPrefix(r.rest, ".") {
		return 0
	}
	before := len(r.rest)
	nanos := r.number(1, 9, ".")
	for digits := before - len(r.rest) - 1; digits < 9; digits++ {
		nanos *= 10
	}
	return nanos
}

// offset takes +hh, +hh:mm or +hh:mm:ss and returns seconds east of UTC.
func (r *timeReader) offset() int {
	sign := 1
	switch {
	case strings.HasPrefix(r.rest, "+"):
	case strings.HasPrefix(r.rest, "-"):
		sign = -1
	default:
		return 0
	}
	seconds := r.number(2, 2, r.rest[:1]) * 3600
	for unit := 60; unit > 0 && strings.HasPrefix(r.rest, ":"); unit /= 60 {
		seconds += r.number(2, 2, ":") * unit
	}
	return sign * seconds
}

// formatTime prints t as a literal that Redshift reads as DATE, TIMESTAMP and
// TIMESTAMPTZ alike: in UTC and in microseconds, the finest that Redshift keeps.
func formatTime(t time.Time) (string, error) {
	t = t.UTC()
	if year := t.Year(); year < 1 || year > 9999 {
		return "", fmt.Errorf("the year %d is not between 1 and 9999", year)
	}
	if t.Nanosecond()%1000 != 0 {
		return "", fmt.Errorf("%s is finer than a microsecond: truncate it first", t.Format(time.RFC3339Nano))
	}
	return t.Format("2006-01-02 15:04:05.999999-07"), nil
}
