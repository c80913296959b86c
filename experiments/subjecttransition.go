package experiments

import (
	"fmt"
	"math"

	"finegrain"
	"finegrain/algorithms/polynomial"
	"finegrain/measure"
)

// TransitionSubject computes what the polynomial method takes at n = 2^log2n, far beyond what runs, for entries of at
// most ratio·√ln n; nothing is measured but the time of the computation. See polynomial.Transition.
var TransitionSubject = declareSubject(measure.Subject{
	Name:    "transition",
	Doc:     "dimension, degree and rank of the polynomial method at entries B, computed exactly, for d = ⌈c·ln n⌉ and scale 1/d",
	Untimed: true,
	Parameters: []measure.Parameter{
		wholeFrom("log2n", "log2 of the number of queries and of keys", 1, 1<<14),
		ratioUpTo(2, "B over √ln n"),
		preset(numberFrom("c", "dimension over ln n; 1/ln 2 makes it log2 n", 0.01, 50), 1/math.Ln2),
		preset(numberFrom("error_exponent", "C of the error n^−C relative to e^x", 0.01, 50), 1.0),
	},
	Yields: []measure.Yield{
		{Name: "dimension", Doc: "d"},
		{Name: "degree", Doc: "least that is certified"},
		{Name: "log_rank", Doc: "natural logarithm of the rank C(d+g,g)"},
		{Name: "exponent", Doc: "1 + log_rank/ln n, of the work"},
		{Name: "limit", Doc: "exponent that it tends to as n grows, at the same ratio"},
	},
	Work: func(c measure.Cell) float64 {
		logN, kappa, x := transitionSetting(c)
		return 64 + (x.Error+8*kappa)*logN // the length of a Chebyshev series
	},
	Bytes: func(c measure.Cell) float64 {
		logN, kappa, x := transitionSetting(c)
		return 1<<20 + 256*(x.Error+8*kappa)*logN
	},
	Prepare: func(_ finegrain.Env, c measure.Cell) (measure.Trial, error) {
		logN, kappa, x := transitionSetting(c)
		hash := newDigest()
		hash.Write([]byte(c.String()))
		return measure.Trial{Data: hash.text(), Run: func(finegrain.Env) (measure.Outcome, error) {
			f := x.At(logN, kappa)
			return measure.Outcome{
				Counts: finegrain.Cost{"dimension": int64(f.Dim), "degree": int64(f.Degree)},
				Values: map[string]float64{"log_rank": f.LogRank, "exponent": f.Exponent, "limit": x.Limit(kappa)},
			}, nil
		}}, nil
	},
})

// leastRatio keeps B² = ratio²·ln n within what degrees are computed for, but for 0.
const leastRatio = 1e-100

// ratioUpTo is the parameter ratio, 0 or from leastRatio to most.
func ratioUpTo(most float64, doc string) measure.Parameter {
	p := numberFrom("ratio", doc, 0, most)
	within := p.Check
	p.Doc = fmt.Sprintf("%s, 0 or from %g to %g", doc, leastRatio, most)
	p.Check = func(v measure.Value) error {
		if x := v.(float64); x > 0 && x < leastRatio {
			return fmt.Errorf("%g is out of range; ratio is 0 or at least %g", x, leastRatio)
		}
		return within(v)
	}
	return p
}

// transitionSetting reads a cell: ln n, κ = ratio², and how dimension and error go with n.
func transitionSetting(c measure.Cell) (logN, kappa float64, x polynomial.Transition) {
	ratio := c.Float("ratio")
	return float64(c.Int("log2n")) * math.Ln2, ratio * ratio,
		polynomial.Transition{Dim: c.Float("c"), Error: c.Float("error_exponent")}
}
