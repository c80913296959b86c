package polynomial

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
)

func TestGradientKeepsTheLaw(t *testing.T) {
	report := attention.VerifyGradient(testEnv(), counted(Gradient), 100)
	t.Log(report.Notes)
	if err := report.Err(); err != nil {
		t.Error(err)
	}
}

// counted is a method held to count what follows from its rank, which the count of features tells.
func counted(m attention.GradientMethod) attention.GradientMethod {
	run := m.Run
	m.Run = func(env finegrain.Env, t attention.Training) (attention.Gradient, finegrain.Cost, error) {
		g, cost, err := run(env, t)
		if err != nil {
			return g, cost, err
		}
		s := t.Size()
		want := s.Around()
		rows := int64(s.Queries + s.Keys)
		rank := cost[Features]/rows + 1
		want[Features] = rows * (rank - 1)
		want[finegrain.MultiplyAdds] += rows * rank * int64(1+s.Dim) * int64(1+s.ValueDim)
		return g, cost, cost.Differ(want)
	}
	return m
}

// TestGradientMutants: mutants of the method of attention show in the gradient.
func TestGradientMutants(t *testing.T) {
	for what, edit := range map[string]func(*plan, attention.Regime){
		"degree one less": func(p *plan, r attention.Regime) {
			if p.degree > 0 {
				p.degree, p.factors = p.degree-1, p.factors[:p.degree]
				p.rank = Rank(r.Dim, p.degree)
			}
		},
		"the last factor forgotten": func(p *plan, _ attention.Regime) { p.factors[p.degree] = 0 },
		"bound divided by 10":       func(p *plan, _ attention.Regime) { p.bound /= 10 },
	} {
		mutant := gradientBy(method{measure: measure, edit: edit}.declare())
		report := attention.VerifyGradient(testEnv(), mutant, 60)
		if !strings.Contains(strings.Join(report.Violations, "\n"), "off, and") {
			t.Errorf("%s: the law found %v", what, report.Err())
		}
	}
	miscounted := Gradient
	miscounted.Run = func(env finegrain.Env, x attention.Training) (attention.Gradient, finegrain.Cost, error) {
		g, cost, err := Gradient.Run(env, x)
		if err == nil {
			cost[finegrain.MultiplyAdds]++
		}
		return g, cost, err
	}
	report := attention.VerifyGradient(testEnv(), counted(miscounted), 6)
	if !strings.Contains(fmt.Sprint(report.Err()), "multiply_adds: counted") {
		t.Errorf("a count that is one too high: %v", report.Err())
	}
}

// TestGradientFactors: the factors of the paper, made in full, give the same gradient with diag(r) on the side
// of the queries, and another on the side of the keys.
func TestGradientFactors(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	x := attention.BoundedTraining(r, attention.TrainingSize{Queries: 40, Keys: 40, Dim: 2, Width: 3, ValueDim: 2}, 0.8)
	s := x.Size()

	var q, h mat.Dense
	q.Mul(x.A1, x.X)
	q.Scale(x.Scale, &q)
	h.Mul(x.A3, x.Y)
	a := newLadder(1)
	for range 8 {
		a.climb()
	}
	b, factors := newBasis(s.Dim, 8), a.climb().factors
	weights := b.weights(factors)
	u, v := mat.NewDense(s.Queries, b.rank, nil), mat.NewDense(s.Keys, b.rank, nil)
	for k := range s.Keys {
		b.row(v.RawRowView(k), x.A2.RawRowView(k))
	}
	for j := range s.Queries {
		row := u.RawRowView(j)
		b.row(row, q.RawRowView(j))
		sum := 0.0
		for a := range row {
			row[a] *= weights[a]
			for k := range s.Keys {
				sum += row[a] * v.At(k, a)
			}
		}
		for a := range row {
			row[a] /= sum
		}
	}

	var o, c mat.Dense
	o.Product(u, v.T(), &h)
	c.Sub(&o, x.E)
	diagonal := mat.NewDiagDense(s.Queries, nil)
	for j := range s.Queries {
		diagonal.SetDiag(j, mat.Dot(o.RowView(j), c.RowView(j)))
	}
	faces := func(x, y *mat.Dense) *mat.Dense {
		n, a := x.Dims()
		_, b := y.Dims()
		out := mat.NewDense(n, a*b, nil)
		for j := range n {
			for i := range a {
				for l := range b {
					out.Set(j, i*b+l, x.At(j, i)*y.At(j, l))
				}
			}
		}
		return out
	}
	gradient := func(left, right *mat.Dense) *mat.Dense {
		var p, p2, g mat.Dense
		p.Mul(faces(u, &c), faces(v, &h).T())
		p2.Mul(left, right.T())
		p.Sub(&p, &p2)
		g.Product(x.A1.T(), &p, x.A2)
		g.Scale(x.Scale, &g)
		return &g
	}
	var ru, rv mat.Dense
	ru.Mul(diagonal, u)
	rv.Mul(diagonal, v)
	x.Epsilon = 1e-6
	g, _, err := Gradient.Run(testEnv(), x)
	if err != nil {
		t.Fatal(err)
	}
	if right := gradient(&ru, v); !mat.EqualApprox(g.DX, right, 1e-6) {
		t.Errorf("from factors %v, and %v", mat.Formatted(right), mat.Formatted(g.DX))
	}
	if wrong := gradient(u, &rv); mat.EqualApprox(g.DX, wrong, 1e-3) {
		t.Error("diag(r) on the side of the keys makes no difference")
	}
}

// TestGradientRefuses: with the reason, and what would work.
func TestGradientRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, c := range []struct {
		b, epsilon float64
		n          int
		says       string
	}{
		{0.5, 1e-6, 8, "no less work than the definition"},
		{0.5, 1e-30, 200, "ask for an error of at least"},
		{6, 1e-3, 200, `or use "streaming", which promises`},
		{6, 0, 200, "scale Q or K down"},
	} {
		size := attention.TrainingSize{Queries: c.n, Keys: c.n, Dim: 3, Width: 2, ValueDim: 2}
		x := attention.BoundedTraining(r, size, c.b)
		x.Epsilon = c.epsilon
		_, _, err := Gradient.Run(testEnv(), x)
		var weak *attention.CannotPromise
		var outside *attention.OutsideRegime
		if err == nil || !strings.Contains(err.Error(), c.says) || !errors.As(err, &weak) && !errors.As(err, &outside) {
			t.Errorf("B = %g, ε = %g, n = %d: %v; want %q", c.b, c.epsilon, c.n, err, c.says)
		}
		t.Log(err)
		if weak != nil && !(weak.Bound > c.epsilon && weak.Bound < math.Inf(1)) {
			t.Errorf("B = %g: the bound is %g", c.b, weak.Bound)
		}
	}
}

// TestWorstTraining: where the polynomial errs most, the error is within the bound and a fair part of it.
func TestWorstTraining(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for _, most := range []float64{0.1, 0.5, 1} {
		for _, epsilon := range []float64{1e-2, 1e-4, 1e-7} {
			size := attention.TrainingSize{Queries: 60, Keys: 600, Dim: 2, Width: 2, ValueDim: 2}
			x := WorstTraining(r, size, most, epsilon)
			g, _, err := Gradient.Run(testEnv(), x)
			if err != nil {
				t.Errorf("M = %g, ε = %g: %v", most, epsilon, err)
				continue
			}
			x.Epsilon = 0
			exact, _, err := attention.ExactGradient.Run(testEnv(), x)
			if err != nil {
				t.Fatal(err)
			}
			var off mat.Dense
			off.Sub(g.DX, exact.DX)
			made := mat.Norm(&off, math.Inf(1)) / 2 // one of two columns errs
			if slack := g.Bound / made; !(slack > 1 && slack < 20) {
				t.Errorf("M = %g, ε = %g: bound %g, made %g", most, epsilon, g.Bound, made)
			}
		}
	}
}
