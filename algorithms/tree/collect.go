package tree

import (
	"finegrain/internal/monomials"
	"finegrain/internal/simd"

	"gonum.org/v1/gonum/floats"
)

// Moments of a node key by key: a block of keys in lanes, sums in as many parts.

// recipe says how monomials come about, in the words of the loops that make them.
type recipe struct {
	steps  []simd.Step
	vector simd.Steps
}

func (l loops) recipe(b monomials.Basis) recipe {
	out := recipe{steps: make([]simd.Step, 0, b.Rank(b.Degree)-1)}
	b.Exponents(func(_, variable, _, parent int) {
		out.steps = append(out.steps, simd.Step{Of: int32(parent), By: int32(variable)})
	})
	if l.products != nil {
		out.vector = l.products.Steps(out.steps)
	}
	return out
}

// additions is how many a key passes through in a sum over so many, at most.
func (l loops) additions(keys int) float64 {
	if l.products == nil {
		return float64(keys)
	}
	return float64(2*((keys+l.block-1)/l.block) + l.lanes) // in its lane, and of lanes
}

// collector is the working memory of a core.
type collector struct {
	key                         []float64 // y of a key
	products, variables, values []float64 // of a block of keys
	collected, totals           []float64 // [monomial][column][lane]
}

func (x *moments) newCollector() *collector {
	r, c, l := x.rank, x.columns, x.loop
	s := &collector{key: make([]float64, x.dim), products: make([]float64, r)}
	if l.products != nil {
		s.products = simd.Aligned[float64](r * l.block)
		s.variables = simd.Aligned[float64](x.dim * l.block)
		s.values = simd.Aligned[float64](c * l.block)
		s.collected = simd.Aligned[float64]((r*c + 1) * l.lanes)
		s.totals = make([]float64, (r*c+1)&^1)
	}
	return s
}

// add makes the moments of the keys of v, in mu, which is 0.
func (x *moments) add(mu []float64, v int32) {
	x.collectors.Use(func(s *collector) {
		if n := x.nodes[v]; x.loop.products != nil {
			x.collect(mu, v, int(n.from), int(n.to), s)
		} else {
			x.collectPlainly(mu, v, int(n.from), int(n.to), s)
		}
	})
	for c := range x.columns {
		floats.Mul(mu[c*x.stride:][:x.rank], x.inverse)
	}
}

// collect does keys from … to−1, block by block. Lanes without a key have products 0.
func (x *moments) collect(mu []float64, v int32, from, to int, s *collector) {
	c, block := x.columns, x.loop.block
	clear(s.collected)
	for first := from; first < to; first += block {
		keys := min(block, to-first)
		clear(s.products[:block])
		for i := range keys {
			s.products[i] = 1
			x.coordinates(s.key, x.point(first+i), v)
			for l, y := range s.key {
				s.variables[l*block+i] = y
			}
		}
		for l := range c {
			copy(s.values[l*block:][:keys], x.values[l*x.total+first:])
		}
		x.loop.products.Collect(s.collected, s.products, s.variables, x.recipe.vector, s.values, x.rank, c)
	}
	x.loop.vector.Totals(s.totals, s.collected)
	for i := range x.rank {
		for l, y := range s.totals[i*c:][:c] {
			mu[l*x.stride+i] = y
		}
	}
}

func (x *moments) collectPlainly(mu []float64, v int32, from, to int, s *collector) {
	row := s.products[:x.rank]
	for j := from; j < to; j++ {
		x.coordinates(s.key, x.point(j), v)
		row[0] = 1
		x.basis.Row(row, s.key, x.basis.Degree)
		for c := range x.columns {
			floats.AddScaled(mu[c*x.stride:][:x.rank], x.values[c*x.total+j], row)
		}
	}
}
