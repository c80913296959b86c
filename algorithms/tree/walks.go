package tree

import (
	"fmt"
	"math"
	"slices"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/internal/monomials"
	"finegrain/internal/pass"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/mat"
)

// Walks: each query by itself down the tree of keys, as in the paper, where a query is one range sum, and with
// nothing shared between queries, handed over, or left out because it would not pay. How long that takes is
// counted, at several temperatures: as neither the tree nor its moments depend on the scale of the scores, one
// tree serves them all, and entries up to B at scale 1 are entries up to 1 at scale B².

// Walk is what queries did at one scale.
type Walk struct {
	Scale      float64
	Visits     int64 // of nodes
	Expansions int64 // of nodes, evaluated by moments
	Keys       int64 // keys taken one by one
	Operations int64 // multiply-adds, d of them a visit, and exponentials
	Output     attention.Output
}

// walkLeaf and walkRank are the keys of a leaf and the moments of a node, at most: small, so that counts show how
// the tree is walked, not how its leaves are summed.
const (
	walkLeaf = 8
	walkRank = 512
)

// Walks answers the queries of in, n×d with m×d keys, one by one at each of some scales instead of its own, in a
// tree by the builder of that name; "" chooses by the keys. Each output has a bound, which may be +Inf where
// double-double scores do not tell keys apart. in.Epsilon must be above 0. The error is env's, or says what is
// wrong with the instance or the name.
func Walks(env finegrain.Env, in attention.Instance, builder string, scales []float64) ([]Walk, error) {
	if in.Epsilon <= 0 {
		return nil, fmt.Errorf("tree: walks are to an error ε, and ε = %g; set one above 0", in.Epsilon)
	}
	for i, s := range scales {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("tree: scale %d (counted from 0) is %v; scales are finite numbers", i, s)
		}
	}
	for i, s := range scales { // the largest is what scores must be finite at
		if i == 0 || math.Abs(s) > math.Abs(in.Scale) {
			in.Scale = s
		}
	}
	survey, err := (attention.Guarantee{Method: name, Valid: valid}).Admit(env, in)
	if err != nil {
		return nil, err
	}
	isa, err := simd.Chosen()
	if err != nil {
		return nil, err
	}
	w := &work{
		method: method{leaf: walkLeaf, rows: walkLeaf, builder: builder, rules: theRules}, loops: loopsOf(isa),
		in: in, regime: survey.Regime, spread: survey.Spread, goal: in.Epsilon, target: in.Epsilon,
	}
	if err := w.build(env); err != nil {
		return nil, err
	}
	degree := 1
	for degree < mostDegree && monomials.Rank(w.regime.Dim, degree+1) <= walkRank {
		degree++
	}
	w.moments.grade(degree)
	w.moments.least = w.moments.rank / walkLeaf
	walks := make([]Walk, len(scales))
	for i, s := range scales {
		if walks[i], err = w.walks(env, s); err != nil {
			return nil, stopped(err)
		}
	}
	return walks, nil
}

// walks answers all queries at a scale.
func (w *work) walks(env finegrain.Env, scale float64) (Walk, error) {
	r := w.regime
	limits := w.limits
	limits.lost = float64(r.Dim) * 0x1p-1070 * (1 + math.Abs(scale) + r.KNorm)
	out, bounds := mat.NewDense(r.Queries, r.ValueDim, nil), make([]float64, r.Queries)
	walkers := pass.Scratch[walker]{Fresh: func() *walker { return newWalker(w.moments, limits, scale, w.reach) }}
	err := env.ForEach(r.Queries, func(i int) {
		walkers.Use(func(a *walker) {
			a.answer(w.in.Q.RawRowView(i))
			bounds[i] = w.down.Times(a.bound(w.spread)) + underflow(r)
			row := out.RawRowView(i)
			for c := range row {
				row[c] = w.down.Times(a.sums[c] / a.sums[a.columns-1])
			}
		})
	})
	if err != nil {
		return Walk{}, err
	}
	x := Walk{Scale: scale, Output: attention.Output{Float: out, Bound: slices.Max(bounds)}}
	for _, a := range walkers.All() {
		x.Visits += a.visits
		x.Expansions += a.expansions
		x.Keys += a.exponentials - a.expansions
		x.Operations += a.multiplyAdds + a.exponentials + int64(r.Dim)*a.visits
	}
	return x, nil
}
