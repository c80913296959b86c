package experiments

import (
	"finegrain"
	"finegrain/measure"
)

// DecodingSubject measures the interpolation route's read-off against the worst oracle of its error; see Decode.
// Counts: rows, and of them wrong, and dimension. Values: b and tolerance. What is timed includes drawing the vectors
// and computing their histograms.
var DecodingSubject = declareSubject(measure.Subject{
	Name:    "decoding",
	Doc:     "the interpolation route's read-off at d = ⌈c·ln n⌉ and error n^−error_exponent, under the worst oracle",
	Untimed: true,
	Parameters: []measure.Parameter{
		wholeFrom("n", "vectors a side", 2, 1<<20),
		preset(numberFrom("c", "dimension over ln n", 0.1, 100), 4.0),
		preset(numberFrom("error_exponent", "C of the oracle's error n^−C", 0.1, 100), 6.0),
		preset(numberFrom("understated", "factor by which the oracle errs more than it says", 0, 1e12), 1.0),
	},
	Yields: []measure.Yield{
		{Name: "rows", Doc: "decoded"},
		{Name: "wrong", Doc: "of them decoded wrongly"},
		{Name: "dimension", Doc: "of the vectors"},
		{Name: "b", Doc: "largest entry of Q and K"},
		{Name: "tolerance", Doc: "error that the read-off tolerates"},
	},
	Work: func(c measure.Cell) float64 {
		n := float64(c.Int("n"))
		d := float64(decodingSetting(c).D(n))
		return n*n + 100*n*d
	},
	Bytes: func(c measure.Cell) float64 {
		n := float64(c.Int("n"))
		d := float64(decodingSetting(c).D(n))
		return n*d/2 + 1024*d + 1<<20
	},
	Prepare: func(env finegrain.Env, c measure.Cell) (measure.Trial, error) {
		n, s := c.Int("n"), decodingSetting(c)
		if _, err := LeastH(float64(n), s.D(float64(n)), s.Epsilon(float64(n))); err != nil {
			return measure.Trial{}, &measure.Refused{Reason: err}
		}
		data, with := seeded(env, c, "vectors")
		return measure.Trial{Data: data, Run: func(env finegrain.Env) (measure.Outcome, error) {
			d, err := Decode(with(env), n, s, c.Float("understated"))
			if err != nil {
				return measure.Outcome{}, err
			}
			return measure.Outcome{
				Counts: finegrain.Cost{"rows": int64(d.Rows), "wrong": int64(d.Wrong), "dimension": int64(d.D)},
				Values: map[string]float64{"b": d.B, "tolerance": d.Tolerance},
			}, nil
		}}, nil
	},
})

func decodingSetting(c measure.Cell) Setting {
	return Setting{C: c.Float("error_exponent"), Dim: c.Float("c")}
}
