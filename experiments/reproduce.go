package experiments

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"runtime"
	"time"

	"finegrain"
	"finegrain/reductions"
	"finegrain/sat"
)

// Reproduction is what becomes of the formulas of the corpus.
type Reproduction struct {
	Command string
	Seed    uint64
	Go      string
	CPU     string
	Cores   int
	Version string

	Formulas []FormulaRun
	Picture  Picture
	Seconds  float64
}

// FormulaRun is one formula of the corpus through every route, with the independent check.
type FormulaRun struct {
	NamedFormula
	Check Check
	Runs  []RouteRun
}

// Check is what solvers say that share no code with the routes: gini for the answer, the component-caching
// counter for the number of models.
type Check struct {
	Satisfiable bool
	Count       *big.Int
	Seconds     float64
}

// RouteRun is one formula through one route.
type RouteRun struct {
	Solution
	Seconds float64
	Err     error // the run failed; then Solution is zero
	// Disagreement says how the answer or the count differs from the check's; empty: they agree.
	Disagreement string
}

// OK reports whether every run succeeded and agrees with its check.
func (r Reproduction) OK() bool {
	for _, f := range r.Formulas {
		for _, run := range f.Runs {
			if run.Err != nil || run.Disagreement != "" {
				return false
			}
		}
	}
	return true
}

// pictured is the formula of the corpus that the picture shows.
const pictured = "picture"

// Reproduce runs the corpus through the routes, checks every answer independently, and takes the picture. A run that fails is part of the outcome; the error is for
// what makes the outcome incomplete, cancellation among it.
func Reproduce(env finegrain.Env) (Reproduction, error) {
	start := time.Now()
	r := Reproduction{Seed: env.Seed, Go: runtime.Version(), CPU: CPU(), Cores: env.Workers()}
	corpus, err := Corpus()
	if err != nil {
		return r, err
	}
	progress := env.Progress
	env.Progress = nil
	steps := len(corpus)
	for i, named := range corpus {
		if progress != nil {
			progress(i, steps, named.Name)
		}
		run, err := runFormula(env.Sub(named.Name), named)
		if err != nil {
			return r, err
		}
		r.Formulas = append(r.Formulas, run)
		if named.Name == pictured {
			if r.Picture, err = TakePicture(env, named.Name, named.Formula); err != nil {
				return r, err
			}
		}
	}
	if r.Picture.Name == "" {
		return r, fmt.Errorf("the corpus has no formula %q to take a picture of", pictured)
	}
	if progress != nil {
		progress(steps, steps, "done")
	}
	r.Seconds = time.Since(start).Seconds()
	return r, nil
}

func runFormula(env finegrain.Env, named NamedFormula) (FormulaRun, error) {
	run := FormulaRun{NamedFormula: named}
	start := time.Now()
	answer, err := sat.Solve(env, named.Formula)
	if err != nil {
		return run, fmt.Errorf("checking %s: %w", named.Name, err)
	}
	count, err := sat.Count(env, named.Formula)
	if err != nil {
		return run, fmt.Errorf("counting %s: %w", named.Name, err)
	}
	run.Check = Check{answer.Satisfiable, count, time.Since(start).Seconds()}
	for _, route := range reductions.Routes() {
		request := Request{Formula: named.Formula, Route: route, Count: route.Census != nil}
		start := time.Now()
		solution, err := Solve(env.Sub(route.Name), request)
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return run, err
		}
		result := RouteRun{Solution: solution, Seconds: time.Since(start).Seconds(), Err: err}
		result.Route = route.Name
		if err == nil {
			result.Disagreement = run.Check.disagreement(solution)
		}
		run.Runs = append(run.Runs, result)
	}
	return run, nil
}

func (c Check) disagreement(s Solution) string {
	if s.Satisfiable != c.Satisfiable {
		return fmt.Sprintf("the route says satisfiable = %t, the solver %t", s.Satisfiable, c.Satisfiable)
	}
	if s.Count != nil && s.Count.Cmp(c.Count) != 0 {
		return fmt.Sprintf("the route counts %v models, the counter %v", s.Count, c.Count)
	}
	return ""
}
