package experiments

import (
	"math"

	"finegrain"
	"finegrain/algorithms/polynomial"
	"finegrain/measure"
)

// DegreeSubject computes the two sides of the least degree of a polynomial for e^x or e^−x, and the law of Aggarwal and
// Alman beside it; nothing is measured but the time of the computation. See polynomial.LeastDegree.
var DegreeSubject = declareSubject(measure.Subject{
	Name:    "degree",
	Doc:     "least degree of a polynomial for e^x or e^−x on [0,M] to the sup-error delta, between two bounds",
	Untimed: true,
	Parameters: []measure.Parameter{
		oneOf("function", "function to approximate", string(polynomial.Growing), functionNames()),
		numberFrom("M", "length of the interval", 1e-9, 1<<14),
		numberFrom("delta", "absolute error", 1e-300, 0.99),
	},
	Yields: []measure.Yield{
		{Name: "least", Doc: "no polynomial of lower degree serves"},
		{Name: "chebyshev", Doc: "the Chebyshev series of this degree serves"},
		{Name: "taylor", Doc: "the Taylor series about M/2 of this even degree serves, certified relative to e^x; of exp(x) only"},
		{Name: "law", Doc: "max{M, L/ln(e+L/M)} for exp(x), max{√(ML), L/ln(e+L/M)} for exp(-x), L = ln 1/delta"},
	},
	Work:  func(c measure.Cell) float64 { return 64 + c.Float("M") - math.Log(c.Float("delta")) },
	Bytes: func(c measure.Cell) float64 { return 1<<20 + 256*(c.Float("M")-math.Log(c.Float("delta"))) },
	Prepare: func(_ finegrain.Env, c measure.Cell) (measure.Trial, error) {
		f, m, level := polynomial.Function(c.Word("function")), c.Float("M"), -math.Log(c.Float("delta"))
		hash := newDigest()
		hash.Write([]byte(c.String()))
		return measure.Trial{Data: hash.text(), Run: func(finegrain.Env) (measure.Outcome, error) {
			low, high := polynomial.LeastDegree(f, m, level)
			out := measure.Outcome{
				Counts: finegrain.Cost{"least": int64(low), "chebyshev": int64(high)},
				Values: map[string]float64{"law": polynomial.DegreeLaw(f, m, level)},
			}
			if f == polynomial.Growing {
				_, taylor := polynomial.RelativeDegrees(m/2, level)
				out.Counts["taylor"] = int64(taylor)
			}
			return out, nil
		}}, nil
	},
})

func functionNames() (names []string) {
	for _, f := range polynomial.Functions {
		names = append(names, string(f))
	}
	return names
}
