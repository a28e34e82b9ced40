package guard_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/redferry/redferry/copyload/internal/guard"
	"github.com/redferry/redferry/exec"
)

func TestSQL(t *testing.T) {
	for _, tt := range []struct{ condition, from, want string }{
		{"f() = 1", "", "SELECT 1 / CASE WHEN f() = 1 THEN 1 ELSE 0 END AS holds"},
		{"count(*) = 0", "FROM t", "SELECT 1 / CASE WHEN count(*) = 0 THEN 1 ELSE 0 END AS holds FROM t"},
	} {
		if got := guard.SQL(tt.condition, tt.from); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	division := &exec.Error{SQLState: "22012", Err: errors.New("division by zero")}
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{division, true},
		{fmt.Errorf("wrapped: %w", division), true},
		{&exec.Error{SQLState: "42501", Err: errors.New("permission denied")}, false},
		{&exec.Error{SQLState: "22012", Err: exec.ErrOutcomeUnknown}, false},
		{errors.New("division by zero"), false},
		{nil, false},
	} {
		if got := guard.Refused(tt.err); got != tt.want {
			t.Errorf("%v: got %t", tt.err, got)
		}
	}
}
