package sat

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// Formulas on which gini, or a careless wrapper of it, goes wrong.
func TestSolveTraps(t *testing.T) {
	far := Literal(2_000_000_000)
	for _, c := range []struct {
		name        string
		f           Formula
		satisfiable bool
	}{
		{"nothing", Formula{}, true},
		{"no clause", Formula{Variables: 4}, true},
		{"the empty clause", Formula{Variables: 4, Clauses: [][]Literal{{1}, {}}}, false},
		{"contradicting units", Formula{Variables: 1, Clauses: [][]Literal{{1}, {-1}, {1}}}, false},
		{"a unit repeated within its clause", Formula{Variables: 1, Clauses: [][]Literal{{-1, -1, -1}}}, true},
		{"tautologies only", Formula{Variables: 2, Clauses: [][]Literal{{1, -1}, {2, 1, -2}}}, true},
		{"many variables in tautologies only", Formula{Variables: 5000, Clauses: append(tautologies(5000), []Literal{1, 2})}, true},
		{"used variables far apart", Formula{Variables: 1 << 20, Clauses: [][]Literal{{1, 1 << 20}, {-1, -(1 << 20)}}}, true},
		{"a tautology of many literals", Formula{Variables: 40, Clauses: [][]Literal{tautologyOf(40)}}, true},
	} {
		answer, err := Solve(t.Context(), c.f)
		if err != nil || answer.Satisfiable != c.satisfiable {
			t.Errorf("%s: %v, %v", c.name, answer, err)
		}
		if answer.Satisfiable && !c.f.Satisfied(answer.Model) {
			t.Errorf("%s: %v is no model", c.name, answer)
		}
	}
	for _, f := range []Formula{
		{Variables: 1, Clauses: [][]Literal{{1, 0}}},
		{Variables: 1, Clauses: [][]Literal{{far}}},
		{Variables: -1},
	} {
		if answer, err := Solve(t.Context(), f); err == nil {
			t.Errorf("%v was solved: %v", f, answer)
		}
	}
}

func tautologies(n int) (clauses [][]Literal) {
	for v := 1; v <= n; v++ {
		clauses = append(clauses, []Literal{Literal(v), Literal(-v)})
	}
	return clauses
}

func tautologyOf(n int) (clause []Literal) {
	for v := 1; v <= n; v++ {
		clause = append(clause, Literal(v))
	}
	return append(clause, -1)
}

func TestSolveIsDeterministic(t *testing.T) {
	f, err := Uniform(seeded(6), 120, 420, 3)
	if err != nil {
		t.Fatal(err)
	}
	first, err := Solve(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := Solve(t.Context(), f)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(first) {
			t.Fatalf("%v (%v), and before it was %v", again, err, first)
		}
	}
}

// The background search of a cancelled Solve ends by itself.
func TestSolveLeavesNothingBehind(t *testing.T) {
	TestCancellation(t)
	for wait := time.Millisecond; wait < 5*time.Second; wait *= 2 {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !bytes.Contains(stacks, []byte("gini/internal/xo")) {
			return
		}
		time.Sleep(wait)
	}
	t.Error("a search of gini still runs")
}

func BenchmarkSolve(b *testing.B) {
	for _, n := range []int{20, 100, 150} {
		f, err := Threshold(seeded(1), n, 3)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("threshold/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Solve(b.Context(), f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBruteForce(b *testing.B) {
	f, err := Threshold(seeded(1), 20, 3)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := BruteForce(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
}
