package fakeredshift

import (
	"crypto/md5"
	"crypto/tls"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/redferry/redferry"
)

// startup brings a connection to its first ReadyForQuery:
//
//	SSLRequest  -> 'S' and TLS, or 'N'      (then again from the start)
//	GSSENCRequest -> 'N'                    (then again from the start)
//	CancelRequest -> done                   (connection ends)
//	StartupMessage -> md5 password -> session -> parameters, ReadyForQuery
//
// It reports false if the connection is at its end.
func (c *pgConn) startup(tlsConfig *tls.Config) bool {
	for {
		msg, err := c.backend.ReceiveStartupMessage()
		if err != nil {
			return false
		}
		switch m := msg.(type) {
		case *pgproto3.SSLRequest:
			if !c.upgrade(tlsConfig) {
				return false
			}
			tlsConfig = nil
		case *pgproto3.GSSEncRequest:
			if _, err := c.net.Write([]byte{'N'}); err != nil {
				return false
			}
		case *pgproto3.CancelRequest:
			c.cancel(m)
			return false
		case *pgproto3.StartupMessage:
			if e := c.login(m); e != nil {
				c.fatal(e)
			}
			return c.broken == nil
		}
	}
}

func (c *pgConn) upgrade(tlsConfig *tls.Config) bool {
	answer := byte('N')
	if tlsConfig != nil {
		answer = 'S'
	}
	if _, err := c.net.Write([]byte{answer}); err != nil {
		return false
	}
	if tlsConfig != nil {
		c.net = tls.Server(c.net, tlsConfig)
		c.backend = pgproto3.NewBackend(c.net, c.net)
	}
	return true
}

// cancel cancels the running statement of another connection. Whatever comes of
// it, the client gets no answer.
func (c *pgConn) cancel(m *pgproto3.CancelRequest) {
	f := c.w.faults.take(PG, "Cancel", "")
	f.wait(c.w.ctx.Done())
	if f.Drop == BeforeEffect || f.SQL != nil {
		return
	}
	if s := c.w.session(int32(m.ProcessID)); s != nil && s.wire == PG && string(s.key[:]) == string(m.SecretKey) {
		s.interrupt(errCanceled)
	}
}

// login checks the client and opens its session.
func (c *pgConn) login(m *pgproto3.StartupMessage) *Error {
	f := c.w.faults.take(PG, "Startup", "")
	f.wait(c.w.ctx.Done())
	if f.Drop != "" {
		c.broken = errDropped
		return nil
	}
	if f.SQL != nil {
		return f.SQL
	}
	if m.ProtocolVersion != pgproto3.ProtocolVersion30 {
		return &Error{SQLState: stateNotSupport, Message: fmt.Sprintf(
			"unsupported frontend protocol %d.%d: server supports 1.0 to 3.0", m.ProtocolVersion>>16, m.ProtocolVersion&0xffff)}
	}
	settings, e := readStartup(m.Parameters)
	if e != nil {
		return e
	}
	if !c.password(settings.user) {
		if c.broken != nil {
			return nil
		}
		return refusedLogin(settings.user)
	}
	s, err := c.w.connect(PG, settings.user, or(settings.database, settings.user))
	if err != nil {
		return asError(err)
	}
	if e := c.apply(s, settings); e != nil {
		c.w.disconnect(s)
		return e
	}
	c.begin(s, settings)
	if c.broken != nil {
		c.w.disconnect(s)
	}
	return nil
}

// password asks for the password and checks it. The salt differs from
// connection to connection and is the same in every run.
func (c *pgConn) password(name string) bool {
	var salt [4]byte
	c.w.mu.Lock()
	c.w.logins++
	sum := md5.Sum(fmt.Appendf(nil, "%s %d", name, c.w.logins))
	c.w.mu.Unlock()
	copy(salt[:], sum[:])

	c.backend.Send(&pgproto3.AuthenticationMD5Password{Salt: salt})
	if c.broken = c.backend.SetAuthType(pgproto3.AuthTypeMD5Password); c.broken != nil {
		return false
	}
	c.flush()
	msg, err := c.receive()
	if err != nil {
		return false
	}
	answer, ok := msg.(*pgproto3.PasswordMessage)
	return ok && c.w.users.md5Password(name, answer.Password, salt)
}

// apply gives the engine the settings of the startup message.
func (c *pgConn) apply(s *session, settings startupSettings) *Error {
	for _, set := range settings.set {
		sql := "SET " + redferry.Quote(set[0]) + " TO " + redferry.Literal(set[1])
		if _, err := s.conn.Run(c.w.ctx, sql, nil); err != nil {
			return asError(err)
		}
	}
	return nil
}

// begin tells the client about the session. What Redshift reports is neither
// complete nor up to date here, but it lacks what Redshift lacks:
// standard_conforming_strings.
func (c *pgConn) begin(s *session, settings startupSettings) {
	c.session = s
	u, _ := c.w.users.find(s.user)
	superuser := "off"
	if u.superuser {
		superuser = "on"
	}
	c.backend.Send(&pgproto3.AuthenticationOk{})
	for _, p := range [][2]string{
		{"server_version", "8.0.2"},
		{"server_encoding", "UNICODE"},
		{"client_encoding", "UTF8"},
		{"DateStyle", "ISO, MDY"},
		{"TimeZone", or(settings.timeZone, "UTC")},
		{"integer_datetimes", "on"},
		{"is_superuser", superuser},
		{"session_authorization", s.user},
	} {
		c.backend.Send(&pgproto3.ParameterStatus{Name: p[0], Value: p[1]})
	}
	c.backend.Send(&pgproto3.BackendKeyData{ProcessID: uint32(s.pid), SecretKey: s.key[:]})
	c.ready()
	conn := c.net
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kill = func() { c.kill(conn) }
}

// A startupSettings is what a StartupMessage asks for.
type startupSettings struct {
	user, database, timeZone string
	set                      [][2]string // for the engine
}

// readStartup takes the parameters that Redshift knows and refuses all others,
// which is what befell drivers that sent PostgreSQL's newer ones
// (https://github.com/jackc/pgx/issues/321).
func readStartup(parameters map[string]string) (startupSettings, *Error) {
	var s startupSettings
	for name, value := range parameters {
		switch strings.ToLower(name) {
		case "user":
			s.user = value
		case "database":
			s.database = value
		case "timezone":
			s.timeZone = value
			s.set = append(s.set, [2]string{"timezone", value})
		case "client_encoding":
			if !strings.EqualFold(strings.Trim(value, "'"), "utf8") && !strings.EqualFold(value, "unicode") && !strings.EqualFold(value, "utf-8") {
				return s, invalidSetting(name, value)
			}
		case "datestyle":
			if !strings.HasPrefix(strings.ToUpper(value), "ISO") {
				return s, invalidSetting(name, value)
			}
		case "options":
			set, ok := readOptions(value)
			if !ok {
				return s, &Error{SQLState: stateSyntax, Message: "invalid command-line arguments for server process"}
			}
			s.set = append(s.set, set...)
		case "extra_float_digits", "application_name",
			"driver_version", "os_version", "plugin_name", "client_protocol_version":
		default:
			return s, &Error{SQLState: "42704", Message: fmt.Sprintf("unrecognized configuration parameter %q", name)}
		}
	}
	if s.user == "" {
		return s, &Error{SQLState: "28000", Message: "no PostgreSQL user name specified in startup packet"}
	}
	return s, nil
}

func invalidSetting(name, value string) *Error {
	return &Error{SQLState: "22023", Message: fmt.Sprintf("invalid value for parameter %q: %q", name, value)}
}

// readOptions reads "-c name=value -c name=value".
func readOptions(options string) (set [][2]string, ok bool) {
	words := strings.Fields(options)
	for i := 0; i < len(words); i++ {
		word, isShort := strings.CutPrefix(words[i], "-c")
		if !isShort {
			return nil, false
		}
		if word == "" {
			if i++; i == len(words) {
				return nil, false
			}
			word = words[i]
		}
		name, value, isSet := strings.Cut(word, "=")
		if !isSet {
			return nil, false
		}
		set = append(set, [2]string{name, value})
	}
	return set, true
}

// kill wakes a connection that waits for its client; serve says why.
func (c *pgConn) kill(conn net.Conn) {
	c.killed.Store(true)
	_ = conn.SetReadDeadline(longAgo)
}
