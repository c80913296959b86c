package polynomial

import (
	"math"

	"finegrain/algorithms/attention"
	"finegrain/internal/roundoff"
)

// The bound. (Derived here; without rounding, with a numerator and a denominator bounded apart, it would be
// 2ε_A/(1−ε_A)·max|V|. γ_k = ku/(1−ku) bounds k roundings, Higham, "Accuracy and Stability of Numerical Algorithms",
// chapter 3.)
//
// 1. Truncation. P(x_ij) = A_ij·(1+θ_ij), |θ_ij| ≤ ε_A < 1: all weights are positive.
//
// 2. Rounding. Numerator c of a row is a sum over keys j and monomials α of w_α·q^α·k_j^α·v_jc, and the denominator
// the same with v = 1. A term passes through at most
//
//	|α|       roundings of s·q_l             |α|        of k_l − c_l
//	2|α|      of products of monomials       |α| + 2    of w_α
//	1         of the product with v          b + B + S  of additions over the b keys of a block, the B blocks of
//	                                                    a strand, the S strands
//	1         of that sum times w            1 + r      of the inner product over monomials, in any order
//
// hence is off by at most γ_K of itself, K = 5g + 5 + b + B + S + r. In absolute value the terms of one pair add up to
// Σ_m|c_m|·(Σ_l|s·q_l·(k_l−c_l)|)^m·|v| ≤ Σ_m|c_m|·M_abs^m·|v|. The weight of a pair being at least e^−M, its share
// of a numerator or of the denominator is off by ρ = γ_K·e^M·Σ_m|c_m|·M_abs^m relative to A_ij, by δ_jc and δ_j0, which
// need not agree.
//
// Here is the guard against cancellation: ρ uses M_abs where the terms are, not M. Queries near (60,60) with keys near
// (u,−u) have small scores and large terms of both signs, which leave nothing of float64; the bound then is
// useless, and the instance is refused. With M_abs = M the guard is about e^(2M)·u.
//
// 3. The quotient. With p_j the true weights of a row and o its true output,
//
//	computed − o = [Σ p_j·θ_j·(v_jc − o) + Σ p_j·(δ_jc·v_jc − δ_j0·o)] / (1 + Σ p_j·(θ_j + δ_j0)),
//
// θ being common to numerator and denominator. The mean absolute deviation of numbers in an interval is at most half
// its length, so this is at most (ε_A·spread/2 + 2ρ·max|V|)/(1 − ε_A − ρ), and the division adds 2u·max|V|.
//
// 4. Degree 0. All weights are equal, and the output is the mean of the values: it and the truth lie in one interval,
// so that the error is at most spread, whatever the scores, and the rounding of sums.
//
// 5. Underflow. Keys and queries are scaled by powers of two so that |k'_l| ≤ 1 and |q'_l| ≤ 2M < 40, and V so that its
// largest entry has the magnitude 1. What is lost below 2^−1022, in features, scores, products and sums, is less than
// 2^−600 of a weight, and belongs to the margin; scaling the output back may lose 2^−1074.
//
// 6. Masks. Of the pairs of a row some are looked at, and their weight is computed as e^x: the score from s·q_l and
// k_l − c_l, each with a rounding, in an inner product of d terms that adds up to M_abs at most in absolute value, times
// log₂e, itself rounded. So it is off by η = γ_(d+4)·M_abs, and the weight by a factor within 1 ± ε_near,
// ε_near = e^η(1 + ε_exp) − 1, ε_exp the error of the exponential. The factor is common to numerator and denominator, as
// P's error is for the other pairs: step 3 holds with max(ε_A, ε_near) in place of ε_A. Their part of ρ is that of one
// product, of the additions over the pairs, and of the r by which the part of the polynomial is added in any order. With
// degree 0 their weight is P(x), as that of all others.
//
// Causal: at most b pairs of a row are looked at, fewer roundings than K has. For the others w multiplies the sums of a
// block. They are added over the block, over the B blocks of the strand, with the sums of up to S strands, and again
// over the B blocks of the strand that the query is in: K = 5g + 5 + b + 2B + S + r.
//
// Ranges, of a tree of T leaves of B blocks each, h = ⌊log₂T⌋ + 1: at most 2bB pairs are looked at, which pass 1 + 2bB + r
// roundings. The others are added over a block, the B blocks of a leaf, at most h levels of the tree, and the at most
// 2(h+1) nodes of a range: 5g + 5 + b + B + h + 2(h+1) + r. K is the larger of the two; the rest of ρ is at least 1.

// cancellation is ρ.
func cancellation(a approximation, s scores, k float64) float64 {
	return roundoff.Gamma(k) * math.Exp(s.m) * a.absolute(s.abs) * roundUp
}

// nearError is ε_near; 0 without a mask.
func nearError(r attention.Regime, s scores) float64 {
	if !r.Causal && r.RangePairs == 0 {
		return 0
	}
	off := math.Expm1(roundoff.Gamma(float64(r.Dim+4)) * s.abs)
	return (off + attention.Exp2Error*(1+off)) * roundoff.Margin
}

// errorBound is step 3; it is +Inf where ε_A + ρ reaches 1.
func errorBound(epsilonA, rho, spread float64, r attention.Regime) float64 {
	if !(epsilonA+rho < 1) {
		return math.Inf(1)
	}
	off := (epsilonA*spread/2 + 2*rho*r.MaxV) / (1 - epsilonA - rho)
	return (off+2*roundoff.Unit*r.MaxV)*roundoff.Margin + underflow(r)
}

// meanBound is step 4.
func meanBound(k, spread float64, r attention.Regime) float64 {
	g := roundoff.Gamma(k)
	return (spread+2*(g/(1-g)+roundoff.Unit)*r.MaxV)*roundoff.Margin + underflow(r)
}

// underflow is what scaling the output back may lose.
func underflow(r attention.Regime) float64 {
	if r.MaxV == 0 {
		return 0
	}
	return 0x1p-1072
}
