package mem

import (
	"slices"
	"strconv"
	"strings"
	"time"

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

// setting is the value of a setting, which may be that of every new session.
func (c *conn) setting(name string) string {
	if value, ok := c.settings[name]; ok {
		return value
	}
	if name == "transaction_isolation" && c.engine.opts.Isolation == Serializable {
		return "serializable"
	}
	return defaults[name]
}

func (c *conn) keepsCase() bool { return c.setting("enable_case_sensitive_identifier") == "on" }

func (c *conn) set(s *rsql.Set) error {
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
			return refuse(stateBadParameter, "parameter %q requires a Boolean value", s.Name)
		}
	}
	if n, err := strconv.Atoi(value); s.Name == "statement_timeout" && (err != nil || n < 0) {
		return refuse(stateBadParameter, "invalid value for parameter %q: %q", s.Name, value)
	}
	if s.Name == "timezone" && !strings.EqualFold(value, "UTC") {
		return refuse(stateNotSupported, "the fake warehouse keeps its clock in UTC: timezone %q is not supported", value)
	}
	if s.Local {
		c.tx.keep(s.Name, c.setting(s.Name))
	}
	if c.settings == nil {
		c.settings = make(map[string]string)
	}
	c.settings[s.Name] = value
	return nil
}

// timeout is statement_timeout; 0 is none.
func (c *conn) timeout() time.Duration {
	n, err := strconv.Atoi(c.setting("statement_timeout"))
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Millisecond
}

func (c *conn) reset(s *rsql.Reset) error {
	if s.Name != "all" {
		return c.set(&rsql.Set{Name: s.Name, Default: true})
	}
	c.settings = nil
	return nil
}

func (c *conn) show(s *rsql.Show) (*fakeredshift.Result, error) {
	if s.Name == "all" {
		var rows [][]string
		for name := range defaults {
			rows = append(rows, []string{name, c.setting(name)})
		}
		slices.SortFunc(rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
		return listed("SHOW", []string{"name", "setting"}, rows), nil
	}
	if _, ok := defaults[s.Name]; !ok {
		return nil, refuse(stateNoObject, "unrecognized configuration parameter %q", s.Name)
	}
	return listed("SHOW", []string{s.Name}, [][]string{{c.setting(s.Name)}}), nil
}

// searchPath are the schemas in which names without one are looked up.
func (c *conn) searchPath() []string {
	var path []string
	for name := range strings.SplitSeq(c.setting("search_path"), ",") {
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
