package reductions

import (
	"math"
	"testing"
)

// TestInterpolationErrorExponent: −ln of the tolerance 1/(8nΛ) is (C + O(1/ln n))·ln n; the rest is ln 8 − ln 2 and what
// is lost where Λ is near 1.
func TestInterpolationErrorExponent(t *testing.T) {
	for _, c := range []float64{0.3, 1 / math.Ln2, 2, 8} {
		for _, kappa := range []float64{1e-6, 1e-3, 0.0276, 0.3, 2, 20} {
			for _, d := range []int{10, 1000, 100000} {
				logN := float64(d) / c
				exact := math.Log(8) + logN + LogAmplification(d, kappa/(2*c))*math.Ln2
				rest := exact - InterpolationErrorExponent(c, kappa)*logN
				if low := math.Log(4) - 1e-9*exact; rest < low || rest > math.Log(8)+1e-9*exact {
					t.Errorf("c = %g, κ = %g, d = %d: ln 1/tolerance is %g and C·ln n less by %g, not by ln 4 to ln 8", c, kappa, d, exact, rest)
				}
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("κ = 0 has an exponent")
		}
	}()
	InterpolationErrorExponent(1, 0)
}
