package bridge

import (
	"sync"

	"github.com/redferry/redferry"
)

// A meter tells a [Trace] which bytes of an object count: those that are in place, and those
// that are on their way. A nil meter tells nobody.
type meter struct {
	dst  redferry.URI
	tell func(dst redferry.URI, part int, n int64)

	mu    sync.Mutex // guards count, and calls of tell
	count int64      // that is to be taken back if the copy is lost
}

// newMeter returns nil if the trace does not want to know.
func newMeter(trace *Trace, dst redferry.URI) *meter {
	if trace.Moved == nil {
		return nil
	}
	return &meter{dst: dst, tell: trace.Moved}
}

// inPlace counts bytes that were not moved, and that others have told of.
func (m *meter) inPlace(n int64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count += n
}

// lost takes everything back.
func (m *meter) lost() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count != 0 {
		m.tell(m.dst, 0, -m.count)
	}
	m.count = 0
}

// try returns the meter of one try to move a part.
func (m *meter) try(part int) *tryMeter {
	if m == nil {
		return nil
	}
	return &tryMeter{meter: m, part: part}
}

// A tryMeter counts what one try moves. A nil one counts nothing.
type tryMeter struct {
	*meter
	part  int
	moved int64
	over  bool
}

// move counts bytes that pass. Who still reads what nobody sends any more counts nothing.
func (m *tryMeter) move(n int) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over {
		return
	}
	m.moved += int64(n)
	m.count += int64(n)
	m.tell(m.dst, m.part, int64(n))
}

// end takes back what a try that failed has moved.
func (m *tryMeter) end(err error) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.over = true
	if err == nil || m.moved == 0 {
		return
	}
	m.count -= m.moved
	m.tell(m.dst, m.part, -m.moved)
}
