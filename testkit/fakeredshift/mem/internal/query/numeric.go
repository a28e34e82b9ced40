package query

import (
	"math/big"
	"strings"
)

// A Numeric is a decimal number with a scale, the digits behind its point. It is
// never changed. The zero Numeric is 0. Compare with [Numeric.Cmp].
type Numeric struct {
	unscaled *big.Int // nil is 0
	scale    int
}

// NewNumeric returns unscaled / 10^scale. It keeps unscaled, which must not
// change afterwards.
func NewNumeric(unscaled *big.Int, scale int) Numeric { return Numeric{unscaled, scale} }

// ParseNumeric reads a decimal number, with or without an exponent, and keeps
// its digits: "-12.30" has scale 2. It reports false for anything else, also for
// numbers of more than a few hundred digits.
func ParseNumeric(text string) (Numeric, bool) {
	const most = 400 // digits, and the exponent: more than any float64 has
	text, exponent, hasExponent := strings.Cut(strings.ToLower(text), "e")
	shift := 0
	if hasExponent {
		e, ok := parseInt(exponent)
		if !ok || e < -most || e > most {
			return Numeric{}, false
		}
		shift = int(e)
	}
	whole, fraction, _ := strings.Cut(text, ".")
	digits := strings.TrimLeft(whole, "+-")
	if len(whole)-len(digits) > 1 || digits+fraction == "" || len(digits+fraction) > most || !allDigits(digits+fraction) {
		return Numeric{}, false
	}
	n, _ := new(big.Int).SetString(digits+fraction, 10)
	if strings.HasPrefix(whole, "-") {
		n.Neg(n)
	}
	scale := len(fraction) - shift
	if scale < 0 {
		n.Mul(n, powerOfTen(-scale))
		scale = 0
	}
	return Numeric{n, scale}, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Unscaled returns the number without its point; the caller must not change it.
func (n Numeric) Unscaled() *big.Int {
	if n.unscaled == nil {
		return new(big.Int)
	}
	return n.unscaled
}

// Scale returns how many digits stand behind the point.
func (n Numeric) Scale() int { return n.scale }

// String prints all digits of the scale: "-0.50".
func (n Numeric) String() string {
	digits := new(big.Int).Abs(n.Unscaled()).String()
	if len(digits) <= n.scale {
		digits = strings.Repeat("0", n.scale-len(digits)+1) + digits
	}
	if n.scale > 0 {
		digits = digits[:len(digits)-n.scale] + "." + digits[len(digits)-n.scale:]
	}
	if n.Unscaled().Sign() < 0 {
		return "-" + digits
	}
	return digits
}

// Cmp compares values: 1.0 and 1.00 are equal.
func (n Numeric) Cmp(m Numeric) int {
	scale := max(n.scale, m.scale)
	return n.at(scale).Cmp(m.at(scale))
}

// Round returns n at another scale, rounded half away from zero.
func (n Numeric) Round(scale int) Numeric {
	if scale >= n.scale {
		return Numeric{n.at(scale), scale}
	}
	return Numeric{divideRounded(n.Unscaled(), powerOfTen(n.scale-scale)), scale}
}

// at returns the unscaled number at a scale that is not smaller.
func (n Numeric) at(scale int) *big.Int {
	if scale == n.scale {
		return n.Unscaled()
	}
	return new(big.Int).Mul(n.Unscaled(), powerOfTen(scale-n.scale))
}

// divideRounded is a / b, rounded half away from zero. B is positive.
func divideRounded(a, b *big.Int) *big.Int {
	quotient, rest := new(big.Int).QuoRem(a, b, new(big.Int))
	if rest.Abs(rest).Lsh(rest, 1).Cmp(b) >= 0 {
		quotient.Add(quotient, big.NewInt(int64(a.Sign())))
	}
	return quotient
}

func powerOfTen(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// reduced is a text that equal numbers share.
func (n Numeric) reduced() string {
	s := n.String()
	if strings.IndexByte(s, '.') >= 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// digits returns how many digits n has, without the zeros in front.
func (n Numeric) digits() int {
	u := n.Unscaled()
	if u.Sign() == 0 {
		return 0
	}
	return len(new(big.Int).Abs(u).String())
}

// limits are the powers of ten that no number of so many digits reaches.
var limits = func() (powers [maxPrecision + 1]*big.Int) {
	for i := range powers {
		powers[i] = powerOfTen(i)
	}
	return powers
}()

// fits reports whether n has at most so many digits.
func (n Numeric) fits(digits int) bool {
	return n.Unscaled().CmpAbs(limits[min(digits, maxPrecision)]) < 0
}

func numericOf(n int64) Numeric { return Numeric{big.NewInt(n), 0} }
