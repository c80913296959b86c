package attention

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// relativeError is |got/want − 1| in units of u.
func relativeError(got float64, want *big.Float) float64 {
	x := new(big.Float).SetPrec(200).SetFloat64(got)
	x.Quo(x, want).Sub(x, big.NewFloat(1))
	f, _ := x.Float64()
	return math.Abs(f) / unit
}

// exponent2 is 2^y at 150 bits.
func exponent2(y float64) *big.Float {
	const precision = 150
	e := newBigExp(precision, 1)
	x := lnTwo(e.work + 200)
	scaled, _ := new(big.Float).SetMantExp(new(big.Float).SetPrec(500).Mul(
		new(big.Float).SetPrec(500).SetInt(x), new(big.Float).SetFloat64(y)), -200).Int(nil)
	m, k := e.exp(scaled)
	return new(big.Float).SetMantExp(new(big.Float).SetInt(m), int(k)-precision)
}

func arguments() []float64 {
	r := rand.New(rand.NewPCG(1, 2))
	ys := []float64{0, math.Copysign(0, -1), -1, -0x1p-60, -5e-324, -1.0 / 1024, -3.0 / 1024, -exp2Size, exp2Flush}
	for range 4000 {
		ys = append(ys, -r.Float64(), -40*r.Float64(), 1000*-r.Float64(), -math.Exp(-40*r.Float64()))
	}
	return ys
}

func TestExp2Error(t *testing.T) {
	var worst float64
	for _, y := range arguments() {
		worst = max(worst, relativeError(Exp2(y), exponent2(y)))
	}
	t.Logf("largest relative error %.3f u; proven %.3f u", worst, Exp2Error/unit)
	if worst > Exp2Error/unit {
		t.Errorf("relative error %v u exceeds the proven %v u", worst, Exp2Error/unit)
	}
	for _, y := range []float64{math.Nextafter(exp2Flush, math.Inf(-1)), -1e300, math.Inf(-1)} {
		if Exp2(y) != 0 {
			t.Errorf("Exp2(%v) = %v, want 0", y, Exp2(y))
		}
	}
}

// The bound of the exact method allows math.Exp 4u. Its sources claim less than one unit in the last
// place, at most 2u; on amd64 it exceeds that a little.
func TestExpError(t *testing.T) {
	var worst float64
	for _, y := range arguments() {
		if x := y * 0.7; x > -700 {
			worst = max(worst, relativeError(math.Exp(x), fixedExp(x, 150)))
		}
	}
	t.Logf("math.Exp: largest relative error %.3f u", worst)
	if worst > 0.75*expError/unit {
		t.Errorf("math.Exp is %v u off: too near the %v u allowed", worst, expError/unit)
	}
}
