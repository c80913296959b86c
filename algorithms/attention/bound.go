package attention

import (
	"math"
	"runtime"

	"finegrain"
)

// Rigorous bounds on the rounding error of softmax attention in float64. (Derived here; the error terms of
// sums are those of Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, chapters 3, 4.)
//
// Notation: u the unit roundoff, γ_k = ku/(1 − ku), which bounds the relative error of k roundings;
// X = |s|·‖q‖·max‖k‖ the largest score; x_j the exact scores of a row, o = Σ p_j v_j its exact output,
// p_j ∝ e^{x_j}; spread the largest max − min over the visible values of a column.
//
// 1. Weights. A computed weight is e^{x_j + δ_j} up to a factor common to the row, with
//
//	|δ_j| ≤ η + β·a_j,   a_j ≥ 0 the distance of x_j below the shift in use,
//
// η a bound on the errors of the score and of the exponential, β·a_j that of subtracting the shift. Let
// o(τ) be the output with scores x_j + τδ_j. Its derivative is Σ p_j(τ)·δ_j·(v_j − o(τ)). The mean
// absolute deviation of numbers within an interval is at most half its length, hence the part of η is at
// most η·spread/2; the other is at most β·spread·Σ p_j(τ)a_j. Since p_j(τ) ∝ e^{−b_j} with
// |b_j − a_j| ≤ η + βa_j (shift chosen as the last, so that min a_j ≤ ln 2), Gibbs' identity
// Σ p_j b_j = H(p) − ln Σe^{−b_j} ≤ ln m + min b_j gives Σ p_j a_j ≤ (ln m + 2η + 1)·(1 + 2β). Integrated
// over τ, the output moves by at most
//
//	spread·(η/2 + β·(ln m + 2η + 1)·(1 + 2β)),   and never by more than spread.
//
// That deep scores cost only a logarithm matters: a bound of β·max a_j would be 700 times u.
//
// 2. Sums. Numerator and denominator are sums of the computed weights, off by relative γ_k of Σ p_j|v_j|
// and of Σ p_j, k the number of additions that a term passes through, in any order. As |o| ≤ max|V| the
// quotient is off by at most max|V|·(2γ_k + 2u)/(1 − γ_k).
//
// 3. Underflow. Numbers below 2^−1022 lose at most 2^−1074 each; with the regime's limits on s, Q, K and
// V (validFloat) and weights flushed to 0 below 2^−1000 that adds the two terms of underflow below.
//
// For the streaming algorithm: a score is a product of d terms whose factor fl(q·fl(s·log₂e)) carries
// three roundings: η = γ_{d+3}X + exp2Error. Shifts are integers to base 2 and rescaling is exact, so only
// the subtraction from the shift of the key's own tile rounds: β = u, and that shift is at most the last
// one. A term is summed within its tile and then over tiles: k = 64 + ⌈m/64⌉.
//
// For exact: η = γ_{d+1}X + expError, β = u, k = m.
//
// For a refined row: scores err by (γ_{2d}² + 20u²)X (dot2, times, minus), so does the choice of keys by
// m·e^{−reach} of the mass (times spread, twice: numerator and denominator); β = 4u (minus, product with
// log₂e); sums err by 4(mu)² and three final roundings.

// expError bounds the relative error of math.Exp. No proof comes with it: its sources claim less than one
// unit in the last place (2u), TestExpError has seen 2.2u on amd64 and holds it to 3u; 4u is allowed for.
const expError = 4 * unit

// margin covers products of bounds that the derivation drops and the rounding of the bounds themselves.
const margin = 1 + 0x1p-20

// gamma is γ_k.
func gamma(k float64) float64 {
	if k*unit >= 0.5 {
		return math.Inf(1)
	}
	return k * unit / (1 - k*unit)
}

// softmaxError is the bound of steps 1 to 3, for one row or, with the norms of a regime, for all.
func softmaxError(r Regime, spread, eta, beta, additions float64) float64 {
	eta += float64(r.Dim) * 0x1p-1070 * (1 + math.Abs(r.Scale) + r.KNorm)
	weights := min(spread, spread*(eta/2+beta*(math.Log(float64(r.Keys))+2*eta+1)*(1+2*beta)))
	g := gamma(additions)
	sums := r.MaxV * (2*g + 2*unit) / (1 - g)
	return (weights+sums)*margin + underflow(r)
}

func underflow(r Regime) float64 {
	if r.MaxV == 0 {
		return 0
	}
	return float64(r.Keys) * (0x1p-980*r.MaxV + 0x1p-1070)
}

// widestSpread is the spread that the regime allows.
func widestSpread(r Regime) float64 { return 2 * r.MaxV }

func exactError(r Regime, spread float64) float64 {
	eta := gamma(float64(r.Dim+1))*r.Score() + expError
	return softmaxError(r, spread, eta, unit, float64(r.Keys))
}

// scoreError is what a score of the streaming algorithm may be off.
func scoreError(r Regime) float64 { return gamma(float64(r.Dim+3)) * r.Score() }

func streamingError(r Regime, spread float64) float64 {
	tiles := (r.Keys + tileKeys - 1) / tileKeys
	return softmaxError(r, spread, scoreError(r)+exp2Error, unit, float64(tileKeys+tiles))
}

func refinedError(r Regime, spread float64) float64 {
	g := gamma(float64(2 * r.Dim))
	eta := (g*g+20*unit*unit)*r.Score() + exp2Error
	m := float64(r.Keys)
	dropped := 2 * spread * m * math.Exp(-reach(r.Keys))
	return softmaxError(r, spread, eta, 4*unit, 4) + (dropped+r.MaxV*8*(m*unit)*(m*unit))*margin
}

// refineAbove is the bound above which a row is refined: the error asked, or, where none is, 2^−30·max|V|.
// Plain float64 is as good as one can use unless scores are in the millions.
func refineAbove(r Regime) float64 {
	if r.Epsilon > 0 {
		return r.Epsilon
	}
	return 0x1p-30 * r.MaxV
}

var guaranteeStreaming = Guarantee{
	Source: finegrain.Source{
		Paper:      Dao2022,
		Provenance: finegrain.Derived,
		Argument: "the tiled algorithm is the paper's, its running maximum Milakov and Gimelshein's; the error bound is " +
			"worst-case rounding carried through the softmax, rows beyond it being computed again in double-double",
	},
	Valid: validFloat,

	// Rows have smaller norms and spreads than the regime. A row below refineAbove stays plain; any other
	// gets the smaller of both bounds.
	Error: func(r Regime) float64 {
		spread := widestSpread(r)
		return min(streamingError(r, spread), max(refineAbove(r), refinedError(r, spread)))
	},
	Cost: plainCost,
	Bytes: func(r Regime) int64 {
		worker := tileQueries*(r.Dim+r.ValueDim+tileKeys+2) + 6*r.Keys
		return 8 * (int64(runtime.GOMAXPROCS(0))*int64(worker) + int64(r.Keys)*int64(r.ValueDim))
	},
}
