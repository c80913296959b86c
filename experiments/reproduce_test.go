package experiments_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"finegrain"
	"finegrain/experiments"
	"finegrain/reductions"
	"finegrain/sat"
)

// TestCorpus: a dozen formulas of every generator, of both answers, made by the command that their first
// line names, and none settled before an oracle is asked.
func TestCorpus(t *testing.T) {
	corpus, err := experiments.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	kinds, yes := map[string]bool{}, 0
	for _, named := range corpus {
		kinds[named.Kind] = true
		split, err := reductions.SplitAndList(testEnv(), named.Formula)
		if err != nil {
			t.Fatal(err)
		}
		if a, b, d := split.OV.A.N(), split.OV.B.N(), split.OV.D(); a < 8 || b < 8 || d < 8 {
			t.Errorf("%s is trivial: %d and %d vectors of %d bits", named.Name, a, b, d)
		}
		answer, err := sat.Solve(context.Background(), named.Formula)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Satisfiable {
			yes++
		}
	}
	if len(corpus) < 12 || 3*yes < len(corpus) || 3*(len(corpus)-yes) < len(corpus) {
		t.Errorf("%d formulas, %d of them satisfiable", len(corpus), yes)
	}
	for _, kind := range []string{"threshold", "planted", "pigeonhole", "parity", "colouring", "uniform-replacement"} {
		if !kinds[kind] {
			t.Errorf("no formula is made by %s", kind)
		}
	}
}

// TestPicture: the attention matrix is that of its inner products, rows sum to 1, a row's output is its
// weight off the zero key, and what is flagged is a model.
func TestPicture(t *testing.T) {
	f, err := sat.ReadDIMACS(strings.NewReader("p cnf 4 5\n1 3 0\n-1 -4 0\n2 4 0\n-2 3 0\n-1 -3 0\n"), "picture.cnf", sat.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := experiments.TakePicture(testEnv(), "picture", f)
	if err != nil {
		t.Fatal(err)
	}
	for i, weights := range p.Weights {
		sum, mass := 0.0, 1.0 // the zero key has e⁰
		for j := range p.Columns {
			sum += weights[j]
			mass += math.Exp(-p.T * float64(p.Inner[i][j]))
		}
		for j := range p.Columns {
			if want := math.Exp(-p.T*float64(p.Inner[i][j])) / mass; math.Abs(weights[j]-want) > 1e-14 {
				t.Errorf("weight (%d, %d) is %v, want %v", i, j, weights[j], want)
			}
		}
		if math.Abs(sum-p.Outputs[i]) > 1e-14 || math.Abs(sum+weights[len(p.Columns)]-1) > 1e-14 {
			t.Errorf("row %d: weights off the zero key sum to %v, output %v", i, sum, p.Outputs[i])
		}
	}
	if p.Flagged != 0 || p.Rows[0].Label != "x1=0 x2=0" || p.Columns[p.Partner].Label != "x3=1 x4=1" || !f.Satisfied(p.Model) {
		t.Errorf("flagged row %d, partner %d, model %v", p.Flagged, p.Partner, p.Model)
	}
}

// TestReproduce runs the main job and looks for what a page must have.
func TestReproduce(t *testing.T) {
	r, err := experiments.Reproduce(testEnv())
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() {
		t.Errorf("something disagrees: %+v", r.Formulas)
	}
	for _, f := range r.Formulas {
		if len(f.Runs) != len(reductions.Routes()) {
			t.Errorf("%s went through %d routes", f.Name, len(f.Runs))
		}
		for _, run := range f.Runs {
			o := run.Oracle
			if o.Calls == 0 || !(o.Observed <= o.Guaranteed && o.Guaranteed <= o.Tolerated) {
				t.Errorf("%s through %s: %d calls, error observed %g, guaranteed %g, tolerated %g",
					f.Name, run.Route, o.Calls, o.Observed, o.Guaranteed, o.Tolerated)
			}
			if len(run.Steps) != 4 {
				t.Errorf("%s through %s: %d steps", f.Name, run.Route, len(run.Steps))
			}
		}
	}
	if r.Picture.Name == "" {
		t.Error("the picture is missing")
	}
}

// TestDisagreementShows: an outcome with a wrong count or a failed run is not OK.
func TestDisagreementShows(t *testing.T) {
	run := func(r experiments.RouteRun) experiments.Reproduction {
		return experiments.Reproduction{Formulas: []experiments.FormulaRun{{Runs: []experiments.RouteRun{r}}}}
	}
	for name, c := range map[string]struct {
		r    experiments.Reproduction
		want bool
	}{
		"all is well":   {run(experiments.RouteRun{}), true},
		"a wrong count": {run(experiments.RouteRun{Disagreement: "3 models, the counter 4"}), false},
		"a failed run":  {run(experiments.RouteRun{Err: errors.New("too weak")}), false},
	} {
		if c.r.OK() != c.want {
			t.Errorf("%s: OK = %t", name, c.r.OK())
		}
	}
}

func TestReproduceStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := experiments.Reproduce(finegrain.NewEnv(ctx, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want cancelled", err)
	}
}
