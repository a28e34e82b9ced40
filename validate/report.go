package validate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/redferry/redferry"
)

// A Report is what [Compare] looked at and found.
type Report struct {
	Source redferry.Table `json:"source"`
	Target redferry.Table `json:"target"`
	Checks []Check        `json:"checks"`
}

// A Check is one respect in which a move was looked at.
type Check struct {
	Name string `json:"name"`
	// NotMade says why the check was not made; empty if it was.
	NotMade string `json:"notMade,omitempty"`
	// Value is what was seen, for people.
	Value    string    `json:"value,omitempty"`
	Findings []Finding `json:"findings,omitempty"`
}

// A Finding is one difference.
type Finding struct {
	Subject string `json:"subject"` // a table or a file
	Want    string `json:"want"`
	Got     string `json:"got"`
}

// A Level says how much the checks that were made prove, whatever they found.
type Level string

// The levels, each with what the one before it has.
const (
	// None: no count of the target was held against anything.
	None Level = "none"
	// Loaded: what COPY counted was held against the manifest.
	Loaded Level = "loaded"
	// Counted: the rows that are in the target were counted and held against the
	// manifest, or against the source.
	Counted Level = "counted"
)

// Level returns the level of the checks that were made.
func (r *Report) Level() Level {
	level := None
	for _, c := range r.Checks {
		switch {
		case c.NotMade != "":
		case c.Name == TargetRows:
			return Counted
		case c.Name == LoadedRows:
			level = Loaded
		}
	}
	return level
}

// MarshalJSON adds the level and whether both sides are equal to the fields.
func (r *Report) MarshalJSON() ([]byte, error) {
	type fields Report // without this method
	return json.Marshal(struct {
		*fields
		Level Level `json:"level"`
		Equal bool  `json:"equal"`
	}{(*fields)(r), r.Level(), r.Equal()})
}

// The errors of [Report.Err] wrap one of these.
var (
	ErrDifferent = errors.New("both sides differ")
	// ErrUnproven: nothing was found, but no row of the target was counted either.
	ErrUnproven = errors.New("nothing proves the rows of the target")
)

func (r *Report) add(c Check) { r.Checks = append(r.Checks, c) }

// Equal reports whether no check found anything, and at least one looked at the
// rows of the target: it is false at the level [None].
func (r *Report) Equal() bool { return len(r.findings()) == 0 && r.Level() != None }

// Err returns nil if [Report.Equal], else an error that wraps [ErrDifferent]
// and names the findings, or [ErrUnproven] if there are none.
func (r *Report) Err() error {
	found := r.findings()
	switch {
	case len(found) > 0:
		return fmt.Errorf("validate: %s and %s: %w: %s", r.Source, r.Target, ErrDifferent, strings.Join(found, "; "))
	case r.Level() == None:
		return fmt.Errorf("validate: %s and %s: %w: see why its checks were not made", r.Source, r.Target, ErrUnproven)
	}
	return nil
}

func (r *Report) findings() []string {
	var found []string
	for _, c := range r.Checks {
		for _, f := range c.Findings {
			found = append(found, fmt.Sprintf("%s: %s: want %s, got %s", c.Name, f.Subject, f.Want, f.Got))
		}
	}
	return found
}

// WriteTo writes one line per check for people.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	for _, c := range r.Checks {
		switch {
		case c.NotMade != "":
			fmt.Fprintf(&b, "  %s: %s: not checked: %s\n", r.Target, c.Name, c.NotMade)
		case len(c.Findings) == 0:
			fmt.Fprintf(&b, "  %s: %s: %s, equal\n", r.Target, c.Name, c.Value)
		}
		for _, f := range c.Findings {
			fmt.Fprintf(&b, "  %s: %s: DIFFERENT: %s: want %s, got %s\n", r.Target, c.Name, f.Subject, f.Want, f.Got)
		}
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}
