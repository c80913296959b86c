package claims

import (
	"fmt"
	"time"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/polynomial"
	"finegrain/figure"
	"finegrain/fit"
	"finegrain/measure"
)

// The work of the polynomial method against n (Alman and Song): where entries, dimension and error are fixed, degree and
// rank are, and all work is linear in n. What becomes of it where B grows like √log n is computed, not measured: no
// machine reaches the sizes at which that shows.

// The setting of what is measured of the method.
const (
	polyDim     = 4 // d and d_v
	polyEpsilon = 1e-4
)

// polynomialAxes are the parameters that the experiments about work share. Errors are observed elsewhere: at these sizes
// that takes longer than the work.
func polynomialAxes(algorithm string, cores int, b, n measure.Axis) []measure.Axis {
	return []measure.Axis{
		{Name: "algorithm", Values: measure.Values(algorithm)},
		{Name: "d", Values: measure.Values(polyDim)},
		{Name: "dv", Values: measure.Values(polyDim)},
		{Name: "epsilon", Values: measure.Values(polyEpsilon)},
		{Name: "cores", Values: measure.Values(cores)},
		{Name: "observe", Values: measure.Values(false)},
		b, n,
	}
}

// polynomialGrowth is on one core, since how two share a size of some milliseconds moves an exponent.
var polynomialGrowth = measure.Experiment{
	ID:      "polynomial-growth",
	Doc:     "operations and seconds of the polynomial method against n at fixed B, d and ε, on one core",
	Subject: "attention",
	Axes: polynomialAxes(polynomial.Polynomial.Name, 1,
		measure.Axis{Name: "B", Values: measure.Values(0.5), Full: measure.Values(0.25, 1.0)},
		measure.Axis{Name: "n", Values: halfOctaves(14, 18), Full: halfOctaves(18.5, 20)}),
	Trials: 7, Seed: 1,
	Limits: measure.Limits{Time: time.Minute, Memory: 4 << 30},
}

// PolynomialWork is the upper bound at fixed B.
var PolynomialWork = declare(Claim{
	ID:    "polynomial-work",
	Title: "With bounded entries, attention takes time linear in n",
	Statement: "With entries of Q and K at most B, scale 1/d and B, d and ε fixed, attention on n queries and keys is approximated " +
		"within ε·max|V| in time linear in n: by a polynomial of degree g at rank C(d+g,g), where g depends on B, d and ε alone. " +
		"(The paper's theorem is n^{1+o(1)} for d = O(log n), B = o(√log n) and ε = 1/poly(n).)",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
		Argument: "scores are at most M = B² in absolute value, and the degree that approximates e^x on [−M,M] depends on M and ε alone; " +
			"2n·C(d+g,g)·(d_v+1) multiply-adds follow",
	},
	Remark: "Counted are all operations: multiply-adds, products that make monomials, and additions of block sums. Method and " +
		"theorem are the paper's; degrees, constants and the rank C(d+g,g) in place of its C(2(d+g),2g) are added here.",
	Kind:        UpperBound,
	Experiments: []measure.Experiment{polynomialGrowth},
	Shown:       []measure.Experiment{polynomialMap, streamingBeside},
	Judge: func(e Evidence) finegrain.Verdict {
		rows := e.Of(polynomialGrowth)
		parts := []finegrain.Verdict{exactly(rows, "all queries and keys go through one polynomial, whose rank is at most that of the "+
			"degree for M = B²", ofOneRank)}
		for _, b := range rows.Values("B") {
			of, at := rows.Where("B", b), fmt.Sprintf("B = %v", b)
			parts = append(parts,
				e.growth("Operations at "+at, fit.Claimed{Relation: fit.Equal, Exponent: 1, Tolerance: 0.02}, of, "n", operations),
				e.seconds("Seconds at "+at, fit.Claimed{Relation: fit.Equal, Exponent: 1}, of))
		}
		return finegrain.Worst(parts...)
	},
	Expect: expectPolynomialWork,
	Figures: []Drawing{
		{ID: "polynomial-seconds", Draw: func(e Evidence) (figure.Figure, error) { return besideStreaming(e), nil }},
		{ID: "polynomial-fastest", Draw: func(e Evidence) (figure.Figure, error) { return fastest(e), nil }},
	},
})

// ofOneRank compares what was counted with the method: (n+m)·(r−1) products make the monomials, and (n+m)·r·(d_v+1)
// multiply-adds sum keys up and read queries off. With 2ε_A/(1−ε_A) = ε, the degree for ε_A serves.
func ofOneRank(r row) error {
	b, epsilon, both, columns := r.number("B"), r.number("epsilon"), int64(2*r.number("n")), int64(r.number("dv")+1)
	features, multiplyAdds := r.count(polynomial.Features), r.count(finegrain.MultiplyAdds)
	rank := features/both + 1
	if features%both != 0 || multiplyAdds != both*rank*columns {
		return fmt.Errorf("%d multiply-adds and %d products for %d queries and keys are of no one rank", multiplyAdds, features, both)
	}
	degree, ok := polynomial.ChebyshevDegree(b*b, epsilon/(2+epsilon))
	if most := polynomial.Rank(polyDim, degree); !ok || rank > most {
		return fmt.Errorf("the rank is %d, and %d is that of degree %d", rank, most, degree)
	}
	return nil
}

// operations is all that polynomial counts but bytes.
func operations(m measure.Measurement) (sum float64, ok bool) {
	for _, kind := range []string{finegrain.MultiplyAdds, polynomial.Features, polynomial.BlockSums} {
		n, ok := Count(kind)(m)
		if !ok {
			return 0, false
		}
		sum += n
	}
	return sum, true
}

// expectPolynomialWork is what rows about the method's work yield.
func expectPolynomialWork(m *measure.Measurement) {
	n, b := number(*m, "n"), number(*m, "B")
	if m.Experiment == streamingBeside.ID {
		m.Seconds = 1e-5 + 4e-10*n*n
		return
	}
	degree, _ := polynomial.ChebyshevDegree(b*b, polyEpsilon/2)
	rank := polynomial.Rank(polyDim, degree)
	both := 2 * int64(n)
	m.Counts[finegrain.MultiplyAdds], m.Counts[polynomial.Features] = both*rank*(polyDim+1), both*(rank-1)
	m.Counts[polynomial.BlockSums] = both / 128 * rank * (polyDim + 1)
	m.Seconds = 1e-9 * float64(m.Counts[finegrain.MultiplyAdds])
	if m.Experiment == polynomialMap.ID {
		m.Seconds += 3e-4
	}
}

// streamingBeside is the exact algorithm in the same setting, on all cores as the map is. What it does is the same for
// every B.
var streamingBeside = measure.Experiment{
	ID:      "polynomial-streaming-beside",
	Doc:     "seconds of streaming attention in the setting of the polynomial method, on all cores",
	Subject: "attention",
	Axes: polynomialAxes(attention.Streaming.Name, 0,
		measure.Axis{Name: "B", Values: measure.Values(0.5)},
		measure.Axis{Name: "n", Values: sizes(8, 17), Full: sizes(18, 18)}),
	Trials: 1, Seed: 1,
	Limits: measure.Limits{Time: 2 * time.Minute, Memory: 4 << 30},
}
