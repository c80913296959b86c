package attention

import (
	"math"

	"finegrain"
	"finegrain/internal/doubledouble"

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
	numerators []doubledouble.Number
}

// nearKey is a key whose score is within reach of the largest.
type nearKey struct {
	index int
	score doubledouble.Number
}

func newRefinement(keys, valueDim int) *refinement {
	return &refinement{make([]float64, keys), make([]nearKey, 0, keys), make([]doubledouble.Number, valueDim)}
}

// refinementWords is the memory of a refinement, in words of 8 bytes.
func refinementWords(keys, valueDim int64) int64 { return (1+3)*keys + 2*valueDim }

// refine computes row i of the output into o, up to the scaling of V; it returns false if it was stopped.
// The bound is refinedError.
func (w *worker) refine(env finegrain.Env, o []float64, i int) bool {
	if w.refined == nil {
		w.refined = newRefinement(w.regime.Keys, w.regime.ValueDim)
	}
	memory := w.refined
	pace := pace{env: env}
	q := w.in.Q.RawRowView(i)
	scores := memory.scores[:w.regime.Visible(i)]

	// Plain scores, to see which keys can matter. Each is within an error e of the truth, so a key that is
	// more than cutoff + 2e below the largest computed score truly is more than cutoff below the largest.
	// (scoreError leaves 2u for the rounding of the threshold itself.)
	most := math.Inf(-1)
	for j := range scores {
		if pace.stopped(len(q)) {
			return false
		}
		scores[j] = w.regime.Scale * floats.Dot(q, w.in.K.RawRowView(j))
		most = max(most, scores[j])
	}
	row := w.regime
	row.QNorm = norm2(q)
	threshold := most - cutoff(w.regime.Keys) - 2*(scoreError(row)+scoreUnderflow(row))

	memory.near = memory.near[:0]
	top := doubledouble.Number{Hi: math.Inf(-1)}
	for j, x := range scores {
		if pace.stopped(workDouble * len(q)) {
			return false
		}
		if x < threshold {
			continue
		}
		score := doubledouble.Dot(q, w.in.K.RawRowView(j)).Times(w.regime.Scale)
		memory.near = append(memory.near, nearKey{j, score})
		if score.Hi > top.Hi || score.Hi == top.Hi && score.Lo > top.Lo {
			top = score
		}
	}

	var sum doubledouble.Number
	clear(memory.numerators)
	for _, k := range memory.near {
		if pace.stopped(workDouble * len(o)) {
			return false
		}
		p := Exp2(math.Log2E * k.score.Minus(top))
		sum = sum.Add(p)
		for c, v := range w.operands.values.RawRowView(k.index) {
			memory.numerators[c] = memory.numerators[c].Add(float64(p * v))
		}
	}
	for c, n := range memory.numerators {
		o[c] = (n.Hi + n.Lo) / (sum.Hi + sum.Lo)
	}
	w.refinedRows++
	w.refinedProducts += int64(len(memory.near))
	return true
}

// workDouble is what an operation in double-double costs in multiply-adds, to a power of two.
const workDouble = 16

// cutoff is how far below the largest score a key still counts: those beyond carry at most m·e^−cutoff =
// e^−52 < 2^−75 of the mass together.
func cutoff(keys int) float64 { return math.Log(float64(keys)) + 52 }
