package livetest

import (
	"context"
	"errors"
	"time"

	"github.com/redferry/redferry/creds"
	"github.com/redferry/redferry/exec"
	"github.com/redferry/redferry/exec/dataapi"
	"github.com/redferry/redferry/exec/direct"
)

// Direct returns a warehouse over direct connections. Nil opts are the defaults.
// The caller must close it.
func Direct(ctx context.Context, schema string, target direct.Target, login creds.Provider[creds.Login], opts *direct.Options) (*Warehouse, error) {
	if opts == nil {
		opts = new(direct.Options)
	}
	e, err := direct.Open(ctx, target, login, opts)
	if err != nil {
		return nil, err
	}
	abandon := func(ctx context.Context) (exec.Session, func(), error) {
		cutter := &Cutter{Dial: opts.DialContext}
		lossy := *opts
		lossy.DialContext = cutter.DialContext
		one, err := direct.Open(ctx, target, login, &lossy)
		if err != nil {
			return nil, nil, err
		}
		session, err := exec.OpenSession(ctx, one)
		if err != nil {
			return nil, nil, errors.Join(err, one.Close())
		}
		return &lone{session, one}, cutter.Cut, nil
	}
	return &Warehouse{Name: "direct", DB: e, Abandon: abandon, Schema: schema, Close: e.Close}, nil
}

// A lone session closes the pool that was opened for it.
type lone struct {
	exec.Session
	pool *direct.Executor
}

func (l *lone) Close() error { return errors.Join(l.Session.Close(), l.pool.Close()) }

// abandonedKeep is how long the Data API keeps a session that is to be abandoned.
// It has no connection that could be cut, so the session ends when it was idle for
// that long.
const abandonedKeep = 30 * time.Second

// DataAPI returns a warehouse behind the Data API.
func DataAPI(schema string, client dataapi.Client, target dataapi.Target) (*Warehouse, error) {
	e, err := dataapi.New(client, target, nil)
	if err != nil {
		return nil, err
	}
	brief, err := dataapi.New(client, target, &dataapi.Options{SessionKeepAlive: abandonedKeep})
	if err != nil {
		return nil, err
	}
	abandon := func(ctx context.Context) (exec.Session, func(), error) {
		session, err := exec.OpenSession(ctx, brief)
		return silent{session}, func() {}, err
	}
	return &Warehouse{Name: "dataapi", DB: e, Batches: e, Abandon: abandon, Schema: schema}, nil
}

// A silent session does not roll back when it is closed, as if nobody closed it.
type silent struct{ exec.Session }

func (silent) Close() error { return nil }
