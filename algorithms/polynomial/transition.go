package polynomial

import (
	"fmt"
	"math"
	"sort"
)

// The phase transition at B = Θ(√log n), computed (derived here; that the polynomial method takes time n^{1+o(1)} for
// B = o(√log n), and that there is a transition, is Alman and Song's).
//
// Finite n. With d = ⌈c·ln n⌉, scale 1/d and entries of at most B in absolute value, no score exceeds M = B². For the
// relative error ε_A = n^{−C} let g be the least degree that either series of degree.go certifies; then the method takes
// C(d+g,g) operations a row, up to a factor dv + 1, and n^{1+…} in all, with
//
//	exponent = 1 + ln C(d+g,g) / ln n.
//
// No clock and no instance is involved, so that n may be beyond anything that runs.
//
// Limit. Let B² = κ·ln n, g = γ·ln n. Uniformly in k/M, ln I_k(M) = √(k²+M²) − k·arcsinh(k/M) − O(ln(k+M)) (Debye), and
// the tail of the series is of the order of its first term; so 2·Σ_{k>g} I_k(M) ≤ ε_A·e^{−M} becomes, divided by ln n,
//
//	√(γ²+κ²) − γ·arcsinh(γ/κ) ≤ −C − κ + o(1),
//
// whose left side falls in γ, by arcsinh(γ/κ) a unit: equality has one solution γ(κ,C). (Taylor's condition,
// γ − γ·ln(γ/κ) ≤ −C − κ, is met later, as arcsinh(γ/κ) ≥ ln(γ/κ) and more.) By Stirling the rank is n^{ρ+o(1)},
//
//	ρ = (c+γ)·h(γ/(c+γ)) = γ·ln(1+c/γ) + c·ln(1+γ/c),   h(p) = −p·ln p − (1−p)·ln(1−p).
//
// For κ → 0, γ is C/ln(1/κ) up to a factor 1 + o(1), and ρ = O(γ·ln(1/γ)) → 0: time n^{1+o(1)} if B = o(√log n). For
// constant κ, ρ is a constant, which grows with κ and is 1 at some κ*(C,c): there the method takes as much time as the
// definition. What is lost in o(1) is O(ln ln n/ln n): logarithms of ln n, from Debye's and Stirling's factors, and
// roundings of d and g to whole numbers.

// Transition says how dimension and error go with n.
type Transition struct {
	Dim   float64 // c > 0: d = ⌈c·ln n⌉
	Error float64 // C > 0: ε_A = n^{−C}
}

// Finite is what the method takes at some n.
type Finite struct {
	Dim      int     // d
	Degree   int     // g
	LogRank  float64 // ln C(d+g,g)
	Exponent float64 // 1 + LogRank/ln n
}

// Dimension is ⌈c·ln n⌉. Products within 2^−40 of a whole number, relative to it, are that number: c = 1/ln 2 is none
// of the floats, and ⌈log2 n⌉ of a power of two is meant to be its logarithm.
func (t Transition) Dimension(logN float64) int {
	x := t.Dim * logN
	if whole := math.Round(x); math.Abs(x-whole) <= 0x1p-40*whole {
		return int(whole)
	}
	return int(math.Ceil(x))
}

// At computes what the method takes at ln n = logN and B² = κ·ln n. It panics unless logN and the fields are positive,
// κ·ln n is 0 or at least 1e−300, and c·ln n and (C+2κ)·ln n are at most 2^20.
func (t Transition) At(logN, kappa float64) Finite {
	t.check(kappa)
	if !(logN > 0 && t.Dim*logN <= 1<<20 && (t.Error+2*kappa)*logN <= 1<<20) {
		panic(fmt.Sprintf("polynomial: ln n = %g with c = %g, C = %g, κ = %g is out of range", logN, t.Dim, t.Error, kappa))
	}
	chebyshev, taylor := RelativeDegrees(kappa*logN, t.Error*logN)
	f := Finite{Dim: t.Dimension(logN), Degree: min(chebyshev, taylor)}
	f.LogRank = LogRank(f.Dim, f.Degree)
	f.Exponent = 1 + f.LogRank/logN
	return f
}

func (t Transition) check(kappa float64) {
	if !(t.Dim > 0 && t.Error > 0 && kappa >= 0) || math.IsInf(t.Dim+t.Error+kappa, 1) {
		panic(fmt.Sprintf("polynomial: no transition for c = %g, C = %g, κ = %g", t.Dim, t.Error, kappa))
	}
}

// RelativeDegrees are ChebyshevDegree and TaylorDegree at M = m and ε_A = e^{−level}, for errors and degrees far beyond
// float64 and MaxDegree. It panics unless m is 0 or at least 1e−300, 0 < level and level + 2m ≤ 2^20.
func RelativeDegrees(m, level float64) (chebyshev, taylor int) {
	if !(m >= 0 && level > 0 && level+2*m <= 1<<20) {
		panic(fmt.Sprintf("polynomial: RelativeDegrees of M = %g, ln 1/ε_A = %g, which are out of range", m, level))
	}
	if m == 0 {
		return 0, 0
	}
	notTiny(m)
	// With S_g = 2·e^{−M}·Σ_{k>g} I_k(M), Chebyshev's condition is S_g ≤ ε_A·e^{−2M}. Taylor's is not met while its terms
	// grow, since those are at least M, where M > 1.
	chebyshev = leastDegree(m, level+2*m, above, logMargin)
	taylor = 2 * sort.Search(mostTerms, func(half int) bool {
		k := float64(2*half + 1)
		factorial, _ := math.Lgamma(k + 1)
		return k*math.Log(m)-factorial+m+logMargin <= -level
	})
	return chebyshev, taylor
}

// LogRank is ln C(d+g,g), also where Rank is beyond int64.
func LogRank(d, g int) float64 {
	all, _ := math.Lgamma(float64(d+g) + 1)
	first, _ := math.Lgamma(float64(d) + 1)
	second, _ := math.Lgamma(float64(g) + 1)
	return all - first - second
}

// Gamma is γ(κ,C): the degree is γ·ln n in the limit. It is 0 at κ = 0.
func (t Transition) Gamma(kappa float64) float64 {
	t.check(kappa)
	if kappa == 0 {
		return 0
	}
	return root(func(gamma float64) bool { return errorExponent(gamma, kappa) >= t.Error })
}

// errorExponent is the C that γ reaches: negative while γ is too small for any error to be certified. The logarithms are
// arcsinh(γ/κ) also where γ/κ overflows.
func errorExponent(gamma, kappa float64) float64 {
	hypot := math.Hypot(gamma, kappa)
	return gamma*(math.Log(gamma+hypot)-math.Log(kappa)) - hypot - kappa
}

// rankExponent is ρ, which grows with γ.
func rankExponent(gamma, c float64) float64 {
	if gamma == 0 {
		return 0
	}
	return gamma*math.Log1p(c/gamma) + c*math.Log1p(gamma/c)
}

// Limit is the exponent 1 + ρ(κ,C,c) of the method at B² = κ·ln n as n grows.
func (t Transition) Limit(kappa float64) float64 { return 1 + rankExponent(t.Gamma(kappa), t.Dim) }

// Crossing is κ*, at which the limit is 2. With κ = γ/sinh θ the condition on γ is γ·(θ − coth(θ/2)) = C, in which the
// left side grows with θ.
func (t Transition) Crossing() float64 {
	t.check(0)
	gamma := crossingGamma(t.Dim)
	theta := root(func(theta float64) bool { return gamma*(theta-1/math.Tanh(theta/2)) >= t.Error })
	return gamma / math.Sinh(theta)
}

// crossingGamma is the γ at which ρ = 1.
func crossingGamma(c float64) float64 {
	return root(func(gamma float64) bool { return rankExponent(gamma, c) >= 1 })
}

// CrossingError is the error exponent C at which the limit is 2 for κ > 0 and d = ⌈c·ln n⌉, the inverse of Crossing: for
// smaller C the method beats the definition. Where it is negative there are none.
func CrossingError(c, kappa float64) float64 {
	Transition{Dim: c, Error: 1}.check(kappa)
	return errorExponent(crossingGamma(c), kappa)
}

// root is the least positive float64 from which on a predicate holds that is false near 0 and true from somewhere on.
func root(reached func(float64) bool) float64 {
	low, high := 0.0, 1.0
	for !reached(high) {
		low, high = high, 2*high
	}
	for {
		middle := low + (high-low)/2
		switch {
		case middle == low || middle == high:
			return high
		case reached(middle):
			high = middle
		default:
			low = middle
		}
	}
}
