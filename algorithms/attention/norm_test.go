package attention

import (
	"math"
	"math/big"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// anyFloat draws numbers of all magnitudes, subnormal ones often.
func anyFloat(t *rapid.T, name string) float64 {
	if rapid.Bool().Draw(t, name+"-subnormal") {
		return float64(rapid.IntRange(-9, 9).Draw(t, name)) * math.SmallestNonzeroFloat64
	}
	return math.Ldexp(rapid.Float64Range(-1, 1).Draw(t, name), rapid.IntRange(-1070, 500).Draw(t, name+"-exponent"))
}

func row(t *rapid.T, name string, d int) (x []float64, square *big.Rat) {
	square = new(big.Rat)
	for range d {
		v := anyFloat(t, name)
		x = append(x, v)
		square.Add(square, new(big.Rat).Mul(exactRat(v), exactRat(v)))
	}
	return x, square
}

// Norms and scores are upper bounds, also where float64 has few digits: without its last step up norm2 falls
// short by a third for two entries of 2^−1074.
func TestNormsAreRoundedUp(t *testing.T) {
	if got := norm2([]float64{5e-324, 5e-324}); got < 1e-323 {
		t.Errorf("the norm of two entries 2^-1074 is called %g", got)
	}
	if got := (Regime{Scale: 0x1p-500, QNorm: 0x1p-574, KNorm: 1.4}).Score(); got < 1e-323 {
		t.Errorf("a score of 1.4·2^-1074 is called %g", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 60).Draw(t, "d")
		q, qSquare := row(t, "q", d)
		k, kSquare := row(t, "k", d)
		atLeast := func(what string, bound float64, square *big.Rat) {
			if x := exactRat(bound); x.Mul(x, x).Cmp(square) < 0 {
				t.Fatalf("%s is above its bound %g", what, bound)
			}
		}
		atLeast("the norm", norm2(q), qSquare)
		s := anyFloat(t, "s")
		score := Regime{Scale: s, QNorm: norm2(q), KNorm: norm2(k)}.Score()
		if math.IsInf(score, 1) {
			return
		}
		square := new(big.Rat).Mul(exactRat(s), exactRat(s))
		atLeast("|s|·‖q‖·‖k‖", score, square.Mul(square, qSquare).Mul(square, kSquare))
	})
}

func TestSpreadIsWithinTheWidest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := mat.NewDense(3, 1, []float64{anyFloat(t, "a"), anyFloat(t, "b"), anyFloat(t, "c")})
		if rapid.Bool().Draw(t, "opposite") {
			v.Set(1, 0, -v.At(0, 0))
		}
		r, err := Instance{Q: ones(1, 1), K: ones(3, 1), V: v}.survey(testEnv())
		if err != nil || r.Spread > r.WidestSpread() {
			t.Fatalf("spread %g, and the regime allows %g (error %v)", r.Spread, r.WidestSpread(), err)
		}
		if exactRat(r.Spread).Cmp(new(big.Rat).Sub(exactRat(mat.Max(v)), exactRat(mat.Min(v)))) < 0 {
			t.Fatalf("spread %g is rounded down", r.Spread)
		}
	})
}

func TestGrain(t *testing.T) {
	for _, c := range []struct {
		entries [3]float64
		want    float64
	}{
		{[3]float64{0, 0, 0}, 0},
		{[3]float64{1, -1, 0}, 1},
		{[3]float64{12, -20, 8}, 4},
		{[3]float64{0x1p300, 0.75, 0}, 0.25},
		{[3]float64{1 + 0x1p-52, 1, 1}, 0x1p-52},
		{[3]float64{5e-324, 1e300, 0}, 5e-324},
		{[3]float64{0x1p-1070, 0x3p-1060, 0}, 0x1p-1070},
	} {
		if got := grain(mat.NewDense(3, 1, c.entries[:])); got != c.want {
			t.Errorf("the grain of %v is called %g, want %g", c.entries, got, c.want)
		}
	}
}
