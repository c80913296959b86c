package attention

import (
	"math"
	"runtime"

	"finegrain"
	"finegrain/internal/pass"
	"finegrain/internal/roundoff"

	"gonum.org/v1/gonum/floats"
)

// The gradient by definition, a row of weights at a time: two passes over the keys for each query, first the
// weights and their average o, then p_jk = f_jk·(⟨c_j,h_k⟩ − ⟨c_j,o_j⟩) and its sum with the rows of A2. It
// takes n·m·(2d + 2dh) multiply-adds and n·m exponentials, and holds no n×m numbers.
//
// What it promises: a score is a sum of d products of a centred coordinate, times s, less the largest of its
// row, which is at most 2M away: γ_(d+6)·M; the exponential adds 4u. A term of a sum over m keys passes m
// additions, two centrings and two products, a factor 1 + δ, |δ| ≤ ρ = γ_(m+6): that of the denominator is taken
// for an error of the weight, θ = ρ, beside which that of a numerator leaves 2ρ/(1−ρ) of the average.

// ExactGradient is the gradient by definition in float64.
var ExactGradient = GradientMethod{
	Name: nameExactGradient,
	Doc:  "the definition in float64, a row of weights at a time, on all cores",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2024, Provenance: finegrain.Derived,
		Argument: "the chain rule; worst-case rounding of scores, exponentials and sums is carried through averages and " +
			"covariances; math.Exp is taken to err by at most 4u, which is not proved: a test holds it to 3u",
	},
	Run: together(nameExactGradient, runExactGradient),
	Cost: func(s TrainingSize) finegrain.Cost {
		pairs := int64(s.Queries) * int64(s.Keys)
		c := finegrain.Cost{finegrain.Exponentials: pairs, finegrain.MultiplyAdds: pairs * int64(2*s.Dim+2*s.ValueDim)}
		c.Add(s.beside())
		return c
	},
	Bytes: func(s TrainingSize) int64 {
		return 8 * (s.words() + int64(runtime.GOMAXPROCS(0))*exactGradientWords(s))
	},
}

const nameExactGradient = "exact"

// exactGradientWords is what a core needs.
func exactGradientWords(s TrainingSize) int64 { return int64(s.Keys + 2*s.ValueDim + s.Dim) }

func (p *prepared) exactAccuracy() Accuracy {
	rho := roundoff.Gamma(float64(p.Shape.Keys + 6))
	return Accuracy{
		Score:   roundoff.Gamma(float64(p.Shape.Dim+6))*p.Score + p.Lost + expError + unit,
		Weight:  rho,
		Average: 2 * rho / (1 - rho),
	}
}

func runExactGradient(env finegrain.Env, t Training) (Gradient, finegrain.Cost, error) {
	p, err := t.prepare(env, nameExactGradient)
	if err != nil {
		return Gradient{}, nil, err
	}
	s := p.Shape
	a := p.exactAccuracy()
	if _, ok := p.coefficients(a); !ok {
		return Gradient{}, nil, p.undetermined(nameExactGradient)
	}
	if !p.reachable(a) {
		return Gradient{}, nil, p.cannotBefore(nameExactGradient, p.boundBefore(a), nil)
	}

	type row struct {
		weights, o, c, t           []float64
		multiplyAdds, exponentials int64
	}
	workers := pass.Scratch[row]{Fresh: func() *row {
		words := func(n int) []float64 { return make([]float64, n) }
		return &row{weights: words(s.Keys), o: words(s.ValueDim), c: words(s.ValueDim), t: words(s.Dim)}
	}}
	g, err := p.strands(env, nameExactGradient, a, nil, func(from, to int, add func(j int, c, t []float64)) {
		workers.Use(func(w *row) {
			pace := pace{env: env}
			for j := from; j < to; j++ {
				q := p.Q.RawRowView(j)
				most := math.Inf(-1)
				for k := range w.weights {
					if pace.stopped(s.Dim + 1) {
						return
					}
					w.weights[k] = t.Scale * floats.Dot(q, p.K.RawRowView(k))
					most = max(most, w.weights[k])
					w.multiplyAdds += int64(len(q))
				}
				total := 0.0
				clear(w.o)
				for k, y := range w.weights {
					if pace.stopped(WorkExp + s.ValueDim) {
						return
					}
					f := math.Exp(y - most)
					w.exponentials++
					w.weights[k] = f
					total += f
					floats.AddScaled(w.o, f, p.H.RawRowView(k))
					w.multiplyAdds += int64(len(w.o))
				}
				for i, e := range p.E.RawRowView(j) {
					w.o[i] /= total
					w.c[i] = w.o[i] + (p.Middle[i] - e)
				}
				r := floats.Dot(w.c, w.o)
				clear(w.t)
				for k, f := range w.weights {
					if pace.stopped(s.Dim + s.ValueDim) {
						return
					}
					floats.AddScaled(w.t, f*(floats.Dot(w.c, p.H.RawRowView(k))-r), p.K.RawRowView(k))
					w.multiplyAdds += int64(len(w.c) + len(w.t))
				}
				for l := range w.t {
					w.t[l] /= total
				}
				add(j, w.c, w.t)
			}
		})
	})
	cost := p.cost(exactGradientWords(s))
	for _, w := range workers.All() {
		cost.Add(finegrain.Cost{finegrain.MultiplyAdds: w.multiplyAdds, finegrain.Exponentials: w.exponentials})
	}
	return g, cost, err
}
