package attention

import (
	"context"
	"math"
	"sync"

	"finegrain"
	"finegrain/internal/pass"

	"gonum.org/v1/gonum/mat"
)

// The numbers of an instance that bounds and costs depend on. Norms and products of norms are rounded up,
// whatever their magnitude: every error bound rests on them.

// Regime is what guarantees are stated in: the numbers of an instance that bounds depend on.
type Regime struct {
	Queries, Keys, Dim, ValueDim int

	B            float64 // largest absolute entry of Q and K
	Scale        float64
	QNorm, KNorm float64 // largest 2-norm of a row of Q, of K, rounded up
	MaxV         float64 // largest absolute entry of V
	VGrain       float64 // largest power of two that every entry of V is a multiple of; 0 if V is 0, or if unknown
	Epsilon      float64 // error asked; 0: as good as it gets
	Causal       bool
	RangePairs   int64 // with ranges: the sum of their lengths, which is at least 1; else 0
}

// Regime measures the instance, which must be valid, in one pass over its entries.
func (in Instance) Regime() Regime {
	s, _ := in.survey(finegrain.Env{Context: context.Background(), Cores: 1}) // nothing can stop it
	return s.Regime
}

// Survey is what a pass over an instance finds.
type Survey struct {
	Regime
	Spread float64 // the largest difference between two values of one column, rounded up

	finite bool
}

// survey makes the pass on all cores. Every number is a maximum or a minimum, so it does not depend on how many
// there are.
func (in Instance) survey(env finegrain.Env) (Survey, error) {
	all := Survey{Regime: Regime{Scale: in.Scale, Epsilon: in.Epsilon, Causal: in.Causal}, finite: true}
	all.Queries, all.Dim = in.Q.Dims()
	all.Keys, all.ValueDim = in.V.Dims()
	for _, seen := range in.Ranges {
		all.RangePairs += int64(seen.Len())
	}

	var lock sync.Mutex
	var entries, values uint64 // bits of the largest
	grain := noGrain
	extents := pass.Scratch[pass.Extent]{Fresh: func() *pass.Extent { return pass.NewExtent(all.ValueDim) }}
	norms := func(x *mat.Dense, norm *float64) func(from, to int) {
		raw := x.RawMatrix()
		return func(from, to int) {
			// Most rows are squared as they are, and of them the largest square tells.
			longest, square, largest := 0.0, 0.0, uint64(0)
			for i := from; i < to; i++ {
				row := raw.Data[i*raw.Stride:][:raw.Cols]
				s, l := squareAndLargest(row)
				if squares(l) {
					square = max(square, s)
				} else if l < infinite {
					longest = max(longest, scaledNorm(row))
				}
				largest = max(largest, l)
			}
			if square > 0 {
				longest = max(longest, rootUp(square, raw.Cols))
			}
			lock.Lock()
			defer lock.Unlock()
			*norm, entries = max(*norm, longest), max(entries, largest)
		}
	}
	passes := []struct {
		rows, cols int
		work       func(from, to int)
	}{
		{all.Queries, all.Dim, norms(in.Q, &all.QNorm)},
		{all.Keys, all.Dim, norms(in.K, &all.KNorm)},
		{all.Keys, all.ValueDim, func(from, to int) {
			largest := uint64(0)
			for j := from; j < to; j++ {
				largest = max(largest, largestOf(in.V.RawRowView(j)))
			}
			extents.Use(func(x *pass.Extent) { x.Include(in.V, from, to) })
			g := grainExponent(in.V, from, to)
			lock.Lock()
			defer lock.Unlock()
			values, grain = max(values, largest), min(grain, g)
		}},
	}
	var tasks []func()
	for _, p := range passes {
		for from, block := 0, pass.AtOnce(p.cols); from < p.rows; from += block {
			tasks = append(tasks, func() { p.work(from, min(from+block, p.rows)) })
		}
	}
	err := env.ForEach(len(tasks), func(t int) { tasks[t]() })
	if entries >= infinite || values >= infinite {
		return Survey{}, err // finite is false
	}
	all.B, all.MaxV = math.Float64frombits(entries), math.Float64frombits(values)
	all.Spread, all.VGrain = pass.Joined(all.ValueDim, extents.All()).Spread(), powerOf(grain)
	return all, err
}

// Score is an upper bound on |s·⟨q,k⟩| over all pairs, by Cauchy and Schwarz; +Inf if it overflows.
func (r Regime) Score() float64 {
	s := math.Abs(r.Scale)
	switch {
	case s == 0 || r.QNorm == 0 || r.KNorm == 0:
		return 0
	case math.IsInf(r.QNorm, 0) || math.IsInf(r.KNorm, 0):
		return math.Inf(1)
	}
	// Add exponents first, so that only a bound that is itself out of range overflows; the last step up is
	// for one below the range, which Ldexp rounds.
	fs, es := math.Frexp(s)
	fq, eq := math.Frexp(r.QNorm)
	fk, ek := math.Frexp(r.KNorm)
	return math.Nextafter(math.Ldexp(fs*fq*fk*(1+8*unit), es+eq+ek), math.Inf(1))
}

// Visible is the number of keys that query i sees, the first of all, where there are no ranges. With ranges, which no
// regime knows, it panics.
func (r Regime) Visible(i int) int {
	if r.RangePairs > 0 {
		panic("attention: a regime does not know which keys ranges let a query see; ask the instance")
	}
	return visible(i, r.Keys, r.Causal)
}

// Pairs is the number of (query, key) pairs of which the query sees the key.
func (r Regime) Pairs() int64 {
	n, m := int64(r.Queries), int64(r.Keys)
	switch {
	case r.RangePairs > 0:
		return r.RangePairs
	case !r.Causal:
		return n * m
	}
	c := min(n, m) // queries 0…c−1 see 1…c keys, the rest see all
	return c*(c+1)/2 + (n-c)*m
}
