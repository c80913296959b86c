package reductions

import (
	"fmt"
	"math"
)

// The error that the interpolation route asks for, as a power of n (derived here). Let d = c·ln n and entries be at most
// B at scale 1/d, B² = κ·ln n. As B² = 2hd, h = κ/(2c) is a constant, and of the tolerance 1/(8nΛ),
//
//	Λ = cosh(d·arccosh coth h) = ½·(y^d + y^{−d}),   y = coth h + 1/sinh h = coth(h/2),
//
// so that the tolerance is n^{−C−O(1/ln n)} with C = 1 + c·ln coth(κ/(4c)). An algorithm with error n^{−C′} serves the
// route for every C′ > C and n large enough. For κ → 0 the exponent grows like c·ln(4c/κ): the route works at every
// constant κ > 0, at a constant exponent.

// InterpolationErrorExponent is C at d = c·ln n and B² = κ·ln n. It panics unless both are positive.
func InterpolationErrorExponent(c, kappa float64) float64 {
	if !(c > 0 && kappa > 0) || math.IsInf(c+kappa, 1) {
		panic(fmt.Sprintf("reductions: no error exponent for c = %g, κ = %g", c, kappa))
	}
	// coth x = 1 + 2/(e^{2x} − 1)
	return 1 + c*math.Log1p(2/math.Expm1(kappa/(2*c)))
}
