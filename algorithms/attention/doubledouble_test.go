package attention

import (
	"math"
	"math/big"
	"testing"

	"finegrain/internal/roundoff"

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

func TestDot2Bound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q, k := vectors(t)
		dot, abs := exactInner(q, k)
		got := dot2(q, k)
		diff := new(big.Rat).Add(exactRat(got.hi), exactRat(got.lo))
		diff.Sub(diff, dot).Abs(diff)
		g := roundoff.Gamma(float64(2 * len(q)))
		bound := abs.Mul(abs, exactRat(g*g))
		bound.Add(bound, exactRat(float64(len(q))*0x1p-1074))
		if diff.Cmp(bound) > 0 {
			t.Fatalf("dot2 is off by more than γ²Σ|q||k|")
		}
	})
}

func TestDoubleDoubleArithmetic(t *testing.T) {
	draw := func(t *rapid.T, name string) doubleDouble {
		hi := rapid.Float64Range(-1e12, 1e12).Draw(t, name)
		return doubleDouble{hi, hi * 0x1p-53 * rapid.Float64Range(-1, 1).Draw(t, name+"-low")}.normal()
	}
	value := func(a doubleDouble) *big.Rat { return new(big.Rat).Add(exactRat(a.hi), exactRat(a.lo)) }
	abs := func(a *big.Rat) *big.Rat { return new(big.Rat).Abs(a) }
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a"), draw(t, "b")
		if rapid.Bool().Draw(t, "near") {
			b.hi = a.hi
			b = b.normal()
		}
		s := rapid.Float64Range(-10, 10).Draw(t, "s")

		product := new(big.Rat).Mul(value(a), exactRat(s))
		off := abs(new(big.Rat).Sub(value(a.times(s)), product))
		allowed := new(big.Rat).Mul(abs(product), exactRat(4*unit*unit))
		if off.Cmp(allowed) > 0 && abs(product).Cmp(exactRat(1e-200)) > 0 {
			t.Fatalf("%v times %v is off by more than 4u²", a, s)
		}

		difference := new(big.Rat).Sub(value(a), value(b))
		off = abs(new(big.Rat).Sub(exactRat(a.minus(b)), difference))
		limit := new(big.Rat).Mul(abs(difference), exactRat(2*unit))
		size := new(big.Rat).Add(abs(value(a)), abs(value(b)))
		limit.Add(limit, size.Mul(size, exactRat(8*unit*unit)))
		if off.Cmp(limit) > 0 {
			t.Fatalf("%v minus %v is off by more than its bound", a, b)
		}
	})
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
