package experiments

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"finegrain"
	"finegrain/internal/simd"
	"finegrain/reductions"
)

// hand is a clock that moves only when it is told to.
type hand struct{ at time.Time }

func (h *hand) timer(kernel, limit time.Duration) benchTimer {
	return benchTimer{func() time.Time { return h.at }, kernel, limit}
}

func (h *hand) pass(d time.Duration) { h.at = h.at.Add(d) }

func oneCore() finegrain.Env {
	env := finegrain.NewEnv(context.Background(), 1)
	env.Cores = 1
	return env
}

// scripted is a group of one limit and one kernel, on a clock of its own: pieces take 1 ms and do 1000 units
// of work times speed, the kernel takes 10 ms and must do 4000 units.
func scripted(h *hand, speed func() float64) *benchGroup {
	g := &benchGroup{cores: 1, limits: []*benchLimit{{
		row: LimitRow{Subject: Subject{Name: "limit"}}, pieces: 2,
		piece: func(int) float64 { h.pass(time.Millisecond); return 1000 * speed() },
	}}}
	g.add(Subject{Name: "kernel"}, "limit", func(finegrain.Env) error { h.pass(10 * time.Millisecond); return nil }, 4000)
	return g
}

// TestFractions: a fraction is the necessary work at the mean of the rates before and after, over the time
// taken, however often each was repeated; rates are means over a round; medians are over rounds.
func TestFractions(t *testing.T) {
	h := &hand{time.Unix(0, 0)}
	now := 1.0
	g := scripted(h, func() float64 { return now })
	plan := &benchPlan{groups: []*benchGroup{g}, ratios: []benchRatio{{"itself", g.kernels[0], g.kernels[0]}}}
	inner := g.kernels[0].run
	g.add(Subject{Name: "next"}, "limit", inner, 4000)
	runs := 0
	g.kernels[0].run = func(env finegrain.Env) error {
		if env.Cores != 1 || env.Progress != nil {
			t.Errorf("the kernel gets %d cores, and progress that reports: %t", env.Cores, env.Progress != nil)
		}
		if runs++; runs%3 == 0 { // the last repetition: the machine gets twice as fast, then slow again
			now = 3 - now
		}
		return inner(env)
	}
	report := BenchReport{BenchRequest: BenchRequest{Rounds: 4}}
	env := finegrain.NewEnv(context.Background(), 1)
	env.Cores, env.Progress = 2, func(int, int, string) {} // not the kernel's
	if err := plan.measure(env, &report, h.timer(30*time.Millisecond, 7*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if runs != 12 {
		t.Errorf("the kernel ran %d times, want 3 in each of 4 rounds", runs)
	}
	// 10⁶ and 2·10⁶ units a second, in turns: 4000 units take 4000/1.5e6 s of 10 ms, whichever comes first, and
	// for the next kernel 2 ms or 4 ms.
	kernel, limit, ratio := report.Kernels[0], report.Limits[0], report.Ratios[0]
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"fraction", kernel.Fraction.Median, 4000 / 1.5e6 / 0.01},
		{"spread of the fraction", kernel.Fraction.Spread, 0},
		{"fraction of the next", report.Kernels[1].Fraction.Median, (0.2 + 0.4) / 2},
		{"seconds", kernel.Seconds, 0.01},
		{"rate", limit.Rate.Median, 1.5e6},
		{"ratio", ratio.Ratio.Median, 1},
	} {
		if math.Abs(c.got-c.want) > 1e-9*math.Abs(c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestFigure(t *testing.T) {
	for _, c := range []struct {
		values         []float64
		median, spread float64
		unsteady       bool
	}{
		{[]float64{7}, 7, math.NaN(), false},
		{[]float64{3, 1}, 2, 0.25, true}, // quartiles 1.5 and 2.5
		{[]float64{5, 1, 3}, 3, 1. / 3, true},
		{[]float64{100, 101, 99, 102, 98}, 100, 0.01, false},
		{[]float64{1, 1, 1, 1, 50}, 1, 0, false},
	} {
		f := figure(c.values)
		if f.Median != c.median || math.Abs(f.Spread-c.spread) > 1e-15 || math.IsNaN(f.Spread) != math.IsNaN(c.spread) {
			t.Errorf("%v: %+v, want median %v, spread %v", c.values, f, c.median, c.spread)
		}
		if f.Unsteady() != c.unsteady {
			t.Errorf("%v: unsteady = %t", c.values, f.Unsteady())
		}
	}
	rapid.Check(t, func(t *rapid.T) { // as many values below the median as above; scale changes no spread
		values := rapid.SliceOfN(rapid.Float64Range(1, 2), 2, 20).Draw(t, "values")
		f := figure(values)
		below, above, scaled := 0, 0, []float64{}
		for _, v := range values {
			if v < f.Median {
				below++
			}
			if v > f.Median {
				above++
			}
			scaled = append(scaled, 8*v)
		}
		if 2*below > len(values) || 2*above > len(values) || !(f.Spread >= 0 && f.Spread <= 0.5) {
			t.Fatalf("%v: %+v, %d below, %d above", values, f, below, above)
		}
		if g := figure(scaled); g.Median != 8*f.Median || g.Spread != f.Spread {
			t.Fatalf("%v: %+v, eightfold %+v", values, f, g)
		}
	})
}

var tinyBench = benchSizes{
	attention: 32, cached: 64, large: 128, zeta: 6, zetaVectors: 100, variables: 12, clauses: 70, readBytes: 1 << 19,
}

// TestBenchPlan runs everything once, small, with every kind of instructions: what is declared is there.
func TestBenchPlan(t *testing.T) {
	for _, isa := range simd.Supported() {
		env := finegrain.NewEnv(context.Background(), 1)
		env.Cores = 2
		done, total := 0, 0
		env.Progress = func(d, of int, _ string) { done, total = d, of }
		plan, err := newBenchPlan(env, isa, tinyBench)
		if err != nil {
			t.Fatal(err)
		}
		report := BenchReport{BenchRequest: BenchRequest{Kernel: isa, Rounds: 1}}
		if err := plan.measure(env, &report, benchTimer{now: time.Now}); err != nil {
			t.Fatal(err)
		}
		if done != total || total != len(report.Kernels) {
			t.Errorf("%v: progress ends with %d of %d, of %d kernels", isa, done, total, len(report.Kernels))
		}
		seen := map[Subject]bool{}
		for _, l := range report.Limits {
			if l.ISA == simd.Go && l.Name != "memory read" {
				t.Errorf("%v: plain Go has a limit, %+v", isa, l)
			}
			if !(l.Rate.Median > 0) || math.IsInf(l.Rate.Median, 0) || seen[l.Subject] {
				t.Errorf("%v: %+v, a second time: %t", isa, l, seen[l.Subject])
			}
			seen[l.Subject] = true
		}
		for _, k := range report.Kernels {
			limited := k.Name == benchZeta || k.Name == benchSplit ||
				k.ISA != simd.Go && k.Name != benchHistogram && k.Name != benchTripleLoop
			if limited != (k.Limit != "") || limited != (k.Fraction.Median > 0) || !(k.Seconds > 0) || seen[k.Subject] {
				t.Errorf("%v: %+v, a second time: %t", isa, k, seen[k.Subject])
			}
			if plain := k.Name == benchSplit || k.Name == benchTripleLoop; plain && k.ISA != simd.Go {
				t.Errorf("%v: %+v, which has no vector loop", isa, k)
			}
			seen[k.Subject] = true
		}
		for _, cores := range []int{1, 2} {
			for _, d := range []int{64, 16, 2} {
				for _, typ := range []string{"float64", "float32"} {
					for _, causal := range []bool{false, true} {
						s := Subject{benchAttention, isa, typ, 32, d, d, causal, cores}
						if !seen[s] {
							t.Errorf("%v: there is no row for %+v", isa, s)
						}
					}
				}
			}
			if s := (Subject{Name: benchZeta, ISA: isa, N: 100, D: 6, Cores: cores}); !seen[s] {
				t.Errorf("%v: there is no row for %+v", isa, s)
			}
			for _, d := range []int{64, 128, 256} {
				for _, name := range []string{benchCount, benchDecide, benchHistogram} {
					if s := (Subject{Name: name, ISA: isa, N: 64, D: d, Cores: cores}); !seen[s] {
						t.Errorf("%v: there is no row for %+v", isa, s)
					}
				}
			}
		}
		ratios := map[string]int{}
		for _, r := range report.Ratios {
			over := r.Numerator
			over.Name, over.ISA = r.Denominator.Name, r.Denominator.ISA
			if !seen[r.Numerator] || !seen[r.Denominator] || r.Numerator == r.Denominator || !(r.Ratio.Median > 0) ||
				over != r.Denominator {
				t.Errorf("%v: %+v", isa, r)
			}
			ratios[r.Name]++
		}
		want := map[string]int{"triple loop over plain Go": 2, "counting over deciding": 6}
		if isa == simd.AVX512 {
			want["AVX2 over AVX-512"] = 4
		}
		if fmt.Sprint(ratios) != fmt.Sprint(want) {
			t.Errorf("%v: ratios %v, want %v", isa, ratios, want)
		}
	}
}

// TestNecessaryWork: the numerators of the fractions, for n = 32 and one case of each.
func TestNecessaryWork(t *testing.T) {
	if simd.Supported()[0] == simd.Go {
		t.Skip("this processor has neither AVX2 nor AVX-512, and plain Go no limits but memory's")
	}
	plan, err := newBenchPlan(oneCore(), simd.Supported()[0], tinyBench)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		subject Subject
		want    []float64
	}{
		{Subject{Name: benchAttention, D: 64}, []float64{4 * 32 * 32 * 64, 32 * 32}},
		{Subject{Name: benchAttention, D: 16, Causal: true}, []float64{4 * 16 * 32 * 33 / 2, 32 * 33 / 2}},
		{Subject{Name: benchAttention, D: 2}, []float64{0, 32 * 32}},
		{Subject{Name: benchDecide, D: 128}, []float64{64 * 64}},
		{Subject{Name: benchZeta, D: 6}, []float64{2*64*4 + 2*100*8}},
		{Subject{Name: benchSplit, D: 70}, []float64{2 * 64 * 2 * 8}},
	} {
		found := false
		for _, g := range plan.groups {
			for _, k := range g.kernels {
				s := k.row.Subject
				if s.Name == c.subject.Name && s.D == c.subject.D && s.Causal == c.subject.Causal && !found {
					found = true
					if fmt.Sprint(k.work) != fmt.Sprint(c.want) {
						t.Errorf("%+v: necessary work %v, want %v", s, k.work, c.want)
					}
				}
			}
		}
		if !found {
			t.Errorf("there is no %+v", c.subject)
		}
	}
}

// TestAcrossHalves: no half-assignment is left out by split and list.
func TestAcrossHalves(t *testing.T) {
	f, err := acrossHalves(oneCore().Rand("formula"), 14, 90)
	if err != nil {
		t.Fatal(err)
	}
	s, err := reductions.SplitAndList(oneCore(), f)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Clauses) != 90 || s.OV.A.N() != 128 || s.OV.B.N() != 128 || s.OV.D() != 90 {
		t.Errorf("%d clauses, %d and %d vectors of %d bits", len(f.Clauses), s.OV.A.N(), s.OV.B.N(), s.OV.D())
	}
}

// TestBenchStops: whatever is being measured when env ends, Bench returns its error and measures nothing more.
func TestBenchStops(t *testing.T) {
	for _, inKernel := range []bool{true, false} {
		ctx, cancel := context.WithCancel(context.Background())
		env := finegrain.NewEnv(ctx, 1)
		h := &hand{time.Unix(0, 0)}
		g := scripted(h, func() float64 {
			if !inKernel {
				cancel()
			}
			return 1
		})
		runs := 0
		g.kernels[0].run = func(finegrain.Env) error { runs++; cancel(); return nil } // time stands still
		plan := &benchPlan{groups: []*benchGroup{g}}
		report := BenchReport{BenchRequest: BenchRequest{Rounds: 3}}
		err := plan.measure(env, &report, h.timer(time.Second, time.Millisecond))
		if !errors.Is(err, context.Canceled) || len(report.Kernels) != 0 {
			t.Errorf("in a kernel %t: %v with %d rows", inKernel, err, len(report.Kernels))
		}
		if want := map[bool]int{true: 1, false: 0}[inKernel]; runs != want {
			t.Errorf("in a kernel %t: the kernel ran %d times", inKernel, runs)
		}
		if _, err := Bench(env, BenchRequest{Rounds: 1, Quick: true}); !errors.Is(err, context.Canceled) {
			t.Errorf("Bench in an env that has ended: %v", err)
		}
	}
}

func TestBenchRefuses(t *testing.T) {
	if _, err := Bench(oneCore(), BenchRequest{}); err == nil || !strings.Contains(err.Error(), "0 rounds") {
		t.Errorf("no rounds: %v", err)
	}
	for _, isa := range []simd.ISA{-1, simd.Supported()[0] + 1} {
		_, err := Bench(oneCore(), BenchRequest{Kernel: isa, Rounds: 1, Quick: true})
		if err == nil || !strings.Contains(err.Error(), "ask for one of [") {
			t.Errorf("instructions %d, which this processor lacks: %v", isa, err)
		}
	}
	h := &hand{time.Unix(0, 0)}
	g := scripted(h, func() float64 { return 1 })
	g.kernels[0].run = func(finegrain.Env) error { return errors.New("wrong count") }
	plan := &benchPlan{groups: []*benchGroup{g}}
	err := plan.measure(oneCore(), &BenchReport{BenchRequest: BenchRequest{Rounds: 1}}, h.timer(1, 1))
	if err == nil || err.Error() != "kernel: wrong count" {
		t.Errorf("a kernel that fails: %v", err)
	}
}
