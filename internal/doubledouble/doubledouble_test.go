package doubledouble

import (
	"math"
	"math/big"
	"testing"

	"finegrain/internal/roundoff"

	"pgregory.net/rapid"
)

func number(x float64) *big.Float { return new(big.Float).SetPrec(600).SetFloat64(x) }

func (a Number) big() *big.Float { return new(big.Float).SetPrec(600).Add(number(a.Hi), number(a.Lo)) }

// within fails unless got is as near to want as allowed.
func within(t *rapid.T, got, want *big.Float, allowed float64) {
	t.Helper()
	off := new(big.Float).SetPrec(600).Sub(got, want)
	if off.Abs(off).Cmp(number(allowed)) > 0 {
		t.Fatalf("%g is %g off, and may be %g", got, off, allowed)
	}
}

// TestErrors: every operation keeps to the bound that its comment states, cancellation or not.
func TestErrors(t *testing.T) {
	entry := rapid.Custom(func(t *rapid.T) float64 {
		return math.Ldexp(rapid.Float64Range(-1, 1).Draw(t, "x"), rapid.IntRange(-40, 40).Draw(t, "e"))
	})
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 20).Draw(t, "d")
		q, k := rapid.SliceOfN(entry, d, d).Draw(t, "q"), rapid.SliceOfN(entry, d, d).Draw(t, "k")
		if d > 1 && rapid.Bool().Draw(t, "cancel") {
			q[d-1], k[d-1] = -q[0], k[0]*(1+0x1p-52)
		}
		want, size := number(0), 0.0
		for l := range q {
			want.Add(want, new(big.Float).SetPrec(600).Mul(number(q[l]), number(k[l])))
			size += math.Abs(q[l] * k[l])
		}
		g := roundoff.Gamma(float64(2 * d))
		a := Dot(q, k)
		within(t, a.big(), want, g*g*size*(1+1e-10)+0x1p-1000)

		b := entry.Draw(t, "b")
		product := new(big.Float).SetPrec(600).Mul(a.big(), number(b))
		scaled := a.Times(b)
		within(t, scaled.big(), product, 4*roundoff.Unit*roundoff.Unit*math.Abs(a.Hi*b)*(1+1e-10)+0x1p-1000)

		other := Number{Hi: a.Hi * (1 + 0x1p-50), Lo: a.Lo}.normal()
		difference := new(big.Float).SetPrec(600).Sub(a.big(), other.big())
		size, _ = new(big.Float).Abs(difference).Float64()
		u := roundoff.Unit
		within(t, number(a.Minus(other)), difference, 2*u*size+8*u*u*(math.Abs(a.Hi)+math.Abs(other.Hi))+0x1p-1000)

		sum := new(big.Float).SetPrec(600).Add(a.big(), number(b))
		added := a.Add(b)
		within(t, added.big(), sum, 4*u*u*(math.Abs(a.Hi)+math.Abs(b))+0x1p-1000)
	})
}
