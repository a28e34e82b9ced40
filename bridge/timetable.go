package bridge

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Timetable says how many bytes per second may pass at each time of a week. Its
// entries are in the order of the week; each holds until the next, the last one
// until the first of the next week.
type Timetable []Slot

// A Slot is an entry of a Timetable.
type Slot struct {
	From time.Duration // since Sunday, 00:00, by the clock on the wall
	Rate int64         // in bytes per second; 0 is no limit
}

// ParseTimetable reads a limit, "10M", or entries with the times from which they
// hold, "08:00,512K 19:00,10M Sat-00:00,off". An entry without a day is for every
// day. Rates are bytes per second: a number with B, K, M or G (powers of 1,024) or
// "off" for no limit; a number without a unit is refused, because other programs
// mean other things by it.
func ParseTimetable(text string) (Timetable, error) {
	words := strings.Fields(text)
	if len(words) == 1 && !strings.Contains(words[0], ",") {
		r, err := parseRate(words[0])
		if err != nil {
			return nil, fmt.Errorf("bridge: bandwidth %q: %w", text, err)
		}
		return Timetable{{Rate: r}}, nil
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("bridge: bandwidth %q: want a rate, or times with rates", text)
	}
	var table Timetable
	for _, word := range words {
		slots, err := parseSlots(word)
		if err != nil {
			return nil, fmt.Errorf("bridge: bandwidth %q: %w", word, err)
		}
		table = append(table, slots...)
	}
	slices.SortStableFunc(table, func(a, b Slot) int { return cmp.Compare(a.From, b.From) })
	for i := 1; i < len(table); i++ {
		if table[i].From == table[i-1].From {
			return nil, fmt.Errorf("bridge: bandwidth %q: two entries for %s", text, weekTime(table[i].From))
		}
	}
	return table, nil
}

const day = 24 * time.Hour

// weekTime is a time of the week as [ParseTimetable] reads it.
func weekTime(d time.Duration) string {
	return fmt.Sprintf("%.3s-%02d:%02d", time.Weekday(d/day), d%day/time.Hour, d%time.Hour/time.Minute)
}

// parseSlots reads one entry, which is seven if it is for every day.
func parseSlots(word string) ([]Slot, error) {
	when, limit, ok := strings.Cut(word, ",")
	if !ok {
		return nil, fmt.Errorf("want a time and a rate, as in 08:00,512K")
	}
	r, err := parseRate(limit)
	if err != nil {
		return nil, err
	}
	days := []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday}
	if name, clock, ok := strings.Cut(when, "-"); ok {
		when = clock
		days = slices.DeleteFunc(days, func(d time.Weekday) bool { return !strings.EqualFold(d.String()[:3], name) })
		if len(days) == 0 {
			return nil, fmt.Errorf("%q is no day: want Mon, Tue, Wed, Thu, Fri, Sat or Sun", name)
		}
	}
	clock, err := time.Parse("15:04", when)
	if err != nil {
		return nil, fmt.Errorf("%q is no time of a day: want hours and minutes, as in 08:00", when)
	}
	slots := make([]Slot, len(days))
	for i, d := range days {
		slots[i] = Slot{From: time.Duration(d)*day + time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute, Rate: r}
	}
	return slots, nil
}

func parseRate(text string) (int64, error) {
	if strings.EqualFold(text, "off") {
		return 0, nil
	}
	last := max(len(text)-1, 0)
	unit := map[string]int64{"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}[strings.ToUpper(text[last:])]
	if unit == 0 {
		return 0, fmt.Errorf("%q has no unit: want B, K, M or G after the number, or off", text)
	}
	n, err := strconv.ParseFloat(text[:last], 64)
	if limit := n * float64(unit); err == nil && limit >= 1 && limit < 1<<50 { // a float64 has all integers up to there
		return int64(limit), nil
	}
	return 0, fmt.Errorf("%q is no rate: want a number of at least one byte per second, or off", text)
}

// String returns what [ParseTimetable] reads; it is empty for no entries.
func (t Timetable) String() string {
	if len(t) == 1 && t[0].From == 0 {
		return formatRate(t[0].Rate)
	}
	words := make([]string, len(t))
	for i, slot := range t {
		words[i] = weekTime(slot.From) + "," + formatRate(slot.Rate)
	}
	return strings.Join(words, " ")
}

func formatRate(bytesPerSecond int64) string {
	if bytesPerSecond == 0 {
		return "off"
	}
	units := "BKMG"
	i := 0
	for ; i < len(units)-1 && bytesPerSecond%1024 == 0; i++ {
		bytesPerSecond /= 1024
	}
	return strconv.FormatInt(bytesPerSecond, 10) + units[i:i+1]
}

// MarshalText is String.
func (t Timetable) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText is [ParseTimetable].
func (t *Timetable) UnmarshalText(text []byte) error {
	table, err := ParseTimetable(string(text))
	if err == nil {
		*t = table
	}
	return err
}

// At returns the limit that holds at a time, by the clock on the wall where now
// is; 0 is none.
func (t Timetable) At(now time.Time) int64 {
	if len(t) == 0 {
		return 0
	}
	since := time.Duration(now.Weekday())*day + time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute
	holds := t[len(t)-1]
	for _, slot := range t {
		if slot.From > since {
			break
		}
		holds = slot
	}
	return holds.Rate
}
