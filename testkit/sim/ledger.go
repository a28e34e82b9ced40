package sim

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/redferry/redferry"
	"github.com/redferry/redferry/bridge"
)

// Where a ledger is on the simulated disk.
const (
	ledgerDir  = "ledger"
	ledgerFile = "ledger.json"
)

// Ledger returns a [bridge.Ledger] on the simulated disk.
func (p *Process) Ledger() (bridge.Ledger, error) {
	files, err := p.Files(ledgerDir)
	if err != nil {
		return nil, err
	}
	return FileLedger(files)
}

// FileLedger returns a [bridge.Ledger] in one file, which it writes whole at each
// change: it is for worlds of few objects. One program at a time may use it.
func FileLedger(files bridge.Files) (bridge.Ledger, error) {
	data, err := files.Read(ledgerFile)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = []byte("[]"), nil
	}
	if err != nil {
		return nil, fmt.Errorf("sim: read ledger: %w", err)
	}
	entries, err := parseLedger(data)
	if err != nil {
		return nil, fmt.Errorf("sim: read ledger: %w", err)
	}
	l := &fileLedger{files: files, entries: make(map[redferry.URI]bridge.Entry), turn: make(chan struct{}, 1)}
	for _, e := range entries {
		l.entries[e.Dst] = e
	}
	return l, l.MemLedger.Record(context.Background(), entries...)
}

func parseLedger(data []byte) (entries []bridge.Entry, err error) {
	return entries, json.Unmarshal(data, &entries)
}

// entriesOf returns the ledger on a disk, in the order of Dst. One that cannot be
// read says nothing.
func entriesOf(d *disk) []bridge.Entry {
	entries, err := parseLedger([]byte(d.Files()[path.Join(ledgerDir, ledgerFile)]))
	if err != nil {
		return nil
	}
	return entries
}

// A fileLedger looks up and lists what it has in memory.
type fileLedger struct {
	bridge.MemLedger
	files   bridge.Files
	entries map[redferry.URI]bridge.Entry // the same as in the MemLedger; guarded by turn
	// turn holds something while the file is written. It is no mutex: a bubble's
	// time stands still for whoever waits for one.
	turn chan struct{}
}

// Record implements [bridge.Ledger].
func (l *fileLedger) Record(ctx context.Context, list ...bridge.Entry) error {
	if len(list) == 0 {
		return nil
	}
	return l.change(func(entries map[redferry.URI]bridge.Entry) {
		for _, e := range list {
			entries[e.Dst] = e
		}
	}, func() error { return l.MemLedger.Record(ctx, list...) })
}

// Forget implements [bridge.Ledger].
func (l *fileLedger) Forget(ctx context.Context, destinations ...redferry.URI) error {
	if len(destinations) == 0 {
		return nil
	}
	return l.change(func(entries map[redferry.URI]bridge.Entry) {
		for _, dst := range destinations {
			delete(entries, dst)
		}
	}, func() error { return l.MemLedger.Forget(ctx, destinations...) })
}

// change makes a change in the file, and then in memory.
func (l *fileLedger) change(inFile func(entries map[redferry.URI]bridge.Entry), inMemory func() error) error {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	entries := maps.Clone(l.entries)
	inFile(entries)
	if err := l.write(entries); err != nil {
		return err
	}
	return inMemory()
}

func (l *fileLedger) write(entries map[redferry.URI]bridge.Entry) error {
	data, err := json.Marshal(slices.SortedFunc(maps.Values(entries), func(a, b bridge.Entry) int { return a.Dst.Compare(b.Dst) }))
	if err == nil {
		err = l.files.Write(ledgerFile, append(data, '\n'))
	}
	if err != nil {
		return fmt.Errorf("sim: write ledger: %w", err)
	}
	l.entries = entries
	return nil
}

// WatchLedger has the simulator know what ledger keeps: no object may be copied
// again of which it has an entry, and that has not changed. It is the last to be
// put around a Ledger. What the entries on the disk say is for [TrueLedgers].
func (p *Process) WatchLedger(ledger bridge.Ledger) bridge.Ledger {
	p.world.observer.hasLedger(p, entriesOf(p.disk))
	return &watchedLedger{ledger, p}
}

type watchedLedger struct {
	bridge.Ledger
	process *Process
}

func (l *watchedLedger) Record(ctx context.Context, entries ...bridge.Entry) error {
	err := l.Ledger.Record(ctx, entries...)
	if err == nil && !l.process.isDead() {
		l.process.world.observer.entered(l.process, entries)
	}
	return err
}

func (l *watchedLedger) Forget(ctx context.Context, destinations ...redferry.URI) error {
	err := l.Ledger.Forget(ctx, destinations...)
	if err == nil && !l.process.isDead() {
		l.process.world.observer.forgot(l.process, destinations)
	}
	return err
}

// TrueLedgers checks that each entry of each runner's ledger describes what is at
// the target, and the version of the source that this is a copy of. It holds at
// any time, so it is for [Scenario].Always. Where another runner has written since,
// what is there may be any version, or nothing if it was removed.
func TrueLedgers(w *World) []error {
	var wrong []error
	w.mu.Lock()
	disks := maps.Clone(w.disks)
	w.mu.Unlock()
	for _, runner := range slices.SortedFunc(maps.Keys(disks), cmp.Compare) {
		for _, e := range entriesOf(disks[runner]) {
			if err := w.entryHolds(runner, &e); err != nil {
				wrong = append(wrong, fmt.Errorf("the ledger of runner %d has %s as a copy of the version %s, but %w", runner, e.Dst, e.ETag, err))
			}
		}
	}
	return wrong
}

func (w *World) entryHolds(runner int, e *bridge.Entry) error {
	return w.copyHolds(runner, e.Dst, e.Src, &bridge.Result{
		Size: e.Size, ETag: e.Target, SourceETag: e.ETag, Checksum: e.Checksum,
	})
}
