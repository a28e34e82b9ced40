package dataapi

import "strings"

// A form is a well-known text of a failed statement; both pieces stand in it, in
// this order.
type form struct{ first, then, state string }

// forms are tried from the top. The texts are PostgreSQL's own.
var forms = []form{
	{`schema "`, `does not exist`, "3F000"},
	{`database "`, `does not exist`, "3D000"},
	{`column "`, `does not exist`, "42703"},
	{`column `, `does not exist`, "42703"},
	{`type "`, `does not exist`, "42704"},
	{`function `, `does not exist`, "42883"},
	{`relation "`, `does not exist`, "42P01"},
	{`table "`, `does not exist`, "42P01"},
	{`view "`, `does not exist`, "42P01"},
	{`schema "`, `already exists`, "42P06"},
	{`database "`, `already exists`, "42P04"},
	{`constraint "`, `already exists`, "42710"},
	{`relation "`, `already exists`, "42P07"},
	{`table "`, `already exists`, "42P07"},
	{`view "`, `already exists`, "42P07"},
	{`permission denied`, ``, "42501"},
	{`must be owner of`, ``, "42501"},
	{`password authentication failed`, ``, "28P01"},
	{`syntax error`, ``, "42601"},
	{`current transaction is aborted`, ``, "25P02"},
	{`canceling statement`, ``, "57014"},
	{`cancelled on user's request`, ``, "57014"},
	{`division by zero`, ``, "22012"},
	{`divide by zero`, ``, "22012"},
	{`value too long for type`, ``, "22001"},
}

// sqlState guesses the SQLSTATE behind the text of a failed statement, "" if it
// is no text that this package knows. The Data API reports a failure as text
// alone, so this is as good as it gets; a SQLSTATE in the text itself wins.
func sqlState(text string) string {
	if _, after, ok := strings.Cut(text, "SQLSTATE"); ok {
		if state := strings.TrimLeft(after, ":= ["); len(state) >= 5 && isState(state[:5]) {
			return state[:5]
		}
	}
	lower := strings.ToLower(text)
	for _, f := range forms {
		if i := strings.Index(lower, f.first); i >= 0 && strings.Contains(lower[i+len(f.first):], f.then) {
			return f.state
		}
	}
	return ""
}

func isState(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// connectionLost reports whether the text of a failed statement says that the
// service lost its own connection to the warehouse: then FAILED does not mean
// that nothing was done.
func connectionLost(text string) bool {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "connection") {
		return false
	}
	for _, fate := range []string{"lost", "closed", "reset", "broken", "terminated", "terminating"} {
		if strings.Contains(lower, fate) {
			return true
		}
	}
	return false
}
