package bridge_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redferry/redferry/bridge"
)

func TestParseTimetable(t *testing.T) {
	const hour = time.Hour
	for text, want := range map[string]bridge.Timetable{
		"10M":                         {{Rate: 10 << 20}},
		"1.5k":                        {{Rate: 1536}},
		"100B":                        {{Rate: 100}},
		"off":                         {{Rate: 0}},
		"Mon-08:00,512K Sat-00:30,2G": {{From: 32 * hour, Rate: 512 << 10}, {From: 6*24*hour + 30*time.Minute, Rate: 2 << 30}},
		"sat-23:59,OFF sun-00:00,1b":  {{From: 0, Rate: 1}, {From: 7*24*hour - time.Minute, Rate: 0}},
	} {
		got, err := bridge.ParseTimetable(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
	daily, err := bridge.ParseTimetable("08:00,1K 19:00,off Wed-12:00,2K")
	if err != nil || len(daily) != 15 {
		t.Errorf("got %d entries, %v; want twice seven and one", len(daily), err)
	}
}

func TestParseTimetableRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "want a rate, or times with rates",
		" ":                       "want a rate, or times with rates",
		"10":                      `"10" has no unit`,
		"M":                       `"M" is no rate`,
		"0M":                      "at least one byte per second",
		"-1M":                     "at least one byte per second",
		"1048576G":                "is no rate",
		"infG":                    "is no rate",
		"nanG":                    "is no rate",
		"10T":                     "has no unit",
		"10MM":                    `"10MM" is no rate`,
		"ı":                       `"ı" has no unit`, // shorter in upper case, as a number of bytes
		"08:00,":                  `"" has no unit`,
		"08:00":                   `"08:00" has no unit`,
		"25:00,1M":                `"25:00" is no time of a day`,
		"08:00,1M 19:00":          "want a time and a rate",
		"Son-08:00,1M":            `"Son" is no day`,
		"08:00,1M 08:00,2M":       "two entries for Sun-08:00",
		"08:00,1M Tue-08:00,off":  "two entries for Tue-08:00",
		"23:45,1M Wed-23:45,off":  "two entries for Wed-23:45",
		"08:00,1M,2M":             `"1M,2M" is no rate`,
		"mon-08:00,1M mon-8:00,1": "has no unit",
	} {
		got, err := bridge.ParseTimetable(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "bridge: bandwidth ") {
			t.Errorf("%q: got %v, %v; want an error with %q", text, got, err, want)
		}
	}
}

func TestTimetableAt(t *testing.T) {
	table, err := bridge.ParseTimetable("08:00,1K 19:30,2K Sat-00:00,off Mon-00:00,3K")
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("", 5*60*60) // a time is one of the clock on the wall
	for _, tt := range []struct {
		at   string
		want int64
	}{
		{"Sun 00:00", 2 << 10},
		{"Sun 07:59", 2 << 10},
		{"Sun 08:00", 1 << 10},
		{"Mon 00:00", 3 << 10},
		{"Mon 07:59", 3 << 10},
		{"Mon 19:29", 1 << 10},
		{"Mon 19:30", 2 << 10},
		{"Tue 03:00", 2 << 10},
		{"Sat 00:00", 0},
		{"Sat 23:59", 2 << 10},
	} {
		// 2026-11-01 is a Sunday.
		parsed, err := time.ParseInLocation("Mon 15:04 2006-01-02", tt.at+" 2026-11-01", zone)
		if err != nil {
			t.Fatal(err)
		}
		day := strings.Index("SunMonTueWedThuFriSat", tt.at[:3]) / 3
		if got := table.At(parsed.AddDate(0, 0, day)); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.at, got, tt.want)
		}
	}
	if got := bridge.Timetable(nil).At(time.Now()); got != 0 {
		t.Errorf("no timetable limits to %d", got)
	}
}

// TestTimetableString: rates are written in the largest unit that they are a whole
// number of, and what is written is read.
func TestTimetableString(t *testing.T) {
	for text, rate := range map[string]int64{"off": 0, "1B": 1, "1023B": 1023, "1K": 1 << 10, "1025B": 1025, "1536K": 3 << 19, "3M": 3 << 20, "1G": 1 << 30, "2048G": 2 << 40} {
		table := bridge.Timetable{{Rate: rate}}
		written, err := table.MarshalText()
		if err != nil || string(written) != text {
			t.Errorf("%d is written %q, %v; want %q", rate, written, err, text)
		}
		var got bridge.Timetable
		if err := got.UnmarshalText(written); err != nil || !cmp.Equal(got, table) {
			t.Errorf("%q is read as %v, %v", written, got, err)
		}
	}
	for _, text := range []string{"Mon-10:00,1K", "Sun-00:00,1K Mon-10:00,2K"} {
		if table, err := bridge.ParseTimetable(text); err != nil || table.String() != text {
			t.Errorf("%q is written %q, %v", text, table, err)
		}
	}
	got := bridge.Timetable{{Rate: 7}}
	if err := got.UnmarshalText([]byte("fast")); err == nil || len(got) != 1 || got[0].Rate != 7 {
		t.Errorf("what is no rate made it %v, %v", got, err)
	}
}

func FuzzParseTimetable(f *testing.F) {
	f.Add("08:00,512K 19:00,10M Sat-00:00,off")
	f.Add("1.5G")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := bridge.ParseTimetable(text)
		if err != nil {
			return
		}
		again, err := bridge.ParseTimetable(table.String())
		if diff := cmp.Diff(table, again); err != nil || diff != "" {
			t.Errorf("%q was written as %q: %v (-want +got):\n%s", text, table, err, diff)
		}
		for i, slot := range table {
			if slot.From < 0 || slot.From >= 7*24*time.Hour || slot.Rate < 0 || i > 0 && slot.From <= table[i-1].From {
				t.Errorf("%q: entry %d is %+v", text, i, slot)
			}
		}
	})
}

// TestSetEndsATimetable: what is set holds, whatever the time.
func TestSetEndsATimetable(t *testing.T) {
	b := bridge.NewBandwidth(0)
	var table bridge.Timetable
	if err := table.UnmarshalText([]byte("10M")); err != nil {
		t.Fatal(err)
	}
	b.SetTimetable(table)
	if got := b.Rate(); got != 10<<20 {
		t.Errorf("the rate of the timetable is %d", got)
	}
	b.Set(5000)
	if got := b.Rate(); got != 5000 {
		t.Errorf("the rate that was set is %d", got)
	}
}
