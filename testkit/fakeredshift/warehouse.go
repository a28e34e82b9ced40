// Package fakeredshift is an Amazon Redshift warehouse for tests: a Serverless
// workgroup that belongs to an account of package fakeaws and has roles
// attached. Clients reach it as they reach Redshift, over the PostgreSQL wire
// ([Warehouse.StartPG]; pgx, psql) and over the Data API
// ([Warehouse.StartDataAPI]; the AWS SDK and CLI). UNLOAD and COPY reach S3 over
// HTTP with the credentials of an attached role.
//
// The SQL itself is the work of an [Engine]. What both wires refuse by
// themselves (logins, permissions, requests, protocol) is decided here.
//
// A warehouse takes time from package time alone and waits on nothing but
// channels and connections, so it runs inside a testing/synctest bubble when its
// listeners and its S3 are on an in-memory network. Its ids count up, so that
// runs can be compared.
package fakeredshift

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/redferry/redferry/testkit/fakeaws"
)

// Options are the settings of a [Warehouse].
type Options struct {
	// Workgroup is the name of the workgroup. Default "default".
	Workgroup string
	// Region is where the warehouse stands. Default "us-east-1".
	Region string
	// Database is the one database of the warehouse. Default "dev".
	Database string
	// Roles are attached to the warehouse: UNLOAD and COPY may use these. The
	// first is the default role.
	Roles []*fakeaws.Role
	// S3Endpoint is the URL under which UNLOAD and COPY find S3; buckets are
	// addressed by path. Without it a statement that needs S3 is refused.
	S3Endpoint string
	// HTTPClient carries the requests to S3. Default is the SDK's own.
	HTTPClient aws.HTTPClient
	// S3 adjusts each S3 client last; set another Retryer here where the SDK's
	// random backoff is in the way.
	S3 func(*s3.Options)
	// ResultPage is how many rows a page of GetStatementResult holds. Default
	// 1000. AWS cuts pages by bytes and does not document where.
	ResultPage int
	// MaxStatements is how many statements of the Data API may be active at a
	// time. Default 500, as in AWS.
	MaxStatements int
	// MaxSessions is how many sessions of the Data API may be kept alive at a
	// time. Default 500, as in AWS.
	MaxSessions int
	// Rates is how many requests per second each operation of the Data API may
	// get before ThrottlingException; [AWSRates] has those of AWS. Default is no
	// limit.
	Rates map[string]int
}

// A Warehouse is the running fake. It is safe for concurrent use.
type Warehouse struct {
	cloud   *fakeaws.Cloud
	account *fakeaws.Account
	engine  Engine
	opts    Options

	users   users
	history history
	faults  faults
	data    *dataAPI

	ctx    context.Context // ends with the warehouse; of all statements
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup // connections and statements

	mu        sync.Mutex // guards the rest
	closed    bool
	pid       int32
	logins    int // asked for a password so far
	sessions  map[int32]*session
	listeners []net.Listener
	conns     map[net.Conn]struct{}
}

// firstPID is the process id before the first.
const firstPID = 1073742000

// New makes a warehouse in account with engine behind it. The warehouse owns
// the engine: Close closes it. A nil opts means the defaults.
func New(cloud *fakeaws.Cloud, account *fakeaws.Account, engine Engine, opts *Options) (*Warehouse, error) {
	if cloud == nil || account == nil || engine == nil {
		return nil, fmt.Errorf("fakeredshift: a warehouse needs a cloud, an account and an engine")
	}
	w := &Warehouse{
		cloud: cloud, account: account, engine: engine,
		users:    users{byName: make(map[string]user)},
		pid:      firstPID,
		sessions: make(map[int32]*session),
		conns:    make(map[net.Conn]struct{}),
	}
	if opts != nil {
		w.opts = *opts
	}
	w.opts.Workgroup = or(w.opts.Workgroup, "default")
	w.opts.Region = or(w.opts.Region, "us-east-1")
	w.opts.Database = or(w.opts.Database, "dev")
	w.opts.Roles = slices.Clone(w.opts.Roles)
	w.opts.Rates = maps.Clone(w.opts.Rates)
	w.opts.ResultPage = orInt(w.opts.ResultPage, 1000)
	w.opts.MaxStatements = orInt(w.opts.MaxStatements, 500)
	w.opts.MaxSessions = orInt(w.opts.MaxSessions, 500)
	w.data = newDataAPI(w)
	w.ctx, w.cancel = context.WithCancelCause(context.Background())
	return w, nil
}

// Close stops all listeners, cancels what runs, closes all sessions and at last
// the engine. It returns when every goroutine of the warehouse has ended.
func (w *Warehouse) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		w.wg.Wait()
		return nil
	}
	w.closed = true
	listeners, conns := w.listeners, slices.Collect(maps.Keys(w.conns))
	w.mu.Unlock()

	w.cancel(errTerminated)
	for _, l := range listeners {
		_ = l.Close()
	}
	for _, c := range conns {
		_ = c.Close()
	}
	err := w.data.close()
	w.wg.Wait()
	return errors.Join(err, w.engine.Close())
}

// start runs f in a goroutine of the warehouse; it reports false after Close.
func (w *Warehouse) start(f func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.wg.Go(f)
	}
	return !w.closed
}

// Kill ends the session with this process id, as pg_terminate_backend does: its
// statement is cancelled, its transaction is rolled back. It reports whether
// there was such a session.
func (w *Warehouse) Kill(pid int32) bool {
	s := w.session(pid)
	if s == nil {
		return false
	}
	s.terminate()
	return true
}

// Workgroup returns the name of the workgroup.
func (w *Warehouse) Workgroup() string { return w.opts.Workgroup }

// Database returns the name of the database.
func (w *Warehouse) Database() string { return w.opts.Database }

// Region returns the region.
func (w *Warehouse) Region() string { return w.opts.Region }

// ARN returns the ARN of the workgroup, which policies for the Data API name.
// As in AWS it ends in an id, not in the workgroup's name.
func (w *Warehouse) ARN() string {
	sum := md5.Sum([]byte(w.account.ID() + "/" + w.opts.Region + "/" + w.opts.Workgroup))
	return fmt.Sprintf("arn:aws:redshift-serverless:%s:%s:workgroup/%s", w.opts.Region, w.account.ID(), uuid(sum))
}

// connect opens a session of the engine for a user who has logged in.
func (w *Warehouse) connect(wire Wire, name, database string) (*session, error) {
	if database != w.opts.Database {
		return nil, &Error{SQLState: "3D000", Message: fmt.Sprintf("database %q does not exist", database)}
	}
	u, _ := w.users.find(name)
	w.mu.Lock()
	w.pid++
	pid := w.pid
	w.mu.Unlock()

	conn, err := w.engine.Connect(w.ctx, Session{
		PID: pid, User: name, Superuser: u.superuser, Database: database, Storage: &storage{w: w, user: name},
	})
	if err != nil {
		return nil, err
	}
	s := &session{w: w, wire: wire, pid: pid, user: name, database: database, conn: conn}
	sum := md5.Sum(fmt.Appendf(nil, "%s %d", w.ARN(), pid))
	copy(s.key[:], sum[:])
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sessions[pid] = s
	return s, nil
}

// disconnect closes a session; what is open in it is rolled back.
func (w *Warehouse) disconnect(s *session) {
	w.mu.Lock()
	delete(w.sessions, s.pid)
	w.mu.Unlock()
	s.finish()
	_ = s.conn.Close()
}

func (w *Warehouse) session(pid int32) *session {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sessions[pid]
}

// uuid prints sum as the id of version 4 that AWS would give.
func uuid(sum [16]byte) string {
	sum[6] = sum[6]&0x0f | 0x40
	sum[8] = sum[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:])
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func orInt(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}
