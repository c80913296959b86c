package polynomial

import (
	"math"
	"math/rand/v2"

	"finegrain"
	"finegrain/algorithms/attention"

	"gonum.org/v1/gonum/mat"
)

// The gradient by low rank. (Alman and Song 2024; degree, rank, constants and the order of multiplication are
// derived here.) In the notation of attention.Training, let f ≈ U·Vᵀ, the features of queries divided by
// denominators, with their weights, and those of keys: n×r and m×r. Then p = p1 − p2 with
//
//	p1 = f∘q = f∘(c·hᵀ) ≈ (U ⊙ c)·(V ⊙ h)ᵀ,   ⊙ the row-wise Kronecker product: rank r·dh,
//	p2 = diag(r)·f ≈ (diag(r)·U)·Vᵀ,          r_j = ⟨o_j, c_j⟩.
//
// The published lemma puts diag(r) beside V. It scales rows of f, which are queries, so it belongs to U (derived
// here); there may be more keys than queries, and where there are as many the result is another: a test has
// both.
//
// Neither factor of p1 is made. Row j of p1·A2 is (U ⊙ c)_j·((V ⊙ h)ᵀ·A2), and (V ⊙ h)ᵀ·A2 is Vᵀ applied to the
// products of a column of h with one of A2: r × dh·d numbers, added up a block of keys at a time. Row j of p2·A2
// is r_j times that of U·(Vᵀ·A2), and r_j comes from U·(Vᵀ·h). So the columns 1, h, A2, h·A2 are what Vᵀ is
// applied to, once, and U a block of queries at a time: that is the method of polynomial.go with (1+d)(1+dh) − 1
// value columns, in
//
//	(n + m)·r·(1 + d)·(1 + dh)
//
// multiply-adds, and attention.GradientThrough joins its outputs. Its guard against cancellation, its regime and
// its bound are those of the averages; trainingbound.go of package attention carries the bound to the gradient.

// Gradient is the gradient of the attention loss by polynomials: for bounded scores, in time linear in queries
// and keys.
var Gradient = gradientBy(Polynomial)

func gradientBy(m attention.Method) attention.GradientMethod {
	g := attention.GradientThrough(m)
	g.Doc = "low rank, by a polynomial for e^x, for bounded scores, linear in queries and keys, on all cores"
	g.Source = finegrain.Source{
		Paper:      finegrain.AlmanSong2024,
		Provenance: finegrain.Derived,
		Argument: "the factors are the paper's, but for diag(r), which belongs to the queries; the degree follows from the " +
			"error asked, through a bound on averages and on covariances under the weights",
	}
	g.Sample = sampleTraining
	return g
}

// sampleTraining draws instances for the law as sample does: with bounded scores, one in three with the worst
// that there are.
func sampleTraining(r *rand.Rand, size int) attention.Training {
	s := attention.TrainingSize{
		Queries: 24 + r.IntN(1+8*size), Keys: 24 + r.IntN(1+8*size),
		Dim: 1 + r.IntN(3), Width: 1 + r.IntN(2), ValueDim: 1 + r.IntN(2),
	}
	most := []float64{0, 1.5, 0.6, 0.3}[s.Dim]
	t := attention.BoundedTraining(r, s, math.Sqrt(most))
	t.Epsilon = math.Pow(10, -4*r.Float64()) * float64(s.Queries)
	switch r.IntN(6) {
	case 0: // an offset that centring takes away
		t.A2.Apply(func(_, l int, x float64) float64 { return x + 10*float64(l+1) }, t.A2)
	case 1: // small scores of large terms
		if s.Dim == 2 {
			t.A1.Apply(func(_, _ int, x float64) float64 { return 60 + x }, t.A1)
			t.X = mat.NewDense(2, 2, []float64{0.5, 0.5, 0.5, 0.5})
			for k := range s.Keys {
				t.A2.Set(k, 1, -t.A2.At(k, 0))
			}
		}
	case 2, 3:
		t = WorstTraining(r, s, most, math.Pow(10, -1-4*r.Float64()))
		if r.IntN(2) == 0 { // far from what is wanted, so that errors of c are nothing beside those of covariances
			t.E.Scale(1000, t.E)
			t.Epsilon *= 1000
		}
	}
	return t
}

// WorstTraining is an instance on which the gradient errs nearly as much as its bound, which is about 4nε: Worst in the
// first coordinate, to which all queries are parallel, with scores up to most. Half of the weight is at scores where
// the polynomial is too large by a factor 1 + ε, half at some where it is too small by as much. Values are 1 and −1 in
// turn, and what is wanted is −1, so that c = 1; the last coordinate of a key is its value, with the other sign at the
// latter scores. The averages of both stay 0, but that of their product, hence the covariance, moves by the whole of ε,
// and so does each row of the gradient. (The bound allows thrice that for the covariance, and ε for c.) With one
// coordinate alone there is no such key, and the values are those of Worst.
func WorstTraining(r *rand.Rand, s attention.TrainingSize, most, epsilon float64) attention.Training {
	in := Worst(r, s.Queries, s.Keys, 1, most, epsilon)
	t := attention.Training{
		A1: mat.NewDense(s.Queries, s.Dim, nil), A2: mat.NewDense(s.Keys, s.Dim, nil), A3: mat.NewDense(s.Keys, s.Width, nil),
		X: mat.NewDense(s.Dim, s.Dim, nil), Y: mat.NewDense(s.Width, s.ValueDim, nil),
		E:     mat.NewDense(s.Queries, s.ValueDim, nil),
		Scale: 1, Epsilon: 4 * epsilon * float64(s.Queries),
	}
	ones := func(_, _ int, _ float64) float64 { return 1 }
	t.A1.Apply(ones, t.A1)
	t.E.Apply(func(_, _ int, _ float64) float64 { return -1 }, t.E)
	t.X.Set(0, 0, 1)
	for c := range s.ValueDim {
		t.Y.Set(0, c, 1)
	}
	for k := range s.Keys {
		side, value := in.V.At(k, 0), float64(1-2*(k%2))
		t.A2.Set(k, 0, in.K.At(k, 0))
		if s.Dim == 1 {
			value = side
		} else {
			t.A2.Set(k, s.Dim-1, side*value)
		}
		t.A3.Set(k, 0, value)
	}
	return t
}
