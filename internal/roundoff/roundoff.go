// Package roundoff has the words that bounds on rounding in float64 are written in, after Higham, "Accuracy and
// Stability of Numerical Algorithms", 2nd edition, chapters 2 and 3, and scaling by numbers beyond its range.
package roundoff

import "math"

// Unit is the unit roundoff u = 2^−53 of float64: |fl(x) − x| ≤ u|x|, but below 2^−1022.
const Unit = 0x1p-53

// Margin covers what a derivation drops, which each has to show to be below 2^−20 of its bound, and the rounding of
// the bound itself.
const Margin = 1 + 0x1p-20

// Gamma is γ_k = ku/(1 − ku), which bounds the relative error of k roundings; +Inf from ku = 1/2 on.
func Gamma(k float64) float64 { return GammaOf(k, Unit) }

// GammaOf is γ_k for another unit roundoff.
func GammaOf(k, unit float64) float64 {
	if k*unit >= 0.5 {
		return math.Inf(1)
	}
	return k * unit / (1 - k*unit)
}
