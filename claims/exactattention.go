package claims

import (
	"fmt"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/figure"
	"finegrain/measure"
)

// The cost of exact attention: the quadratic baseline that every subquadratic algorithm is compared with. Every query
// meets every key, in d multiply-adds for the score and d_v for the value.

var exactAttentionN = growing("exact-attention-n", "operations and seconds of exact attention against n on one core", "attention",
	measure.Values(8, 32),
	measure.Axis{Name: "algorithm", Values: measure.Values("streaming")},
	measure.Axis{Name: "observe", Values: measure.Values(false)})

// ExactAttention is the quadratic baseline.
var ExactAttention = declare(Claim{
	ID:    "exact-attention",
	Title: "Exact attention takes n²·d",
	Statement: "Exact attention on n queries and n keys of head dimension d, with values of as many columns, takes n² exponentials " +
		"and 2·n²·d multiply-adds, hence time O(n²·d). (Rows that float64 cannot compute well enough would be computed again.)",
	Source: finegrain.Source{
		Paper: finegrain.AlmanSong2023, Provenance: finegrain.Derived,
		Argument: "each of the n² scores is an inner product of d terms, each weight is one exponential and multiplies a row of values",
	},
	Kind:        UpperBound,
	Experiments: []measure.Experiment{exactAttentionN},
	Judge: func(e Evidence) finegrain.Verdict {
		rows := e.Of(exactAttentionN)
		counts := exactly(rows, "counted are n² exponentials and 2·n²·d multiply-adds, and no row is computed again",
			func(r row) error {
				n, d := int64(r.number("n")), int64(r.number("d"))
				if again := r.count(attention.RefinedRows); again > 0 {
					return fmt.Errorf("%d rows are computed again", again)
				}
				return r.Counts.Differ(finegrain.Cost{finegrain.Exponentials: n * n, finegrain.MultiplyAdds: 2 * n * n * d})
			})
		return finegrain.Worst(append(e.quadratic(rows), counts)...)
	},
	Expect: func(m *measure.Measurement) {
		n, d := int64(number(*m, "n")), int64(number(*m, "d"))
		m.Counts[finegrain.Exponentials], m.Counts[finegrain.MultiplyAdds], m.Counts[attention.RefinedRows] = n*n, 2*n*n*d, 0
		m.Seconds = 1e-9 * float64(n*n*d)
	},
	Figures: []Drawing{{
		ID: "exact-attention-seconds",
		Draw: func(e Evidence) (figure.Figure, error) {
			return againstN(e.Of(exactAttentionN), "Seconds of exact attention against n", "n, queries and keys"), nil
		},
	}},
})
