package attention

import (
	"fmt"
	"math"

	"finegrain"

	"gonum.org/v1/gonum/mat"
)

// Exact is the definition in float64: three loops, one row of scores at a time, one goroutine. It is here
// to be read, and as what faster methods are timed against.
var Exact = Method{
	Name:      nameExact,
	Doc:       "the definition in float64: three loops over query, key and coordinate",
	Guarantee: guaranteeExact,
	Run:       runExact,
}

// WorkExp is what an exponential costs in multiply-adds, to a power of two.
const WorkExp = 16

func runExact(env finegrain.Env, in Instance) (Output, finegrain.Cost, error) {
	surveyed, err := guaranteeExact.Admit(env, in)
	if err != nil {
		return Output{}, nil, err
	}
	r, spread := surveyed.Regime, surveyed.Spread
	bound := 0.0
	for i := range r.Queries {
		row := r
		row.QNorm = norm2(in.Q.RawRowView(i))
		bound = max(bound, exactError(row, spread))
	}
	if r.Epsilon > 0 && !(bound <= r.Epsilon) {
		return Output{}, nil, &CannotPromise{Method: guaranteeExact.Method, Asked: r.Epsilon, Bound: bound}
	}

	out := mat.NewDense(r.Queries, r.ValueDim, nil)
	row := make([]float64, r.Keys)
	var products, multiplyAdds, exponentials int64
	pace := pace{env: env}
	stopped := func(i int) (Output, finegrain.Cost, error) {
		return Output{}, nil, fmt.Errorf("attention: exact stopped in row %d of %d: %w", i, r.Queries, env.Err())
	}

	for i := range r.Queries {
		q, o := in.Q.RawRowView(i), out.RawRowView(i)
		seen := in.Visible(i)
		row := row[:seen.Len()]

		most := math.Inf(-1)
		for j := range row {
			if pace.stopped(r.Dim) {
				return stopped(i)
			}
			k := in.K.RawRowView(seen.From + j)
			var dot float64
			for l := range q {
				dot += q[l] * k[l]
			}
			products, multiplyAdds = products+1, multiplyAdds+int64(len(q))
			row[j] = in.Scale * dot
			most = max(most, row[j])
		}
		var sum float64
		for j, x := range row {
			if pace.stopped(WorkExp) {
				return stopped(i)
			}
			row[j] = math.Exp(x - most)
			exponentials++
			sum += row[j]
		}
		for j := range row {
			if pace.stopped(r.ValueDim) {
				return stopped(i)
			}
			weight := row[j] / sum
			v := in.V.RawRowView(seen.From + j)
			for c := range o {
				o[c] += weight * v[c]
			}
			multiplyAdds += int64(len(o))
		}
	}
	cost := finegrain.Cost{
		finegrain.InnerProducts: products,
		finegrain.MultiplyAdds:  multiplyAdds,
		finegrain.Exponentials:  exponentials,
		finegrain.Bytes:         8 * int64(len(row)),
	}
	return Output{Float: out, Bound: bound}, cost, nil
}

var guaranteeExact = Guarantee{
	Method: nameExact,
	Source: finegrain.Source{
		Provenance: finegrain.Derived,
		Argument: "worst-case rounding of scores, exponentials and sums, carried through the softmax; it takes " +
			"math.Exp to err by at most 4u, which is not proved: a test holds it to 3u",
	},
	Valid: validFloat,
	Error: func(r Regime) float64 { return exactError(r, r.WidestSpread()) },
	Cost:  plainCost,
	Bytes: func(r Regime) int64 { return 8 * int64(r.Keys) },
}

// plainCost is what a float64 method counts that computes every visible pair once.
func plainCost(r Regime) finegrain.Cost {
	pairs := r.Pairs()
	return finegrain.Cost{
		finegrain.InnerProducts: pairs,
		finegrain.MultiplyAdds:  pairs * int64(r.Dim+r.ValueDim),
		finegrain.Exponentials:  pairs,
	}
}
