package roundoff

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// TestGamma: k divisions by 1 − u leave 1 off by no more than γ_k, and by nearly as much.
func TestGamma(t *testing.T) {
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(x) }
	for _, k := range []int{1, 2, 10, 1000} {
		least := number(1)
		for range k {
			least.Mul(least, number(1-Unit))
		}
		up := number(1)
		up.Quo(up, least)
		off, _ := up.Sub(up, number(1)).Float64()
		if off > Gamma(float64(k)) || off < Gamma(float64(k)-0.1) {
			t.Errorf("%d divisions by 1 − u: off by %g, γ = %g", k, off, Gamma(float64(k)))
		}
	}
	if !math.IsInf(Gamma(0x1p52), 1) || !math.IsInf(GammaOf(0x1p23, 0x1p-24), 1) {
		t.Error("there is no bound where ku reaches 1/2")
	}
}

// TestScale: one rounding where the result is a number of full precision, whatever the factor.
func TestScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		by := rapid.Float64Range(0.5, 1).Draw(t, "by")
		e := rapid.IntRange(-2000, 2000).Draw(t, "exponent")
		x := math.Ldexp(rapid.Float64Range(1, 2).Draw(t, "x"), rapid.IntRange(-1000, 1000).Draw(t, "of x"))
		exact := new(big.Float).SetPrec(200).Mul(big.NewFloat(x), big.NewFloat(by))
		exact.SetMantExp(exact, e)
		got, want := NewScale(by, e).Times(x), 0.0
		want, _ = exact.Float64()
		if size := math.Abs(want); got != want && (size > 0x1p-1021 || math.Abs(got-want) > 0x1p-1073) {
			t.Fatalf("%g times %g·2^%d is %g, want %g", x, by, e, got, want)
		}
	})
	if NewScale(0, 3000).Times(5) != 0 {
		t.Error("a scale of 0")
	}
}
