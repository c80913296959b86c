package attention

import (
	"math"
	"runtime"

	"finegrain"
	"finegrain/internal/roundoff"
	"finegrain/internal/simd"
)

// Bounds on the rounding error of softmax attention in float64 and float32. (Derived here; the error terms of
// sums are those of Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, chapters 3, 4.)
//
// Notation: u the unit roundoff, γ_k = ku/(1 − ku), which bounds the relative error of k roundings;
// X = |s|·‖q‖·max‖k‖ the largest score; x_j the exact scores of a row, o = Σ p_j v_j its exact output,
// p_j ∝ e^{x_j}; spread the largest max − min over the visible values of a column.
//
// 1. Weights. A computed weight is e^{x_j + δ_j} up to a factor common to the row, with
//
//	|δ_j| ≤ η + β·a_j,   a_j ≥ 0 the distance of the computed score of j below the last shift,
//
// η a bound on the errors of the score and of the exponential, β·a_j that of subtracting the shift. (The
// exact score x_j may exceed the shift, but by no more than its error.) Let o(τ) be the output with scores
// x_j + τδ_j. Its derivative is Σ p_j(τ)·δ_j·(v_j − o(τ)). The mean absolute deviation of numbers within an
// interval is at most half its length, hence the part of η is at most η·spread/2; the other is at most
// β·spread·Σ p_j(τ)a_j. Now p_j(τ) ∝ e^{−b_j}, b_j the distance of x_j + τδ_j below the last shift. From x_j
// to the computed score is a part of δ_j, the rest of which is that of the exponential and of the shift, so
// |b_j − a_j| ≤ η + βa_j whatever τ. With min a_j ≤ ln 2, Gibbs' identity
// Σ p_j b_j = H(p) − ln Σe^{−b_j} ≤ ln m + min b_j gives
// Σ p_j a_j ≤ (ln m + 2η + (1 + β)·ln 2)/(1 − β) ≤ (ln m + 2η + 1)·(1 + 2β). Integrated over τ, the output
// moves by at most
//
//	spread·(η/2 + β·(ln m + 2η + 1)·(1 + 2β)),   and never by more than spread.
//
// That deep scores cost only a logarithm matters: a bound of β·max a_j would be 700 times u.
//
// 2. Sums. Numerator and denominator are sums of the computed weights, off by relative γ_k of Σ p_j|v_j|
// and of Σ p_j, k the number of additions that a term passes through, in any order. As |o| ≤ max|V| the
// quotient is off by at most max|V|·(2γ_k + 2u)/(1 − γ_k).
//
// 3. Underflow. Numbers below 2^−1022 lose at most 2^−1074 each. In products of values with weights that adds
// underflow to the output, the sum of the weights being at least 1/2; in scores it adds scoreUnderflow to η.
// Weights that are flushed to 0 or rounded below 2^−1000 are less than 2^−900 of the mass together.
//
// For the streaming algorithm: a score is a sum of d products whose factor fl(fl(s·q)·log₂e) carries
// three roundings, that of log₂e among them: η = γ_{d+3}X + the error of the exponential. (A fused multiply-add
// rounds once where this counts twice.) Shifts are integers to base 2 and rescaling is exact, so only
// the subtraction from the shift of the key's own tile rounds: β = u, and that shift is at most the last
// one. A term is summed within its tile of t keys, whose sum is added to those of earlier tiles, and at last the
// lanes of a vector are added: k = t + ⌈m/t⌉ + lanes, t = 64 and no lanes in plain Go, t = 256 with vector loops. Where scores need no shift
// (steady64) nothing is subtracted, and β = u allows for more than happens. Weights then are between 2^−201 and
// 2^201, hence so is their sum over the number of keys; what products of them with values near 2^−500 lose below
// 2^−1022 is less than m·2^−370 of max|V|, and belongs to the margin. So do the weights of keys that only fill a
// panel: they are 0.
//
// In float32, u = 2^−24 is that of the type. Q', K' and V' are rounded to it: η = γ_{d+3}X + …, the roundings in
// float64 that make Q' being far less than the one counted for each of them, and k one more for V'. Entries
// below 2^−100 become 0, with ‖q'‖ ≤ 1.45X and ‖k'‖ < 2: that moves a score by less than d·2^−98·(1 + X),
// rounding of products below 2^−126 included; V', its products and the weights below 2^−100 move the output by less
// than 2^−97 of max|V| a key, the sum of weights being above 2^−41. (If K = 0, Q' = 0. What s·q loses below 2^−1022,
// before 2^κ may lift it, is at most d·2^−73 in a score and belongs to the margin, as η > 2^−24.)
//
// For exact: η = γ_{d+1}X + expError, β = u, k = m.
//
// The margin covers what the derivation drops: products of bounds, the mass that is flushed or beyond cutoff, all below
// 2^−20 of the bound of the sums.
//
// For a refined row: scores err by (γ_{2d}² + 20u²)X (Dot, Times, Minus of internal/doubledouble) and β = 4u (minus, log₂e and the
// product with it). Keys beyond cutoff would move the output by less than 2^−75·spread. Each product of a weight
// and a value is rounded, an error of u·Σ p_j|v_j|. A double-double sum of m terms loses only in its
// corrections: m of them, each at most u times a partial sum, added in m roundings, (mu)² of Σ p_j|v_j| up to a
// factor near 1. The quotient rounds both sums and itself: in all max|V|·(4u + 2(mu)²), of which the code
// takes the second term twice for that factor.

// unit is u.
const unit = roundoff.Unit

// expError bounds the relative error of math.Exp. No proof comes with it: its sources claim less than one
// unit in the last place (2u), TestExpError has seen 2.2u on amd64 and holds it to 3u; 4u is allowed for.
const expError = 4 * unit

// rounding is what a bound knows of the arithmetic of a streaming method.
type rounding struct {
	single bool
	unit   float64 // u
	weight float64 // relative error of an exponential
	tile   int     // keys of a tile
	lanes  int     // parts that a sum is kept in; 0: one
}

// rounding64 is that of float64 with some instructions, rounding32 of float32.
func rounding64(isa simd.ISA) rounding {
	if loops := simd.Attention64(isa); loops != nil {
		return rounding{unit: unit, weight: loops.ExpError, tile: simd.MaxKeys, lanes: loops.Lanes}
	}
	return rounding{unit: unit, weight: Exp2Error, tile: tileKeys}
}

func rounding32(isa simd.ISA) rounding {
	if loops := simd.Attention32(isa); loops != nil {
		return rounding{single: true, unit: unit32, weight: loops.ExpError, tile: simd.MaxKeys, lanes: loops.Lanes}
	}
	return rounding{single: true, unit: unit32, weight: 1.01 * unit32, tile: tileKeys}
}

// unit32 is the unit roundoff of float32.
const unit32 = 0x1p-24

// softmaxError is the bound of steps 1 to 3, for one row or, with the norms of a regime, for all; sums is that
// of step 2 for max|V| = 1.
func softmaxError(r Regime, spread, eta, beta, sums float64) float64 {
	return softmaxErrorAbove(r, spread, eta+scoreUnderflow(r), beta, sums)
}

// softmaxErrorAbove is softmaxError with an η that knows of underflow already.
func softmaxErrorAbove(r Regime, spread, eta, beta, sums float64) float64 {
	weights := min(spread, spread*(eta/2+beta*(math.Log(float64(r.Keys))+2*eta+1)*(1+2*beta)))
	return (weights+r.MaxV*sums)*roundoff.Margin + underflow(r)
}

// plainSums is the bound of step 2 for plain sums, k the number of additions; +Inf where they are too many to
// say anything.
func plainSums(k int, unit float64) float64 {
	g := roundoff.GammaOf(float64(k), unit)
	if g >= 1 {
		return math.Inf(1)
	}
	return (2*g + 2*unit) / (1 - g)
}

// underflow is what products of weights and values lose below 2^−1022: 2^−1074 for each key, with room for the
// quotient, for the scaling of V and for the rounding of bounds that are themselves so small.
func underflow(r Regime) float64 {
	if r.MaxV == 0 {
		return 0
	}
	return float64(r.Keys) * 0x1p-1070
}

// scoreUnderflow is what a score loses below 2^−1022: 2^−1074 for each coordinate of s·q before it meets k, or
// of the inner product before it meets s, or at the end.
func scoreUnderflow(r Regime) float64 {
	return float64(r.Dim) * 0x1p-1070 * (1 + math.Abs(r.Scale) + r.KNorm)
}

func exactError(r Regime, spread float64) float64 {
	eta := roundoff.Gamma(float64(r.Dim+1))*r.Score() + expError
	return softmaxError(r, spread, eta, unit, plainSums(r.Keys, unit))
}

// scoreError is what a score of the streaming algorithm may be off, but for scoreUnderflow.
func scoreError(r Regime) float64 { return roundoff.Gamma(float64(r.Dim+3)) * r.Score() }

// streamingError is the bound of the streaming algorithm without refinement.
func (x rounding) streamingError(r Regime, spread float64) float64 {
	terms := x.tile + (r.Keys+x.tile-1)/x.tile + x.lanes
	if !x.single {
		return softmaxError(r, spread, scoreError(r)+x.weight, x.unit, plainSums(terms, x.unit))
	}
	d := float64(r.Dim)
	eta := roundoff.GammaOf(d+3, x.unit)*r.Score() + x.weight + d*0x1p-98*(1+r.Score())
	lost := r.MaxV * float64(r.Keys+1) * 0x1p-97
	return softmaxErrorAbove(r, spread, eta, x.unit, plainSums(terms+1, x.unit)) + lost
}

func refinedError(r Regime, spread float64) float64 {
	g := roundoff.Gamma(float64(2 * r.Dim))
	eta := (g*g+20*unit*unit)*r.Score() + Exp2Error
	mu := float64(r.Keys) * unit
	return softmaxError(r, spread, eta, 4*unit, 4*unit+4*mu*mu)
}

// refineAbove is the bound above which a row is refined: the error asked, or, where none is, 2^−30·max|V|.
// Plain float64 is as good as one can use unless scores are in the millions.
func refineAbove(r Regime) float64 {
	if r.Epsilon > 0 {
		return r.Epsilon
	}
	return 0x1p-30 * r.MaxV
}

func guaranteeStreaming(isa simd.ISA) Guarantee {
	s := streaming[float64]{loops: simd.Attention64(isa), rounding: rounding64(isa)}
	return Guarantee{
		Method: nameStreaming,
		Source: finegrain.Source{
			Paper:      finegrain.Dao2022,
			Provenance: finegrain.Derived,
			Argument: "the tiled algorithm is the paper's, its running maximum Milakov and Gimelshein's; the error bound is " +
				"worst-case rounding carried through the softmax, rows beyond it being computed again in double-double",
		},
		Valid: validStreaming,

		// Rows have smaller norms and spreads than the regime. A row below refineAbove stays plain; any other
		// gets the smaller of both bounds.
		Error: func(r Regime) float64 {
			spread := r.WidestSpread()
			return min(s.rounding.streamingError(r, spread), max(refineAbove(r), refinedError(r, spread)))
		},
		Cost:  plainCost,
		Bytes: func(r Regime) int64 { return s.bytes(r, runtime.GOMAXPROCS(0), true, true) },
	}
}

func guaranteeStreaming32(isa simd.ISA) Guarantee {
	s := streaming[float32]{loops: simd.Attention32(isa), rounding: rounding32(isa)}
	return Guarantee{
		Method: nameStreaming32,
		Source: finegrain.Source{
			Paper:      finegrain.Dao2022,
			Provenance: finegrain.Derived,
			Argument: "streaming attention with operands rounded to float32; the error bound is worst-case rounding " +
				"carried through the softmax, and no row is computed again",
		},
		Valid: validSingle,
		Error: func(r Regime) float64 { return s.rounding.streamingError(r, r.WidestSpread()) },
		Cost:  plainCost,
		Bytes: func(r Regime) int64 { return s.bytes(r, runtime.GOMAXPROCS(0), false, false) },
	}
}
