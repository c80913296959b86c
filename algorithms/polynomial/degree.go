package polynomial

import (
	"math"

	"finegrain/internal/monomials"
)

// The degree that approximating e^x takes. (Aggarwal and Alman 2022 show that e^x on [0,M] to error δ takes degree
// Θ(max{M, L/log(L/M)}), L = log 1/δ. Here are explicit bounds, derived from two series.) What softmax asks for is
// a small error relative to e^x, on [−M,M]: with sup-error at most ε_A·e^−M it is at most ε_A everywhere.
//
// Chebyshev. e^x = I_0(M) + 2·Σ I_k(M)·T_k(x/M), and |T_k| ≤ 1 on [−1,1]: stopped at degree g the series errs by
// at most 2·Σ_{k>g} I_k(M).
//
// Taylor. For x ≥ 0 the remainder after degree g is at most e^x·x^(g+1)/(g+1)!, for x < 0 at most |x|^(g+1)/(g+1)!,
// so relative to e^x at most e^M·M^(g+1)/(g+1)!. Degrees are even, since then the polynomial is positive on the whole
// line, and averages with its weights are averages whatever the scores.
//
// The Bessel function I_k(M) = (M/2)^k/k!·Σ_j t_j, t_0 = 1 and t_j = t_(j−1)·(M/2)²/(j·(k+j)), is a sum of positive
// terms: in floating point it loses one rounding an operation and nothing else. From one k to the next the sum
// falls, so I_(k+1) ≤ I_k·(M/2)/(k+1), which closes the tail by a geometric series. All bounds are rounded up.

// MaxDegree is the largest degree that is looked for.
const MaxDegree = 512

// roundUp exceeds the relative rounding error of what is computed here, in at most some thousand operations on
// positive numbers: 2^12·2^−53 < 2^−40. What underflows is raised to 2^−1074 at least.
const roundUp = 1 + 0x1p-40

func raised(x float64) float64 { return math.Nextafter(x*roundUp, math.Inf(1)) }

// ChebyshevError bounds the error of the Chebyshev series of degree g on [−M,M] relative to e^x, rounded up; +Inf
// beyond float64.
func ChebyshevError(m float64, g int) float64 {
	if m == 0 {
		return 0
	}
	return raised(math.Exp(m) * 2 * besselTail(m, g+1))
}

// TaylorError is the same for the Taylor polynomial of even degree g. It panics if g is odd.
func TaylorError(m float64, g int) float64 {
	if g%2 != 0 {
		panic("polynomial: TaylorError of an odd degree; truncated there the series is not positive")
	}
	if m == 0 {
		return 0
	}
	return raised(math.Exp(m) * power(m, g+1))
}

// ChebyshevDegree is the least g with 2·Σ_{k>g} I_k(M) ≤ ε_A·e^−M; ok is false if there is none up to MaxDegree.
func ChebyshevDegree(m, epsilonA float64) (g int, ok bool) {
	for g := range MaxDegree + 1 {
		if ChebyshevError(m, g) <= epsilonA {
			return g, true
		}
	}
	return 0, false
}

// TaylorDegree is the least even g with M^(g+1)/(g+1)! ≤ ε_A·e^−M; ok is false if there is none up to MaxDegree.
func TaylorDegree(m, epsilonA float64) (g int, ok bool) {
	for g := 0; g <= MaxDegree; g += 2 {
		if TaylorError(m, g) <= epsilonA {
			return g, true
		}
	}
	return 0, false
}

// Rank is C(d+g, g), the number of monomials of degree at most g in d variables: the rank of the approximation.
// (The paper's own count is C(2(d+g), 2g).) Beyond int64 it is the largest int64.
func Rank(d, g int) int64 { return monomials.Rank(d, g) }

// power is x^k/k!.
func power(x float64, k int) float64 {
	p := 1.0
	for j := 1; j <= k; j++ {
		p *= x / float64(j)
	}
	return p
}

// bessel is I_k(m), up to roundUp.
func bessel(m float64, k int) float64 {
	square := m / 2 * (m / 2)
	sum, term := 1.0, 1.0
	for j := 1; term > 0x1p-60*sum; j++ {
		term *= square / (float64(j) * float64(k+j))
		sum += term
	}
	return power(m/2, k) * sum
}

// besselTail is an upper bound on Σ_{k≥from} I_k(m), up to roundUp; +Inf beyond float64.
func besselTail(m float64, from int) float64 {
	sum := 0.0
	for k := from; ; k++ {
		next := bessel(m, k)
		sum += next
		ratio := m / 2 / float64(k+1)
		switch {
		case math.IsInf(sum, 1) || math.IsNaN(sum) || k > 1<<12:
			return math.Inf(1)
		case ratio < 0.5 && next <= 0x1p-60*sum:
			return sum + next*ratio/(1-ratio)
		}
	}
}
