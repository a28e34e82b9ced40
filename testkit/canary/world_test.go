package canary_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/creds/awssecrets"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/canary"
	"github.com/redferry/redferry/testkit/fakeredshift"
	"github.com/redferry/redferry/testkit/fakeredshift/mem"
	"github.com/redferry/redferry/testkit/memnet"
	"github.com/redferry/redferry/testkit/pair"
)

// A world is two accounts, and a program that moves a schema from one to the
// other with credentials that all come from Secrets Manager. Everything that the
// program lets out is kept.
type world struct {
	*pair.Pair
	mode           string // direct or dataapi
	network        memnet.Network
	out            outlets
	breakAt        int    // the message that is lost with its connection; 0 for none
	state, journal string // directories
	source, sink   sides
}

// sides are the parts of a program that hold what is secret, for one account.
type sides struct {
	login creds.Provider[creds.Login]
	keys  creds.Provider[creds.Keys]
	role  creds.Role
}

// outlets collects what leaves a program, by where it goes.
type outlets struct {
	mu    sync.Mutex // guards all below
	names []string
	text  map[string]*bytes.Buffer
	sent  int // messages
}

func (o *outlets) write(name string, p []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b := o.text[name]
	if b == nil {
		if o.text == nil {
			o.text = make(map[string]*bytes.Buffer)
		}
		b = new(bytes.Buffer)
		o.text[name], o.names = b, append(o.names, name)
	}
	b.Write(p)
}

// An outlet is an io.Writer.
type outlet struct {
	*outlets
	name string
}

func (o outlet) Write(p []byte) (int, error) {
	o.write(o.name, p)
	return len(p), nil
}

// newWorld starts the world, with a table in A. The caller must close it.
func newWorld(t *testing.T, mode string) *world {
	t.Helper()
	w := &world{mode: mode, state: t.TempDir(), journal: t.TempDir()}
	var err error
	w.Pair, err = pair.New(pair.Options{
		Engine:      func(string) (fakeredshift.Engine, error) { return mem.New(nil), nil },
		Listen:      func(name string) (net.Listener, error) { return w.network.Listen(name + ":443") },
		DialContext: w.network.DialContext,
		LookupHost:  w.network.LookupHost,
	})
	check(t, err)
	host, port, err := w.A.PGEndpoint()
	check(t, err)
	e, err := direct.Open(t.Context(), direct.Target{Host: host, Port: port, Database: w.A.Database}, creds.Static(w.A.Login),
		&direct.Options{Plaintext: true, DialContext: w.network.DialContext, LookupHost: w.network.LookupHost})
	check(t, err)
	for _, sql := range []string{`CREATE SCHEMA s`, `CREATE TABLE s.t (a int, b varchar(20))`, `INSERT INTO s.t VALUES (1, 'one'), (2, 'two')`} {
		_, err := e.Exec(t.Context(), exec.Statement{SQL: sql})
		check(t, err)
	}
	check(t, e.Close())
	w.source = sides{awssecrets.Login(w.secrets(w.A), w.A.LoginSecret), awssecrets.Keys(w.secrets(w.A), w.ReaderSecret), w.A.Role}
	w.sink = sides{awssecrets.Login(w.secrets(w.B), w.B.LoginSecret), awssecrets.Keys(w.secrets(w.B), w.WriterSecret), w.B.Role}
	return w
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) close(t *testing.T) {
	t.Helper()
	check(t, w.Close())
	time.Sleep(time.Minute) // virtual: connections that idle come to their end
}

func (w *world) secrets(a *pair.Account) *secretsmanager.Client {
	return secretsmanager.New(secretsmanager.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.SecretsEndpoint), HTTPClient: &http.Client{Transport: w.transport()},
		Credentials: awscreds.Provider(creds.Static(a.Runner)),
	})
}

func (w *world) transport() *http.Transport {
	return &http.Transport{DialContext: w.dial, IdleConnTimeout: 30 * time.Second}
}

// dial connects, and keeps what goes over the wire in each direction. What
// Secrets Manager answers is secret by its nature, and is left out.
func (w *world) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := w.network.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &tapped{Conn: conn, world: w, name: addr}, nil
}

type tapped struct {
	net.Conn
	world *world
	name  string
}

func (c *tapped) Write(p []byte) (int, error) {
	o := &c.world.out
	o.mu.Lock()
	o.sent++
	lost := o.sent == c.world.breakAt
	o.mu.Unlock()
	if lost {
		return 0, &net.OpError{Op: "write", Net: "mem", Err: syscall.ECONNRESET}
	}
	o.write("wire to "+c.name, p)
	return c.Conn.Write(p)
}

func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.name != "secrets.a:443" && c.name != "secrets.b:443" {
		c.world.out.write("wire from "+c.name, p[:n])
	}
	return n, err
}

// executor runs SQL on a warehouse, and logs each statement.
func (w *world) executor(t *testing.T, a *pair.Account, login creds.Provider[creds.Login], log *slog.Logger) (e exec.Executor, closing func() error) {
	t.Helper()
	trace := &exec.Trace{Done: func(_ context.Context, s exec.Statement, r exec.Result, err error) {
		log.Debug("statement", "side", a.Side, "statement", s, "result", r, "error", err)
	}}
	if w.mode == "dataapi" {
		client := redshiftdata.New(redshiftdata.Options{
			Region: a.Region, BaseEndpoint: aws.String(a.DataAPIEndpoint), HTTPClient: &http.Client{Transport: w.transport()},
			Credentials: awscreds.Provider(creds.Static(a.Runner)),
		})
		e, err := dataapi.New(client, dataapi.Target{Workgroup: a.Workgroup, Database: a.Database, SecretARN: a.LoginSecret}, nil)
		check(t, err)
		return exec.WithTrace(exec.Retry(e, nil), trace), func() error { return nil }
	}
	host, port, err := a.PGEndpoint()
	check(t, err)
	d, err := direct.Open(t.Context(), direct.Target{Host: host, Port: port, Database: a.Database}, creds.Cache(login, time.Minute),
		&direct.Options{Plaintext: true, DialContext: w.dial, LookupHost: w.network.LookupHost})
	check(t, err)
	return exec.WithTrace(exec.Retry(d, nil), trace), d.Close
}

// run moves the schema and returns what a program has in hand at the end.
func (w *world) run(t *testing.T) (config *pipeline.Config, report *pipeline.Report, err error) {
	t.Helper()
	level := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
	log := slog.New(slog.NewMultiHandler(slog.NewJSONHandler(outlet{&w.out, "log as JSON"}, level), slog.NewTextHandler(outlet{&w.out, "log as text"}, level)))
	source, closeSource := w.executor(t, w.A, w.source.login, log)
	target, closeTarget := w.executor(t, w.B, w.sink.login, log)
	state, err := pipeline.DirState(w.state)
	check(t, err)
	config = &pipeline.Config{
		Run:    "run-1",
		Source: pipeline.Side{DB: source, Stage: w.A.Stage, Role: creds.Static(w.source.role)},
		Target: pipeline.Side{DB: target, Stage: w.B.Stage, Role: creds.Static(w.sink.role)},
		Bridge: w.bridge(t, log), Cloner: ddl.New(nil), Tables: ddl.Selector{Schemas: []string{"s"}},
		State: state,
		Trace: &pipeline.Trace{
			Planned: func(p *ddl.Plan) { log.Info("planned", "plan", p) },
			Start:   func(table redferry.Table, step pipeline.Step) { log.Info("start", "table", table, "step", step) },
			Done: func(table redferry.Table, step pipeline.Step, err error) {
				log.Info("done", "table", table, "step", step, "error", err)
			},
			Unloaded: func(table redferry.Table, m *redferry.Manifest) { log.Info("unloaded", "table", table, "manifest", m) },
			File: func(table redferry.Table, job bridge.Job, result *bridge.Result, err error) {
				log.Info("file", "table", table, "job", job, "result", result, "error", err)
			},
		},
	}
	log.Debug("configuration", "config", *config)
	report, err = pipeline.Run(t.Context(), config)
	log.Error("the end", "report", report, "error", err)
	check(t, closeSource())
	check(t, closeTarget())
	return config, report, err
}

// bridge copies with keys from Secrets Manager.
func (w *world) bridge(t *testing.T, log *slog.Logger) *bridge.Copier {
	t.Helper()
	journal, err := bridge.NewDirJournal(w.journal)
	check(t, err)
	access := func(a *pair.Account, keys creds.Provider[creds.Keys]) bridge.Access {
		return bridge.Access{Region: a.Region, Endpoint: a.S3Endpoint, Dial: w.dial, Credentials: awscreds.Provider(creds.Cache(keys, time.Minute))}
	}
	src, err := bridge.NewClient(access(w.A, w.source.keys))
	check(t, err)
	dst, err := bridge.NewClient(access(w.B, w.sink.keys))
	check(t, err)
	return bridge.New(dst, src, &bridge.Options{Journal: journal, Threshold: 1, Trace: bridge.Trace{
		Retry: func(dst redferry.URI, part int, err error, wait time.Duration) {
			log.Warn("retry", "to", dst, "part", part, "error", err, "wait", wait)
		},
		Restart: func(dst redferry.URI, err error) { log.Warn("restart", "to", dst, "error", err) },
	}})
}

var signature = regexp.MustCompile(`Signature=([0-9a-f]{64})`)

// watch returns a set with everything secret that there was: in the world, and the
// signatures that the program sent, which are good for another quarter of an hour.
func (w *world) watch(t *testing.T, more ...canary.Secret) (all, unsigned *canary.Set) {
	t.Helper()
	all, unsigned = new(canary.Set), new(canary.Set)
	for _, set := range []*canary.Set{all, unsigned} {
		check(t, set.Watch(w.Secrets()...))
		check(t, set.Watch(more...))
	}
	for _, name := range w.out.names {
		for _, match := range signature.FindAllSubmatch(w.out.text[name].Bytes(), -1) {
			check(t, all.Watch(canary.Secret{Kind: "signature of a request", Text: creds.NewSecret(string(match[1]))}))
		}
	}
	return all, unsigned
}

// scan looks at everything that the program let out and everything that it wrote.
func (w *world) scan(t canary.TB, all, unsigned *canary.Set, config *pipeline.Config, report *pipeline.Report, err error) {
	for _, name := range w.out.names {
		set := all
		if strings.HasPrefix(name, "wire ") {
			set = unsigned // what signs a request is in it
		}
		set.Check(t, name, w.out.text[name].Bytes())
	}
	var text bytes.Buffer
	_, _ = report.WriteTo(&text) // to memory
	all.Check(t, "report as text", text.Bytes())
	all.CheckValue(t, "report", report)
	all.CheckValue(t, "error", err)
	all.CheckValue(t, "configuration", config)
	for name, part := range map[string]any{
		"executor": config.Source.DB, "bridge": config.Bridge, "login's provider": w.source.login, "keys' provider": w.sink.keys, "pair's keys": w.Reader,
	} {
		all.CheckValue(t, name, part)
	}
	all.CheckFiles(t, "state", os.DirFS(w.state))
	all.CheckFiles(t, "journal", os.DirFS(w.journal))
	for _, a := range []*pair.Account{w.A, w.B} {
		all.CheckValue(t, "statements of "+a.Side, a.Warehouse.History())
		all.CheckValue(t, "requests to S3 of "+a.Side, a.S3.Requests())
		for _, o := range a.S3.Objects(redferry.URI{Bucket: a.Stage.Bucket}) {
			all.CheckValue(t, "object of "+a.Side, o)
			content, failed := a.S3.Content(o.URI)
			if failed != nil {
				t.Errorf("%v", failed)
			}
			all.Check(t, fmt.Sprint(o.URI), content)
		}
		all.CheckValue(t, "uploads of "+a.Side, a.S3.OpenUploads(redferry.URI{Bucket: a.Stage.Bucket}))
	}
}

// inWorld runs f in virtual time over each channel.
func inWorld(t *testing.T, f func(*testing.T, *world)) {
	for _, mode := range []string{"direct", "dataapi"} {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, mode)
				f(t, w)
				w.close(t)
			})
		})
	}
}
