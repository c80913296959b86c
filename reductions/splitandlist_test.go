package reductions_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"finegrain/ovp"
	"finegrain/reductions"
	"finegrain/sat"
)

// unsatisfiedByHalf is the definition of a half-assignment's vector, before coordinates are dropped.
func unsatisfiedByHalf(f sat.Formula, variables []int, m sat.Model) []bool {
	v := make([]bool, len(f.Clauses))
	for c, clause := range f.Clauses {
		v[c] = true
		for _, l := range clause {
			for _, x := range variables {
				if l.Variable() == x && m[x-1] == (l > 0) {
					v[c] = false
				}
			}
		}
	}
	return v
}

// TestSplitIsABijection: on random formulas the orthogonal pairs are the models, each once, and each
// vector has as many ones towards a partner as clauses that both halves leave unsatisfied.
func TestSplitIsABijection(t *testing.T) {
	pruned, kept := 0, 0
	for trial := range trials(t, 400) {
		r := rand.New(rand.NewPCG(7, uint64(trial)))
		f := sat.Counting.Sample(r, 1+trial%7)
		s, err := reductions.SplitAndList(testEnv(), f)
		if err != nil {
			t.Fatal(err)
		}
		first, second := s.Variables()
		if s.OV.A.N() < 1<<len(first) || s.OV.B.N() < 1<<len(second) {
			pruned++
		} else {
			kept++
		}
		models := map[string]bool{}
		for i := range s.OV.A.N() {
			for j := range s.OV.B.N() {
				pair := ovp.Pair{I: i, J: j}
				m := s.Model(pair)
				a, b := unsatisfiedByHalf(f, first, m), unsatisfiedByHalf(f, second, m)
				both := 0
				for c := range a {
					if a[c] && b[c] {
						both++
					}
				}
				if got := s.OV.InnerProduct(pair); got != both {
					t.Fatalf("formula %v, assignment %v: inner product %d, and %d clauses are left unsatisfied", f, m, got, both)
				}
				if both == 0 {
					if key := fmt.Sprint(m); models[key] {
						t.Fatalf("formula %v: model %v comes twice", f, m)
					} else {
						models[key] = true
					}
					if !f.Satisfied(m) {
						t.Fatalf("formula %v: %v is no model", f, m)
					}
				}
			}
		}
		want, err := sat.Counting.Solve(testEnv(), f)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Models(big.NewInt(int64(len(models)))); got.Cmp(want) != 0 {
			t.Fatalf("formula %v: %v models from pairs, %v by definition", f, got, want)
		}
	}
	if pruned == 0 || kept == 0 {
		t.Errorf("%d formulas pruned, %d not: both must occur", pruned, kept)
	}
}

func TestSplitOfSpecialFormulas(t *testing.T) {
	lits := func(ls ...sat.Literal) []sat.Literal { return ls }
	for _, c := range []struct {
		name    string
		f       sat.Formula
		models  int64
		a, b, d int
	}{
		{"no variables, no clauses", sat.Formula{}, 1, 1, 1, 0},
		{"no clauses", sat.Formula{Variables: 5}, 32, 1, 1, 0},
		{"empty clause", sat.Formula{Variables: 2, Clauses: [][]sat.Literal{{}}}, 0, 0, 0, 0},
		{"one literal", sat.Formula{Variables: 3, Clauses: [][]sat.Literal{lits(2)}}, 4, 1, 1, 0},
		{"a contradiction", sat.Formula{Variables: 1, Clauses: [][]sat.Literal{lits(1), lits(-1)}}, 0, 0, 1, 0},
		{"only tautologies", sat.Formula{Variables: 2, Clauses: [][]sat.Literal{lits(1, -1), lits(2, 1, -2)}}, 4, 2, 2, 0},
		{"a repeated literal", sat.Formula{Variables: 2, Clauses: [][]sat.Literal{lits(1, 2, 1)}}, 3, 2, 2, 1},
		{"a repeated clause", sat.Formula{Variables: 2, Clauses: [][]sat.Literal{lits(1, 2), lits(1, 2)}}, 3, 2, 2, 2},
		{"a coordinate that one side never sets", sat.Formula{Variables: 4, Clauses: [][]sat.Literal{lits(1), lits(1, 3), lits(2, 3), lits(2, 4)}}, 5, 2, 4, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := reductions.SplitAndList(testEnv(), c.f)
			if err != nil {
				t.Fatal(err)
			}
			pairs, err := ovp.CountByDefinition(testEnv(), s.OV)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Models(pairs); got.Cmp(big.NewInt(c.models)) != 0 {
				t.Errorf("%v models, want %d", got, c.models)
			}
			if a, b, d := s.OV.A.N(), s.OV.B.N(), s.OV.D(); a != c.a || b != c.b || d != c.d {
				t.Errorf("%d and %d vectors of %d bits, want %d and %d of %d", a, b, d, c.a, c.b, c.d)
			}
		})
	}
}

func TestSplitRefusesWhatCannotBeListed(t *testing.T) {
	f := sat.Formula{Variables: 70}
	for v := range 70 {
		f.Clauses = append(f.Clauses, []sat.Literal{sat.Literal(v + 1), sat.Literal((v+1)%70 + 1)})
	}
	if _, err := reductions.SplitAndList(testEnv(), f); err == nil {
		t.Error("2^35 vectors were not refused")
	}
}

// acrossOnly is a formula of n variables and m ternary clauses, each with variables in both halves, so
// that no half-assignment is pruned.
func acrossOnly(n, m int) sat.Formula {
	r := rand.New(rand.NewPCG(1, 2))
	f := sat.Formula{Variables: n}
	sign := func(v int) sat.Literal {
		if r.IntN(2) == 0 {
			return sat.Literal(-v)
		}
		return sat.Literal(v)
	}
	for range m {
		a, b := 1+r.IntN(n/2), n/2+1+r.IntN(n/2)
		c := 1 + r.IntN(n)
		for c == a || c == b {
			c = 1 + r.IntN(n)
		}
		f.Clauses = append(f.Clauses, []sat.Literal{sign(a), sign(b), sign(c)})
	}
	return f
}

// BenchmarkSplitAndList lists 40 variables and 128 clauses: unpruned, 2·2^20 vectors of 128 bits. The
// bytes allocated are reported as a multiple of the output's.
func BenchmarkSplitAndList(b *testing.B) {
	random := rand.New(rand.NewPCG(3, 4))
	uniform, err := sat.Uniform(random, 40, 128, 3)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		f    sat.Formula
	}{{"across", acrossOnly(40, 128)}, {"uniform", uniform}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := reductions.SplitAndList(testEnv(), c.f)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(s.OV.A.N()+s.OV.B.N()), "vectors")
				b.ReportMetric(float64(s.OV.Bytes()), "output-B")
			}
		})
	}
}
