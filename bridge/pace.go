package bridge

import "time"

// A pace decides how many transfers go on at once. It begins with a few and takes more
// while more bytes move for it; when S3 says that it is asked too much, or does not
// answer, it takes fewer at once. That is the rule by which TCP shares a link: rise
// slowly, fall fast. Its owner guards it.
type pace struct {
	most, limit int
	crowded     bool // somebody waited: the limit is what bounds

	begun  time.Time // the window that is measured
	ended  int       // transfers in it
	work   float64   // what they moved
	before float64   // the rate of the window before the last step up; 0 if there was none
	back   int       // the limit before it
	climb  bool      // the limit doubles, as long as it never was too much
	rest   int       // windows until the next step up
	settle bool      // the window does not count
	calm   time.Time // until then, what is strained was so before the last step down

	speeds float64 // of one transfer, a moving average in bytes per second
	known  int     // transfers in it
}

const (
	paceStart  = 8
	paceWindow = time.Second
	paceRise   = 1.05 // a step up that brings less than 5 % is taken back
	paceFall   = 0.7
	paceRest   = 10 // windows
	paceCalm   = time.Second

	// requestWork is what a request costs beside its bytes, in bytes: about what moves
	// in the time of one round trip.
	requestWork = 64 << 10

	// Of the speeds the last twenty or so count; fewer than eight say nothing.
	speedWeight = 0.05
	speedsKnown = 8
)

func newPace(most int) pace {
	return pace{most: most, limit: min(paceStart, most), climb: true}
}

// moved counts a transfer that ended well, and at the end of a window takes a step. A
// window has two transfers per slot at least, so that each slot is in it.
func (p *pace) moved(now time.Time, bytes int64, took time.Duration) {
	p.count(bytes, took)
	p.ended++
	p.work += float64(bytes) + requestWork
	elapsed := now.Sub(p.begun)
	if elapsed < paceWindow || p.ended < 2*p.limit {
		return
	}
	switch {
	case p.settle: // what ends in it may have begun before the last step
		p.settle = false
	case p.crowded:
		p.step(p.work / elapsed.Seconds())
	}
	p.open(now)
}

// start begins the first window.
func (p *pace) start(now time.Time) {
	if p.begun.IsZero() {
		p.begun = now
	}
}

func (p *pace) open(now time.Time) { p.begun, p.ended, p.work, p.crowded = now, 0, 0, false }

// step looks at the rate of a window.
func (p *pace) step(rate float64) {
	if p.before > 0 && rate < p.before*paceRise {
		p.limit, p.climb, p.rest, p.before, p.settle = p.back, false, paceRest, 0, true
		return
	}
	if p.rest > 0 {
		p.rest--
		return
	}
	p.before, p.back = 0, p.limit
	if p.climb {
		p.limit = min(2*p.limit, p.most)
	} else {
		p.limit = min(p.limit+max(1, p.limit/8), p.most)
	}
	if p.limit > p.back {
		p.before, p.settle = rate, true
	}
}

// strained takes a step down, once in a while: many requests that were sent together
// fail together.
func (p *pace) strained(now time.Time) {
	if now.Before(p.calm) {
		return
	}
	p.limit = max(1, int(float64(p.limit)*paceFall))
	p.calm, p.climb, p.rest, p.before, p.settle = now.Add(paceCalm), false, paceRest, 0, true
	p.open(now)
}

func (p *pace) count(bytes int64, took time.Duration) {
	if bytes == 0 || took <= 0 {
		return
	}
	speed := float64(bytes) / took.Seconds()
	if p.known++; p.known == 1 {
		p.speeds = speed
	}
	p.speeds += speedWeight * (speed - p.speeds)
}

func (p *pace) typical() float64 {
	if p.known < speedsKnown {
		return 0
	}
	return p.speeds
}
