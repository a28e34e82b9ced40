package sim

import "fmt"

// A Plan says in which order things happen and what goes wrong.
type Plan struct {
	// Seed decides the order, and whatever else is drawn.
	Seed uint64
	// Faults go wrong for certain, if their boundaries are reached.
	Faults []Fault
	// Rate is the chance of a boundary, from 0 to 1, that a fault of a kind drawn
	// from Kinds happens there; on the disk it is a fifth of that. The default is
	// none.
	Rate float64
	// Kinds restricts what is drawn. Nil means every kind.
	Kinds []Kind
	// Max bounds how many faults are drawn in one run. The default is 16.
	Max int
}

// String returns seed and faults in the form that [ParsePlan] reads.
func (p Plan) String() string { return fmt.Sprintf("%d: %s", p.Seed, FormatFaults(p.Faults)) }

func (p *Plan) max() int {
	if p.Max == 0 {
		return 16
	}
	return p.Max
}

// rate is the chance of a class. There are several operations on the disk for
// each record, so they have a fifth of the chance of others.
func (p *Plan) rate(c Class) float64 {
	if c == DiskOp {
		return p.Rate / 5
	}
	return p.Rate
}
