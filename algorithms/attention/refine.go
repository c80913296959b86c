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

// refinement is the working memory for one such row.
type refinement struct {
	scores     []float64
	near       []nearKey // at most as many as scores
	numerators []doubleDouble
}

// nearKey is a key whose score is within reach of the largest.
type nearKey struct {
	index int
	score doubleDouble
}

func newRefinement(keys, valueDim int) *refinement {
	return &refinement{make([]float64, keys), make([]nearKey, 0, keys), make([]doubleDouble, valueDim)}
}

// refinementWords is the memory of a refinement, in words of 8 bytes.
func refinementWords(keys, valueDim int64) int64 { return (1+3)*keys + 2*valueDim }

// refine computes row i of the output into o, up to the scaling of V; it returns false if it was stopped.
// The bound is refinedError.
func (t *tile) refine(env finegrain.Env, o []float64, i int) bool {
	if t.refined == nil {
		t.refined = newRefinement(t.regime.Keys, t.regime.ValueDim)
	}
	w := t.refined
	pace := pace{env: env}
	q := t.in.Q.RawRowView(i)
	scores := w.scores[:t.in.Visible(i)]

	// Plain scores, to see which keys can matter. Each is within an error e of the truth, so a key that is
	// more than cutoff + 2e below the largest computed score truly is more than cutoff below the largest.
	// (scoreError leaves 2u for the rounding of the threshold itself.)
	most := math.Inf(-1)
	for j := range scores {
		if pace.stopped(len(q)) {
			return false
		}
		scores[j] = t.regime.Scale * floats.Dot(q, t.in.K.RawRowView(j))
		most = max(most, scores[j])
	}
	row := t.regime
	row.QNorm = norm2(q)
	threshold := most - cutoff(t.regime.Keys) - 2*(scoreError(row)+scoreUnderflow(row))

	w.near = w.near[:0]
	top := doubleDouble{math.Inf(-1), 0}
	for j, x := range scores {
		if pace.stopped(workDouble * len(q)) {
			return false
		}
		if x < threshold {
			continue
		}
		score := dot2(q, t.in.K.RawRowView(j)).times(t.regime.Scale)
		w.near = append(w.near, nearKey{j, score})
		if score.hi > top.hi || score.hi == top.hi && score.lo > top.lo {
			top = score
		}
	}

	var sum doubleDouble
	clear(w.numerators)
	for _, k := range w.near {
		if pace.stopped(workDouble * len(o)) {
			return false
		}
		p := exp2(math.Log2E * k.score.minus(top))
		sum = sum.add(p)
		for c, v := range t.values.Data[k.index*t.values.Stride:][:len(o)] {
			w.numerators[c] = w.numerators[c].add(float64(p * v))
		}
	}
	for c, n := range w.numerators {
		o[c] = (n.hi + n.lo) / (sum.hi + sum.lo)
	}
	t.refinedRows++
	t.refinedProducts += int64(len(w.near))
	return true
}

// workDouble is what an operation in double-double costs in multiply-adds, to a power of two.
const workDouble = 16

// cutoff is how far below the largest score a key still counts: those beyond carry at most m·e^−cutoff =
// e^−52 < 2^−75 of the mass together.
func cutoff(keys int) float64 { return math.Log(float64(keys)) + 52 }
