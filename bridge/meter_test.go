package bridge

import (
	"errors"
	"testing"

	"github.com/redferry/redferry"
)

// TestMeter: who reads on after the try has ended counts nothing, and a nil meter tells
// nobody.
func TestMeter(t *testing.T) {
	var sum int64
	m := newMeter(&Trace{Moved: func(_ redferry.URI, _ int, n int64) { sum += n }}, redferry.URI{})
	says := func(want int64) {
		t.Helper()
		if sum != want {
			t.Errorf("the sum is %d, want %d", sum, want)
		}
	}
	good, bad := m.try(1), m.try(2)
	good.move(10)
	bad.move(5)
	says(15)
	bad.end(errors.New("cut"))
	says(10)
	bad.move(7) // the transport's goroutine has not heard of it
	says(10)
	good.end(nil)
	m.inPlace(3)
	m.lost()
	says(-3) // others have told of those in place
	m.lost()
	says(-3)
	none := newMeter(&Trace{}, redferry.URI{})
	none.inPlace(1)
	none.try(1).move(1)
	none.try(1).end(nil)
	none.lost()
}
