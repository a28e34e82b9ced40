package query

import (
	"strings"
	"time"

	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// timeFunctions work on dates and timestamps. The parser makes a text of a part
// that is written as a word.
var timeFunctions = map[string]function{
	"dateadd date_add":   {3, 3, dateAdd},
	"datediff date_diff": {3, 3, dateDiff},
	"date_part datepart": {2, 2, datePart},
	"date_trunc":         {2, 2, dateTrunc},
	"date":               {1, 1, func(args []*node) (*node, error) { return convert(args[0], typeDate) }},
}

// parts are the names of the parts of a date with their other spellings.
var parts = func() map[string]string {
	names := map[string]string{}
	for _, list := range []string{
		"year y yr yrs years", "quarter qtr qtrs quarters", "month mon mons months", "week w weeks", "day d days",
		"hour h hr hrs hours", "minute m min mins minutes", "second s sec secs seconds",
		"millisecond ms msec msecs msecond mseconds millisec millisecs millisecon milliseconds",
		"microsecond us usec usecs usecond useconds microsec microsecs microsecon microseconds",
		"dayofweek dow weekday dw", "dayofyear doy yearday dy", "epoch",
	} {
		fields := strings.Fields(list)
		for _, name := range fields {
			names[name] = fields[0]
		}
	}
	return names
}()

// partOf reads the first argument, which must be constant.
func partOf(n *node) (string, error) {
	name, ok := n.value.(string)
	if !ok {
		return "", unsupported("a date part that is not constant")
	}
	part, ok := parts[strings.ToLower(strings.TrimSpace(name))]
	if !ok {
		return "", refuse(stateBadParameter, "date part %q not recognized", name)
	}
	return part, nil
}

// asTime requires a date or timestamp; a literal is read as a timestamp.
func asTime(n *node) (*node, error) {
	switch c := classOf(n.typ); {
	case c.time():
		return n, nil
	case c == unknownClass:
		return convert(n, typeTimestamp)
	}
	return nil, errArguments
}

// units are the lengths of parts that have one.
var units = map[string]time.Duration{
	"microsecond": time.Microsecond, "millisecond": time.Millisecond, "second": time.Second, "minute": time.Minute,
	"hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour,
}

// months are the lengths of the others, in months.
var months = map[string]int{"month": 1, "quarter": 3, "year": 12}

func dateAdd(args []*node) (*node, error) {
	part, err := partOf(args[0])
	if err != nil {
		return nil, err
	}
	if units[part] == 0 && months[part] == 0 {
		return nil, refuse(stateBadParameter, "DATEADD does not take the date part %q", part)
	}
	n, err := convert(args[1], typeInt8)
	if err != nil {
		return nil, err
	}
	at, err := asTime(args[2])
	if err != nil {
		return nil, err
	}
	t := at.typ
	if t.OID == rsql.Date {
		t = typeTimestamp
	}
	return strict(t, func(values []Value) (Value, error) {
		return added(part, values[0].(int64), values[1].(time.Time))
	}, n, at), nil
}

// added moves a time; of the days of a shorter month the last is taken.
func added(part string, n int64, at time.Time) (Value, error) {
	const most = 300_000 * 12 // months
	var sum time.Time
	if size := months[part]; size > 0 {
		if n < -most || n > most {
			return nil, refuse(stateDateRange, "timestamp out of range")
		}
		sum = at.AddDate(0, int(n)*size, 0)
		if sum.Day() != at.Day() {
			sum = sum.AddDate(0, 0, -sum.Day())
		}
	} else {
		unit := int64(units[part] / time.Microsecond)
		if n > 1<<62/unit || n < -1<<62/unit {
			return nil, refuse(stateDateRange, "timestamp out of range")
		}
		micros := n * unit
		sum = time.Unix(at.Unix()+micros/1e6, int64(at.Nanosecond())+micros%1e6*1000).UTC()
	}
	if sum.Year() < -4712 || sum.Year() > 294276 {
		return nil, refuse(stateDateRange, "timestamp out of range")
	}
	return sum, nil
}

func dateDiff(args []*node) (*node, error) {
	part, err := partOf(args[0])
	if err != nil {
		return nil, err
	}
	if units[part] == 0 && months[part] == 0 {
		return nil, refuse(stateBadParameter, "DATEDIFF does not take the date part %q", part)
	}
	from, err := asTime(args[1])
	if err != nil {
		return nil, err
	}
	to, err := asTime(args[2])
	if err != nil {
		return nil, err
	}
	return strict(typeInt8, func(values []Value) (Value, error) {
		return ordinal(part, values[1].(time.Time)) - ordinal(part, values[0].(time.Time)), nil
	}, from, to), nil
}

// ordinal counts parts: DATEDIFF counts the borders between them.
func ordinal(part string, t time.Time) int64 {
	if size := int64(months[part]); size > 0 {
		return floorDiv(int64(t.Year())*12+int64(t.Month())-1, size)
	}
	micros := t.UnixMicro()
	if part == "week" { // weeks begin on Sunday; 1970-01-01 was a Thursday
		micros += 4 * 24 * int64(time.Hour/time.Microsecond)
	}
	return floorDiv(micros, int64(units[part]/time.Microsecond))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// datePart is DATE_PART and EXTRACT.
func datePart(args []*node) (*node, error) {
	part, err := partOf(args[0])
	if err != nil {
		return nil, err
	}
	at, err := asTime(args[1])
	if err != nil {
		return nil, err
	}
	t := typeInt4
	if part == "epoch" {
		t = typeInt8
	}
	return strict(t, func(values []Value) (Value, error) { return partValue(part, values[0].(time.Time)), nil }, at), nil
}

func partValue(part string, t time.Time) int64 {
	switch part {
	case "year":
		return int64(t.Year())
	case "quarter":
		return int64(t.Month()-1)/3 + 1
	case "month":
		return int64(t.Month())
	case "week":
		_, week := t.ISOWeek()
		return int64(week)
	case "day":
		return int64(t.Day())
	case "hour":
		return int64(t.Hour())
	case "minute":
		return int64(t.Minute())
	case "second":
		return int64(t.Second())
	case "millisecond":
		return int64(t.Nanosecond() / 1e6)
	case "microsecond":
		return int64(t.Nanosecond() / 1e3)
	case "dayofweek":
		return int64(t.Weekday())
	case "dayofyear":
		return int64(t.YearDay())
	}
	return t.Unix()
}

func dateTrunc(args []*node) (*node, error) {
	part, err := partOf(args[0])
	if err != nil {
		return nil, err
	}
	if units[part] == 0 && months[part] == 0 {
		return nil, refuse(stateBadParameter, "DATE_TRUNC does not take the date part %q", part)
	}
	at, err := asTime(args[1])
	if err != nil {
		return nil, err
	}
	t := at.typ
	if t.OID == rsql.Date {
		t = typeTimestamp
	}
	return strict(t, func(values []Value) (Value, error) { return truncated(part, values[0].(time.Time)), nil }, at), nil
}

// truncated is the beginning of a part; weeks begin on Monday here.
func truncated(part string, t time.Time) time.Time {
	day := midnight(t)
	switch part {
	case "year":
		return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	case "quarter":
		return time.Date(t.Year(), (t.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	case "month":
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case "week":
		return day.AddDate(0, 0, -int(t.Weekday()+6)%7)
	}
	return day.Add(t.Sub(day).Truncate(units[part]))
}
