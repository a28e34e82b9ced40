package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/redshiftdata"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
	"github.com/redferry/redferry/copyload"
	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/creds/awscreds"
	"github.com/redferry/redferry/creds/awssecrets"
	"github.com/redferry/redferry/ddl"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/direct"
	"github.com/redferry/redferry/pipeline"
	"github.com/redferry/redferry/testkit/pair"
)

// A Move is a program that moves tables with package pipeline, the way a user's
// program does. Its Run is for [Scenario.Program].
type Move struct {
	Mode        string // of the SQL: "direct", "dataapi" or "auto"
	Tables      []redferry.Table
	Load        copyload.Mode
	PartSize    int64 // of the bridge; 0 is its default
	Threshold   int64 // of the bridge; 0 is its default
	Concurrency int   // tables at a time; 0 is the pipeline's default
	// Name returns the name of the move. The default is "move" in every process.
	Name func(p *Process) string
	// Parts wraps what the program is made of.
	Parts Parts
}

// Parts wrap what a [Move] is made of. Each may be nil. With them a test plants
// bugs, to see that they are found.
type Parts struct {
	SQL         func(p *Process, side string, e exec.Executor) exec.Executor
	Data        func(p *Process, c dataapi.Client) dataapi.Client
	Source      func(p *Process, s bridge.Source) bridge.Source
	Destination func(p *Process, d bridge.Destination) bridge.Destination
	Bridge      func(p *Process, b bridge.Bridge) bridge.Bridge
	Journal     func(p *Process, j bridge.Journal) bridge.Journal
	State       func(p *Process, s pipeline.State) pipeline.State
	Config      func(p *Process, c *pipeline.Config)
}

// Run moves the tables, as one life of the program.
func (m *Move) Run(ctx context.Context, p *Process) error {
	b := &builder{Move: m, process: p}
	defer b.close()
	config, err := b.config(ctx)
	if err != nil {
		return err
	}
	report, err := pipeline.Run(ctx, config)
	b.tell(report)
	return err
}

// A builder makes what one life of a Move needs.
type builder struct {
	*Move
	process *Process
	opened  []*direct.Executor
}

func (b *builder) close() {
	for _, e := range b.opened {
		_ = e.Close()
	}
}

// tell prints the report, and tells the world of rare states.
func (b *builder) tell(report *pipeline.Report) {
	data, err := json.Marshal(report)
	if err != nil {
		b.process.Print(err.Error())
	}
	b.process.Print(string(data))
	b.process.Print(fmt.Sprintf("%v %+v", report, report.Err()))
	b.process.world.reported(b.process, report)
}

func (b *builder) config(ctx context.Context) (*pipeline.Config, error) {
	p := b.process
	source, err := b.side(ctx, p.world.A)
	if err != nil {
		return nil, err
	}
	target, err := b.side(ctx, p.world.B)
	if err != nil {
		return nil, err
	}
	copier, err := b.bridge()
	if err != nil {
		return nil, err
	}
	state, err := p.State()
	if err != nil {
		return nil, err
	}
	if b.Parts.State != nil {
		state = b.Parts.State(p, state)
	}
	auditor, err := p.S3(p.world.B, creds.Static(p.world.Auditor))
	if err != nil {
		return nil, err
	}
	config := &pipeline.Config{
		Run: "move", Source: source, Target: target, Bridge: copier, Cloner: ddl.New(nil),
		Tables: ddl.Selector{Tables: b.Tables}, Load: b.Load, MinLevel: bridge.Wire, Concurrency: b.Concurrency,
		Trace: &pipeline.Trace{Start: func(t redferry.Table, s pipeline.Step) { p.Turn(fmt.Sprintf("%s %s", s, t)) }},
		Files: bridge.NewLister(auditor, &bridge.Options{Rand: p.Rand}), Token: p.Token, State: p.WatchState(state),
	}
	if b.Name != nil {
		config.Run = b.Name(p)
	}
	if b.Parts.Config != nil {
		b.Parts.Config(p, config)
	}
	return config, nil
}

func (b *builder) side(ctx context.Context, a *pair.Account) (pipeline.Side, error) {
	e, err := b.executor(ctx, a)
	if err != nil {
		return pipeline.Side{}, err
	}
	if b.Parts.SQL != nil {
		e = b.Parts.SQL(b.process, a.Side, e)
	}
	e = b.process.SQLInTurn("pg."+a.Side, e)
	e = exec.Retry(e, &exec.RetryPolicy{Rand: b.process.Rand})
	return pipeline.Side{DB: e, Stage: a.Stage, Role: creds.Static(a.Role)}, nil
}

func (b *builder) executor(ctx context.Context, a *pair.Account) (exec.Executor, error) {
	async, err := b.dataAPI(a)
	if err != nil || b.Mode == "dataapi" {
		return async, err
	}
	short, err := b.direct(ctx, a)
	if err != nil || b.Mode == "direct" {
		return short, err
	}
	return exec.Auto(short, async, nil), nil
}

func (b *builder) dataAPI(a *pair.Account) (exec.Executor, error) {
	var client dataapi.Client = redshiftdata.New(redshiftdata.Options{
		Region: a.Region, BaseEndpoint: aws.String(a.DataAPIEndpoint), HTTPClient: b.process.client(),
		Credentials: awscreds.Provider(creds.Static(a.Runner)),
	})
	if b.Parts.Data != nil {
		client = b.Parts.Data(b.process, client)
	}
	return dataapi.New(client, dataapi.Target{Workgroup: a.Workgroup, Database: a.Database, SecretARN: a.LoginSecret},
		&dataapi.Options{Rand: b.process.Rand, Token: b.process.Token})
}

func (b *builder) direct(ctx context.Context, a *pair.Account) (exec.Executor, error) {
	host, port, err := a.PGEndpoint()
	if err != nil {
		return nil, err
	}
	login := creds.Cache(awssecrets.Login(b.process.secrets(a), a.LoginSecret), time.Minute)
	e, err := direct.Open(ctx, direct.Target{Host: host, Port: port, Database: a.Database}, login, &direct.Options{
		Plaintext:   true, // a TLS connection is locked while it writes, and a bubble's time stands still for whoever waits for a lock
		MaxConns:    64,   // nobody waits for one: who gets what becomes free is the scheduler's choice
		DialContext: b.process.DialSQL, LookupHost: b.process.LookupHost,
	})
	if err != nil {
		return nil, err
	}
	b.opened = append(b.opened, e)
	return e, nil
}

func (b *builder) bridge() (bridge.Bridge, error) {
	p := b.process
	reader, err := p.S3(p.world.A, p.Keys(p.world.A, p.world.ReaderSecret))
	if err != nil {
		return nil, err
	}
	writer, err := p.S3(p.world.B, p.Keys(p.world.B, p.world.WriterSecret))
	if err != nil {
		return nil, err
	}
	journal, err := p.Journal()
	if err != nil {
		return nil, err
	}
	if b.Parts.Journal != nil {
		journal = b.Parts.Journal(p, journal)
	}
	var source bridge.Source = reader
	if b.Parts.Source != nil {
		source = b.Parts.Source(p, source)
	}
	var target bridge.Destination = writer
	if b.Parts.Destination != nil {
		target = b.Parts.Destination(p, target)
	}
	var copier bridge.Bridge = bridge.New(target, source, &bridge.Options{
		PartSize: b.PartSize, Threshold: b.Threshold, Concurrency: 4, Journal: p.WatchJournal(journal), Rand: p.Rand, Trace: p.Trace(),
	})
	if b.Parts.Bridge != nil {
		copier = b.Parts.Bridge(p, copier)
	}
	return p.CopiesInTurn(copier), nil
}
