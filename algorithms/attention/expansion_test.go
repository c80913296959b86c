package attention

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// vectors draws two vectors whose products range over many magnitudes and often cancel.
func vectors(t *rapid.T) (q, k []float64) {
	d := rapid.IntRange(1, 40).Draw(t, "d")
	for range d {
		q = append(q, math.Ldexp(rapid.Float64Range(-1, 1).Draw(t, "q"), rapid.IntRange(-60, 60).Draw(t, "e")))
		k = append(k, math.Ldexp(rapid.Float64Range(-1, 1).Draw(t, "k"), rapid.IntRange(-60, 60).Draw(t, "f")))
	}
	if d > 1 && rapid.Bool().Draw(t, "cancel") {
		q[d-1], k[d-1] = -q[0], k[0]
	}
	return q, k
}

func exactRat(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }

// exactInner returns ⟨q,k⟩ and Σ|q_l||k_l|.
func exactInner(q, k []float64) (dot, abs *big.Rat) {
	dot, abs = new(big.Rat), new(big.Rat)
	for l := range q {
		p := new(big.Rat).Mul(exactRat(q[l]), exactRat(k[l]))
		dot.Add(dot, p)
		abs.Add(abs, p.Abs(p))
	}
	return dot, abs
}

// outsideExactRange reports whether a product other than 0 rounds to a float64 outside the range in which
// products are taken to be exact.
func outsideExactRange(q, k []float64) bool {
	for l := range q {
		p := new(big.Rat).Mul(exactRat(q[l]), exactRat(k[l]))
		rounded, _ := p.Abs(p).Float64()
		if p.Sign() != 0 && (rounded < leastExactProduct || rounded > mostExactProduct) {
			return true
		}
	}
	return false
}

// TestExactRange: just inside its ends a product is taken, just outside it is refused.
func TestExactRange(t *testing.T) {
	for _, c := range []struct {
		q, k float64
		want bool
	}{
		{0x1p-450, 0x1p-450, true},
		{0x1p-451, 0x1p-450, false},
		{0x1p450, 0x1p450, true},
		{0x1p451, 0x1p450, false},
		{0, 0x1p1000, true},
	} {
		if _, ok := expansion(nil).exactDot([]float64{c.q}, []float64{c.k}); ok != c.want {
			t.Errorf("%g·%g: taken %t, want %t", c.q, c.k, ok, c.want)
		}
	}
}

func TestExpansionIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, k := vectors(t)
		dot, _ := exactInner(q, k)
		e, ok := expansion(nil).exactDot(q, k)
		if outside := outsideExactRange(q, k); ok == outside {
			t.Fatalf("exactDot took it: %t; a product is outside the exact range: %t", ok, outside)
		}
		if !ok {
			return
		}
		sum := new(big.Rat)
		for i, c := range e {
			sum.Add(sum, exactRat(c))
			if c == 0 || i > 0 && math.Abs(c) <= math.Abs(e[i-1]) {
				t.Fatalf("components %v are not in increasing magnitude", e)
			}
		}
		if sum.Cmp(dot) != 0 {
			t.Fatalf("expansion %v is not the inner product", e)
		}
	})
}

func TestExpansionRefusesUnderflow(t *testing.T) {
	for _, c := range [][2]float64{{1e-200, 1e-200}, {1e-160, 1e-140}, {1e200, 1e200}, {1e150, 1e130}} {
		if e, ok := expansion(nil).exactDot([]float64{c[0]}, []float64{c[1]}); ok {
			t.Errorf("%v·%v = %v was called exact", c[0], c[1], e)
		}
	}
}

// FuzzExactDot: an expansion that calls itself exact is exact, whatever the numbers.
func FuzzExactDot(f *testing.F) {
	f.Add(1.0, 1.0, 0x1p-60, 3.0, 1e16, -1.0, 0.1, 0.1)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, h, i float64) {
		q, k := []float64{a, b, c, d}, []float64{e, g, h, i}
		for l := range q {
			if x := q[l] + k[l]; math.IsNaN(x-x) || math.IsInf(q[l], 0) {
				return
			}
		}
		x, ok := expansion(nil).exactDot(q, k)
		if !ok {
			return
		}
		want, _ := exactInner(q, k)
		for _, c := range x {
			want.Sub(want, exactRat(c))
		}
		if want.Sign() != 0 {
			t.Fatalf("expansion %v is off by %v", x, want)
		}
	})
}
