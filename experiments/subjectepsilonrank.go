package experiments

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/polynomial"
	"finegrain/measure"
)

// EpsilonRankSubject measures how far the attention matrix of random instances is from low rank, with reference to no
// algorithm; see attention.Spectrum. Beside it stands the rank that the polynomial method takes to be as near for every
// instance with such entries; see polynomial.Transition. Counts: dimension; epsilon_rank, the certain lower bound of
// Spectrum.Rank; degree, the least that is certified for scores up to B² and relative error ε. Values: polynomial_rank,
// polynomial.Rank of it; b, the bound on entries; epsilon; exponent and polynomial_exponent, 1 + ln r/ln n of either rank.
// Random instances are an average case.
var EpsilonRankSubject = declareSubject(measure.Subject{
	Name: "epsilon-rank",
	Doc:  "ε-rank of the attention matrix at d = ⌈c·ln n⌉, scale 1/d and ε = n^−error_exponent, entries ratio·√ln n",
	Parameters: []measure.Parameter{
		wholeFrom("n", "queries and keys", 2, 1<<13),
		preset(numberFrom("c", "dimension over ln n; 1/ln 2 makes it log2 n", 0.1, 50), 1/math.Ln2),
		ratioUpTo(10, "B over √ln n, B the bound on entries"),
		oneOf("data", "entries: uniform in [−B, B], or corners, each ±B", "uniform", []string{"uniform", "corners"}),
		preset(numberFrom("error_exponent", "C of ε = n^−C", 0.01, 10), 1.0),
	},
	Yields: []measure.Yield{
		{Name: "dimension", Doc: "of queries and keys"},
		{Name: "epsilon_rank", Doc: "of the attention matrix, from below"},
		{Name: "degree", Doc: "of the polynomial method for scores up to B² and relative error ε"},
		{Name: "polynomial_rank", Doc: "of the polynomial method; at most 2^63"},
		{Name: "b", Doc: "bound on entries of Q and K"},
		{Name: "epsilon", Doc: "relative error"},
		{Name: "exponent", Doc: "1 + ln r/ln n of the ε-rank"},
		{Name: "polynomial_exponent", Doc: "the same of the polynomial method's rank"},
	},
	Work: func(c measure.Cell) float64 { return math.Pow(float64(c.Int("n")), 3) },
	Bytes: func(c measure.Cell) float64 {
		logN, x := epsilonRankSetting(c)
		n := c.Int("n")
		return attention.SpectrumBytes(n, n) + 16*float64(n)*float64(x.Dimension(logN)+1) + 1<<20
	},
	Prepare: func(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
		logN, x := epsilonRankSetting(c)
		n, ratio := float64(c.Int("n")), c.Float("ratio")
		method := x.At(logN, ratio*ratio)
		epsilon, b := math.Pow(n, -x.Error), ratio*math.Sqrt(logN)
		in, err := attention.BoundedEntries.Generate(env.Rand("instance"), map[string]float64{
			"n": n, "d": float64(method.Dim), "dv": 1, "B": b,
		})
		if err != nil {
			return measure.Trial{}, err
		}
		if c.Word("data") == "corners" {
			for _, rows := range []*mat.Dense{in.Q, in.K} {
				rows.Apply(func(_, _ int, v float64) float64 { return math.Copysign(b, v) }, rows)
			}
		}
		hash := newDigest()
		hash.numbers(epsilon)
		hash.matrix(in.Q)
		hash.matrix(in.K)
		return measure.Trial{Data: hash.text(), Run: func(env finegrain.Env) (measure.Outcome, error) {
			spectrum, err := attention.SpectrumOf(env, in)
			if err != nil {
				return measure.Outcome{}, err
			}
			r, err := spectrum.Rank(epsilon)
			if err != nil {
				return measure.Outcome{}, &measure.Refused{Reason: err}
			}
			return measure.Outcome{
				Counts: finegrain.Cost{
					"dimension": int64(method.Dim), "epsilon_rank": int64(r), "degree": int64(method.Degree),
				},
				Values: map[string]float64{
					"polynomial_rank": float64(polynomial.Rank(method.Dim, method.Degree)), "b": b, "epsilon": epsilon,
					"exponent": 1 + math.Log(float64(r))/logN, "polynomial_exponent": method.Exponent,
				},
			}, nil
		}}, nil
	},
})

// epsilonRankSetting reads a cell: ln n, and how dimension and error go with n.
func epsilonRankSetting(c measure.Cell) (logN float64, x polynomial.Transition) {
	return math.Log(float64(c.Int("n"))), polynomial.Transition{Dim: c.Float("c"), Error: c.Float("error_exponent")}
}
