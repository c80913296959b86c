package attention

import (
	"math"

	"finegrain"

	"gonum.org/v1/gonum/floats"
)

// Rows whose scores float64 does not resolve: with keys nearly tied along a query and scores large, the
// rounding of a score is many times what separates it from the next, and the plain bound exceeds what is
// asked. refine computes such a row again, its scores in double-double where they matter: within reach of
// the row's largest. Everything that follows loses only a few units, since differences to the largest
// score are small numbers.

// refine computes row i of the output into o, up to the scaling of V; it returns false if it was stopped.
// The bound is refinedError.
func (t *tile) refine(env finegrain.Env, o []float64, i int) bool {
	if t.row == nil {
		t.row = make([]float64, t.regime.Keys)
	}
	q := t.in.Q.RawRowView(i)
	row := t.row[:t.in.Visible(i)]

	// Plain scores, to see which keys can matter. Each is within η of the truth, so a key that is more
	// than reach + 2η below the largest computed score truly is more than reach below the largest.
	most := math.Inf(-1)
	for j := range row {
		if j&255 == 0 && env.Err() != nil {
			return false
		}
		row[j] = t.regime.Scale * floats.Dot(q, t.in.K.RawRowView(j))
		most = max(most, row[j])
	}
	bounds := t.regime
	bounds.QNorm = norm2(q)
	cut := most - reach(t.regime.Keys) - 2*scoreError(bounds)

	t.near = t.near[:0]
	top := doubleDouble{math.Inf(-1), 0}
	for j, x := range row {
		if j&255 == 0 && env.Err() != nil {
			return false
		}
		if x < cut {
			continue
		}
		score := dot2(q, t.in.K.RawRowView(j)).times(t.regime.Scale)
		t.near = append(t.near, nearKey{j, score})
		if score.hi > top.hi || score.hi == top.hi && score.lo > top.lo {
			top = score
		}
	}

	var sum doubleDouble
	numerators := make([]doubleDouble, len(o))
	for _, k := range t.near {
		p := exp2(math.Log2E * k.score.minus(top))
		sum = sum.add(p)
		for c, v := range t.values.Data[k.index*t.values.Stride:][:len(o)] {
			product, lost := twoProduct(p, v)
			numerators[c] = numerators[c].add(product)
			numerators[c].lo += lost
		}
	}
	for c, n := range numerators {
		o[c] = (n.hi + n.lo) / (sum.hi + sum.lo)
	}
	t.refinedRows++
	t.refinedProducts += int64(len(t.near))
	return true
}

// nearKey is a key whose score is within reach of the largest.
type nearKey struct {
	index int
	score doubleDouble
}

// reach is how far below the largest score a key still counts: those beyond carry at most m·e^−reach <
// 2^−57 of the mass together.
func reach(keys int) float64 { return math.Log(float64(keys)) + 40 }
