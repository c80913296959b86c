package sat

// Deciding by conflict-driven clause learning (Marques-Silva and Sakallah 1996; Moskewicz and others
// 2001), as implemented by the library gini.

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-air/gini"
	"github.com/go-air/gini/z"
)

// Solve decides f and returns a model if there is one, checked against f. The answer, model included,
// depends on f alone. When ctx ends, Solve returns an error that wraps ctx.Err().
//
// gini is used within what it does well: it sees used variables only, numbered without gaps (it allocates
// up to the largest number); no tautology and no empty clause; one solve to a
// solver (solving again after "unsatisfiable" may end the process); and its background solve, since the
// deadline of a Try sticks.
func Solve(ctx context.Context, f Formula) (Answer, error) {
	p := patience{ctx: ctx}
	if err := f.validate(p.stopped); err != nil {
		return Answer{}, err
	}
	used := f.used(p.stopped)
	if err := p.ask(); err != nil {
		return Answer{}, fmt.Errorf("sat: solving stopped: %w", err)
	}
	rank := f.ranks(used)
	solver := gini.New()
	clauses := 0
	for _, clause := range f.Clauses {
		if p.stopped(1 + len(clause)) {
			break
		}
		if len(clause) == 0 {
			return Answer{}, nil
		}
		if Tautology(clause) {
			continue
		}
		clauses++
		for _, l := range clause {
			m := z.Var(rank[l.Variable()] + 1).Pos()
			if l < 0 {
				m = m.Not()
			}
			solver.Add(m)
		}
		solver.Add(z.LitNull)
	}
	model := make(Model, f.Variables)
	if clauses == 0 && p.ask() == nil {
		return Answer{Satisfiable: true, Model: model}, nil
	}
	satisfiable, err := await(ctx, solver)
	if err != nil {
		return Answer{}, fmt.Errorf("sat: solving stopped: %w", err)
	}
	if !satisfiable {
		return Answer{}, nil
	}
	// A variable that occurs in tautologies only may be unknown to gini, which panics when asked for it.
	for i, v := range used {
		model[v-1] = z.Var(i+1) <= solver.MaxVar() && solver.Value(z.Var(i+1).Pos())
	}
	if err := f.CheckModel(model); err != nil {
		return Answer{}, fmt.Errorf("sat: gini returned what is no model: %w", err)
	}
	return Answer{Satisfiable: true, Model: model}, nil
}

// Tautology reports whether the clause has a literal and its negation.
func Tautology(clause []Literal) bool {
	if len(clause) < 16 {
		for i, l := range clause {
			if slices.Contains(clause[i+1:], -l) {
				return true
			}
		}
		return false
	}
	seen := make(map[Literal]bool, len(clause))
	for _, l := range clause {
		if seen[-l] {
			return true
		}
		seen[l] = true
	}
	return false
}

// await runs the solver until it answers or ctx ends. Asking for the result and waiting for it exclude
// each other in gini, so await asks, with pauses that grow with the time taken up to 2 ms. A solver that
// is told to stop does so at its next 20,000 propagations; nobody waits for that.
func await(ctx context.Context, solver *gini.Gini) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	search := solver.GoSolve()
	for pause := 10 * time.Microsecond; ; pause = min(2*pause, 2*time.Millisecond) {
		if result, done := search.Test(); done {
			return result == 1, nil
		}
		select {
		case <-ctx.Done():
			go search.Stop()
			return false, ctx.Err()
		case <-time.After(pause):
		}
	}
}
