package fakeredshift

import (
	"time"

	"github.com/redferry/redferry/testkit/fakeaws"
)

// maxSessionLife is how long a session lives, whatever keeps it alive.
// Source: Amazon Redshift Management Guide, "Session reuse".
const maxSessionLife = 24 * time.Hour

// A dataSession is a session that outlives its statements. It is guarded by
// dataAPI.mu; its session is used by the one statement that made it busy.
type dataSession struct {
	id        string
	owner     fakeaws.Identity
	login     dataLogin
	database  string
	secretARN string
	keep      time.Duration
	expires   time.Time

	session *session // nil before the first statement has connected
	busy    bool
	timer   *time.Timer // runs while the session waits
}

// enlist finds or makes the session that a call asks for, and makes it busy. It
// returns nil if the call asks for none.
func (a *dataAPI) enlist(c *call, login dataLogin) (*dataSession, error) {
	if c.SessionID == "" {
		return a.newSession(c, login)
	}
	s := a.sessions[c.SessionID]
	switch {
	case s == nil && a.ended[c.SessionID] == c.identity.Principal:
		return nil, invalid("Session is not available.") // as awslabs/mcp#4587 reports it of a live cluster
	case s == nil || s.owner.Principal != c.identity.Principal:
		return nil, invalid("Session with Id: %s is invalid.", c.SessionID)
	case s.busy || !a.disarm(s):
		return nil, invalid("Session is in use by another statement.")
	case c.Database != "" && c.Database != s.database:
		return nil, invalid("Database does not match that of the session.")
	}
	s.busy = true
	if c.SessionKeepAliveSeconds != nil {
		s.keep = time.Duration(*c.SessionKeepAliveSeconds) * time.Second
	}
	return s, nil
}

func (a *dataAPI) newSession(c *call, login dataLogin) (*dataSession, error) {
	if c.SessionKeepAliveSeconds == nil || *c.SessionKeepAliveSeconds == 0 {
		return nil, nil
	}
	if len(a.sessions) >= a.w.opts.MaxSessions {
		return nil, refusal("ActiveSessionsExceededException", "Active sessions exceeded the allowed quota")
	}
	s := &dataSession{
		id:        a.id("session"),
		owner:     c.identity,
		login:     login,
		database:  c.Database,
		secretARN: c.SecretArn,
		keep:      time.Duration(*c.SessionKeepAliveSeconds) * time.Second,
		expires:   time.Now().Add(maxSessionLife),
		busy:      true,
	}
	a.sessions[s.id] = s
	return s, nil
}

// release ends a statement's use of its session, which waits for the next one
// or, if it is lost or not to be kept, ends.
func (a *dataAPI) release(s *dataSession, lost bool) {
	a.mu.Lock()
	s.busy = false
	end := lost || a.closed || s.keep == 0 || s.session == nil
	if end {
		a.forget(s)
	} else {
		a.arm(s)
	}
	a.mu.Unlock()
	if end && s.session != nil {
		a.w.disconnect(s.session)
	}
}

// arm lets the session end when nobody uses it for long enough. Until it is
// disarmed or has ended, it counts among the goroutines of the warehouse.
func (a *dataAPI) arm(s *dataSession) {
	a.w.wg.Add(1)
	s.timer = time.AfterFunc(min(s.keep, time.Until(s.expires)), func() {
		defer a.w.wg.Done()
		a.mu.Lock()
		a.end(s)
		a.mu.Unlock()
		a.w.disconnect(s.session)
	})
}

// disarm reports whether the session still waits.
func (a *dataAPI) disarm(s *dataSession) bool {
	if s.timer == nil || !s.timer.Stop() {
		return false
	}
	s.timer = nil
	a.w.wg.Done()
	return true
}

// forget takes a session out of the list, and reports whether it waited: then
// its end is the caller's to bring about.
func (a *dataAPI) forget(s *dataSession) bool {
	a.end(s)
	return a.disarm(s)
}

// end takes a session out of the list, and keeps in mind whose it was.
func (a *dataAPI) end(s *dataSession) {
	delete(a.sessions, s.id)
	a.ended[s.id] = s.owner.Principal
}

// killed ends a session that waits. One in use ends with its statement.
func (a *dataAPI) killed(s *dataSession) {
	a.mu.Lock()
	end := !s.busy && a.forget(s)
	a.mu.Unlock()
	if end {
		a.w.disconnect(s.session)
	}
}
