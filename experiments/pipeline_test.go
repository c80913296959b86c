package experiments_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"finegrain"
	"finegrain/experiments"
	"finegrain/reductions"
	"finegrain/sat"
)

func testEnv() finegrain.Env { return finegrain.NewEnv(context.Background(), 1) }

func route(t *testing.T, name string) reductions.Route {
	t.Helper()
	r, err := reductions.RouteNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// agrees runs the formula through both routes and compares with gini and with the counter. It returns the
// number of oracle calls.
func agrees(t *testing.T, f sat.Formula) (calls int, satisfiable bool) {
	t.Helper()
	answer, err := sat.Solve(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	count, err := sat.Count(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"threshold", "interpolation"} {
		r := route(t, name)
		s, err := experiments.Solve(testEnv(), experiments.Request{Formula: f, Route: r, Count: r.Census != nil})
		if err != nil {
			t.Fatalf("%s, %v: %v", name, f, err)
		}
		if s.Satisfiable != answer.Satisfiable {
			t.Fatalf("%s, %v: satisfiable = %t, gini says %t", name, f, s.Satisfiable, answer.Satisfiable)
		}
		if s.Satisfiable && !f.Satisfied(s.Model) {
			t.Fatalf("%s, %v: %v is no model", name, f, s.Model)
		}
		if s.Count != nil && s.Count.Cmp(count) != 0 {
			t.Fatalf("%s, %v: %v models, the counter says %v", name, f, s.Count, count)
		}
		if o := s.Oracle; o.Calls > 0 && !(o.Observed <= o.Guaranteed && o.Guaranteed <= o.Tolerated) {
			t.Fatalf("%s, %v: error observed %g, guaranteed %g, tolerated %g", name, f, o.Observed, o.Guaranteed, o.Tolerated)
		}
		calls += s.Oracle.Calls
	}
	return calls, answer.Satisfiable
}

// random3SAT is uniform 3-SAT with n variables at about the threshold.
func random3SAT(t *testing.T, r *rand.Rand, n int) sat.Formula {
	t.Helper()
	f, err := sat.UniformReplacement(r, n, int(math.Round((3.4+1.2*r.Float64())*float64(n))), 3)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestRoutesAgreeWithSolvers compares both routes with gini and the counter: on thousands of random
// formulas of up to 12 variables, and on hundreds of up to 16.
func TestRoutesAgreeWithSolvers(t *testing.T) {
	few, many := 200, 2000
	if testing.Short() {
		few, many = 20, 200
	}
	for _, c := range []struct {
		name            string
		trials, low, up int
	}{{"up to 12", many, 3, 12}, {"up to 16", few, 13, 16}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			asked, yes := 0, 0
			for trial := range c.trials {
				r := rand.New(rand.NewPCG(uint64(c.up), uint64(trial)))
				var f sat.Formula
				if trial%2 == 0 && c.up == 12 {
					f = sat.Counting.Sample(r, 1+trial%8)
				} else {
					f = random3SAT(t, r, c.low+trial%(c.up-c.low+1))
				}
				calls, satisfiable := agrees(t, f)
				if calls > 0 {
					asked++
				}
				if satisfiable {
					yes++
				}
			}
			t.Logf("%d formulas, %d satisfiable, %d asked an oracle", c.trials, yes, asked)
			if 5*yes < c.trials || 5*(c.trials-yes) < c.trials || 2*asked < c.trials {
				t.Errorf("of %d formulas %d are satisfiable and %d asked: too one-sided", c.trials, yes, asked)
			}
		})
	}
}

// TestSmallEntriesNeedPrecision: with entries below what float64 can serve, the default takes arbitrary
// precision, and streaming alone is refused.
func TestSmallEntriesNeedPrecision(t *testing.T) {
	f := random3SAT(t, rand.New(rand.NewPCG(8, 8)), 12)
	count, err := sat.Count(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	request := experiments.Request{Formula: f, Route: route(t, "interpolation"), Count: true, H: 0.5}
	s, err := experiments.Solve(testEnv(), request)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.TooWeak) != 1 || s.TooWeak[0].Algorithm != "streaming" || !errors.Is(s.TooWeak[0].Reason, reductions.ErrTooWeak) {
		t.Errorf("too weak: %+v, want streaming", s.TooWeak)
	}
	if s.Algorithm != "multiprecision" || s.Count.Cmp(count) != 0 {
		t.Errorf("%s counted %v models, the counter %v", s.Algorithm, s.Count, count)
	}
	if want := math.Sqrt(2 * 0.5 * float64(s.Oracle.D)); math.Abs(s.Oracle.B-want) > 1e-9 {
		t.Errorf("B = %v, want √(2hd) = %v", s.Oracle.B, want)
	}
	request.Algorithm = "streaming"
	if _, err := experiments.Solve(testEnv(), request); !errors.Is(err, reductions.ErrTooWeak) {
		t.Errorf("streaming took on a tolerance of %g: %v", s.Oracle.Tolerated, err)
	}
}

func TestSolveRefuses(t *testing.T) {
	f := random3SAT(t, rand.New(rand.NewPCG(1, 1)), 8)
	for name, request := range map[string]experiments.Request{
		"a count by the threshold route": {Formula: f, Route: route(t, "threshold"), Count: true},
		"an unknown algorithm":           {Formula: f, Route: route(t, "threshold"), Algorithm: "guessing"},
		"h for the threshold route":      {Formula: f, Route: route(t, "threshold"), H: 1},
	} {
		if _, err := experiments.Solve(testEnv(), request); err == nil {
			t.Errorf("%s was not refused", name)
		}
	}
}

func TestSolveStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := random3SAT(t, rand.New(rand.NewPCG(1, 1)), 14)
	_, err := experiments.Solve(finegrain.NewEnv(ctx, 1), experiments.Request{Formula: f, Route: route(t, "threshold")})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want cancelled", err)
	}
}
