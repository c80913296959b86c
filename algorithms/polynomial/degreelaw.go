package polynomial

import (
	"fmt"
	"math"
	"sort"
)

// The degree law of Aggarwal and Alman, "Optimal-Degree Polynomial Approximations for Exponentials and Gaussian Kernel
// Density Estimation" (CCC 2022, arXiv 2205.06249, abstract): for M ≥ 1 and δ in (0,1), L = ln 1/δ, approximating a
// function on [0,M] to the sup-error δ, which is absolute, takes degree
//
//	e^x    Θ(max{M,    L/log(L/M)})
//	e^−x   Θ(max{√(ML), L/log(L/M)}),
//
// and here are two sides of the least degree itself (derived here, of classical parts), at most a degree or two apart
// where the terms of the series fall by a constant factor.
//
// Bracket. On [0,M], with y = 2x/M − 1 in [−1,1], e^{−x} = e^{−M/2}·Σ' ±2I_k(M/2)·T_k(y), and e^x is e^M times its
// mirror image. Let p_k = 2·e^{−M/2}·I_k(M/2). The least error of degree g in approximating e^{−x} is E_g with
//
//	√(½·Σ_{k>g} p_k²) ≤ E_g ≤ Σ_{k>g} p_k.
//
// Above: the series stopped at g, as |T_k| ≤ 1. Below: what a polynomial P of degree g leaves has the coefficients ±p_k
// for all k > g, whatever P is; the T_k are orthogonal under the probability measure dy/(π√(1−y²)), with squared norm
// ½; so the mean of (e^{−x} − P)², which is at most its largest value, is at least ½·Σ_{k>g} p_k². For e^x all is e^M
// times larger: error δ for e^x is the error δ·e^{−M} for e^{−x}.
//
// Computing. The ratios r_k = I_{k+1}/I_k obey r_{k−1} = 1/(2k/z + r_k), z = M/2. Downwards this forgets: a relative
// error of r_k turns into one r_{k−1}·r_k times as large, with the other sign, and r_k ≤ z/(2(k+1)). From the ratios
// follow, by sums and products of positive numbers, the tails Σ_{j≥k} p_j = p_k·t_k with t_k = 1 + r_k·t_{k+1}, those of
// squares with r_k², and p_0 from e^z = I_0·(1 + 2r_0·t_1). Begun at k ≥ z + beyond, where r ≤ ½, with r = 0 and t = 1,
// they have lost less than 4^{−beyond} where they are read; what is left is a few roundings a step.

// series is the logarithms of a Chebyshev series in terms of which errors of degree g are bounded: of Σ_{k>g} p_k and of
// √(½·Σ_{k>g} p_k²), for g = 0, 1, …
type series struct{ above, below []float64 }

const (
	beyond    = 64      // steps in which the recurrence forgets its beginning
	mostTerms = 1 << 21 // of a series: degrees beyond are refused
	leastM    = 1e-300  // of intervals but [0,0]: 4k/M, k ≤ mostTerms + beyond, and the ratios stay within float64
	// logMargin exceeds the error of a logarithm that is compared: less than 2^3 roundings a step of 2^21, 2^−29, and a
	// few roundings of numbers below 2^26, 2^−24.
	logMargin = 0x1p-22
)

// newSeries is the series for z > 0, for the degrees below terms ≥ z.
func newSeries(z float64, terms int) series {
	top := terms + beyond
	ratio, tail, square := make([]float64, top+1), make([]float64, top+1), make([]float64, top+1)
	tail[top], square[top] = 1, 1
	for k := top - 1; k >= 0; k-- {
		ratio[k] = 1 / (2*float64(k+1)/z + ratio[k+1])
		tail[k] = 1 + ratio[k]*tail[k+1]
		square[k] = 1 + ratio[k]*ratio[k]*square[k+1]
	}
	s := series{make([]float64, terms), make([]float64, terms)}
	p, exponent := 2/(1+2*ratio[0]*tail[1]), 0 // p_g = p·2^exponent
	for g := range terms {
		m, e := math.Frexp(p * ratio[g])
		p, exponent = m, exponent+e
		logP := math.Log(p) + float64(exponent)*math.Ln2
		s.above[g] = logP + math.Log(tail[g+1])
		s.below[g] = logP + math.Log(square[g+1]/2)/2
	}
	return s
}

// leastDegree is the least g at which one side of the series for z > 0, moved by shift, is at most e^{−level}.
func leastDegree(z, level float64, side func(series) []float64, shift float64) int {
	for terms := max(64, 2*int(math.Ceil(z))); ; terms *= 2 {
		if terms > mostTerms {
			panic(fmt.Sprintf("polynomial: no degree up to %d has error e^−%g on an interval of length %g", mostTerms/2, level, 2*z))
		}
		logs := side(newSeries(z, terms))
		if g := sort.Search(terms, func(g int) bool { return logs[g]+shift <= -level }); g < terms {
			return g
		}
	}
}

// notTiny panics on an M > 0 on which recurrences leave float64.
func notTiny(m float64) {
	if m < leastM {
		panic(fmt.Sprintf("polynomial: M = %g is below %g, where the series of a degree leaves float64; it must be 0 or above",
			m, leastM))
	}
}

func above(s series) []float64 { return s.above }
func below(s series) []float64 { return s.below }

// Function is what is approximated on [0,M].
type Function string

const (
	Growing  Function = "exp(x)"
	Decaying Function = "exp(-x)"
)

// Functions lists them.
var Functions = []Function{Growing, Decaying}

// LeastDegree brackets the least degree of a polynomial that approximates f on [0,m] to the sup-error e^{−level}:
// it is at least low, and at most high. It panics unless m is 0 or from 1e−300 to 2^14, and 0 < level ≤ 2^14.
func LeastDegree(f Function, m, level float64) (low, high int) {
	if !(m >= 0 && m <= 1<<14 && level > 0 && level <= 1<<14) {
		panic(fmt.Sprintf("polynomial: LeastDegree of M = %g, ln 1/δ = %g, which is beyond 2^14", m, level))
	}
	if m == 0 {
		return 0, 0
	}
	notTiny(m)
	if f == Growing {
		level += m
	}
	return leastDegree(m/2, level, below, -logMargin), leastDegree(m/2, level, above, logMargin)
}

// DegreeLaw is the maximum in the law. Where L/M nears 1 its log(L/M) vanishes, and Θ, which leaves constants open, does
// not say what is meant; it is read as ln(e + L/M), which is the same up to a constant for L ≥ 2M, and makes
// the second term the smaller one for L ≤ M.
func DegreeLaw(f Function, m, level float64) float64 {
	first := m
	if f == Decaying {
		first = math.Sqrt(m * level)
	}
	return max(first, level/math.Log(math.E+level/m))
}
