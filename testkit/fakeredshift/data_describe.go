package fakeredshift

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// describe answers DescribeStatement, for a part of a batch, too.
func (a *dataAPI) describe(c *call) (any, error) {
	if err := a.authorize(c, "*"); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s, n, err := a.find(c)
	if err != nil {
		return nil, err
	}
	m := map[string]any{
		"Id":            c.ID,
		"CreatedAt":     epoch(s.created),
		"UpdatedAt":     epoch(s.updated),
		"Database":      s.Database,
		"DbUser":        s.login.user,
		"WorkgroupName": a.w.opts.Workgroup,
		"RedshiftPid":   s.pid,
		"ResultFormat":  "JSON",
	}
	set(m, "SecretArn", s.SecretArn)
	set(m, "SessionId", s.SessionID)
	if len(s.Parameters) > 0 {
		m["QueryParameters"] = s.Parameters
	}
	switch {
	case n > 0:
		s.parts[n-1].describe(m)
	case s.batch:
		s.describeBatch(m)
	default:
		s.parts[0].describe(m)
		m["Status"], m["Duration"], m["UpdatedAt"] = s.status, s.nanoseconds(), epoch(s.updated)
		set(m, "Error", s.failure)
	}
	return m, nil
}

// describe fills in what is known of one statement.
func (p *part) describe(m map[string]any) {
	m["QueryString"] = p.text
	m["Status"] = p.status
	m["UpdatedAt"] = epoch(p.updated)
	set(m, "Error", p.failure)
	m["HasResultSet"] = p.columns != nil
	m["RedshiftQueryId"] = p.query
	m["ResultRows"] = p.affected
	m["ResultSize"], m["Duration"] = int64(-1), int64(-1)
	if p.status.ended() {
		m["ResultSize"], m["Duration"] = p.size, p.duration.Nanoseconds()
	}
}

func (s *statement) describeBatch(m map[string]any) {
	parts := make([]map[string]any, len(s.parts))
	hasResult, size := false, int64(0)
	for i := range s.parts {
		parts[i] = map[string]any{"Id": fmt.Sprintf("%s:%d", s.id, i+1), "CreatedAt": epoch(s.created)}
		s.parts[i].describe(parts[i])
		hasResult = hasResult || s.parts[i].columns != nil
		size += s.parts[i].size
	}
	m["SubStatements"] = parts
	m["Status"], m["Duration"] = s.status, s.nanoseconds()
	set(m, "Error", s.failure)
	m["HasResultSet"], m["ResultRows"], m["ResultSize"] = hasResult, int64(-1), int64(-1)
	if s.status.ended() {
		m["ResultSize"] = size
	}
}

func (s *statement) nanoseconds() int64 {
	if !s.status.ended() {
		return -1
	}
	return s.duration.Nanoseconds()
}

// cancel answers CancelStatement. Whether the statement ends as ABORTED shows
// later.
func (a *dataAPI) cancel(c *call) (any, error) {
	if err := a.authorize(c, "*"); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	s, n, err := a.find(c)
	switch {
	case err != nil:
		return nil, err
	case n > 0:
		return nil, invalid("A statement of a batch cannot be cancelled by itself: %s", c.ID)
	case s.status.ended():
		return nil, invalid("Could not cancel a query that is already in %s state with ID: %s", s.status, s.id)
	}
	s.cancel(errCanceled)
	return map[string]any{"Status": true}, nil
}

// defaultList is the size of a page of ListStatements, and the largest.
const defaultList = 100

// list answers ListStatements, the newest first.
func (a *dataAPI) list(c *call) (any, error) {
	if err := a.authorize(c, "*"); err != nil {
		return nil, err
	}
	if c.MaxResults < 0 || c.MaxResults > defaultList {
		return nil, invalid("MaxResults must be between 0 and %d", defaultList)
	}
	offset, err := readPage("list", c.NextToken)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []map[string]any
	for _, s := range slices.Backward(a.statements) {
		if a.listed(c, s) {
			all = append(all, s.summary())
		}
	}
	offset = min(offset, len(all))
	end := min(offset+orInt(c.MaxResults, defaultList), len(all))
	answer := map[string]any{"Statements": append([]map[string]any{}, all[offset:end]...)}
	if end < len(all) {
		answer["NextToken"] = writePage("list", end)
	}
	return answer, nil
}

func (a *dataAPI) listed(c *call, s *statement) bool {
	sessionOnly := c.RoleLevel != nil && !*c.RoleLevel
	switch {
	case s.owner.Principal != c.identity.Principal,
		sessionOnly && s.owner.ARN != c.identity.ARN,
		!s.kept(),
		c.Status != "" && c.Status != "ALL" && dataStatus(c.Status) != s.status,
		c.ClusterIdentifier != "",
		c.WorkgroupName != "" && c.WorkgroupName != a.w.opts.Workgroup && c.WorkgroupName != a.w.ARN(),
		c.Database != "" && c.Database != s.Database,
		!strings.HasPrefix(s.name, c.StatementName):
		return false
	}
	return true
}

func (s *statement) summary() map[string]any {
	m := map[string]any{
		"Id":               s.id,
		"CreatedAt":        epoch(s.created),
		"UpdatedAt":        epoch(s.updated),
		"Status":           s.status,
		"IsBatchStatement": s.batch,
		"ResultFormat":     "JSON",
	}
	set(m, "StatementName", s.name)
	set(m, "SecretArn", s.SecretArn)
	set(m, "SessionId", s.SessionID)
	if s.batch {
		texts := make([]string, len(s.parts))
		for i, p := range s.parts {
			texts[i] = p.text
		}
		m["QueryStrings"] = texts
	} else {
		m["QueryString"] = s.parts[0].text
	}
	if len(s.Parameters) > 0 {
		m["QueryParameters"] = s.Parameters
	}
	return m
}

// writePage makes a NextToken: it belongs to one list and says where to go on.
func writePage(list string, offset int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %d", list, offset))
}

func readPage(list, token string) (offset int, err error) {
	if token == "" {
		return 0, nil
	}
	text, _ := base64.RawURLEncoding.DecodeString(token)
	if rest, ok := strings.CutPrefix(string(text), list+" "); ok {
		if offset, err = strconv.Atoi(rest); err == nil && offset >= 0 {
			return offset, nil
		}
	}
	return 0, invalid("NextToken is not valid")
}

// epoch is a time as the AWS JSON protocol writes it: seconds.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// set leaves an empty text out.
func set(m map[string]any, key, value string) {
	if value != "" {
		m[key] = value
	}
}
