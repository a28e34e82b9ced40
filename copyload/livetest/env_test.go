package livetest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/copyload/livetest"
)

// TestFromEnv: each wire that is given is opened, and what is missing is named.
func TestFromEnv(t *testing.T) {
	common := map[string]string{"REDFERRY_LIVE_DATABASE": "dev", "REDFERRY_LIVE_SCHEMA": "scratch"}
	direct := map[string]string{"REDFERRY_LIVE_HOST": "warehouse.test", "REDFERRY_LIVE_USER": "u", "REDFERRY_LIVE_PASSWORD": "Canary-Pa55word"}
	data := map[string]string{
		"REDFERRY_LIVE_WORKGROUP": "w", "REDFERRY_LIVE_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:s", "AWS_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "Canary-K3y",
	}
	cluster := with(data, "REDFERRY_LIVE_CLUSTER", "c", "REDFERRY_LIVE_WORKGROUP", "")
	tests := []struct {
		name string
		env  []map[string]string
		want string // the names of the warehouses
		err  error
		text string
	}{
		{"nothing", nil, "", livetest.ErrNoWarehouse, "REDFERRY_LIVE_HOST, REDFERRY_LIVE_USER, REDFERRY_LIVE_PASSWORD"},
		{"nothing to reach it by", []map[string]string{common}, "", livetest.ErrNoWarehouse, "REDFERRY_LIVE_WORKGROUP or REDFERRY_LIVE_CLUSTER"},
		{"direct", []map[string]string{common, direct}, "direct", nil, ""},
		{"a port", []map[string]string{common, direct, {"REDFERRY_LIVE_PORT": "5440"}}, "direct", nil, ""},
		{"no port", []map[string]string{common, direct, {"REDFERRY_LIVE_PORT": "redshift"}}, "", errAny, "REDFERRY_LIVE_PORT"},
		{"Data API", []map[string]string{common, data, {"AWS_SESSION_TOKEN": "t"}}, "dataapi", nil, ""},
		{"Data API of a cluster", []map[string]string{common, cluster}, "dataapi", nil, ""},
		{"workgroup and cluster", []map[string]string{common, data, {"REDFERRY_LIVE_CLUSTER": "c"}}, "", errAny, "either a workgroup or a cluster"},
		{"both", []map[string]string{common, direct, data}, "dataapi direct", nil, ""},
		{"no schema", []map[string]string{direct}, "", livetest.ErrNoWarehouse, "REDFERRY_LIVE_DATABASE, REDFERRY_LIVE_SCHEMA must be set, too"},
		{"no password", []map[string]string{common, with(direct, "REDFERRY_LIVE_PASSWORD", "")}, "", livetest.ErrNoWarehouse, "completely: REDFERRY_LIVE_PASSWORD must"},
		{"no keys", []map[string]string{common, with(data, "AWS_ACCESS_KEY_ID", "")}, "", livetest.ErrNoWarehouse, "completely: AWS_ACCESS_KEY_ID must"},
		{"an unfit schema", []map[string]string{direct, with(common, "REDFERRY_LIVE_SCHEMA", strings.Repeat("x", 128))}, "", redferry.ErrIdentifier, "REDFERRY_LIVE_SCHEMA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := make(map[string]string)
			for _, some := range tt.env {
				for name, value := range some {
					env[name] = value
				}
			}
			warehouses, err := livetest.FromEnv(t.Context(), func(name string) string { return env[name] })
			var names []string
			for _, w := range warehouses {
				names = append(names, w.Name)
				if w.Schema != "scratch" || w.DB == nil || w.Abandon == nil {
					t.Errorf("%+v", w)
				}
				if w.Close == nil {
					continue
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			}
			if got := strings.Join(names, " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			switch {
			case tt.err == nil && err != nil, tt.err != nil && err == nil, tt.err != nil && tt.err != errAny && !errors.Is(err, tt.err):
				t.Errorf("got %v, want %v", err, tt.err)
			case err != nil && (!strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "Canary")):
				t.Errorf("got %v, want %q", err, tt.text)
			}
		})
	}
}

// errAny stands for any error at all.
var errAny = errors.New("any error")

// with returns env with some variables changed.
func with(env map[string]string, changes ...string) map[string]string {
	changed := make(map[string]string)
	for name, value := range env {
		changed[name] = value
	}
	for i := 0; i < len(changes); i += 2 {
		changed[changes[i]] = changes[i+1]
	}
	return changed
}
