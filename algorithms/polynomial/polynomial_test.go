package polynomial

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"finegrain"
	"finegrain/algorithms/attention"
)

func testEnv() finegrain.Env { return finegrain.NewEnv(context.Background(), 1) }

func random(seed uint64, n, m, d, dv int, b float64) attention.Instance {
	r := rand.New(rand.NewPCG(seed, 1))
	return attention.Instance{Q: attention.Uniform(r, n, d, b), K: attention.Uniform(r, m, d, b), V: attention.Uniform(r, m, dv, 1), Scale: 1 / float64(d)}
}

// planFor is the plan for an instance, and what it counts.
func planFor(in attention.Instance) (plan, finegrain.Cost, error) {
	p, _, r, err := method{measure: measure}.plan(testEnv(), in)
	if err != nil {
		return p, nil, err
	}
	return p, p.cost(r, p.visitsOf(in, r)), nil
}

// counting is the method held to count just what its plan says.
func counting(x method) attention.Method {
	m := x.declare()
	run := m.Run
	m.Run = func(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
		out, cost, err := run(env, in)
		if err != nil {
			return out, cost, err
		}
		p, _, r, err := x.plan(env, in)
		if err == nil {
			err = cost.Differ(p.cost(r, p.visitsOf(in, r)))
		}
		return out, cost, err
	}
	return m
}

func TestMethodLaw(t *testing.T) {
	trials := 200
	if testing.Short() {
		trials = 60
	}
	report := attention.VerifyMethod(testEnv(), counting(method{measure: measure}), trials)
	t.Log(report.Notes, report.Sizes)
	if err := report.Err(); err != nil {
		t.Error(err)
	}
}

// trueScores measures every pair, and takes the largest score for a bound of the terms, too.
func trueScores(env finegrain.Env, in attention.Instance, r attention.Regime) (measured, error) {
	x, err := measure(env, in, r)
	x.centre, x.keys = make([]float64, r.Dim), x.uncentred
	var product mat.Dense
	product.Mul(in.Q, in.K.T())
	m := 0.0
	product.Apply(func(_, _ int, y float64) float64 {
		m = max(m, math.Abs(y*in.Scale))
		return y
	}, &product)
	x.scores = scores{m * roundUp, m * roundUp}
	return x, err
}

// Every mutant must break the law, else the law shows nothing.
func TestMethodLawKillsMutants(t *testing.T) {
	edited := func(edit func(p *plan, r attention.Regime)) attention.Method {
		return method{measure: measure, edit: edit}.declare()
	}
	measuredAs := func(change func(x *measured)) attention.Method {
		return method{measure: func(env finegrain.Env, in attention.Instance, r attention.Regime) (measured, error) {
			x, err := measure(env, in, r)
			if err == nil {
				change(&x)
			}
			return x, err
		}}.declare()
	}
	before := func(change func(in *attention.Instance, r attention.Regime)) attention.Method {
		m := Polynomial
		m.Run = func(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
			honest, cost, err := Polynomial.Run(env, in)
			if err != nil {
				return honest, cost, err
			}
			change(&in, in.Regime())
			in.Epsilon = max(in.Epsilon, honest.Bound)
			out, _, err := Polynomial.Run(env, in)
			if err != nil {
				return honest, cost, nil
			}
			out.Bound = honest.Bound
			return out, cost, nil
		}
		return m
	}
	const wrong = "off, and the reported bound"
	for _, c := range []struct {
		name   string
		mutant attention.Method
		says   string
	}{
		{"degree one less", edited(func(p *plan, r attention.Regime) {
			if p.degree > 0 {
				p.degree, p.factors = p.degree-1, p.factors[:p.degree]
				p.rank = Rank(r.Dim, p.degree)
			}
		}), wrong},
		{"no guard: terms taken to be as small as scores", method{measure: trueScores}.declare(), wrong},
		{"scores taken for half", measuredAs(func(x *measured) { x.m, x.abs = x.m/2, x.abs/2 }), wrong},
		{"keys not centred", measuredAs(func(x *measured) { clear(x.centre) }), wrong},
		{"last factor forgotten", edited(func(p *plan, _ attention.Regime) { p.factors[p.degree] = 0 }), wrong},
		{"c_m for m!·c_m", edited(func(p *plan, _ attention.Regime) {
			f := 1.0
			for m := range p.factors {
				f *= float64(max(1, m))
				p.factors[m] /= f
			}
		}), wrong},
		{"bound halved", edited(func(p *plan, _ attention.Regime) { p.bound /= 2 }), wrong},
		{"last key skipped", before(func(in *attention.Instance, r attention.Regime) {
			in.K = in.K.Slice(0, r.Keys-1, 0, r.Dim).(*mat.Dense)
			in.V = in.V.Slice(0, r.Keys-1, 0, r.ValueDim).(*mat.Dense)
		}), wrong},
		{"scale forgotten", before(func(in *attention.Instance, _ attention.Regime) { in.Scale /= 2 }), wrong},
		{"bound above what is declared", edited(func(p *plan, _ attention.Regime) { p.bound *= 1e3 }), "exceeds the"},
	} {
		report := attention.VerifyMethod(testEnv(), c.mutant, 100)
		if !strings.Contains(strings.Join(report.Violations, "\n"), c.says) {
			t.Errorf("mutant %q: the law must object %q; it found: %v", c.name, c.says, report.Err())
		}
	}
	miscounting := method{measure: measure}
	m := counting(miscounting)
	inner := m.Run
	m.Run = func(env finegrain.Env, in attention.Instance) (attention.Output, finegrain.Cost, error) {
		out, cost, err := inner(env, in)
		if _, planned, e := planFor(in); err == nil && e == nil {
			cost[Features]++
			err = cost.Differ(planned)
		}
		return out, cost, err
	}
	if report := attention.VerifyMethod(testEnv(), m, 10); !strings.Contains(fmt.Sprint(report.Err()), "features: counted") {
		t.Errorf("a count that is one too high is not seen: %v", report.Err())
	}
}

// TestWorst: where a polynomial errs most the error is within what is promised, and not far below.
func TestWorst(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for _, most := range []float64{0.1, 0.5, 1, 2, 3} {
		for _, epsilon := range []float64{1e-2, 1e-4, 1e-8} {
			in := Worst(r, 64, 600, 1, most, epsilon)
			out, _, err := Polynomial.Run(testEnv(), in)
			if err != nil {
				t.Errorf("M = %g, ε = %g: %v", most, epsilon, err)
				continue
			}
			off, err := attention.ObservedError(testEnv(), in, out, []int{0, 63})
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("M = %g, ε = %g: error %.3g, promised %.3g, ratio %.2f", most, epsilon, off, out.Bound, off/out.Bound)
			if off > out.Bound || out.Bound > epsilon {
				t.Errorf("M = %g: error %g, promised %g, asked %g", most, off, out.Bound, epsilon)
			}
			if most <= 1 && off < out.Bound/4 {
				t.Errorf("M = %g, ε = %g: error %g, and %g is promised: this instance is to come near", most, epsilon, off, out.Bound)
			}
		}
	}
}

// sixty is the example of cancellation: queries near (60,60), keys along (u,−u).
func sixty() attention.Instance {
	r := rand.New(rand.NewPCG(3, 1))
	in := attention.Instance{Q: mat.NewDense(200, 2, nil), K: mat.NewDense(200, 2, nil), V: attention.Uniform(r, 200, 2, 1), Scale: 0.5}
	for i := range 200 {
		in.Q.SetRow(i, []float64{60 + 0.0126*(2*r.Float64()-1), 60 + 0.0126*(2*r.Float64()-1)})
		u := 60 * (2*r.Float64() - 1)
		in.K.SetRow(i, []float64{u, -u})
	}
	in.Epsilon = 1e-6
	return in
}

// TestCancellation: the guard refuses what without it would be wrong by far more than all values.
func TestCancellation(t *testing.T) {
	in := sixty()
	r := in.Regime()
	small, err := trueScores(testEnv(), in, r)
	if err != nil || !(small.m < 0.76) {
		t.Fatalf("scores reach %g (error %v): the example is to have small ones", small.m, err)
	}
	var weak *attention.CannotPromise
	if _, _, err := Polynomial.Run(testEnv(), in); !errors.As(err, &weak) || !strings.Contains(err.Error(), "cancel") ||
		!strings.Contains(err.Error(), "streaming") {
		t.Errorf("it is to be refused for cancellation: %v", err)
	}
	unasked := in
	unasked.Epsilon = 0
	var outside *attention.OutsideRegime
	if _, _, err := Polynomial.Run(testEnv(), unasked); !errors.As(err, &outside) || !strings.Contains(err.Error(), "cancel") {
		t.Errorf("without an error asked: %v", err)
	}
	// Nor does it help to know that scores are small, where terms are not.
	terms, err := measure(testEnv(), in, r)
	if err != nil {
		t.Fatal(err)
	}
	f := climb(r, scores{small.m, terms.abs}, 2, 1e-6)
	if _, reached := f.reaching(1e-6); reached || !strings.Contains(f.because.Error(), "terms") {
		t.Errorf("with M = %g and M_abs = %g %g is promised", small.m, terms.abs, f.least())
	}
	out, _, err := method{measure: trueScores}.declare().Run(testEnv(), in)
	if err != nil {
		t.Fatal(err)
	}
	exact, _, err := attention.Exact.Run(testEnv(), unasked)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for i := range 200 {
		if !(math.Abs(out.Float.At(i, 0)-exact.Float.At(i, 0)) < 0.1) {
			wrong++
		}
	}
	if wrong < 100 {
		t.Errorf("without the guard %d rows of 200 are wrong: the guard is not what helps", wrong)
	}
}

func TestRefusals(t *testing.T) {
	causal := random(1, 100, 100, 2, 1, 1)
	causal.Causal, causal.Epsilon = true, 1e-12
	fewCausal := random(1, 100, 18, 8, 1, 1)
	fewCausal.Causal = true
	ranges := random(1, 100, 100, 8, 1, 1)
	ranges.Ranges, ranges.Epsilon = attention.SampleRanges(rand.New(rand.NewPCG(1, 1)), ranges), 1e-8
	single := random(1, 100, 100, 8, 8, 0.1)
	single.Ranges, single.Epsilon = windows(100, 1), 0.1
	few := random(1, 100, 9, 8, 1, 1)
	ranks := random(1, 100, 100, 8, 1, 1)
	ranks.Epsilon = 1e-8
	digits := random(1, 3000, 3000, 1, 1, 1)
	digits.Epsilon = 1e-18
	large := random(1, 100, 100, 2, 1, 30)
	huge := random(1, 100, 100, 2, 1, 1)
	huge.V.Scale(1e308, huge.V)
	notFinite := random(1, 100, 100, 2, 1, 1)
	notFinite.K.Set(3, 1, math.NaN())
	for _, c := range []struct {
		name      string
		in        attention.Instance
		outside   bool
		says, too string
	}{
		{"causal", causal, false, "of which a query sees half", "streaming"},
		{"few keys, causal", fewCausal, true, "rank d+1 = 9, and there are 100 queries and 18 keys, of which", "streaming"},
		{"ranges", ranges, false, "rank C(d+g,g)", `use "exact"`},
		{"single keys", single, true, "rank d+1 = 9, and its sums over keys take", `use "exact"`},
		{"few keys", few, true, "rank d+1 = 9", "streaming"},
		{"rank", ranks, false, "rank C(d+g,g)", "streaming"},
		{"digits", digits, false, "rounding of sums in float64", "multiprecision"},
		{"large scores", large, true, "scores may reach", "streaming"},
		{"huge values", huge, true, "2^1020", "scale V down"},
	} {
		_, _, err := Polynomial.Run(testEnv(), c.in)
		var outside *attention.OutsideRegime
		var weak *attention.CannotPromise
		if errors.As(err, &outside) != c.outside || errors.As(err, &weak) == c.outside {
			t.Errorf("%s: error %v", c.name, err)
			continue
		}
		if !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.too) {
			t.Errorf("%s: %q does not say %q and %q", c.name, err, c.says, c.too)
		}
		if _, _, planned := planFor(c.in); planned == nil || planned.Error() != err.Error() {
			t.Errorf("%s: the plan says %v", c.name, planned)
		}
	}
	if _, _, err := Polynomial.Run(testEnv(), notFinite); err == nil || !strings.Contains(err.Error(), "row 3") {
		t.Errorf("NaN: %v", err)
	}
	env := testEnv()
	env.Memory = 1 << 10
	fine := random(1, 300, 300, 2, 1, 1)
	if _, _, err := Polynomial.Run(env, fine); err == nil || !strings.Contains(err.Error(), "memory") {
		t.Errorf("1 KiB of memory: %v", err)
	}
}

// TestShapes: ragged blocks, several strands and tiles of both kinds, offsets, against the definition and on any
// number of cores.
func TestShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, m := rapid.IntRange(60, 400).Draw(t, "n"), rapid.IntRange(60, 400).Draw(t, "m")
		d, dv := rapid.IntRange(1, 3).Draw(t, "d"), rapid.IntRange(1, 140).Draw(t, "dv")
		in := random(rapid.Uint64().Draw(t, "seed"), n, m, d, dv, rapid.Float64Range(0, 0.6).Draw(t, "B"))
		in.Epsilon = math.Pow(10, -rapid.Float64Range(1, 3).Draw(t, "−log ε"))
		plan, counts, err := planFor(in)
		if err != nil {
			t.Fatal(err)
		}
		out, cost, err := Polynomial.Run(testEnv(), in)
		if err != nil {
			t.Fatal(err)
		}
		exact, _, err := attention.Exact.Run(testEnv(), attention.Instance{Q: in.Q, K: in.K, V: in.V, Scale: in.Scale})
		if err != nil {
			t.Fatal(err)
		}
		if off, row := attention.Distance(out, exact); off > out.Bound+exact.Bound || out.Bound > in.Epsilon {
			t.Fatalf("row %d is %g off, promised %g, asked %g", row, off, out.Bound, in.Epsilon)
		}
		if err := cost.Differ(counts); err != nil {
			t.Fatal(err)
		}
		if most := Polynomial.Guarantee.Bytes(in.Regime()); cost[finegrain.Bytes] > most {
			t.Fatalf("%d bytes, declared %d", cost[finegrain.Bytes], most)
		}
		moved := in
		moved.K = mat.DenseCopyOf(in.K)
		moved.K.Apply(func(_, _ int, x float64) float64 { return x + 64 }, moved.K)
		far, data, _, err := method{measure: measure}.plan(testEnv(), moved)
		if err != nil || floats.Norm(data.centre, 1) == 0 && far.m > 0 || far.m > 2*plan.m*(1+1e-9)+1e-9 {
			t.Fatalf("keys moved by 64 have M = %g, and had %g (error %v)", far.m, plan.m, err)
		}
	})
}

// TestCores: large enough for several strands and for tiles of monomials.
func TestCores(t *testing.T) {
	in := random(7, 3000, 5000, 4, 70, 1)
	in.Epsilon = 1e-6
	p, _, r, err := method{measure: measure}.plan(testEnv(), in)
	if err != nil || p.strands < 2 || p.rank <= tileRank {
		t.Fatalf("%d strands, rank %d, error %v", p.strands, p.rank, err)
	}
	var first attention.Output
	for cores := 1; cores <= 3; cores++ {
		env := testEnv()
		env.Cores = cores
		out, cost, err := Polynomial.Run(env, in)
		if err != nil {
			t.Fatal(err)
		}
		if err := cost.Differ(p.cost(r, p.visitsOf(in, r))); err != nil {
			t.Error(err)
		}
		if cores == 1 {
			first = out
		} else if !mat.Equal(first.Float, out.Float) {
			t.Errorf("%d cores give another result than one", cores)
		}
	}
	rows := []int{0, 1500, 2999}
	if off, err := attention.ObservedError(testEnv(), in, first, rows); err != nil || off > first.Bound {
		t.Errorf("error %g, promised %g (%v)", off, first.Bound, err)
	}
}

// TestMagnitudes: what matters is the size of scores and values, not of what they are made of.
func TestMagnitudes(t *testing.T) {
	base := random(9, 80, 70, 2, 2, 0.8)
	base.Epsilon = 1e-3
	for _, c := range []struct {
		name                         string
		queries, keys, scale, values float64
	}{
		{"as it is", 1, 1, 1, 1},
		{"queries large, keys small", 0x1p900, 0x1p-900, 1, 1},
		{"queries tiny, scale large", 0x1p-1000, 1, 0x1p1000, 1},
		{"scale below 2^-1022", 0x1p530, 0x1p530, 0x1p-1060, 1},
		{"values large", 1, 1, 1, 0x1p1015},
		{"values tiny", 1, 1, 1, 0x1p-1030},
		{"no values", 1, 1, 1, 0},
		{"no queries", 0, 1, 1, 1},
		{"no keys", 1, 0, 1, 1},
		{"no scale", 1, 1, 0, 1},
	} {
		for _, asked := range []bool{true, false} {
			in := attention.Instance{Q: mat.DenseCopyOf(base.Q), K: mat.DenseCopyOf(base.K), V: mat.DenseCopyOf(base.V)}
			in.Q.Scale(c.queries, in.Q)
			in.K.Scale(c.keys, in.K)
			in.V.Scale(c.values, in.V)
			in.Scale = base.Scale * c.scale
			if asked {
				in.Epsilon = max(base.Epsilon*c.values, 0x1p-1060)
			}
			out, _, err := Polynomial.Run(testEnv(), in)
			if err != nil {
				t.Errorf("%s, an error asked %t: %v", c.name, asked, err)
				continue
			}
			if off, err := attention.ObservedError(testEnv(), in, out, nil); err != nil || off > out.Bound {
				t.Errorf("%s: error %g, promised %g (%v)", c.name, off, out.Bound, err)
			}
		}
	}
	// Coordinates of very different sizes, whose norms would make M large and whose box does not.
	in := random(9, 80, 70, 2, 2, 0.8)
	in.Epsilon = 1e-3
	for i := range 80 {
		in.Q.Set(i, 0, in.Q.At(i, 0)*0x1p400)
	}
	for j := range 70 {
		in.K.Set(j, 0, in.K.At(j, 0)*0x1p-400)
	}
	out, _, err := Polynomial.Run(testEnv(), in)
	if err != nil {
		t.Fatal(err)
	}
	same := random(9, 80, 70, 2, 2, 0.8) // all that was changed are powers of two, and norms are what the reference refuses
	if off, err := attention.ObservedError(testEnv(), same, out, nil); err != nil || off > out.Bound {
		t.Errorf("error %g, promised %g (%v)", off, out.Bound, err)
	}
}

// Example computes attention of 4096 queries and keys without looking at a pair.
func Example() {
	in := random(1, 4096, 4096, 4, 4, 0.5)
	in.Epsilon = 1e-4
	out, cost, err := Polynomial.Run(testEnv(), in)
	fmt.Println(out.Bound <= in.Epsilon, err)
	fmt.Println("rank", 1+cost[Features]/(2*4096), "multiply-adds", cost[finegrain.MultiplyAdds])
	// Output:
	// true <nil>
	// rank 35 multiply-adds 1433600
}

// BenchmarkPolynomial times both methods in turn on the same instance, on all cores: seconds, and how many times
// faster. At n = 2^17 streaming takes seconds a run.
func BenchmarkPolynomial(b *testing.B) {
	for _, log := range []int{13, 15, 17} {
		b.Run(fmt.Sprintf("log2n=%d", log), func(b *testing.B) {
			in := random(1, 1<<log, 1<<log, 4, 4, 0.5)
			in.Epsilon = 1e-4
			best := [2]float64{math.Inf(1), math.Inf(1)}
			for b.Loop() {
				for x, m := range []attention.Method{Polynomial, attention.Streaming} {
					start := time.Now()
					if _, _, err := m.Run(testEnv(), in); err != nil {
						b.Fatal(err)
					}
					best[x] = min(best[x], time.Since(start).Seconds())
				}
			}
			b.ReportMetric(best[0], "s/polynomial")
			b.ReportMetric(best[1], "s/streaming")
			b.ReportMetric(best[1]/best[0], "x-streaming")
		})
	}
}
