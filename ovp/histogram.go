package ovp

import (
	"finegrain"
	"finegrain/internal/simd"
)

// Histogram says how many of the n·m pairs have each inner product, c_k = #{(i, j) : ⟨a_i, b_j⟩ = k},
// and where the extremes are first met. OV, #OV, Exact-IP, Max-IP and Min-IP are read off it.
type Histogram struct {
	Totals   []uint64 // c_0 … c_d
	Max, Min Extreme  // the first pair, in the order of pairs, with the largest and the least product
}

// partial is the histogram of some of the pairs, and what a task that adds to it needs.
type partial struct {
	Histogram
	products   []uint64 // room for as many as a strip has vectors, if simd.HasInnerProducts
	operations int64
}

// scanHistogram is the pairwise scan with popcounts instead of tests, over the same grid. Tasks that run at
// the same time have totals of their own; sums and first extremes commute, so their order does not matter.
func scanHistogram(env finegrain.Env, in Instance, isa simd.ISA) (Histogram, finegrain.Cost, error) {
	h := Histogram{}
	cost := finegrain.Cost{finegrain.WordOperations: 0}
	if err := in.Validate(); err != nil {
		return h, nil, err
	}
	h.Totals = make([]uint64, in.D()+1)
	if in.A.N() == 0 || in.B.N() == 0 {
		return h, cost, env.Err()
	}
	if in.D() == 0 {
		h.Totals[0] = pairs(in).Uint64()
		h.Max.Any, h.Min.Any = true, true
		return h, cost, env.Err()
	}
	g, err := newGrid(env, in, isa)
	defer g.release()
	if err != nil {
		return h, cost, err
	}
	tasks := g.bands * g.strips
	parts := make([]partial, min(env.Workers(), tasks)) // as many as run at once
	free := make(chan *partial, len(parts))
	for i := range parts {
		parts[i].Totals = make([]uint64, in.D()+1)
		if simd.HasInnerProducts(isa) {
			parts[i].products = make([]uint64, min(g.strip, in.B.N()))
		}
		free <- &parts[i]
	}
	err = parallel(env, tasks, "counting inner products", func(task int) {
		p := <-free
		defer func() { free <- p }()
		first, a := g.bandAt(task / g.strips)
		b := g.stripAt(task % g.strips)
		for i := range a.n {
			g.histogram(first+i, a.Row(i), b, p)
		}
		p.operations += g.operations(a, b)
	})
	for _, p := range parts {
		for k, c := range p.Totals {
			h.Totals[k] += c
		}
		h.Max.improve(1, p.Max)
		h.Min.improve(-1, p.Min)
		cost[finegrain.WordOperations] += p.operations
	}
	return h, cost, err
}

// improve replaces e by other if other's value is larger (sign 1) or smaller (sign −1), or the same at an
// earlier pair.
func (e *Extreme) improve(sign int, other Extreme) {
	gain := sign * (other.Value - e.Value)
	if other.Any && (!e.Any || gain > 0 || gain == 0 && other.Less(e.Pair)) {
		*e = other
	}
}
