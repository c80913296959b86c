package attention

import (
	"math"

	"finegrain/internal/doubledouble"
)

// An expansion is an unevaluated sum of float64s that represents a real number exactly: components in
// increasing magnitude that do not overlap (Shewchuk, "Adaptive precision floating-point arithmetic and
// fast robust geometric predicates", 1997). Inner products of ordinary vectors need two or three
// components, so scores can be exact at the price of a few dozen additions a coordinate.
type expansion []float64

// add adds b exactly: Shewchuk's Grow-Expansion with zero elimination. The loop keeps that what was passed
// plus carry equals the old prefix plus b, since TwoSum loses nothing; the components stay
// non-overlapping by his Theorem 10, since rounding is to nearest even. Nothing may overflow.
func (e expansion) add(b float64) expansion {
	carry, kept := b, 0
	for _, c := range e {
		sum, lost := doubledouble.TwoSum(carry, c)
		if lost != 0 {
			e[kept] = lost // kept never passes the read position
			kept++
		}
		carry = sum
	}
	if e = e[:kept]; carry != 0 {
		e = append(e, carry)
	}
	return e
}

// Products outside this range may have an error term that is no float64, or may overflow when summed.
const (
	leastExactProduct = 0x1p-900
	mostExactProduct  = 0x1p900
)

// exactDot sets e to ⟨q,k⟩ exactly, and reports whether it could: it cannot if a product leaves the range.
func (e expansion) exactDot(q, k []float64) (expansion, bool) {
	e = e[:0]
	k = k[:len(q)]
	for l, x := range q {
		y := k[l]
		if x == 0 || y == 0 {
			continue
		}
		p, lost := doubledouble.TwoProduct(x, y)
		if a := math.Abs(p); a < leastExactProduct || a > mostExactProduct {
			return e, false
		}
		if lost != 0 {
			e = e.add(lost)
		}
		e = e.add(p)
	}
	return e, true
}
