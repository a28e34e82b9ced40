package fakeredshift

import (
	"strings"
	"testing"

	"github.com/redferry/redferry/internal/sqltext"
)

// Whatever the SQL is, its text outside placeholders survives, and each $n that
// was put in has an argument.
func FuzzBindNames(f *testing.F) {
	f.Add("SELECT :p, ':p', \":p\" -- :p", "p", "value")
	f.Add("SELECT a::int, :1, x[1:2]", "1", "2")
	f.Add(":::p:p", "p", "'")
	f.Add("SELECT $1 :p", "p", "x")
	f.Fuzz(func(t *testing.T, sql, name, value string) {
		parts, err := bindNames([]string{sql}, []parameter{{Name: name, Value: value}})
		if err != nil {
			return
		}
		p := parts[0]
		if len(p.args) != 1 || *p.args[0] != value {
			t.Errorf("%q has the arguments %v", p.sql, p.args)
		}
		if p.text != sql {
			t.Errorf("the text became %q", p.text)
		}
		literals := func(sql string) (all []string) {
			for _, token := range sqltext.Tokens(sql) {
				if token.Kind == sqltext.String || token.Kind == sqltext.Comment || token.Kind == sqltext.Quoted {
					all = append(all, token.Text)
				}
			}
			return all
		}
		if before, after := strings.Join(literals(sql), "\x00"), strings.Join(literals(p.sql), "\x00"); before != after {
			t.Errorf("%q: what is in quotes became %q", sql, after)
		}
	})
}

// What is read from options is what stands there.
func FuzzReadOptions(f *testing.F) {
	f.Add("-c query_group=x -cextra_float_digits=2")
	f.Add("-c")
	f.Add("-c a=b=c")
	f.Fuzz(func(t *testing.T, options string) {
		set, ok := readOptions(options)
		if !ok {
			return
		}
		var again []string
		for _, s := range set {
			again = append(again, "-c "+s[0]+"="+s[1])
		}
		if got, _ := readOptions(strings.Join(again, " ")); len(got) != len(set) {
			t.Errorf("%q: %q, read again %q", options, set, got)
		}
	})
}

// Text that binary data was read as gives the same data again.
func FuzzBinary(f *testing.F) {
	f.Add(uint32(oidBool), []byte{1})
	f.Add(uint32(oidInt2), []byte{0x80, 0})
	f.Add(uint32(oidInt4), []byte{0xff, 0xff, 0xff, 0xff})
	f.Add(uint32(oidInt8), []byte{0x80, 0, 0, 0, 0, 0, 0, 0})
	f.Add(uint32(oidFloat4), []byte{0x3d, 0xcc, 0xcc, 0xcd})
	f.Add(uint32(oidFloat8), []byte{0x7f, 0xf0, 0, 0, 0, 0, 0, 0})
	f.Add(uint32(oidVarchar), []byte("text"))
	f.Fuzz(func(t *testing.T, oid uint32, data []byte) {
		text, ok := fromBinary(oid, data)
		if !ok {
			return
		}
		again, ok := fromBinary(oid, toBinary(oid, text))
		if !ok || again != text {
			t.Errorf("type %d, %x: %q, then %q", oid, data, text, again)
		}
	})
}
