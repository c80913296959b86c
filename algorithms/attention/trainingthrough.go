package attention

import (
	"errors"
	"fmt"
	"math"
	"sort"

	"finegrain"
	"finegrain/internal/pass"

	"gonum.org/v1/gonum/mat"
)

// A gradient is attention with more values. (Derived here.) Row j of p·A2 is a covariance under the weights f_j,
//
//	t_jl = Σ_c c_jc·(E_{f_j}[h_c·a2_l] − E_{f_j}[h_c]·E_{f_j}[a2_l]),
//
// and these averages are the outputs of attention with queries A1·X, keys A2 and the dh + d + dh·d value columns
// h, A2 and their products. So every method of attention, with its regime and its error, is one for the
// gradient, at the cost of attention with so many columns and O((n+m)·d·dh) beside it.
//
// Columns are centred and divided by their half ranges, so that they and their products lie in [−1,1], off by at
// most 5u, and an absolute error β of the outputs is an error β + 8u of averages as trainingbound.go has it.
// Centring the keys rounds once more in a score, u·M.
//
// If an error ε is asked, β is the largest with which the bound of before the work keeps to it. Where the method of
// attention cannot promise that β it says what it can, β*, before its work. Then the bound of before the work exceeds
// ε, but that of after it may not: c is mostly smaller than was known. So β* is asked for, unless no c would do. What
// a refusal promises is answered therefore. Asked for the bound of before the work for β*, β is at least β*. Asked for
// the bound of after the work with β*, either β is, or β* is asked for again, with the same outcome to the bit.

// GradientThrough is the gradient by a method of attention.
func GradientThrough(m Method) GradientMethod { return gradientThrough(m, covariance) }

// gradientThrough has a way to make t of c and a row of averages, which mutants change.
func gradientThrough(m Method, row func(t, c, averages []float64)) GradientMethod {
	return GradientMethod{
		Name: m.Name,
		Doc:  "as averages of values, keys and their products: " + m.Doc,
		Source: finegrain.Source{
			Paper: m.Guarantee.Source.Paper, Provenance: finegrain.Derived,
			Argument: "a row of the gradient is a covariance under the weights of a query, hence made of averages, which are " +
				"attention; its error is carried through. Of attention: " + m.Guarantee.Source.Argument,
		},
		Where: m.Guarantee.Where,
		Run: together(m.Name, func(env finegrain.Env, t Training) (Gradient, finegrain.Cost, error) {
			return runGradientThrough(env, t, m, row)
		}),
		Cost: func(s TrainingSize) finegrain.Cost {
			cost := m.Guarantee.Cost(Regime{Queries: s.Queries, Keys: s.Keys, Dim: s.Dim, ValueDim: s.averages()})
			if cost[finegrain.MultiplyAdds] > 0 {
				cost.Add(s.Around())
			}
			return cost
		},
		Bytes: func(s TrainingSize) int64 {
			return 8*s.throughWords() + m.Guarantee.Bytes(Regime{
				Queries: s.Queries, Keys: s.Keys, Dim: s.Dim, ValueDim: s.averages(), B: 1, Scale: 1, MaxV: 1, VGrain: 1,
			})
		},
	}
}

// averages is the number of value columns.
func (s TrainingSize) averages() int { return s.ValueDim + s.Dim + s.ValueDim*s.Dim }

// throughWords is the memory beside that of attention: what is prepared, its values and its output.
func (s TrainingSize) throughWords() int64 {
	return s.words() + int64(s.Queries+s.Keys)*int64(s.averages())
}

// Around is what a gradient through attention counts beside attention: what every gradient does, products of
// values and keys, covariances.
func (s TrainingSize) Around() finegrain.Cost {
	cost := s.beside()
	cost[finegrain.MultiplyAdds] += int64(s.Keys+2*s.Queries) * int64(s.Dim) * int64(s.ValueDim)
	return cost
}

func runGradientThrough(env finegrain.Env, t Training, m Method, row func(t, c, averages []float64),
) (Gradient, finegrain.Cost, error) {
	p, err := t.prepare(env, m.Name)
	if err != nil {
		return Gradient{}, nil, err
	}
	s := p.Shape
	if _, ok := p.coefficients(p.accuracyThrough(0)); !ok {
		return Gradient{}, nil, p.undetermined(m.Name)
	}
	in := Instance{Q: p.Q, K: p.K, Scale: p.Scale}
	if p.Epsilon > 0 {
		in.Epsilon = p.largestError()
	}
	if in.V, err = p.averaged(env); err != nil {
		return Gradient{}, nil, err
	}
	out, cost, err := m.Run(env, in)
	var because error
	if weak := (*CannotPromise)(nil); errors.As(err, &weak) {
		if best := p.accuracyThrough(weak.Bound); !p.reachable(best) {
			return Gradient{}, nil, p.cannotBefore(m.Name, p.boundBefore(best), weak.Because)
		}
		in.Epsilon, because = weak.Bound, weak.Because
		out, cost, err = m.Run(env, in)
	}
	var outside *OutsideRegime
	switch {
	case errors.As(err, &outside):
		reason := fmt.Errorf("with queries Q = A1·X and keys K = A2, %w", outside.Reason)
		return Gradient{}, nil, &OutsideRegime{m.Name, reason}
	case err != nil:
		return Gradient{}, nil, err
	}
	dense := out.Float
	if dense == nil {
		dense = out.Dense()
	}
	a := p.accuracyThrough(out.Bound)
	g, err := p.strands(env, m.Name, a, because, func(from, to int, add func(j int, c, t []float64)) {
		c, scaled, slope := make([]float64, s.ValueDim), make([]float64, s.ValueDim), make([]float64, s.Dim)
		for j := from; j < to; j++ {
			averages := dense.RawRowView(j)
			for i, e := range p.E.RawRowView(j) {
				c[i] = p.HHalf[i]*averages[i] + (p.Middle[i] - e)
				scaled[i] = c[i] * p.HHalf[i]
			}
			row(slope, scaled, averages)
			for l, w := range p.KHalf {
				slope[l] *= w
			}
			add(j, c, slope)
		}
	})
	bytes := cost[finegrain.Bytes] + 8*s.throughWords()
	cost.Add(p.cost(0))
	cost.Add(finegrain.Cost{finegrain.MultiplyAdds: int64(s.Keys+2*s.Queries) * int64(s.Dim) * int64(s.ValueDim)})
	cost[finegrain.Bytes] = bytes
	g.Choices = out.Choices()
	return g, cost, err
}

// covariance is Σ_c c_c·(E[h_c·k] − E[h_c]·E[k]).
func covariance(t, c, averages []float64) {
	h, k := averages[:len(c)], averages[len(c):][:len(t)]
	products := averages[len(c)+len(t):]
	clear(t)
	for i, y := range c {
		for l := range t {
			t[l] += y * (products[i*len(t)+l] - h[i]*k[l])
		}
	}
}

// averaged is the matrix of what is averaged: H and K, each column divided by its half range, and their products.
func (p *prepared) averaged(env finegrain.Env) (*mat.Dense, error) {
	s := p.Shape
	out := mat.NewDense(s.Keys, s.averages(), nil)
	return out, pass.Rows(env, s.Keys, s.averages(), func(from, to int) {
		for j := from; j < to; j++ {
			row := out.RawRowView(j)
			h, k := row[:s.ValueDim], row[s.ValueDim:][:s.Dim]
			products := row[s.ValueDim+s.Dim:]
			over(h, p.H.RawRowView(j), p.HHalf)
			over(k, p.K.RawRowView(j), p.KHalf)
			for c, x := range h {
				for l, y := range k {
					products[c*s.Dim+l] = x * y
				}
			}
		}
	})
}

// over is x/half, and 0 where half is.
func over(dst, x, half []float64) {
	for l, y := range x {
		if half[l] > 0 {
			dst[l] = y / half[l]
		}
	}
}

// accuracyThrough is what is known of averages that are off by beta.
func (p *prepared) accuracyThrough(beta float64) Accuracy {
	return Accuracy{Score: p.Lost + unit*p.Score, Average: beta + 8*unit}
}

// largestError is the largest error of averages with which the bound is at most what is asked, up to 4, more
// than any two averages differ by; where there is none, the least that can be asked for. Floats that are not negative
// are ordered as their bits are, and the bound does not fall where the error grows.
func (p *prepared) largestError() float64 {
	first := sort.Search(int(math.Float64bits(4))+1, func(b int) bool {
		return p.boundBefore(p.accuracyThrough(math.Float64frombits(uint64(b)))) > p.Epsilon
	})
	return math.Float64frombits(uint64(max(first, 2) - 1))
}

// streamingError is what streaming attention promises of the averages by the norms of queries and keys, whatever is
// asked of it; +Inf outside its regime.
func (p *prepared) streamingError() float64 {
	r := Instance{Q: p.Q, K: p.K, V: p.K, Scale: p.Scale}.Regime()
	r.ValueDim, r.MaxV, r.VGrain, r.Epsilon = p.Shape.averages(), 1, 0, math.SmallestNonzeroFloat64
	if Streaming.Guarantee.Valid(r) != nil {
		return math.Inf(1)
	}
	return Streaming.Guarantee.Error(r)
}
