//go:build cgo

package duck

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redferry/redferry/internal/sqltext"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/rsql"
)

// defaults are the settings of a new session, as SHOW prints them.
var defaults = map[string]string{
	"analyze_threshold_percent":             "10",
	"application_name":                      "",
	"autocommit":                            "on",
	"client_encoding":                       "UTF8",
	"datestyle":                             "ISO, MDY",
	"describe_field_name_in_uppercase":      "off",
	"downcase_delimited_identifier":         "on",
	"enable_case_sensitive_identifier":      "off",
	"enable_case_sensitive_super_attribute": "off",
	"enable_result_cache_for_session":       "on",
	"enable_vacuum_boost":                   "off",
	"extra_float_digits":                    "0",
	"intervalstyle":                         "postgres",
	"lock_timeout":                          "0",
	"max_concurrency_scaling_clusters":      "1",
	"mv_enable_aqmv_for_session":            "on",
	"navigate_super_null_on_error":          "on",
	"query_group":                           "default",
	"search_path":                           "$user, public",
	"server_version":                        "8.0.2",
	"session_authorization":                 "default",
	"statement_timeout":                     "0",
	"stored_proc_log_min_messages":          "LOG",
	"timezone":                              "UTC",
	"transaction_isolation":                 "snapshot",
	"use_fips_ssl":                          "off",
	"wlm_query_slot_count":                  "1",
}

func (c *conn) keepsCase() bool { return c.settings["enable_case_sensitive_identifier"] == "on" }

func (c *conn) set(ctx context.Context, s *rsql.Set) error {
	if _, ok := defaults[s.Name]; !ok {
		return refuse(stateNoObject, "unrecognized configuration parameter %q", s.Name)
	}
	value := defaults[s.Name]
	if !s.Default {
		value = strings.Join(s.Values, ", ")
	}
	if slices.Contains([]string{"on", "off"}, defaults[s.Name]) {
		switch strings.ToLower(value) {
		case "true", "on", "t", "yes", "1":
			value = "on"
		case "false", "off", "f", "no", "0":
			value = "off"
		default:
			return refuse("22023", "parameter %q requires a Boolean value", s.Name)
		}
	}
	if s.Name == "timezone" && !strings.EqualFold(value, "UTC") {
		return refuse(stateNotSupported, "the fake warehouse keeps its clock in UTC: timezone %q is not supported", value)
	}
	c.settings[s.Name] = value
	return c.tellPath(ctx)
}

func (c *conn) reset(ctx context.Context, s *rsql.Reset) error {
	if s.Name != "all" {
		return c.set(ctx, &rsql.Set{Name: s.Name, Default: true})
	}
	for name, value := range defaults {
		c.settings[name] = value
	}
	return c.tellPath(ctx)
}

func (c *conn) show(s *rsql.Show) (*fakeredshift.Result, error) {
	if s.Name == "all" {
		var rows [][]string
		for name, value := range c.settings {
			rows = append(rows, []string{name, value})
		}
		slices.SortFunc(rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
		return listed("SHOW", []string{"name", "setting"}, rows), nil
	}
	value, ok := c.settings[s.Name]
	if !ok {
		return nil, refuse(stateNoObject, "unrecognized configuration parameter %q", s.Name)
	}
	return listed("SHOW", []string{s.Name}, [][]string{{value}}), nil
}

// searchPath are the schemas in which names without one are looked up.
func (c *conn) searchPath() []string {
	var path []string
	for name := range strings.SplitSeq(c.settings["search_path"], ",") {
		name = strings.Trim(strings.TrimSpace(name), `"`)
		if name == "$user" {
			name = c.session.User
		}
		if name != "" {
			path = append(path, name)
		}
	}
	return path
}

// tellPath tells DuckDB the schemas of the search path that exist.
func (c *conn) tellPath(ctx context.Context) error {
	if c.leader == nil {
		return nil
	}
	var wanted, found []string
	for _, schema := range c.searchPath() {
		wanted = append(wanted, quote(schema))
	}
	list := "[" + strings.Join(wanted, ", ") + "]::VARCHAR[]"
	rows, err := c.catalog().rows(ctx, `SELECT nspname FROM pg_internal.pg_namespace
		WHERE list_contains(`+list+`, nspname) ORDER BY list_position(`+list+`, nspname)`)
	if err != nil {
		return err
	}
	for _, row := range rows {
		found = append(found, quote(fmt.Sprint(row[0])))
	}
	return c.tellSQL(ctx, "search_path", "["+strings.Join(found, ", ")+"]::VARCHAR[]")
}

// tell sets a variable that the macros read.
func (c *conn) tell(ctx context.Context, name string, value any) error {
	text := fmt.Sprint(value)
	if s, ok := value.(string); ok {
		text = quote(s)
	}
	return c.tellSQL(ctx, name, text)
}

func (c *conn) tellSQL(ctx context.Context, name, expression string) error {
	for _, l := range []*link{c.main, c.leader} {
		if _, err := l.exec(ctx, "SET VARIABLE "+name+" = "+expression); err != nil {
			return err
		}
	}
	return nil
}

// tellTime tells DuckDB what time it is, by the clock of package time, if the
// statement could ask.
func (c *conn) tellTime(ctx context.Context, sql string) error {
	asks := []string{"getdate", "sysdate", "now", "current_date", "current_timestamp", "current_time", "timeofday", "insert", "copy", "alter"}
	for _, t := range sqltext.Code(sql) {
		if slices.ContainsFunc(asks, t.Is) {
			now := time.Now().UTC().Format("2006-01-02 15:04:05.999999")
			return c.tellSQL(ctx, "now", "TIMESTAMP "+quote(now))
		}
	}
	return nil
}
