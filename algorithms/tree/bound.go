package tree

import (
	"math"

	"finegrain/internal/roundoff"
)

// The bound of a row (derived here), from what was seen in computing it. Weights are relative to e^R, R the
// score of the reference. Let w_j be the true weight of key j, o the true output of a column, ŵ_j = w_j + a_j
// what a kept key was given in numerator and denominator alike, and N̂ and D̂ the computed sums. As Σ w_j·(v_j −
// o) = 0 over all keys,
//
//	N̂ − o·D̂ = −Σ_dropped w_j·(v_j − o) + Σ_kept a_j·(v_j − o) + r_N − o·r_0,
//
// r_N and r_0 the rounding of the two sums. With P the mass that was dropped, T = Σ|a_j| and |r_N| ≤ R·max|V|,
// r_0 ≤ R,
//
//	|N̂/D̂ − o| ≤ [spread·(P + T) + 2R·max|V|]/D̂,
//
// and the division adds u·max|V|. All four are added up as the row is computed.
//
// P. A node is dropped with the bound n_v·e^(far + w) on its mass, far the score of its centre less R. It is at
// most its share n_v/m of e·D, D a lower bound on the mass, so that in all P ≤ e·D. In a group a weight whose exponent
// is computed to be below −1000 is 0, and counts as dropped: it is below 2^−990 where η < ln 2, and n_v·e^w times that
// for all keys of an expansion. Of a near key η < 2^−10, or nothing is said of the row; and an expansion with a larger
// one was only taken with all of its mass in T.
//
// T. Truncation: the series of degree g for e^x is off by at most e^|x|·|x|^(g+1)/(g+1)! of e^x, and |x| ≤ w: e,
// or more where the node's mass times it is no more than its share of e·D. Scores: a relative error of e^η − 1
// of every weight, η the error of far, of the near part of a score, and of the exponential. A relative error of
// at most x of w_j is one of at most x/(1−x) of ŵ_j, which is what is known.
//
// R. Additions: a term passes through those of its leaf, and of leaves and expansions; in a group through those of its
// part of a tile, of tiles and of parts, or those of its expansion, which are in K, and of expansions, and that of the
// two sums. Expansions: with |y| ≤ 1 the terms of a node add up to at most n_v·e^w·max|V|, and the error of each is at
// most γ_K of its share,
//
//	K = K_μ + 3g + r + 8,   K_μ = a + 9g + 9 for moments summed key by key, and that of the children + 9g + 9 else:
//
// a the additions that a key passes through, n_v or in lanes those of a lane and of lanes. Along the axes a y, of one
// subtraction and one quotient, has a relative error of 2u, so y^α/α! is off by (2+2)g·u of itself; moving moments
// takes powers of s and t, with 2 roundings each factor and those of s and t, sums of at most g terms in each
// coordinate that α has, hence of at most g in all, and products; and as |t| + s ≤ 1 + 2^−30 for every coordinate the
// absolute values of what is summed add up to 1/α! times keys again. In a frame y, s and t belong exactly to keys that
// are off by at most form.off, which is an error of ‖q‖·off in their scores.
//
// (A t of a sum that nearly cancels, along the axes, is a difference of two float64s and has relative error u.)
//
// Scores, in a group. They are relative to one key k*, the reference, so that what is common to all is never
// computed: 2^y for y = Σ_l q'_l·(k−k*)_l, q' = s·q·log₂e, has a relative error of e^η − 1, η =
// γ_(d+5)·Σ|s·q_l||k−k*|_l + the error of the exponential: three roundings of q' that of log₂e among them, one
// of the difference, d of the sum, one to spare. The second factor of η is at most ‖s·q‖·‖k−k*‖. Where the
// largest ‖k−k*‖ is too much for all, Σ_j w_j·‖k_j−k*‖ is summed beside the values: T is known key by key, and a
// key far from k* counts only as it weighs. For an expansion it is that of its centre, and γ_(d+4)·w for p,
// whose coordinates take d products, one by h, one by s and one of the sum.
//
// Scores, of a row alone. In plain float64 centre, shift and near part of a score err by at most γ_(4d+12)·X, X
// = Σ_l|s·q_l|·max_j|k_jl| around the root. Where that is too much, centre and shift are inner products in
// double-double, whose difference errs by 2u·|far| + 8(γ_2d² + 8u²)·X, |far| being small where it matters, since the
// shift is raised to within 60 of what is found, and then what lies above is computed anew; and the near part, of
// magnitude at most ‖s·q‖·‖x‖, ‖x‖ ≤ Σh, by γ_(d+4) of that; where even that is too much, in a leaf that is wide,
// the scores of keys that may matter are computed in double-double one by one.

// expError bounds the relative error of math.Exp: package attention says why.
const expError = 4 * roundoff.Unit

// plainScores is η where all is in float64.
func plainScores(d int, reach float64) float64 { return roundoff.Gamma(float64(4*d+12)) * reach }

// nearScores is the error of the near part of a score whose terms add up to w, and what of that of far grows
// with it: far is at most as much below what matters.
func nearScores(d int, w float64) float64 { return roundoff.Gamma(float64(d+6)) * w }

// keyScores is the error of the score of a key relative to the reference, whose terms add up to x.
func keyScores(d int, x float64) float64 { return roundoff.Gamma(float64(d+5)) * x }

// doubleScores is the error of differences in double-double of at most far.
func doubleScores(d int, reach, far float64) float64 {
	g := roundoff.Gamma(float64(2 * d))
	return 2*roundoff.Unit*far + 8*(g*g+8*roundoff.Unit*roundoff.Unit)*reach
}

// series is the least degree whose truncation for |x| ≤ w is at most allowed, and that truncation, raised above
// its rounding; false: there is none up to most.
func series(w, allowed float64, most int) (g int, e float64, ok bool) {
	e = math.Exp(w) * w
	for ; e > allowed; g++ {
		if g == most {
			return 0, 0, false
		}
		e *= w / float64(g+2)
	}
	return g, e * (1 + 0x1p-20), true
}

// rules are what mutants change: steps on which a row's bound rests.
type rules struct {
	series  func(w, allowed float64, most int) (degree int, e float64, ok bool)
	move    func(t float64) float64    // of a translation: the distance of centres
	dropped func(mass float64) float64 // what leaving out that mass adds to P
	lost    func(mass float64) float64 // what coarse expansions, off by that mass, add to T
	raised  func(f float64) float64    // what sums are multiplied by
	around  func(eta float64) float64  // half a side of a group's box
	centred func(eta float64) float64  // what centring a node's keys takes from their scores
	rounded func(k float64) float64    // γ_k of sums

	// errors of scores
	plain, near, key func(d int, reach float64) float64
	double           func(d int, reach, far float64) float64
}

func same(x float64) float64 { return x }

var theRules = rules{
	series: series, move: same, dropped: same, lost: same, raised: same, around: same, centred: same,
	rounded: roundoff.Gamma, plain: plainScores, near: nearScores, key: keyScores, double: doubleScores,
}

// limits say how exact rows are to be.
type limits struct {
	drop    float64 // e: of the mass that may be dropped, and the relative error of expansions
	round   float64 // the rounding of a sum, relative to it
	exact   float64 // η: errors of scores
	lost    float64 // what scores lose below 2^−1022
	longest float64 // the largest norm of a key, at most
	rules   rules
}

// rowError is the bound of a row from P, T, R and D̂, for values of at most 1 whose columns spread so; +Inf
// where nothing can be said.
func rowError(spread, dropped, erring, rounded, total float64) float64 {
	off := (spread*(dropped+erring) + 2*rounded) / (total * (1 - 0x1p-30))
	if !(total > 0 && off < 2) {
		return math.Inf(1)
	}
	return (off + 2*roundoff.Unit) * roundoff.Margin
}
