package roundoff

import "math"

// Scale multiplies by By·2^Exponent, 1/2 ≤ |By| ≤ 1 or By = 0, with one rounding unless the result is below 2^−1022:
// also where the factor itself is beyond float64.
type Scale struct {
	By       float64
	Exponent int
	Factor   float64 // By·2^Exponent where that is far from the ends of float64, for loops; else 0
}

// NewScale is the scale by·2^exponent; by is 1 for a power of two.
func NewScale(by float64, exponent int) Scale {
	s := Scale{By: by, Exponent: exponent}
	if exponent >= -1000 && exponent <= 1000 {
		s.Factor = math.Ldexp(by, exponent)
	}
	return s
}

// Times returns x·By·2^Exponent.
func (s Scale) Times(x float64) float64 {
	if s.Factor != 0 {
		return x * s.Factor
	}
	if s.By == 0 {
		return 0
	}
	return math.Ldexp(x, s.Exponent) * s.By
}
