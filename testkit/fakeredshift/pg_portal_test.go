package fakeredshift_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgproto3"
)

// frontend is a connection that sends single messages.
func (h *house) frontend(t *testing.T) *pgproto3.Frontend {
	t.Helper()
	hijacked, err := h.connect(t).PgConn().Hijack()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hijacked.Conn.Close() })
	return hijacked.Frontend
}

// talk sends messages and returns what comes back until ReadyForQuery, in short.
func talk(t *testing.T, f *pgproto3.Frontend, messages ...pgproto3.FrontendMessage) []string {
	t.Helper()
	for _, m := range messages {
		f.Send(m)
	}
	failed := make(chan error, 1)
	go func() { failed <- f.Flush() }()
	var got []string
	for {
		msg, err := f.Receive()
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(fmt.Sprintf("%T", msg), "*pgproto3.")
		switch m := msg.(type) {
		case *pgproto3.DataRow:
			name += fmt.Sprintf(" %q", m.Values)
		case *pgproto3.ErrorResponse:
			name += " " + m.Code
		case *pgproto3.CommandComplete:
			name += " " + string(m.CommandTag)
		case *pgproto3.ParameterDescription:
			name += fmt.Sprint(" ", m.ParameterOIDs)
		case *pgproto3.RowDescription:
			for _, field := range m.Fields {
				name += fmt.Sprintf(" %d/%d", field.DataTypeOID, field.Format)
			}
		case *pgproto3.ReadyForQuery:
			got = append(got, name+" "+string(m.TxStatus))
			if err := <-failed; err != nil {
				t.Fatal(err)
			}
			return got
		}
		got = append(got, name)
	}
}

func TestPGMessages(t *testing.T) {
	parse := func(sql string) *pgproto3.Parse { return &pgproto3.Parse{Query: sql} }
	bind, execute, sync := &pgproto3.Bind{}, &pgproto3.Execute{}, &pgproto3.Sync{}
	begin := &pgproto3.Query{String: "BEGIN"}
	int4 := binary.BigEndian.AppendUint32(nil, 258)
	tests := []struct {
		name string
		send []pgproto3.FrontendMessage
		want []string
	}{
		{
			"describe a portal with its execute",
			[]pgproto3.FrontendMessage{parse("SELECT 1"), bind, &pgproto3.Describe{ObjectType: 'P'}, execute, sync},
			[]string{"ParseComplete", "BindComplete", "RowDescription 23/0", `DataRow ["1"]`, "CommandComplete SELECT", "ReadyForQuery I"},
		},
		{
			"describe a portal alone",
			[]pgproto3.FrontendMessage{parse("SELECT 1"), bind, &pgproto3.Describe{ObjectType: 'P'}, sync},
			[]string{"ParseComplete", "BindComplete", "RowDescription 23/0", "ReadyForQuery I"},
		},
		{
			"describe a statement",
			[]pgproto3.FrontendMessage{parse("SELECT $1, TRUE"), &pgproto3.Describe{ObjectType: 'S'}, sync},
			[]string{"ParseComplete", "ParameterDescription [1043]", "RowDescription 1043/0 16/0", "ReadyForQuery I"},
		},
		{
			"describe what has no rows",
			[]pgproto3.FrontendMessage{parse("SET x"), &pgproto3.Describe{ObjectType: 'S'}, bind, &pgproto3.Describe{ObjectType: 'P'}, execute, sync},
			[]string{"ParseComplete", "ParameterDescription []", "NoData", "BindComplete", "NoData", "CommandComplete SET", "ReadyForQuery I"},
		},
		{
			"empty statement",
			[]pgproto3.FrontendMessage{parse(" -- "), bind, &pgproto3.Describe{ObjectType: 'P'}, execute, sync},
			[]string{"ParseComplete", "BindComplete", "NoData", "EmptyQueryResponse", "ReadyForQuery I"},
		},
		{
			"rows in portions",
			[]pgproto3.FrontendMessage{parse("SERIES 3"), bind, &pgproto3.Execute{MaxRows: 2}, &pgproto3.Execute{MaxRows: 2}, sync},
			[]string{"ParseComplete", "BindComplete", `DataRow ["0"]`, `DataRow ["1"]`, "PortalSuspended", `DataRow ["2"]`, "CommandComplete SELECT", "ReadyForQuery I"},
		},
		{
			"an exact portion",
			[]pgproto3.FrontendMessage{parse("SERIES 2"), bind, &pgproto3.Execute{MaxRows: 2}, &pgproto3.Execute{MaxRows: 2}, sync},
			[]string{"ParseComplete", "BindComplete", `DataRow ["0"]`, `DataRow ["1"]`, "PortalSuspended", "CommandComplete SELECT", "ReadyForQuery I"},
		},
		{
			"another statement between the portions",
			[]pgproto3.FrontendMessage{
				&pgproto3.Parse{Name: "s", Query: "SERIES 3"}, &pgproto3.Bind{PreparedStatement: "s", DestinationPortal: "p"},
				&pgproto3.Execute{Portal: "p", MaxRows: 1}, parse("SELECT 7"), bind, execute,
				&pgproto3.Execute{Portal: "p", MaxRows: 1}, &pgproto3.Execute{Portal: "p"}, sync,
			},
			[]string{
				"ParseComplete", "BindComplete", `DataRow ["0"]`, "PortalSuspended",
				"ParseComplete", "BindComplete", `DataRow ["7"]`, "CommandComplete SELECT",
				`DataRow ["1"]`, "PortalSuspended", `DataRow ["2"]`, "CommandComplete SELECT", "ReadyForQuery I",
			},
		},
		{
			"close",
			[]pgproto3.FrontendMessage{
				&pgproto3.Parse{Name: "s2", Query: "SERIES 3"}, &pgproto3.Bind{PreparedStatement: "s2", DestinationPortal: "p"},
				&pgproto3.Execute{Portal: "p", MaxRows: 1}, &pgproto3.Close{ObjectType: 'P', Name: "p"}, &pgproto3.Close{ObjectType: 'S', Name: "s2"},
				&pgproto3.Execute{Portal: "p"}, sync,
			},
			[]string{"ParseComplete", "BindComplete", `DataRow ["0"]`, "PortalSuspended", "CloseComplete", "CloseComplete", "ErrorResponse 34000", "ReadyForQuery I"},
		},
		{
			"an error skips to sync",
			[]pgproto3.FrontendMessage{parse("FAIL '22000' 0 'x'"), bind, execute, parse("SELECT 1"), bind, execute, sync},
			[]string{"ParseComplete", "BindComplete", "ErrorResponse 22000", "ReadyForQuery I"},
		},
		{
			"an error in a transaction",
			[]pgproto3.FrontendMessage{begin},
			[]string{"CommandComplete BEGIN", "ReadyForQuery T"},
		},
		{
			"fails it",
			[]pgproto3.FrontendMessage{&pgproto3.Bind{PreparedStatement: "none"}, sync},
			[]string{"ErrorResponse 26000", "ReadyForQuery E"},
		},
		{
			"until it ends",
			[]pgproto3.FrontendMessage{parse("ROLLBACK"), bind, execute, sync},
			[]string{"ParseComplete", "BindComplete", "CommandComplete ROLLBACK", "ReadyForQuery I"},
		},
		{
			"binary parameter and result",
			[]pgproto3.FrontendMessage{
				&pgproto3.Parse{Query: "SELECT $1, 258", ParameterOIDs: []uint32{23}},
				&pgproto3.Bind{ParameterFormatCodes: []int16{1}, Parameters: [][]byte{int4}, ResultFormatCodes: []int16{0, 1}}, execute, sync,
			},
			[]string{"ParseComplete", "BindComplete", `DataRow ["258" "\x00\x00\x01\x02"]`, "CommandComplete SELECT", "ReadyForQuery I"},
		},
		{
			"binary parameter of unknown type",
			[]pgproto3.FrontendMessage{parse("SELECT $1"), &pgproto3.Bind{ParameterFormatCodes: []int16{1}, Parameters: [][]byte{int4}}, sync},
			[]string{"ParseComplete", "ErrorResponse 0A000", "ReadyForQuery I"},
		},
		{
			"binary numeric",
			[]pgproto3.FrontendMessage{parse("SELECT 1.50"), &pgproto3.Bind{ResultFormatCodes: []int16{1}}, execute, sync},
			[]string{"ParseComplete", "BindComplete", "ErrorResponse 0A000", "ReadyForQuery I"},
		},
		{
			"wrong number of formats",
			[]pgproto3.FrontendMessage{parse("SELECT 1"), &pgproto3.Bind{ResultFormatCodes: []int16{0, 0}}, execute, sync},
			[]string{"ParseComplete", "BindComplete", "ErrorResponse 08P01", "ReadyForQuery I"},
		},
		{
			"the same name twice",
			[]pgproto3.FrontendMessage{&pgproto3.Parse{Name: "n", Query: "SELECT 1"}, &pgproto3.Parse{Name: "n", Query: "SELECT 1"}, sync},
			[]string{"ParseComplete", "ErrorResponse 42P05", "ReadyForQuery I"},
		},
		{
			"a function call",
			[]pgproto3.FrontendMessage{&pgproto3.FunctionCall{}, sync},
			[]string{"ErrorResponse 0A000", "ReadyForQuery I"},
		},
		{
			"data of a COPY that was refused",
			[]pgproto3.FrontendMessage{&pgproto3.CopyData{}, &pgproto3.CopyDone{}, &pgproto3.CopyFail{}, sync},
			[]string{"ReadyForQuery I"},
		},
	}
	h := newHouse(t, nil)
	h.startPG(t)
	f := h.frontend(t)
	for _, test := range tests {
		if diff := cmp.Diff(test.want, talk(t, f, test.send...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
