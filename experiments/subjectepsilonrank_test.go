package experiments

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/algorithms/polynomial"
	"finegrain/measure"
)

func TestEpsilonRankSubject(t *testing.T) {
	for _, m := range measured(t, "epsilon-rank", 2, axis("n", 64, 128), axis("ratio", 0.0, 0.1, 1.0), axis("data", "uniform", "corners")) {
		n, ratio, c, v := float64(m.Cell.Int("n")), m.Cell.Float("ratio"), m.Counts, m.Values
		r := float64(c["epsilon_rank"])
		switch {
		case m.Status != measure.Done:
			t.Errorf("%v: %s, %s", m.Cell, m.Status, m.Reason)
		case c["dimension"] != int64(math.Log2(n)) || v["epsilon"] != 1/n || v["b"] != ratio*math.Sqrt(math.Log(n)):
			t.Errorf("%v: %v, %v", m.Cell, c, v)
		case r < 1 || r > n || r > v["polynomial_rank"] || ratio == 0 && (r > 1 || v["polynomial_rank"] != 1):
			t.Errorf("%v: ε-rank %g, the polynomial method's %g", m.Cell, r, v["polynomial_rank"])
		case v["polynomial_rank"] != certified(t, v["b"]*v["b"], v["epsilon"], int(c["dimension"])):
			t.Errorf("%v: the polynomial method's rank is called %g", m.Cell, v["polynomial_rank"])
		case math.Abs(math.Pow(n, v["exponent"]-1)-r) > 1e-9*r:
			t.Errorf("%v: exponent %g of %g", m.Cell, v["exponent"], r)
		case ratio == 1 && r < n/4:
			t.Errorf("%v: ε-rank %g, where most dimensions are there", m.Cell, r)
		}
	}
	// What float64 cannot tell is refused.
	m := measured(t, "epsilon-rank", 1, axis("n", 64), axis("ratio", 0.1), axis("error_exponent", 8.0))[0]
	if m.Status != measure.Refusal || !strings.Contains(m.Reason, "rounding decides") {
		t.Errorf("%v: %s, %s", m.Cell, m.Status, m.Reason)
	}
	// All that the parameters allow can be prepared.
	for _, m := range measured(t, "epsilon-rank", 1, axis("n", 2, 16), axis("ratio", 0.0, 10.0), axis("c", 0.1, 50.0),
		axis("error_exponent", 0.01, 10.0), axis("data", "corners")) {
		if m.Status != measure.Done && m.Status != measure.Refusal {
			t.Errorf("%v: %s, %s", m.Cell, m.Status, m.Reason)
		}
	}
}

// certified is C(d+g,g) for the least certified degree.
func certified(t interface{ Fatal(...any) }, m, epsilon float64, d int) float64 {
	g, ok := polynomial.ChebyshevDegree(m, epsilon)
	taylor, also := polynomial.TaylorDegree(m, epsilon)
	if !ok || !also {
		t.Fatal("no degree serves")
	}
	return float64(polynomial.Rank(d, min(g, taylor)))
}

// TestEpsilonRankIsBelowThePolynomials: for entries up to B at scale 1/d the ε-rank is at most C(d+g,g), g the certified
// degree for M = B² and the relative error ε, also where scores reach the ends of [−M, M].
func TestEpsilonRankIsBelowThePolynomials(t *testing.T) {
	judge := func(in attention.Instance, rank, epsilon float64) error {
		s, err := attention.SpectrumOf(finegrain.NewEnv(context.Background(), 1), in)
		if err != nil {
			return err
		}
		r, err := s.Rank(epsilon)
		if err == nil && float64(r) > rank {
			err = errors.New("the ε-rank is larger")
		}
		return err
	}
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.IntRange(1, 4).Draw(t, "d")
		b, epsilon := rapid.Float64Range(0, 1.5).Draw(t, "B"), math.Pow(10, -rapid.Float64Range(0.5, 6).Draw(t, "digits"))
		r := finegrain.NewEnv(context.Background(), rapid.Uint64().Draw(t, "seed")).Rand("instance")
		in, err := attention.BoundedEntries.Generate(r, map[string]float64{"n": 60, "d": float64(d), "dv": 1, "B": b})
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "corners") {
			in.Q.Apply(func(_, _ int, v float64) float64 { return math.Copysign(b, v) }, in.Q)
		}
		rank := certified(t, b*b, epsilon, d)
		if err := judge(in, rank, epsilon); err != nil {
			t.Errorf("ε = %g, rank %g: %v", epsilon, rank, err)
		}
	})

	// It bites: on a line, where C(1+g,g) = g+1, half of that is too few.
	in := attention.Instance{Q: mat.NewDense(200, 1, nil), K: mat.NewDense(200, 1, nil), V: mat.NewDense(200, 1, nil), Scale: 1}
	for i := range 200 {
		x := 2 * math.Cos((float64(i)+0.5)/200*math.Pi)
		in.Q.Set(i, 0, x)
		in.K.Set(i, 0, x)
	}
	tight := 0
	for _, epsilon := range []float64{0.1, 1e-2, 1e-3, 1e-4, 1e-6} {
		rank := certified(t, 4, epsilon, 1)
		if err := judge(in, rank, epsilon); err != nil {
			t.Error(err)
		}
		if judge(in, rank/2, epsilon) != nil {
			tight++
		}
	}
	if tight == 0 {
		t.Error("half of the rank passes too, so that the test shows nothing")
	}
}
