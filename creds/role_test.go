package creds_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/redferry/redferry/creds"
)

func TestParseRole(t *testing.T) {
	const start = "arn:aws:iam::111122223333:role/"
	tests := []struct {
		name, arn string
		want      string // in the error; empty for a good one
	}{
		{"plain", start + "copier", ""},
		{"path", start + "service-role/redshift/copier", ""},
		{"all characters of a name", start + "A-z0_9+=.@-", ""},
		{"longest name", start + strings.Repeat("x", 64), ""},
		{"China", "arn:aws-cn:iam::111122223333:role/copier", ""},
		{"GovCloud", "arn:aws-us-gov:iam::111122223333:role/copier", ""},
		{"empty", "", "empty text"},
		{"chain", start + "a," + "arn:aws:iam::444455556666:role/b", "chain of roles"},
		{"comma in a name", start + "a,b", "chain of roles"},
		{"default", "default", "attached to the warehouse as its default"},
		{"DEFAULT", "DEFAULT", "attached to the warehouse as its default"},
		{"name alone", "copier", "write arn:aws:iam"},
		{"user", "arn:aws:iam::111122223333:user/copier", "write arn:aws:iam"},
		{"session", "arn:aws:sts::111122223333:assumed-role/copier/redshift", "write arn:aws:iam"},
		{"partition", "arn:aws-mars:iam::111122223333:role/copier", "write arn:aws:iam"},
		{"region", "arn:aws:iam:eu-west-1:111122223333:role/copier", "write arn:aws:iam"},
		{"short account", "arn:aws:iam::11112222333:role/copier", "write arn:aws:iam"},
		{"letters in account", "arn:aws:iam::11112222333x:role/copier", "write arn:aws:iam"},
		{"no name", start, "write arn:aws:iam"},
		{"path without name", start + "path/", "write arn:aws:iam"},
		{"empty part of the path", start + "a//b", "write arn:aws:iam"},
		{"name too long", start + strings.Repeat("x", 65), "write arn:aws:iam"},
		{"path too long", start + strings.Repeat("x/", 256) + "copier", "longer than 512"},
		{"blank", start + "copier ", "write arn:aws:iam"},
		{"line end", start + "copier\n", "write arn:aws:iam"},
		{"quote", start + "copier'", "write arn:aws:iam"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			role, err := creds.ParseRole(test.arn)
			if test.want != "" {
				if !errors.Is(err, creds.ErrRole) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error = %v, want one that wraps ErrRole and says %q", err, test.want)
				}
				if !role.IsZero() {
					t.Errorf("role = %s beside the error", role)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if role.ARN() != test.arn || role.String() != test.arn || role.Account() != "111122223333" {
				t.Errorf("role = %s of account %s, want %s", role, role.Account(), test.arn)
			}
		})
	}
}

func TestRoleText(t *testing.T) {
	type config struct{ Role, None creds.Role }
	want := config{Role: creds.MustParseRole("arn:aws:iam::111122223333:role/copier")}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got config
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%s gave %v, %v, want %v", text, got, err, want)
	}
	if err := json.Unmarshal([]byte(`{"Role": "default"}`), &got); !errors.Is(err, creds.ErrRole) {
		t.Errorf("error = %v, want ErrRole", err)
	}
	if got.None.Account() != "" || !got.None.IsZero() {
		t.Errorf("the zero Role has account %q", got.None.Account())
	}
}

// What parses is one ARN: it reads back, and has nothing that could end a
// literal's role and begin another.
func FuzzParseRole(f *testing.F) {
	f.Add("arn:aws:iam::111122223333:role/service-role/copier")
	f.Add("arn:aws:iam::111122223333:role/a,arn:aws:iam::444455556666:role/b")
	f.Add("default")
	f.Fuzz(func(t *testing.T, arn string) {
		role, err := creds.ParseRole(arn)
		if err != nil {
			if !errors.Is(err, creds.ErrRole) {
				t.Errorf("error %v does not wrap ErrRole", err)
			}
			return
		}
		if strings.ContainsAny(arn, ", \n\t\x00") || len(role.Account()) != 12 || role.ARN() != arn {
			t.Errorf("%q was taken as %s of account %s", arn, role, role.Account())
		}
	})
}
