package bridge

import (
	"math"
	"testing"
)

func TestPlan(t *testing.T) {
	const gibibyte = 1 << 30
	tests := []struct {
		name           string
		size, partSize int64
		wantPart       int64
		wantCount      int
		wantLast       int64
	}{
		{"one byte", 1, 5, 5, 1, 1},
		{"a multiple", 15, 5, 5, 3, 5},
		{"a rest", 16, 5, 5, 4, 1},
		{"as many parts as there may be", 10_000 * 5, 5, 5, 10_000, 5},
		{"too many parts", 10_000*5 + 1, 5, mebibyte, 1, 50_001},
		{"a terabyte", 1 << 40, 32 * mebibyte, 105 * mebibyte, 9987, 46 * mebibyte},
		{"the largest object", 50_000 * gibibyte, 32 * mebibyte, 5 * 1024 * mebibyte, 10_000, 5 * gibibyte},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlan(tt.size, tt.partSize)
			if err := p.check(); err != nil {
				t.Fatal(err)
			}
			if p.partSize != tt.wantPart || p.count() != tt.wantCount || p.length(p.count()) != tt.wantLast {
				t.Errorf("parts of %d, %d of them, the last of %d, want %d, %d, %d",
					p.partSize, p.count(), p.length(p.count()), tt.wantPart, tt.wantCount, tt.wantLast)
			}
		})
	}
}

func TestPlanRefuses(t *testing.T) {
	for _, p := range []plan{{}, {size: 1}, {size: 0, partSize: 5}, {size: 50_001, partSize: 5}, newPlan(50_000<<30+1, 5), newPlan(50_001<<30, 5), newPlan(math.MaxInt64, 5)} {
		if p.check() == nil {
			t.Errorf("plan %+v was not refused", p)
		}
	}
}

func TestInPlace(t *testing.T) {
	for known, want := range map[[3]bool]int64{{}: 0, {true}: 5, {false, false, true}: 2, {true, true, true}: 12} {
		u := &upload{plan: plan{size: 12, partSize: 5}, parts: make([]part, 3)}
		for i := range u.parts {
			u.parts[i].known = known[i]
		}
		if got := u.inPlace(); got != want {
			t.Errorf("with parts %v in place are %d bytes, want %d", known, got, want)
		}
	}
}

func FuzzPlan(f *testing.F) {
	f.Add(int64(1), int64(1))
	f.Add(int64(2<<30), int64(32<<20))
	f.Add(int64(5<<40), int64(5<<20))
	f.Fuzz(func(t *testing.T, size, partSize int64) {
		size, partSize = max(size, 1), max(partSize, 1)
		if size > 50_000<<30 || partSize > maxPart {
			return
		}
		p := newPlan(size, partSize)
		if err := p.check(); err != nil {
			t.Fatal(err)
		}
		n := p.count()
		if n < 1 || n > maxParts || p.partSize < partSize {
			t.Fatalf("%d parts of %d bytes", n, p.partSize)
		}
		if last := p.length(n); last < 1 || last > p.partSize || p.offset(n)+last != size {
			t.Errorf("the last part of %d begins at %d and has %d bytes of %d", n, p.offset(n), last, size)
		}
	})
}
