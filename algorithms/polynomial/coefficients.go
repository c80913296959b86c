package polynomial

import (
	"math"
	"math/big"
)

// Polynomials in powers of x. With I_k(M) = (M/2)^k·S_k, S_k = Σ_j (M²/4)^j/(j!·(k+j)!), and T_k(y) = Σ_m t_km·y^m,
// the Chebyshev series of degree g has the coefficients
//
//	c_m = Σ_k a_k·t_km·M^−m = Σ_k 2·2^−k·S_k·t_km·M^(k−m)   (1 in place of 2 at k = 0),  m ≤ k ≤ g, k − m even,
//
// in which nothing is divided, so that M = 0 gives Taylor's 1/m!. Each degree adds one multiple of T_g to the last,
// hence all degrees up to g take O(g²) operations. Terms of both signs meet: in absolute value they add up to less
// than e^(1.5M) of the largest coefficient's, 2^40 for the M that is let in here; with precision bits that is no loss.

// precision is that of coefficients before they are rounded to float64.
const precision = 320

// mostM is the largest M that coefficients are computed for: beyond, e^(2M)·2^−53 > 1, and no promise is possible.
const mostM = 18.4

// approximation is a polynomial that approximates e^x on [−M,M].
type approximation struct {
	degree  int
	taylor  bool      // else Chebyshev
	epsilon float64   // ε_A
	factors []float64 // m!·c_m, each with one rounding
}

// absolute is an upper bound on Σ|c_m|·x^m, x ≥ 0.
func (a approximation) absolute(x float64) float64 {
	sum, term := 0.0, 1.0
	for m, f := range a.factors {
		sum += math.Abs(f) * term
		term *= x / float64(m+1)
	}
	return raised(sum)
}

// ladder yields the Chebyshev series of degree 0, 1, 2, … for one M.
type ladder struct {
	m           float64
	next        int
	coefficient []*big.Float // c_m so far
	t, before   []*big.Float // of T_next and of T_(next−1): integers, exact up to a degree far beyond use
}

func fresh() *big.Float           { return new(big.Float).SetPrec(precision) }
func number(x float64) *big.Float { return fresh().SetFloat64(x) }

func newLadder(m float64) *ladder {
	return &ladder{m: m, t: []*big.Float{number(1)}}
}

// climb returns the series of the next degree.
func (l *ladder) climb() approximation {
	g := l.next
	l.coefficient = append(l.coefficient, fresh())

	// 2·2^−g·S_g·M^(g−m) for m = g, g−2, …
	scale := l.series(g)
	scale.SetMantExp(scale, 1-g)
	if g == 0 {
		scale.SetMantExp(scale, -1)
	}
	square := fresh().Mul(number(l.m), number(l.m))
	for m := g; m >= 0; m -= 2 {
		l.coefficient[m].Add(l.coefficient[m], fresh().Mul(scale, l.t[m]))
		scale.Mul(scale, square)
	}

	// T_(g+1) = 2y·T_g − T_(g−1), and y·T_0 in place of 2y·T_0.
	up := make([]*big.Float, g+2)
	up[0] = fresh()
	for m, t := range l.t {
		up[m+1] = fresh().Set(t)
		if g > 0 {
			up[m+1].SetMantExp(t, 1)
		}
	}
	for m, t := range l.before {
		up[m].Sub(up[m], t)
	}
	l.t, l.before, l.next = up, l.t, g+1

	a := approximation{degree: g, epsilon: ChebyshevError(l.m, g), factors: make([]float64, g+1)}
	factorial := number(1)
	for m, c := range l.coefficient {
		if m > 0 {
			factorial.Mul(factorial, number(float64(m)))
		}
		a.factors[m], _ = fresh().Mul(c, factorial).Float64()
	}
	return a
}

// series is S_k.
func (l *ladder) series(k int) *big.Float {
	term := number(1)
	for j := 2; j <= k; j++ {
		term.Quo(term, number(float64(j)))
	}
	square := number(l.m / 2)
	square.Mul(square, square)
	sum := fresh().Set(term)
	for j := 1; term.Sign() > 0 && term.MantExp(nil) > sum.MantExp(nil)-precision; j++ {
		term.Mul(term, square)
		term.Quo(term, number(float64(j)*float64(k+j)))
		sum.Add(sum, term)
	}
	return sum
}

// taylorOf is the Taylor polynomial of even degree g on [−m,m]: m!·c_m is 1.
func taylorOf(m float64, g int) approximation {
	a := approximation{degree: g, taylor: true, epsilon: TaylorError(m, g), factors: make([]float64, g+1)}
	for i := range a.factors {
		a.factors[i] = 1
	}
	return a
}
