package attention

import (
	"fmt"
	"math"
	"math/rand/v2"

	"finegrain"

	"gonum.org/v1/gonum/mat"
)

// Training is the problem of Alman and Song, "The Fine-Grained Complexity of Gradient Computation for Training
// Large Language Models" (2024): how the loss of one attention layer changes with the weights X of its scores.
// With one entry of X for each pair of coordinates,
//
//	L(X) = ½‖D^{-1}·exp(s·A1·X·A2ᵀ)·A3·Y − E‖²_F,
//
// D the row sums. Write f for the softmax rows, h = A3·Y, o = f·h, c = o − E, q = c·hᵀ, and f_j, q_j for row j.
// Then (derived here, and the same as the paper's but for a side: see gradient.go of package polynomial)
//
//	dL = Σ_j ⟨q_j, df_j⟩,   df_j = (diag f_j − f_j·f_jᵀ)·dx_j,   dx = s·A1·dX·A2ᵀ,
//
// so that dL/dX = s·A1ᵀ·p·A2 with p_j = (diag f_j − f_j·f_jᵀ)·q_j, p_jk = f_jk·(⟨c_j,h_k⟩ − ⟨c_j,o_j⟩). Row j of
// p·A2 is a covariance under the weights f_j of the keys k:
//
//	t_j = Σ_k p_jk·a2_k = Cov_{f_j}(⟨c_j,h⟩, a2),
//
// hence does not change if one vector is taken from all rows of A2, or one from all rows of h. Methods take the
// middles of the columns, and what is promised is stated in half ranges.

// Training is an instance: n queries A1·X, m keys A2, values A3·Y, targets E. No method modifies its matrices,
// which may be views into larger ones.
type Training struct {
	A1, A2, A3 *mat.Dense // n×d, m×d and m×d₃
	X, Y       *mat.Dense // d×d and d₃×dh
	E          *mat.Dense // n×dh
	Scale      float64    // s; 1/d in the paper
	Epsilon    float64    // error asked of every entry of dL/dX; 0: as good as it gets, and say how good
}

// TrainingSize is the shape of an instance.
type TrainingSize struct{ Queries, Keys, Dim, Width, ValueDim int } // n, m, d, d₃, dh

// Size returns the shape; the matrices must be there.
func (t Training) Size() TrainingSize {
	n, d := t.A1.Dims()
	m, width := t.A3.Dims()
	_, dh := t.E.Dims()
	return TrainingSize{n, m, d, width, dh}
}

// Validate returns nil if the instance is one: shapes that fit, finite numbers, ε ≥ 0. Otherwise it says what is
// wrong, with the matrix, row and column.
func (t Training) Validate() error {
	all := t.matrices()
	for _, x := range all {
		if x.m == nil || x.m.IsEmpty() {
			return fmt.Errorf("attention: %s is empty; at least one row and one column are needed", x.name)
		}
	}
	s := t.Size()
	for _, x := range []struct {
		name       string
		m          *mat.Dense
		rows, cols int
		why        string
	}{
		{"A2", t.A2, s.Keys, s.Dim, "as many rows as A3 and columns as A1"},
		{"X", t.X, s.Dim, s.Dim, "a row and a column for each column of A1"},
		{"Y", t.Y, s.Width, s.ValueDim, "a row for each column of A3 and the columns of E"},
		{"E", t.E, s.Queries, s.ValueDim, "a row for each row of A1"},
	} {
		if rows, cols := x.m.Dims(); rows != x.rows || cols != x.cols {
			return fmt.Errorf("attention: %s is %d×%d and must be %d×%d: %s", x.name, rows, cols, x.rows, x.cols, x.why)
		}
	}
	switch {
	case math.IsNaN(t.Scale) || math.IsInf(t.Scale, 0):
		return fmt.Errorf("attention: the scale is %v; it must be a finite number", t.Scale)
	case !(t.Epsilon >= 0) || math.IsInf(t.Epsilon, 0):
		return fmt.Errorf("attention: the error asked is %v; it must be a finite number, at least 0", t.Epsilon)
	}
	for _, x := range all {
		rows, _ := x.m.Dims()
		if err := finite(x.name, x.m, rows); err != nil {
			return err
		}
	}
	return nil
}

type namedMatrix struct {
	name string
	m    *mat.Dense
}

func (t Training) matrices() []namedMatrix {
	return []namedMatrix{{"A1", t.A1}, {"A2", t.A2}, {"A3", t.A3}, {"X", t.X}, {"Y", t.Y}, {"E", t.E}}
}

// Gradient is the result of a GradientMethod.
type Gradient struct {
	DX        *mat.Dense // dL/dX, d×d
	Bound     float64    // on the error of its entries, in absolute value
	Loss      float64    // L(X)
	LossBound float64    // on its error

	// Choices is what the method that it was computed through chose by the data, as Output.Choices; nil: nothing.
	Choices map[string]any
}

// WeakGradient is the error of a method for gradients whose bound on its own error exceeds what was asked. Whoever
// asks for Weak.Bound, or more, of the same instance is answered.
type WeakGradient struct {
	Weak     *CannotPromise
	Before   bool    // Bound is what is promised before the work: what was asked is refused, but less may be answered
	Instead  string  // another method, which promises less; empty: none is known
	Promises float64 // what Instead promises
}

func (e *WeakGradient) Error() string {
	bound, before, instead, because := ThreeDigitsUp(e.Weak.Bound), "", "", ""
	if e.Before {
		before = " before its work, and after it nothing as small as what was asked"
	}
	if e.Instead != "" {
		instead = fmt.Sprintf(", or use %q, which promises %.3g", e.Instead, ThreeDigitsUp(e.Promises))
	}
	if e.Weak.Because != nil {
		because = fmt.Sprintf(" (%v)", e.Weak.Because)
	}
	return fmt.Sprintf("attention: error %.3g was asked of the gradient and %s can promise only %.3g on this instance%s; "+
		"ask for an error of at least %.3g%s%s", e.Weak.Asked, e.Weak.Method, bound, before, bound, instead, because)
}

func (e *WeakGradient) Unwrap() error { return e.Weak }

// GradientMethod is an algorithm for dL/dX as the workbench declares it. Run counts what it does; it fails with
// *OutsideRegime where the method does not apply, and with *CannotPromise where the bound that it can prove
// exceeds the ε that was asked: that bound it keeps to if it is asked. It does not modify the instance, and its
// result is the same bit for bit on any number of cores.
type GradientMethod struct {
	Name   string
	Doc    string // one sentence
	Source finegrain.Source
	Where  string // the regime in words; empty: whatever the sizes
	Run    func(finegrain.Env, Training) (Gradient, finegrain.Cost, error)

	Cost  func(TrainingSize) finegrain.Cost // what Run counts but for bytes, where the data do not decide it
	Bytes func(TrainingSize) int64          // memory beyond the instance, at most, with GOMAXPROCS workers

	// Sample draws instances inside the regime, as Problem.Sample does; nil: SampleTraining will do.
	Sample func(r *rand.Rand, size int) Training
}

// BoundedTraining draws an instance of the setting of Alman and Song: the entries of A1·X and A2 reach B, those
// of A3·Y and E are below 1 in absolute value, and s = 1/d. A1, A3, E and the directions of X and Y are uniform.
func BoundedTraining(r *rand.Rand, s TrainingSize, b float64) Training {
	t := Training{
		A1: Uniform(r, s.Queries, s.Dim, 1), A2: Uniform(r, s.Keys, s.Dim, b), A3: Uniform(r, s.Keys, s.Width, 1),
		X: Uniform(r, s.Dim, s.Dim, 1), Y: Uniform(r, s.Width, s.ValueDim, 1), E: Uniform(r, s.Queries, s.ValueDim, 1),
		Scale: 1 / float64(s.Dim),
	}
	reach := func(x, by *mat.Dense, to float64) {
		var product mat.Dense
		product.Mul(x, by)
		if most := largestEntry(&product); most > 0 {
			by.Scale(to/most, by)
		}
	}
	reach(t.A1, t.X, b)
	reach(t.A3, t.Y, 1)
	return t
}

// largestEntry is the largest absolute entry.
func largestEntry(x *mat.Dense) float64 {
	rows, _ := x.Dims()
	var largest uint64
	for i := range rows {
		largest = max(largest, largestOf(x.RawRowView(i)))
	}
	return math.Float64frombits(largest)
}
