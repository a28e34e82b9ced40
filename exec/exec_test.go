package exec_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"go.uber.org/goleak"

	"github.com/redferry/redferry/exec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestErrorIs(t *testing.T) {
	tests := []struct {
		state string
		want  error
	}{
		{"42P01", fs.ErrNotExist},
		{"3F000", fs.ErrNotExist},
		{"3D000", fs.ErrNotExist},
		{"42704", fs.ErrNotExist},
		{"42P07", fs.ErrExist},
		{"42P06", fs.ErrExist},
		{"42710", fs.ErrExist},
		{"42501", fs.ErrPermission},
		{"28P01", fs.ErrPermission},
		{"28000", fs.ErrPermission},
		{"42601", nil},
		{"", nil},
	}
	for _, tt := range tests {
		t.Run(tt.state, func(t *testing.T) {
			err := fmt.Errorf("outer: %w", &exec.Error{Op: "exec", SQLState: tt.state, Err: errors.New("x")})
			for _, common := range []error{fs.ErrNotExist, fs.ErrExist, fs.ErrPermission} {
				if got, want := errors.Is(err, common), common == tt.want; got != want {
					t.Errorf("errors.Is(%v) = %v, want %v", common, got, want)
				}
			}
		})
	}
}

// TestErrorText: what identifies an error is in its text once, also where its
// digits stand in it as a part of something else.
func TestErrorText(t *testing.T) {
	tests := []struct {
		name string
		err  exec.Error
		want string
	}{
		{
			"state",
			exec.Error{Label: "load sales", SQLState: "42P01", QueryID: "pid:7", Err: errors.New(`relation "x" does not exist`)},
			`exec: exec "load sales" (query pid:7): relation "x" does not exist (SQLSTATE 42P01)`,
		},
		{
			"code in the process id",
			exec.Error{QueryID: "pid:1023", Code: "1023", Err: errors.New("Serializable isolation violation")},
			"exec: exec (query pid:1023): Serializable isolation violation (code 1023)",
		},
		{
			"code in the label",
			exec.Error{Label: "load 1023", Code: "1023", Err: errors.New("Serializable isolation violation")},
			`exec: exec "load 1023": Serializable isolation violation (code 1023)`,
		},
		{
			"code in a row count",
			exec.Error{SQLState: "XX000", Code: "8001", Err: errors.New("180012 rows, line8001")},
			"exec: exec: 180012 rows, line8001 (SQLSTATE XX000) (code 8001)",
		},
		{
			"both said already",
			exec.Error{SQLState: "XX000", Code: "1023", Err: errors.New("ERROR: 1023 (SQLSTATE XX000)")},
			"exec: exec: ERROR: 1023 (SQLSTATE XX000)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.err.Op = "exec"
			if got := tt.err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParseCode(t *testing.T) {
	tests := []struct{ text, want string }{
		{"1023", "1023"},
		{"1023 \nDETAIL:  Serializable isolation violation on table - 100", "1023"},
		{"ERROR: 1023 DETAIL: Serializable isolation violation", "1023"},
		{"Load failed\n  -----\n  error:  S3ServiceException\n  code:      8001\n  context: x", "8001"},
		{"Spectrum Scan Error. Code: 15007", "15007"},
		{"Error Code 34510: Concurrent DDL", "34510"},
		{"2001 rows were lost", ""},
		{"HTTP response error code=7", ""},
		{"barcode 1234", ""},
		{"code: 12", ""},
		{"code: 123456", ""},
		{`relation "x1023" does not exist`, ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got := exec.ParseCode(tt.text); got != tt.want {
			t.Errorf("ParseCode(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	for _, seed := range []string{"1023", "ERROR: 1023 DETAIL: x", "code:      8001", "Error Code 34510", "codecode 123", "İcode 123"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code := exec.ParseCode(text)
		if code == "" {
			return
		}
		if len(code) < 3 || len(code) > 5 {
			t.Errorf("ParseCode(%q) = %q, want 3 to 5 digits", text, code)
		}
		if again := exec.ParseCode("error: x\ncode: " + code); again != code {
			t.Errorf("code %q is not found again: %q", code, again)
		}
	})
}
