package reductions_test

import (
	"context"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"finegrain"
	"finegrain/algorithms/attention"
	"finegrain/ovp"
	"finegrain/reductions"
	"finegrain/sat"
)

// TestAmplification: Λ of the computed nodes is the Chebyshev value cosh(d·arccosh coth h), whose binary
// logarithms are known for these d and h.
func TestAmplification(t *testing.T) {
	for _, c := range []struct {
		d    int
		h    float64
		want float64 // log2 Λ to a tenth
	}{
		{16, .25, 47.1},
		{16, .5, 31.5},
		{16, 1, 16.8},
		{16, 2, 5.3},
		{32, .25, 95.2},
		{32, .5, 63.9},
		{32, 1, 34.6},
		{32, 2, 11.6},
		{64, .25, 191.5},
		{64, .5, 128.9},
		{64, 1, 70.3},
		{64, 2, 24.1},
	} {
		formula := reductions.LogAmplification(c.d, c.h)
		if math.Abs(formula-c.want) > 0.051 {
			t.Errorf("d = %d, h = %g: log2 Λ = %.3f, want %.1f", c.d, c.h, formula, c.want)
		}
		nodes := newNodes(t, 1024, c.d, c.h)
		mantissa := new(big.Float)
		exponent := nodes.Amplification.MantExp(mantissa)
		m, _ := mantissa.Float64()
		if computed := math.Log2(m) + float64(exponent); math.Abs(computed-formula) > 1e-9*float64(c.d)*formula {
			t.Errorf("d = %d, h = %g: log2 Λ of the nodes is %.12f, of the formula %.12f", c.d, c.h, computed, formula)
		}
	}
}

// TestNodesOfExtremeH: nodes are finite and distinct for every h that a user may ask for, and the read-off
// is right at their tolerance.
func TestNodesOfExtremeH(t *testing.T) {
	for _, h := range []float64{1e-3, 0.02, 17, 20, 40, 64, 300} {
		for _, d := range []int{1, 2, 13} {
			nodes := newNodes(t, 7, d, h)
			tolerance := nodes.Tolerance(7)
			histogram := make([]int64, d+1)
			histogram[0], histogram[d] = 3, 4
			if got, err := nodes.Decode(testEnv(), histogram, tolerance); err != nil || got.Int64() != 3 || tolerance == 0 {
				t.Errorf("d = %d, h = %g: decoded %v (%v) at error %g, want 3", d, h, got, err, tolerance)
			}
		}
	}
}

// TestToleranceRoundsDown: just above the least normal float64 the tolerance is still below 1/(8nΛ), and
// below it is 0.
func TestToleranceRoundsDown(t *testing.T) {
	zero := false
	for d := 335; d <= 360; d++ {
		nodes := newNodes(t, 3, d, 0.25)
		tolerance := new(big.Float).SetPrec(400).SetFloat64(nodes.Tolerance(3))
		tolerance.Mul(tolerance, nodes.Amplification)
		if tolerance.Mul(tolerance, big.NewFloat(24)); tolerance.Cmp(big.NewFloat(1)) >= 0 {
			t.Errorf("d = %d: 8nΛ times the tolerance is %v", d, tolerance)
		}
		zero = zero || tolerance.Sign() == 0
	}
	if !zero {
		t.Error("no tolerance underflowed: the test misses its point")
	}
}

func newNodes(t *testing.T, n, d int, h float64) reductions.Nodes {
	t.Helper()
	nodes, err := reductions.NewNodes(testEnv(), n, d, h)
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

// TestBrokenOutputsAreRefused: what no oracle may return, and some program will, is refused by both routes.
func TestBrokenOutputsAreRefused(t *testing.T) {
	f := sat.Formula{Variables: 4, Clauses: [][]sat.Literal{{1, 3}, {-2, 4}, {2, -3}}}
	for name, out := range map[string]attention.Output{
		"nothing":     {},
		"both":        {Float: mat.NewDense(5, 1, nil), Big: [][]*big.Float{{new(big.Float)}}},
		"too few":     {Float: mat.NewDense(1, 1, nil)},
		"not numbers": {Float: mat.NewDense(5, 1, []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()})},
		"infinite":    {Big: [][]*big.Float{{new(big.Float).SetInf(false)}, {nil}, {nil}, {nil}, {nil}}},
	} {
		oracle := finegrain.Oracle[attention.Instance, attention.Output]{
			Name: name,
			Ask:  func(finegrain.Env, attention.Instance) (attention.Output, error) { return out, nil },
		}
		for _, route := range reductions.Routes() {
			if _, err := route.Search.Run(testEnv(), f, oracle); !errors.Is(err, reductions.ErrBrokenPromise) {
				t.Errorf("%s, %s: err = %v, want a broken promise", route.Name, name, err)
			}
		}
	}
}

// TestPlansCanBeCancelled: choosing nodes for thousands of coordinates takes long, and stops when told.
func TestPlansCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	in := ovp.Instance{A: ovp.NewVectors(2, 3000), B: ovp.NewVectors(2, 3000)}
	in.A.Set(0, 0)
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := reductions.InterpolationCounting.Plan(finegrain.NewEnv(ctx, 1), in, attention.Problem.DefinitionOracle())
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want cancelled", err)
	}
}

// TestNodesAreTheInstances: the nodes are those of the floats in the instance, e^{−s·r²}, and they descend
// from 1 to e^{−2h}.
func TestNodesAreTheInstances(t *testing.T) {
	nodes := newNodes(t, 100, 30, 1.5)
	if nodes.X[0].Cmp(big.NewFloat(1)) != 0 {
		t.Errorf("x_0 = %v, want 1", nodes.X[0])
	}
	for l := 1; l <= 30; l++ {
		if nodes.X[l].Cmp(nodes.X[l-1]) >= 0 {
			t.Errorf("node %d does not descend", l)
		}
		x, _ := nodes.X[l].Float64()
		if want := math.Exp(-nodes.Scale * nodes.Roots[l] * nodes.Roots[l]); math.Abs(x-want) > 1e-14 {
			t.Errorf("node %d is %v, its instance's is %v", l, x, want)
		}
	}
	last, _ := nodes.X[30].Float64()
	if math.Abs(last-math.Exp(-3)) > 1e-14 {
		t.Errorf("the last node is %v, want e^−3", last)
	}
}

// TestLagrangeExtrapolatesExactly: Σ λ_l x_l^k is 1 for k = 0 and 0 for k = 1 … d, to the precision that
// the read-off relies on.
func TestLagrangeExtrapolatesExactly(t *testing.T) {
	const n = 1 << 20
	for _, d := range []int{1, 2, 17, 90} {
		nodes := newNodes(t, n, d, 0.5)
		number := func() *big.Float { return new(big.Float).SetPrec(nodes.Precision) }
		power := make([]*big.Float, d+1)
		for l := range power {
			power[l] = number().SetInt64(1)
		}
		for k := 0; k <= d; k++ {
			sum := number()
			for l := range power {
				sum.Add(sum, number().Mul(nodes.Lambda[l], power[l]))
				power[l].Mul(power[l], nodes.X[l])
			}
			if k == 0 {
				sum.Sub(sum, number().SetInt64(1))
			}
			// With n keys the errors of all powers together must stay below 2^−21.
			if limit := new(big.Float).SetMantExp(big.NewFloat(1), -21-20); sum.Abs(sum).Cmp(limit) > 0 {
				t.Errorf("d = %d: Σ λ_l x_l^%d is off by %.3g", d, k, sum)
			}
		}
	}
}

// TestDecodeAtTheTolerance: against the worst oracle just within the tolerance every count is right; at
// nine times the tolerance most are wrong, so the tolerance is of the right size.
func TestDecodeAtTheTolerance(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	wrong := 0
	count := trials(t, 200)
	for range count {
		d, h := 1+r.IntN(24), 0.3+3*r.Float64()
		histogram := make([]int64, d+1)
		keys := int64(0)
		for k := range histogram {
			if r.IntN(2) == 0 {
				histogram[k] = r.Int64N(50)
				keys += histogram[k]
			}
		}
		if keys == 0 {
			histogram[0], keys = 1, 1
		}
		nodes := newNodes(t, int(keys), d, h)
		tolerance := nodes.Tolerance(int(keys))
		for _, shift := range []float64{tolerance, -tolerance} {
			if got, err := nodes.Decode(testEnv(), histogram, shift); err != nil || got.Int64() != histogram[0] {
				t.Errorf("histogram %v, h = %g: decoded %v (%v), want %d", histogram, h, got, err, histogram[0])
			}
		}
		if got, err := nodes.Decode(testEnv(), histogram, 9*tolerance); err != nil || got.Int64() != histogram[0] {
			wrong++
		}
	}
	if 2*wrong < count {
		t.Errorf("nine times the tolerance hurt in only %d of %d cases: it is far from tight", wrong, count)
	}
}

// TestEntriesAreTheLeastInReach: the route takes the smallest entries, on its grid, whose tolerance the
// oracle promises.
func TestEntriesAreTheLeastInReach(t *testing.T) {
	const n, d = 40, 20
	in := ovp.Instance{A: ovp.NewVectors(n, d), B: ovp.NewVectors(n, d)}
	in.A.Set(0, 0) // so that the entries show
	previous := 0.0
	for _, promised := range []float64{1e-12, 1e-9, 1e-6, 1e-4} {
		plan, err := reductions.InterpolationCounting.Plan(testEnv(), in, reaching(promised))
		if err != nil {
			t.Fatal(err)
		}
		b := 0.0
		for _, query := range plan.Each {
			if query.Epsilon < promised {
				t.Errorf("promised %g, asked %g", promised, query.Epsilon)
			}
			b = max(b, query.Regime().B)
		}
		h := b * b / (2 * d)
		const step = 1.0905077326652577 // 2^{1/8}
		if below := reductions.Tolerance(n, d, h/step); below >= promised {
			t.Errorf("promised %g: entries of %.3f were taken, a step below still tolerates %g", promised, b, below)
		}
		if b <= previous {
			t.Errorf("an oracle that promises only %g gets entries of %g, one that promises more got %g", promised, b, previous)
		}
		previous = b
	}
}

// TestTooWeakIsRefused: no entries help against an error of the order of 1/n.
func TestTooWeakIsRefused(t *testing.T) {
	in := ovp.Instance{A: ovp.NewVectors(40, 20), B: ovp.NewVectors(40, 20)}
	if _, err := reductions.InterpolationCounting.Plan(testEnv(), in, reaching(0.1)); !errors.Is(err, reductions.ErrTooWeak) {
		t.Errorf("an oracle that promises 0.1 was taken for 40 keys: %v", err)
	}
}

// reaching is an oracle that promises the error given and nothing smaller; it is never asked.
func reaching(promised float64) finegrain.Oracle[attention.Instance, attention.Output] {
	return finegrain.Oracle[attention.Instance, attention.Output]{
		Name: "limited",
		Reach: func(in attention.Instance) error {
			if in.Epsilon < promised {
				return &attention.CannotPromise{Asked: in.Epsilon, Bound: promised}
			}
			return nil
		},
	}
}
