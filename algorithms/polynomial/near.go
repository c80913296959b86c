package polynomial

import (
	"math"

	"finegrain/algorithms/attention"
)

// Pairs that are looked at. With a mask a query's keys are not made up of whole blocks: at their ends some are taken one
// by one, with the weight e^x instead of P(x). Both weights are of the same centred keys and on one scale, and add up.

// near adds to sum, of dv+1 numbers, so many keys with their weights for the query q: their coordinates begin stride
// apart, their values follow one another. P of degree 0 is a constant, whatever the scores, and is their weight.
func (w *work) near(sum, q, keys []float64, stride int, values []float64, rows int, counted *counts) {
	d, c := len(q), len(sum)
	counted.multiplyAdds += int64(rows) * int64(c)
	if w.plan.degree > 0 {
		counted.multiplyAdds += int64(rows) * int64(d)
		counted.pairs += int64(rows)
	}
	for j := range rows {
		weight := w.factor[0]
		if w.plan.degree > 0 {
			x := 0.0
			for l, k := range keys[j*stride:][:d] {
				x += q[l] * k
			}
			weight = attention.Exp2(x * math.Log2E)
		}
		for i, v := range values[j*c:][:c] {
			sum[i] += weight * v
		}
	}
}
