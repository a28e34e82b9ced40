package fakeredshift

import (
	"encoding/json"
	"time"
)

// tokenLife is how long a ClientToken is remembered.
// Source: Amazon Redshift Management Guide, "Considerations when calling the
// Amazon Redshift Data API".
const tokenLife = 8 * time.Hour

// A token is what a ClientToken stands for.
type token struct {
	statement *statement
	content   string
	created   time.Time
}

// replay returns the statement that the same call with the same ClientToken
// submitted before, nil if there is none.
func (a *dataAPI) replay(c *call) (*statement, error) {
	known, ok := a.tokens[c.tokenKey()]
	switch {
	case c.ClientToken == "" || !ok || time.Since(known.created) > tokenLife:
		return nil, nil
	case known.content != c.content():
		return nil, invalid("The ClientToken was used with other parameters before")
	}
	return known.statement, nil
}

func (a *dataAPI) remember(c *call, s *statement) {
	if c.ClientToken != "" {
		a.tokens[c.tokenKey()] = token{statement: s, content: c.content(), created: time.Now()}
	}
}

func (c *call) tokenKey() string { return c.identity.Principal + " " + c.ClientToken }

// content is the call in a form that does not depend on the order of members.
func (c *call) content() string {
	b, err := json.Marshal(c.request)
	if err != nil {
		return string(c.body)
	}
	return c.op + string(b)
}
