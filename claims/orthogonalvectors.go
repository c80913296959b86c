package claims

import (
	"finegrain"
	"finegrain/figure"
	"finegrain/measure"
)

// The cost of the pairwise scan for orthogonal vectors: the algorithm that the OV conjecture says is best up to
// n^{o(1)}. That it is measured to be quadratic says nothing of other algorithms.

var scanN = growing("orthogonal-vectors-scan-n", "word operations and seconds of all inner products against n on one core",
	"orthogonal vectors", measure.Values(64, 256),
	measure.Axis{Name: "algorithm", Values: measure.Values("scan")},
	measure.Axis{Name: "question", Values: measure.Values("histogram")})

// Scan is the cost of the pairwise scan for orthogonal vectors.
var Scan = declare(Claim{
	ID:    "orthogonal-vectors-scan",
	Title: "All inner products of 0/1 vectors take n²·d/64 word operations",
	Statement: "The inner products of all pairs of two lists of n vectors in {0,1}^d take n²·⌈d/64⌉ operations on words of " +
		"64 bits, and with them orthogonal pairs are found and counted.",
	Source: finegrain.Source{
		Paper: finegrain.Williams2005, Provenance: finegrain.Derived,
		Argument: "the definition with 64 coordinates a word: one and with a popcount for each word of each pair",
	},
	Kind:        UpperBound,
	Experiments: []measure.Experiment{scanN},
	Judge: func(e Evidence) finegrain.Verdict {
		rows := e.Of(scanN)
		counts := exactly(rows, "counted are n²·⌈d/64⌉ word operations",
			func(r row) error {
				n, d := int64(r.number("n")), int64(r.number("d"))
				return r.Counts.Differ(finegrain.Cost{finegrain.WordOperations: n * n * ((d + 63) / 64)})
			})
		return finegrain.Worst(append(e.quadratic(rows), counts)...)
	},
	Expect: func(m *measure.Measurement) {
		n, d := int64(number(*m, "n")), int64(number(*m, "d"))
		m.Counts[finegrain.WordOperations] = n * n * ((d + 63) / 64)
		m.Seconds = 1e-10 * float64(n*n*d)
	},
	Figures: []Drawing{{ID: "orthogonal-vectors-scan-seconds", Draw: func(e Evidence) (figure.Figure, error) {
		return againstN(e.Of(scanN), "Seconds of the scan for orthogonal vectors against n", "n, vectors a side"), nil
	}}},
})
