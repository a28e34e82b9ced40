package fakeredshift

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/redferry/redferry/internal/sqltext"
)

// A prepared is what Parse made.
type prepared struct {
	sql    string
	params []uint32 // types that the client named, 0 for none
}

// A portal is what Bind made.
type portal struct {
	statement *prepared
	args      []*string
	formats   []int16
	result    *Result    // once it was executed
	parked    [][][]byte // rows read ahead of the client
	done      bool       // all rows were read
}

// extended handles a message of the extended protocol.
//
// The description of a portal is sent when its Execute comes, together with the
// rows: the engine knows the columns once it runs the statement. Every driver
// that sends Parse, Bind, Describe, Execute, Sync in one go sees no difference.
func (c *pgConn) extended(msg pgproto3.FrontendMessage) error {
	if m, ok := msg.(*pgproto3.Execute); ok {
		return c.execute(m)
	}
	if err := c.settle(); err != nil {
		return err
	}
	switch m := msg.(type) {
	case *pgproto3.Parse:
		return c.parse(m)
	case *pgproto3.Bind:
		return c.bind(m)
	case *pgproto3.Describe:
		return c.describe(m)
	case *pgproto3.Close:
		c.close(m)
		return nil
	case *pgproto3.Flush:
		c.flush()
		return nil
	}
	return c.session.reject(&Error{SQLState: stateNotSupport, Message: fmt.Sprintf("message %T is not supported", msg)})
}

func (c *pgConn) parse(m *pgproto3.Parse) error {
	statements := sqltext.Split(m.Query)
	if len(statements) > 1 {
		return c.session.reject(&Error{
			SQLState: stateSyntax, Message: "cannot insert multiple commands into a prepared statement",
		})
	}
	if _, ok := c.statements[m.Name]; ok && m.Name != "" {
		return c.session.reject(&Error{
			SQLState: "42P05", Message: fmt.Sprintf("prepared statement %q already exists", m.Name),
		})
	}
	p := &prepared{params: append([]uint32(nil), m.ParameterOIDs...)}
	if len(statements) == 1 {
		p.sql = statements[0]
	}
	c.statements[m.Name] = p
	c.backend.Send(&pgproto3.ParseComplete{})
	return nil
}

func (c *pgConn) bind(m *pgproto3.Bind) error {
	p, ok := c.statements[m.PreparedStatement]
	if !ok {
		return c.session.reject(&Error{
			SQLState: "26000", Message: fmt.Sprintf("prepared statement %q does not exist", m.PreparedStatement),
		})
	}
	args, e := bindArgs(m, p.params)
	if e != nil {
		return c.session.reject(e)
	}
	c.portals[m.DestinationPortal] = &portal{
		statement: p, args: args, formats: append([]int16(nil), m.ResultFormatCodes...),
	}
	c.backend.Send(&pgproto3.BindComplete{})
	return nil
}

func (c *pgConn) describe(m *pgproto3.Describe) error {
	if m.ObjectType == 'S' {
		p, ok := c.statements[m.Name]
		if !ok {
			return c.session.reject(&Error{
				SQLState: "26000", Message: fmt.Sprintf("prepared statement %q does not exist", m.Name),
			})
		}
		return c.describeStatement(p)
	}
	p, err := c.portal(m.Name)
	if err != nil {
		return err
	}
	if p.result != nil {
		return c.describeColumns(p.result.Columns, p.formats)
	}
	c.described = p
	return nil
}

func (c *pgConn) describeStatement(p *prepared) error {
	params, columns, err := c.shape(p)
	if err != nil {
		return err
	}
	oids := make([]uint32, len(params))
	for i, t := range params {
		oids[i] = t.OID
		if i < len(p.params) && p.params[i] != 0 {
			oids[i] = p.params[i]
		}
	}
	p.params = oids
	c.backend.Send(&pgproto3.ParameterDescription{ParameterOIDs: oids})
	return c.describeColumns(columns, nil)
}

// settle answers a Describe whose Execute did not follow.
func (c *pgConn) settle() error {
	p := c.described
	if p == nil {
		return nil
	}
	c.described = nil
	_, columns, err := c.shape(p.statement)
	if err != nil {
		return err
	}
	return c.describeColumns(columns, p.formats)
}

// shape asks the engine what a statement takes and gives.
func (c *pgConn) shape(p *prepared) ([]Type, []Column, error) {
	d, ok := c.session.conn.(Describer)
	switch {
	case p.sql == "":
		return nil, nil, nil
	case !ok:
		return nil, nil, c.session.reject(&Error{
			SQLState: stateNotSupport,
			Message:  "this engine describes no statement before it runs",
			Hint:     "Send Parse, Bind, Describe, Execute and Sync together, as pgx does with QueryExecModeExec.",
		})
	}
	if err := c.park(); err != nil {
		return nil, nil, err
	}
	return d.Describe(c.w.ctx, p.sql)
}

func (c *pgConn) describeColumns(columns []Column, formats []int16) error {
	if columns == nil {
		c.backend.Send(&pgproto3.NoData{})
		return nil
	}
	if e := checkFormats(columns, formats); e != nil {
		return c.session.reject(e)
	}
	c.backend.Send(rowDescription(columns, formats))
	return nil
}

func (c *pgConn) execute(m *pgproto3.Execute) error {
	p, err := c.portal(m.Portal)
	if err != nil {
		return err
	}
	describe := c.described == p
	if describe {
		c.described = nil
	} else if err := c.settle(); err != nil {
		return err
	}
	if p.statement.sql == "" {
		if describe {
			c.backend.Send(&pgproto3.NoData{})
		}
		c.backend.Send(&pgproto3.EmptyQueryResponse{})
		return nil
	}
	if p.result == nil {
		if err := c.start(p); err != nil {
			return err
		}
	}
	if describe {
		if err := c.describeColumns(p.result.Columns, p.formats); err != nil {
			return err
		}
	}
	return c.fetch(p, int(m.MaxRows))
}

func (c *pgConn) start(p *portal) error {
	if err := c.park(); err != nil {
		return err
	}
	result, err := c.session.run(c.w.ctx, p.statement.sql, p.args)
	if err != nil {
		return err
	}
	p.result, p.done = result, result.Columns == nil
	if e := checkFormats(result.Columns, p.formats); e != nil {
		return c.session.reject(e)
	}
	if !p.done {
		c.reading = p
	}
	return nil
}

// fetch sends at most limit rows, all if limit is 0. As in PostgreSQL a portal
// that gave exactly limit rows is suspended, though nothing may be left.
func (c *pgConn) fetch(p *portal, limit int) error {
	sent := 0
	for ; len(p.parked) > 0 && (limit == 0 || sent < limit); sent++ {
		c.dataRow(p.result.Columns, p.formats, p.parked[0])
		p.parked = p.parked[1:]
	}
	if limit > 0 && sent == limit {
		c.backend.Send(&pgproto3.PortalSuspended{})
		return nil
	}
	if !p.done {
		done, err := c.rows(p.result, p.formats, max(limit-sent, 0))
		if err != nil {
			return err
		}
		if !done {
			c.backend.Send(&pgproto3.PortalSuspended{})
			return nil
		}
		p.done = true
		c.reading = nil
		c.session.finish()
	}
	c.backend.Send(&pgproto3.CommandComplete{CommandTag: []byte(p.result.Tag)})
	return nil
}

// park reads the rest of a suspended portal, because the next statement of the
// session ends its result.
func (c *pgConn) park() error {
	p := c.reading
	if p == nil {
		return nil
	}
	c.reading, p.done = nil, true
	for {
		row := make([][]byte, len(p.result.Columns))
		if err := p.result.Read(row); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		for i := range row {
			row[i] = bytes.Clone(row[i])
		}
		p.parked = append(p.parked, row)
	}
}

func (c *pgConn) close(m *pgproto3.Close) {
	if m.ObjectType == 'S' {
		delete(c.statements, m.Name)
	} else {
		if c.reading != nil && c.reading == c.portals[m.Name] {
			c.reading = nil
			c.session.finish()
		}
		delete(c.portals, m.Name)
	}
	c.backend.Send(&pgproto3.CloseComplete{})
}

func (c *pgConn) portal(name string) (*portal, error) {
	if p, ok := c.portals[name]; ok {
		return p, nil
	}
	return nil, c.session.reject(&Error{SQLState: "34000", Message: fmt.Sprintf("portal %q does not exist", name)})
}
